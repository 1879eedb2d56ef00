"""What happens to people over the years: marriage, moves, death, a name at last, an NHS number found.

`Truth` answers "what was so of this person at that time" for arrays of (person, time), which is all a hospital
clerk could ever have written down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mpi.simulate.dwellings import Dwellings
from mpi.simulate.population import Population
from mpi.simulate.sampling import DAY, NEVER, YEAR, Flags, Ints, Words

_HAZARD = 3.2e-5  # Gompertz mortality of the United Kingdom: doubles every seven and a half years (ONS life tables)
_AGEING = 0.095
_SPAN = 1 << 22  # days a household key leaves room for


@dataclass(frozen=True, slots=True)
class Lives:
    """`died` per person (`NEVER` if alive at the end); homes as a table sorted by household and day.

    `home_key` is household * 2**22 + day (days since 1970 plus 2**20): since then that household lives at
    `home_dwelling`.
    """

    start: int
    end: int
    died: Ints
    home_key: Ints
    home_dwelling: Ints

    def dwelling_at(self, household: Ints, at: Ints) -> Ints:
        """The dwelling each household lived in at each time."""
        key = household * _SPAN + np.maximum(at // DAY + (1 << 20), 0)
        found: Ints = self.home_dwelling[np.searchsorted(self.home_key, key, side="right") - 1]
        return found

    def moves(self) -> int:
        """How many moves there were."""
        return int(np.sum(self.home_key[1:] // _SPAN == self.home_key[:-1] // _SPAN))


def _deaths(rng: np.random.Generator, born: Ints, start: int, end: int) -> Ints:
    alive_from = np.maximum(born, start)
    age = (alive_from - born) / YEAR
    force = _HAZARD * np.exp(_AGEING * age)
    years = np.log1p(rng.exponential(1.0, len(born)) * _AGEING / force) / _AGEING
    died = alive_from + (years * YEAR).astype(np.int64)
    return np.where(died < end, died, NEVER)


def _homes(rng: np.random.Generator, people: Population, stock: Dwellings, start: int, end: int) -> tuple[Ints, Ints]:
    homes = int(people.household.max()) + 1
    head_born = np.zeros(homes, dtype=np.int64)
    head_born[people.household[::-1]] = people.born[::-1]
    age = (end - head_born) / YEAR
    rate = np.where(age < 35, 0.16, np.where(age < 55, 0.07, 0.03))  # moves a year; English Housing Survey, rounded
    count = rng.poisson(rate * (end - start) / YEAR)
    first = rng.permutation(len(stock))[:homes]
    mover = np.repeat(np.arange(homes), count)
    day = rng.integers(start // DAY, end // DAY, len(mover))
    order = np.lexsort((day, mover))
    mover, day = mover[order], day[order]
    # Most moves are local, and the stock is in postcode order: so a near index is a near place.
    near = first[mover] + rng.normal(0, len(stock) * 0.02, len(mover)).astype(np.int64)
    target = np.where(rng.random(len(mover)) < 0.8, near % len(stock), rng.integers(0, len(stock), len(mover)))
    key = np.concatenate([np.arange(homes) * _SPAN, mover * _SPAN + day + (1 << 20)])
    dwelling = np.concatenate([first, target])
    by_key = np.argsort(key, kind="stable")
    return key[by_key], dwelling[by_key]


def live(rng: np.random.Generator, people: Population, stock: Dwellings, start: int, end: int) -> Lives:
    """Draw everybody's events between `start` and `end`."""
    died = _deaths(rng, people.born, start, end)
    keys, dwellings = _homes(rng, people, stock, start, end)
    return Lives(start, end, died, keys, dwellings)


@dataclass(frozen=True, slots=True)
class Truth:
    """The region as it really is."""

    people: Population
    lives: Lives
    stock: Dwellings

    def dwelling(self, person: Ints, at: Ints) -> Ints:
        """Where each person lived at each time."""
        return self.lives.dwelling_at(self.people.household[person], at)

    def married(self, person: Ints, at: Ints) -> Flags:
        """Whether each person had by then taken the surname they have now."""
        flags: Flags = (self.people.married_at[person] <= at) | (self.people.married_at[person] == NEVER)
        return flags

    def surname(self, person: Ints, at: Ints) -> Words:
        """Each person's surname at each time."""
        return np.where(self.married(person, at), self.people.surname[person], self.people.birth_surname[person])

    def named(self, person: Ints, at: Ints) -> Flags:
        """Whether each person had a forename of their own by then."""
        flags: Flags = self.people.named_at[person] <= at
        return flags

    def nhs_number(self, person: Ints, at: Ints) -> Words:
        """Each person's NHS number if anybody knew it at that time, else ""."""
        return np.where(self.people.nhs_from[person] <= at, self.people.nhs_number[person], "")

    def grown(self, person: Ints, at: Ints, years: int) -> Flags:
        """Whether each person was at least so many years old."""
        flags: Flags = at - self.people.born[person] >= int(years * YEAR)
        return flags

    def title(self, person: Ints, at: Ints) -> Words:
        """How each person was addressed; "" for a newborn without a name."""
        adult = self.grown(person, at, 18)
        wife = self.people.married_at[person] <= at
        women = np.where(wife, "Mrs", np.where(adult, "Ms", "Miss"))
        title = np.where(self.people.female[person], women, np.where(adult, "Mr", "Master")).astype(object)
        return np.where(self.named(person, at), title, "")

    def mobile(self, person: Ints, at: Ints) -> Words:
        """The mobile number to ring for each person, a child's being the parent's."""
        person = np.where(self.grown(person, at, 13), person, self.people.guardian[person])
        before = self.people.mobile_changed_at[person] > at
        return np.where(before, self.people.mobile[person], self.people.new_mobile[person])

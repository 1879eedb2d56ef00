"""Made-up people in households: couples, children, twins, fathers and sons of one name, marriages and moves."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate

from benchmarks.peers.lookalikes.names import CULTURES, FLAT, Culture
from benchmarks.peers.lookalikes.places import Home, Land, land

_MAILS = ("gmail.com", "hotmail.com", "yahoo.com", "outlook.com", "icloud.com")


@dataclass(frozen=True, slots=True)
class Person:
    """One person as they are at some time; `born` ISO 8601, `sex` "female" or "male", "" is not had."""

    number: int
    household: int
    forename: str
    middle: str
    surname: str
    birth_name: str
    sex: str
    born: str
    home: Home
    phone: str
    email: str
    national: str
    birth_place: str
    mother: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Draw:
    """A list drawn from by rank."""

    items: Sequence[str]
    weights: tuple[float, ...]

    @classmethod
    def ranked(cls, items: Sequence[str], flat: float = FLAT) -> Draw:
        """The r-th in proportion to 1 / (r + flat)."""
        return cls(items, tuple(accumulate(1 / (rank + flat) for rank in range(1, len(items) + 1))))

    def one(self, rng: random.Random) -> str:
        """One of them."""
        return rng.choices(self.items, cum_weights=self.weights)[0]


class Registry:
    """Where people of one culture come from; all that it gives follows its generator."""

    def __init__(self, culture: str, rng: random.Random, *, years: tuple[int, int] = (1930, 2018)) -> None:
        self.rng = rng
        self.culture: Culture = CULTURES[culture]
        self.land: Land = land(culture)
        self.years = years
        self.double = culture == "spanish"
        self._women, self._men = Draw.ranked(self.culture.women), Draw.ranked(self.culture.men)
        self._surnames = Draw.ranked(self.culture.surnames)
        self._people = self._households = 0

    def people(self, wanted: int) -> list[Person]:
        """So many people, household by household."""
        found: list[Person] = []
        while len(found) < wanted:
            found += self._household()
        return found[:wanted]

    def surname(self) -> str:
        """A surname, of the usual ones or put together."""
        if self.rng.random() < self.culture.tail:
            return self.rng.choice(self.culture.stems) + self.rng.choice(self.culture.endings)
        return self._surnames.one(self.rng)

    def moved(self, person: Person) -> Person:
        """The same person at another address."""
        return replace(person, home=self.land.home(self.rng))

    def married(self, person: Person) -> Person:
        """The same person under a new surname, sometimes beside the old one."""
        new = self.surname()
        return replace(person, surname=f"{person.surname}-{new}" if self.rng.random() < 0.2 else new)

    def phone(self) -> str:
        """A telephone number of ten digits."""
        return f"0{self.rng.choice('1237')}{self.rng.randrange(10**8):08d}"

    def email(self, forename: str, surname: str) -> str:
        """An address after the name."""
        tail = str(self.rng.randrange(100)) if self.rng.random() < 0.6 else ""
        name = self.rng.choice(
            (f"{forename}.{surname}", f"{forename[:1]}{surname}", f"{forename}{surname[:1]}", surname)
        )
        return f"{name}{tail}@{self.rng.choice(_MAILS)}".lower().replace(" ", "")

    def _household(self) -> Iterator[Person]:
        rng, self._households = self.rng, self._households + 1
        home, family, line = self.land.home(rng), self.surname(), self.phone()
        eldest = rng.randint(self.years[0], self.years[1] - 10)
        man, woman = rng.random() < 0.75, rng.random() < 0.8
        father = self._person(home, family, "male", self._born(eldest), line) if man or not woman else None
        hers = family if man and rng.random() < 0.7 and not self.double else self.surname()
        mother = self._person(home, hers, "female", self._born(eldest + rng.randint(-4, 5)), line) if woman else None
        yield from (adult for adult in (father, mother) if adult)
        born = eldest + rng.randint(20, 35)
        for _ in range(rng.choices((0, 1, 2, 3, 4), (40, 22, 24, 10, 4))[0]):
            if born > self.years[1]:
                return
            name = f"{family.split()[0]} {(mother.surname if mother else self.surname()).split()[0]}"
            child = self._person(home, name if self.double else family, "", self._born(born), line)
            child = replace(child, mother=mother.birth_name if mother else "")
            if father and child.sex == "male" and rng.random() < 0.06:
                child = replace(child, forename=father.forename, suffix="Jr")
            yield child
            if rng.random() < 0.03:
                twin = self._person(home, child.surname, "", child.born, line)
                while twin.forename == child.forename:
                    twin = replace(twin, forename=self._given(twin.sex))
                yield replace(twin, mother=child.mother)
            born += rng.randint(1, 4)

    def _person(self, home: Home, surname: str, sex: str, born: str, line: str) -> Person:
        rng, self._people = self.rng, self._people + 1
        sex = sex or rng.choice(("female", "male"))
        forename, middle = self._given(sex), self._given(sex)
        if self.double and " " not in surname:
            surname = f"{surname} {self.surname()}"
        maiden = self.surname() if sex == "female" and rng.random() < 0.5 and not self.double else surname
        town = home.town if rng.random() < 0.5 else rng.choice(self.land.towns)[0]
        return Person(
            self._people,
            self._households,
            forename,
            middle if rng.random() < 0.7 else "",
            surname,
            maiden,
            sex,
            born,
            home,
            line if rng.random() < 0.3 else self.phone(),
            self.email(forename, surname.split()[0]),
            f"{rng.randrange(10**9):09d}",
            town,
            "",
        )

    def _given(self, sex: str) -> str:
        return (self._women if sex == "female" else self._men).one(self.rng)

    def _born(self, year: int) -> str:
        year = max(self.years[0], min(self.years[1], year))
        return (date(year, 1, 1) + timedelta(days=self.rng.randrange(365))).isoformat()

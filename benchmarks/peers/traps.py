"""The traps of a region: people whom their records all but confuse, and how many of them a tool has joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from benchmarks.peers.judgement import Ints, Truth
from mpi.simulate.population import Population
from mpi.simulate.sampling import YEAR

TWINS = "twins"
FATHER_AND_SON = "father and son"
ONE_NAME = "father and son of one name"
ADDRESS = "shared address"
STRANGERS = "strangers"
GENERATION = 15 * int(YEAR)
MOST_PAIRS = 5_000_000
"""Beyond so many false pairs a tool has collapsed, and there is no use in telling them apart."""


@dataclass(frozen=True, slots=True)
class Kin:
    """How people are related; parallel by person. `place` is the place among the household's children, -1 for adults;
    twins have one place. `born` in seconds."""

    household: Ints
    place: Ints
    female: npt.NDArray[np.bool_]
    born: Ints
    forename: npt.NDArray[np.object_]
    surname: npt.NDArray[np.object_]

    @classmethod
    def of(cls, people: Population) -> Kin:
        """The kin of simulated people."""
        return cls(
            people.household, people.sibling, people.female, people.born, people.forename, people.birth_surname
        )

    def relation(self, one: int, other: int) -> str:
        """What two different people are to one another."""
        if self.household[one] != self.household[other]:
            return STRANGERS
        if self.place[one] == self.place[other] >= 0:
            return TWINS
        men = not self.female[one] and not self.female[other]
        if men and self.surname[one] == self.surname[other] and abs(self.born[one] - self.born[other]) >= GENERATION:
            return ONE_NAME if self.forename[one] == self.forename[other] else FATHER_AND_SON
        return ADDRESS


def opportunities(kin: Kin, truth: Truth) -> dict[str, int]:
    """Pairs of people with records by relation, strangers not counted."""
    by_home: dict[int, list[int]] = {}
    for person in np.unique(truth.person[truth.judged]).tolist():
        by_home.setdefault(int(kin.household[person]), []).append(person)
    return dict(Counter(kin.relation(*pair) for home in by_home.values() for pair in combinations(home, 2)))


def fallen(cluster: Ints, kin: Kin, truth: Truth) -> Mapping[str, Mapping[str, int]] | None:
    """By relation: pairs of people with records in one cluster, and the false pairs of records that makes.

    None when the false pairs are beyond `MOST_PAIRS`.
    """
    people, records = Counter[str](), Counter[str]()
    seen: set[tuple[int, int]] = set()
    mixed = _mixed(cluster, truth)
    if sum(sum(own.values()) ** 2 for own in mixed) > 2 * MOST_PAIRS:
        return None
    for own in mixed:
        for one, other in combinations(sorted(own), 2):
            relation = kin.relation(one, other)
            records[relation] += own[one] * own[other]
            people[relation] += (one, other) not in seen
            seen.add((one, other))
    return {relation: {"joined": people[relation], "record_pairs": records[relation]} for relation in sorted(people)}


def _mixed(cluster: Ints, truth: Truth) -> list[Counter[int]]:
    """Records by person of each cluster that holds more than one."""
    order = np.argsort(cluster, kind="stable")
    order = order[truth.judged[order]]
    return [own for own in _runs(cluster[order], truth.person[order]) if len(own) > 1]


def _runs(cluster: Ints, person: Ints) -> Iterator[Counter[int]]:
    for members in np.split(person, np.flatnonzero(cluster[1:] != cluster[:-1]) + 1):
        yield Counter(members.tolist())

"""Clusters that grow as records are joined, and what keeps them apart: the working part of `linkage.partition`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from enum import IntEnum

from linkage.guard import Guard

Pair = tuple[str, str]
MOST_SAID = 12.0
"""Bits that one pair counts for at most, for or against, when all pairs across two clusters are taken together."""


class AssertionRank(IntEnum):
    """Who said so; a higher rank overrules a lower one whenever it was said."""

    HOLD = -1  # an existing link that only soft evidence would undo: kept until somebody decides
    SOURCE = 0
    REVIEWER = 1
    PRIVACY = 2


class Cause(IntEnum):
    """What keeps two clusters apart where no guard of `CONFLICTS` does."""

    FLOOR = 1  # two records weigh less than the veto floor
    ONE_FILE = 2  # two records are of one file, which holds a person once
    BALANCE = 3  # all pairs across the two, taken together, speak against joining them


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why two records may not be in one cluster: a guard of `CONFLICTS`, or else the cause."""

    weight: float
    guards: Guard = Guard.NONE
    cause: Cause = Cause.FLOOR


@dataclass(frozen=True, slots=True)
class Balance:
    """What all pairs across two clusters must weigh on average, in bits, to be joined; `weigh(a, b)` with a < b."""

    weigh: Callable[[str, str], float]
    least: float


class GrowingClusters:
    """Growing clusters and what keeps them apart.

    Clusters only ever grow, so a conflict once found across two of them holds for all that comes of them: it is kept
    by cluster, and no pair is looked at twice. Where it is known which records conflict with any other (`suspects`),
    no other pair is looked at at all.
    """

    def __init__(
        self,
        keys: Iterable[str],
        conflict: Callable[[str, str], Conflict | None],
        balance: Balance | None = None,
        suspects: Container[str] | None = None,
    ) -> None:
        self._root = {key: key for key in keys}
        self._members = {key: [key] for key in self._root}
        self._suspects = {key: [key] if suspects is None or key in suspects else [] for key in self._root}
        self._separated: dict[str, dict[str, AssertionRank]] = {key: {} for key in self._root}
        self._vetoed: dict[str, dict[str, tuple[Pair, Conflict]]] = {key: {} for key in self._root}
        self._conflict = conflict
        self._balance = balance

    def separate(self, a: str, b: str, rank: AssertionRank) -> None:
        """Keep two single records apart from the start."""
        self._separated[a][b] = self._separated[b][a] = rank

    def join_asserted(self, a: str, b: str, rank: AssertionRank) -> bool:
        """Join by assertion unless one of equal or higher rank separates the two; whether they are one now."""
        one, other = self._root[a], self._root[b]
        if one == other:
            return True
        against = self._separated[one].get(other)
        if against is not None and against >= rank:
            return False
        self._join(one, other)
        return True

    def join_certain(self, a: str, b: str) -> None:
        """Join by weight unless an assertion or any conflict stands between the two clusters."""
        one, other = self._root[a], self._root[b]
        if one == other or other in self._separated[one] or other in self._vetoed[one]:
            return
        veto = self._find_conflict(one, other) or self._find_outweighed(one, other)
        if veto is None:
            self._join(one, other)
        else:
            self._vetoed[one][other] = self._vetoed[other][one] = veto

    def locate(self, a: str, b: str) -> Pair | None:
        """The two clusters of a pair in key order; None when they are one or an assertion settles it."""
        one, other = self._root[a], self._root[b]
        if one == other or other in self._separated[one]:
            return None
        return (one, other) if one < other else (other, one)

    def veto(self, one: str, other: str) -> tuple[Pair, Conflict] | None:
        """The conflict that keeps two clusters apart, with the pair that has it."""
        return self._vetoed[one].get(other)

    @property
    def are_one(self) -> bool:
        """Whether no two clusters are left."""
        return len(self._members) < 2

    def root(self, key: str) -> str:
        """The cluster of a record."""
        return self._root[key]

    def blocks(self) -> tuple[tuple[str, ...], ...]:
        """All clusters in key order."""
        return tuple(sorted(tuple(sorted(members)) for members in self._members.values()))

    def _find_conflict(self, one: str, other: str) -> tuple[Pair, Conflict] | None:
        for a in sorted(self._suspects[one]):
            for b in self._suspects[other]:
                pair = (a, b) if a < b else (b, a)
                found = self._conflict(*pair)
                if found is not None:
                    return pair, found
        return None

    def _find_outweighed(self, one: str, other: str) -> tuple[Pair, Conflict] | None:
        """The lightest pair across two clusters of which the pairs, taken together, speak against joining them."""
        if self._balance is None:
            return None
        total, count, lightest = 0.0, 0, (float("inf"), ("", ""))
        for a in sorted(self._members[one]):
            for b in sorted(self._members[other]):
                pair = (a, b) if a < b else (b, a)
                weight = self._balance.weigh(*pair)
                total += min(MOST_SAID, max(-MOST_SAID, weight))
                count += 1
                lightest = min(lightest, (weight, pair))
        if total >= self._balance.least * count:
            return None
        return lightest[1], Conflict(lightest[0], cause=Cause.BALANCE)

    def _join(self, one: str, other: str) -> None:
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        moved = self._members.pop(other)
        self._members[one] += moved
        self._suspects[one] += self._suspects.pop(other)
        for key in moved:
            self._root[key] = one
        self._inherit_separations(one, other)
        self._inherit_vetoes(one, other)

    def _inherit_separations(self, one: str, other: str) -> None:
        for third, rank in self._separated.pop(other).items():
            del self._separated[third][other]
            if third != one:
                highest = max(rank, self._separated[one].get(third, rank))
                self._separated[one][third] = self._separated[third][one] = highest

    def _inherit_vetoes(self, one: str, other: str) -> None:
        for third, veto in self._vetoed.pop(other).items():
            del self._vetoed[third][other]
            if third != one and third not in self._vetoed[one]:
                self._vetoed[one][third] = self._vetoed[third][one] = veto

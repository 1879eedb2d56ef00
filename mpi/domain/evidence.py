"""What bears on whether two source records are one person: weighed edges and assertions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from linkage import partition as linkage_partition
from linkage.guard import Guard
from linkage.partition import AssertionRank, Verdict
from mpi.domain.commands import Stamp
from mpi.domain.identifiers import Identifier


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two records, unordered: always made by `of`, so `one` is never after `other`."""

    one: Identifier
    other: Identifier

    @classmethod
    def of(cls, a: Identifier, b: Identifier) -> Pair:
        """The pair of two identifiers in either order."""
        return cls(a, b) if a <= b else cls(b, a)

    def other_than(self, identifier: Identifier) -> Identifier:
        """The pair's other end."""
        return self.other if identifier == self.one else self.one


@dataclass(frozen=True, slots=True)
class Edge:
    """A weighed pair: total weight in log2 units, guard bits, whether it joins by itself (certain and unguarded),
    and the comparison levels that gave the weight."""

    pair: Pair
    weight: float
    guards: Guard
    joins: bool
    pattern: bytes = b""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A statement that outranks weights. `subsumed` names the prior when the statement is a merge.

    `id` is None until stored. Privacy outranks reviewer outranks source; among equals the latest wins.
    """

    pair: Pair
    verdict: Verdict
    rank: AssertionRank
    stamp: Stamp
    subsumed: Identifier | None = None
    id: int | None = None

    @property
    def order(self) -> tuple[AssertionRank, Stamp]:
        """Which of two assertions about one pair holds: the greater."""
        return (self.rank, self.stamp)

    def for_partition(self) -> linkage_partition.Assertion:
        """The same statement in the linkage library's terms."""
        stamp = self.stamp
        order = f"{stamp.occurred.timestamp():020.6f} {stamp.recorded.timestamp():020.6f} {stamp.arrival:020d}"
        return linkage_partition.Assertion(str(self.pair.one), str(self.pair.other), self.verdict, self.rank, order)


@dataclass(frozen=True, slots=True)
class AssertionView:
    """A standing statement about two records. `same` False: they are not one person. `rank` says who outranks whom:
    hold, source, reviewer, privacy. `subsumed` is the prior, when the statement is a feed's merge."""

    id: int
    one: Identifier
    other: Identifier
    same: bool
    rank: str
    occurred: datetime
    subsumed: Identifier | None = None


@dataclass(frozen=True, slots=True)
class KeptApart:
    """Two records that must not be linked, and why. `lift_asked_by` has asked to take it back, "" nobody has,
    for `lift_reason`."""

    id: int
    pair: Pair
    made_by: str
    made_at: datetime
    reason: str
    lift_asked_by: str = ""
    lift_reason: str = ""


def effective(assertions: Iterable[Assertion]) -> dict[Pair, Assertion]:
    """The one assertion that holds about each pair."""
    holding: dict[Pair, Assertion] = {}
    for made in assertions:
        held = holding.get(made.pair)
        if held is None or made.order > held.order:
            holding[made.pair] = made
    return holding

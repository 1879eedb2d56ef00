"""Laws of settling one component: how its evidence is told, and how many records say the same, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage import partition as pure
from linkage.guard import CONFLICTS, Guard
from linkage.partition import AssertionRank, Verdict
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.settlement import Component, Joins, Member, Settler, Thresholds

MODEL = Thresholds(certain=10.0, veto=-20.0)
START = datetime(2024, 1, 1, tzinfo=UTC)
# "B|" sorts otherwise by text than by parts.
RECORDS = [Identifier(authority, value) for authority in ("A", "B", "B|") for value in "123"]
SAID = [bytes([n]) for n in range(5)]
GUARDS = [Guard.NONE] * 6 + [Guard.NHS_NUMBER_CONFLICT, Guard.MULTIPLE_BIRTH, Guard.UNIDENTIFIED, Guard.WEAK_IDENTITY]
scores = st.tuples(st.sampled_from([-30.0, -5.0, 2.0, 12.0, 12.0, 12.0, 15.0]), st.sampled_from(GUARDS))


@st.composite
def members(draw: st.DrawFn) -> tuple[Member, ...]:
    """Several records say the same, some nothing; some are merged away."""
    chosen = sorted(draw(st.sets(st.sampled_from(RECORDS), min_size=2)))
    said = st.one_of(st.sampled_from(SAID), st.sampled_from(SAID[:2]), st.none())
    golden = st.one_of(st.integers(1, 3).map(lambda n: UUID(int=n)), st.none())
    return tuple(Member(i, draw(golden), draw(said), live=draw(st.integers(0, 5)) > 0) for i in chosen)


class Evidence:
    """A component, and how the pairs of what its records say are scored."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.members = draw(members())
        pairs = [(a, b) for n, a in enumerate(SAID) for b in SAID[n:]]
        self.scored = dict(zip(pairs, draw(st.lists(scores, min_size=15, max_size=15)), strict=True))
        self.edges = [edge for edge in self._weighed() if draw(st.integers(0, 3))]
        ends = st.permutations([m.identifier for m in self.members]).map(lambda order: Pair.of(order[0], order[1]))
        stamps = st.integers(0, 3).map(lambda n: Stamp(Rank.FEED, START + timedelta(minutes=n), START))
        made = st.builds(Assertion, ends, st.sampled_from(Verdict), st.sampled_from(AssertionRank), stamps)
        self.said = tuple(draw(st.lists(made, max_size=4)))
        self.before = self.said[draw(st.integers(0, 1)) :]

    def score(self, one: bytes, many: Sequence[bytes]) -> list[tuple[float, int]]:
        found = [self.scored[min(one, other), max(one, other)] for other in many]
        return [(weight, int(guards)) for weight, guards in found]

    def conflict(self, a: str, b: str) -> pure.Conflict | None:
        """Pair by pair, word for word."""
        one, other = (next(m for m in self.members if str(m.identifier) == key) for key in (a, b))
        if one.encoded is None or other.encoded is None:
            return None
        ((weight, bits),) = self.score(one.encoded, [other.encoded])
        fit = one.live and other.live and not bits & Guard.UNIDENTIFIED
        return pure.Conflict(weight, Guard(bits)) if bits & CONFLICTS or (fit and weight < MODEL.veto) else None

    def settler(self, edges: Sequence[Edge], joins: Joins | None = None) -> Settler:
        component = Component(self.members, tuple(edges), self.said, self.before, joins=joins)
        return Settler(component, MODEL, self.score)

    def columns(self) -> Joins:
        place = {m.identifier: number for number, m in enumerate(self.members)}
        joining = [edge for edge in self.edges if edge.joins]
        ends = [np.array([place[end] for end in ends], np.int64) for ends in self._ends(joining)]
        return Joins(ends[0], ends[1], np.array([edge.weight for edge in joining], np.float32))

    def _weighed(self) -> list[Edge]:
        drawn = []
        for number, one in enumerate(self.members):
            for other in self.members[number + 1 :]:
                if one.encoded is not None and other.encoded is not None:
                    ((weight, bits),) = self.score(one.encoded, [other.encoded])
                    joins = weight >= MODEL.certain and not bits
                    drawn.append(Edge(Pair.of(one.identifier, other.identifier), weight, Guard(bits), joins))
        return drawn

    def _ends(self, edges: Sequence[Edge]) -> tuple[list[Identifier], list[Identifier]]:
        return [edge.pair.one for edge in edges], [edge.pair.other for edge in edges]


evidence = st.composite(Evidence)()


@given(evidence)
def test_stored_blocks_are_those_of_the_pure_partition_scored_pair_by_pair(case: Evidence) -> None:
    """Design, section 4: the stored partition is the pure one, of the evidence with its holds."""
    edges = [pure.Edge(str(e.pair.one), str(e.pair.other), e.weight, e.guards) for e in case.edges]
    said = [made.for_partition() for made in case.said]
    keys = [str(member.identifier) for member in case.members]
    expected = pure.partition(keys, edges, said, MODEL.certain, case.conflict).blocks
    blocks = case.settler(case.edges).stored().blocks
    assert tuple(tuple(map(str, block)) for block in blocks) == expected


@given(evidence)
def test_edges_in_columns_settle_as_edges_one_by_one(case: Evidence) -> None:
    told = case.settler(case.edges).settle()
    others = [edge for edge in case.edges if not edge.joins]
    assert case.settler(others, case.columns()).settle() == told
    assert case.settler(case.edges, case.columns()).settle() == told

"""Holds, lineage and events of one component (design section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.guard import Guard
from linkage.partition import AssertionRank, Verdict
from mpi.domain.changes import events
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import trace
from mpi.domain.settlement import Component, Member, Settlement, Settler, Thresholds
from mpi.domain.views import EventType

A, B, C, D = (Identifier("BOL", value) for value in "ABCD")
ONE, TWO, THREE, NEW = (UUID(int=n) for n in (1, 2, 3, 99))
AT = datetime(2024, 1, 1, tzinfo=UTC)
STAMP = Stamp(Rank.FEED, AT, AT)
MODEL = Thresholds(certain=10.0, veto=-20.0)


def edge(one: Identifier, other: Identifier, weight: float = 15.0, guards: Guard = Guard.NONE) -> Edge:
    return Edge(Pair.of(one, other), weight, guards, weight >= MODEL.certain and not guards)


def asserted(one: Identifier, other: Identifier, verdict: Verdict) -> Assertion:
    return Assertion(Pair.of(one, other), verdict, AssertionRank.REVIEWER, STAMP)


def settle(
    golden: dict[Identifier, UUID | None],
    *edges: Edge,
    assertions: tuple[Assertion, ...] = (),
    before: tuple[Assertion, ...] | None = None,
    conflicts: dict[Pair, Guard] | None = None,
) -> Settlement:
    """Settle records (their encoding is their value), scored 0 bits with the guards of `conflicts`."""
    found = conflicts or {}

    def score(one: bytes, many: Sequence[bytes]) -> list[tuple[float, int]]:
        pairs = [Pair.of(Identifier("BOL", one.decode()), Identifier("BOL", other.decode())) for other in many]
        return [(0.0, int(found.get(pair, Guard.NONE))) for pair in pairs]

    members = tuple(Member(i, g, i.value.encode(), live=True) for i, g in golden.items())
    component = Component(members, edges, assertions, assertions if before is None else before)
    return Settler(component, MODEL, score).settle()


def test_certain_evidence_joins() -> None:
    settled = settle({A: ONE, B: TWO}, edge(A, B))
    assert (settled.blocks, settled.contested) == (((A, B),), ())


def test_soft_evidence_parts_nobody() -> None:
    """Holds: the link stays, contested, the smaller piece's records marked."""
    held = settle({A: ONE, B: ONE, C: ONE}, edge(A, B))
    assert held.blocks == ((A, B, C),)
    assert (held.contested, held.contested_records) == ((Pair.of(A, C),), frozenset({C}))


@pytest.mark.parametrize("guard", [Guard.NHS_NUMBER_CONFLICT, Guard.NHS_NUMBER_CONFUSION, Guard.MULTIPLE_BIRTH])
def test_hard_evidence_parts(guard: Guard) -> None:
    """Holds: a guard that speaks of two people."""
    parted = settle({A: ONE, B: ONE}, conflicts={Pair.of(A, B): guard})
    assert (parted.blocks, parted.contested) == (((A,), (B,)), ())


def test_an_assertion_parts() -> None:
    parted = settle({A: ONE, B: ONE}, edge(A, B), assertions=(asserted(A, B, Verdict.DIFFERENT),), before=())
    assert parted.blocks == ((A,), (B,))


def test_taking_back_what_alone_joined_parts() -> None:
    """Promise 4: merge then unmerge restores; the hold is not for that."""
    parted = settle({A: ONE, B: ONE}, before=(asserted(A, B, Verdict.SAME),))
    assert (parted.blocks, parted.contested) == (((A,), (B,)), ())


def test_a_piece_parted_by_hard_evidence_takes_only_itself_away() -> None:
    """Holds: of three records whose edges are gone, only the one in conflict leaves."""
    parted = settle({A: ONE, B: ONE, C: ONE}, conflicts={Pair.of(A, C): Guard.NHS_NUMBER_CONFLICT})
    assert parted.blocks == ((A, B), (C,))
    assert parted.contested == (Pair.of(A, B),)


def test_nobody_new_is_held() -> None:
    """A hold keeps what was linked; it joins nobody."""
    assert settle({A: ONE, B: ONE, C: None, D: TWO}).blocks == ((A, B), (C,), (D,))


ids = st.sampled_from([A, B, C, D])


@given(
    st.lists(st.tuples(ids, ids, st.sampled_from([0.0, 12.0, 15.0])), max_size=5),
    st.lists(st.tuples(ids, ids), max_size=2),
    st.lists(st.sampled_from([ONE, TWO, None]), min_size=4, max_size=4),
)
def test_settling_what_is_settled_changes_nothing(drawn, conflicting, golden) -> None:  # type: ignore[no-untyped-def]
    """A second look at the same evidence, from the stored state of the first and its holds, finds the same people."""
    edges = tuple({Pair.of(a, b): edge(a, b, w) for a, b, w in drawn if a != b}.values())
    conflicts = {Pair.of(a, b): Guard.NHS_NUMBER_CONFLICT for a, b in conflicting if a != b}
    edges = tuple(replace(e, guards=g, joins=False) if (g := conflicts.get(e.pair)) else e for e in edges)
    first = settle(dict(zip((A, B, C, D), golden, strict=True)), *edges, conflicts=conflicts)
    stored = {member: UUID(int=n) for n, block in enumerate(first.blocks) for member in block}
    holds = tuple(Assertion(pair, Verdict.SAME, AssertionRank.HOLD, STAMP) for pair in first.new_holds)
    again = settle(dict(sorted(stored.items())), *edges, assertions=holds, conflicts=conflicts)
    assert again.blocks == first.blocks
    assert again.contested_records == first.contested_records


def lineage(
    blocks: list[list[Identifier]], held: dict[Identifier, UUID]
) -> tuple[dict[Identifier, UUID], dict[UUID, UUID]]:
    traced = trace(blocks, held, lambda golden: golden.int, lambda: NEW)
    return dict(traced.golden_of), dict(traced.retired)


def test_the_bigger_part_keeps_the_id_and_the_older_of_equals() -> None:
    """Design 4, golden ids."""
    assert lineage([[A, B, C]], {A: ONE, B: TWO, C: TWO}) == ({A: TWO, B: TWO, C: TWO}, {ONE: TWO})
    assert lineage([[A, B]], {A: TWO, B: ONE}) == ({A: ONE, B: ONE}, {TWO: ONE})
    assert lineage([[A], [B, C]], {A: ONE, B: ONE, C: ONE}) == ({A: NEW, B: ONE, C: ONE}, {})


def test_of_equal_parts_the_id_goes_to_whom_it_was_of() -> None:
    """Promise 4: a merge taken back; B was under the id first, A came by the merge."""
    since = {A: AT + timedelta(hours=1), B: AT}
    traced = trace([[A], [B]], {A: ONE, B: ONE}, lambda golden: golden.int, lambda: NEW, since)
    assert traced.golden_of == {A: NEW, B: ONE}


@given(
    st.lists(st.sampled_from([ONE, TWO, THREE]), min_size=4, max_size=4),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_no_two_people_share_an_id_and_every_lost_id_has_a_living_successor(golden, places) -> None:  # type: ignore[no-untyped-def]
    """Design 4, golden ids; SEC-10."""
    held = dict(zip((A, B, C, D), golden, strict=True))
    blocks = [[i for i, p in zip(held, places, strict=True) if p == place] for place in sorted(set(places))]
    minted = iter(range(100, 110))
    traced = trace(blocks, held, lambda g: g.int, lambda: UUID(int=next(minted)))
    alive = set(traced.golden_of.values())
    assert len(alive) == len(blocks)
    assert set(traced.retired) == set(golden) - alive
    assert set(traced.retired.values()) <= alive
    told = events(held, traced, AT, "test")
    moved = {i: (e.old_golden_ids, e.new_golden_ids) for e in told for i in e.identifiers}
    assert moved == {i: ((held[i],), (g,)) for i, g in traced.golden_of.items() if g != held[i]}
    assert all((e.type is EventType.IDENTITY_MERGED) == (e.old_golden_ids[0] in traced.retired) for e in told)

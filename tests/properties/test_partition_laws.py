"""Laws of `partition`: identity is a pure function of the evidence (design section 4)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from linkage.guard import Guard
from linkage.partition import Assertion, AssertionRank, Conflict, Edge, Partition, Reason, Verdict, partition

CERTAIN = 10.0
NODES = "abcdefgh"
Pair = tuple[str, str]
PAIRS = list(combinations(NODES, 2))


@dataclass(frozen=True)
class Evidence:
    edges: tuple[Edge, ...]
    assertions: tuple[Assertion, ...]
    conflicts: frozenset[Pair]

    def solve(self, *more: Assertion) -> Partition:
        return partition(NODES, self.edges, (*self.assertions, *more), CERTAIN, self.conflict)

    def conflict(self, a: str, b: str) -> Conflict | None:
        return Conflict(-30.0, Guard.MULTIPLE_BIRTH) if (a, b) in self.conflicts else None


pairs = st.sampled_from(PAIRS)
weights = st.sampled_from([2.0, 5.0, 9.0, 10.0, 12.0, 12.0, 20.0])
guards = st.sampled_from([Guard.NONE, Guard.NONE, Guard.NONE, Guard.WEAK_IDENTITY, Guard.NHS_NUMBER_CONFLICT])
edges = st.builds(lambda pair, weight, guard: Edge(pair[0], pair[1], weight, guard), pairs, weights, guards)
assertions = st.builds(
    lambda pair, verdict, rank, order: Assertion(pair[0], pair[1], verdict, rank, str(order)),
    pairs,
    st.sampled_from(Verdict),
    st.sampled_from(AssertionRank),
    st.integers(0, 3),
)
evidence = st.builds(
    Evidence,
    st.lists(edges, max_size=20).map(tuple),
    st.lists(assertions, max_size=6).map(tuple),
    st.frozensets(pairs, max_size=5),
)
plain = st.builds(Evidence, st.lists(edges, max_size=20).map(tuple), st.just(()), st.just(frozenset()))


def block_of(result: Partition) -> dict[str, int]:
    return {key: number for number, block in enumerate(result.blocks) for key in block}


def effective(assertions: tuple[Assertion, ...]) -> dict[Pair, Assertion]:
    """The specification, word for word: highest rank, then latest, then the careful one."""
    chosen = {}
    for pair in PAIRS:
        said = [x for x in assertions if (x.a, x.b) == pair]
        if said:
            chosen[pair] = max(said, key=lambda x: (x.rank, x.order, x.verdict is Verdict.DIFFERENT))
    return chosen


@given(evidence, st.randoms(use_true_random=False))
def test_any_order_of_the_input_gives_the_same_people(case: Evidence, shuffler: random.Random) -> None:
    nodes, drawn, said = list(NODES), list(case.edges), list(case.assertions)
    for items in (nodes, drawn, said):
        shuffler.shuffle(items)
    turned = [Edge(e.b, e.a, e.weight, e.guards) if shuffler.random() < 0.5 else e for e in drawn]
    assert partition(nodes, turned, said, CERTAIN, case.conflict) == case.solve()


@given(evidence)
def test_every_record_is_in_exactly_one_block(case: Evidence) -> None:
    assert sorted(key for block in case.solve().blocks for key in block) == list(NODES)


@given(evidence, pairs)
def test_a_privacy_officer_separates_whatever_else_is_said(case: Evidence, pair: Pair) -> None:
    """NHS-56: no weight, source or reviewer joins the two, even by a detour."""
    result = case.solve(Assertion(*pair, Verdict.DIFFERENT, AssertionRank.PRIVACY, "9"))
    assert block_of(result)[pair[0]] != block_of(result)[pair[1]]
    assert all({q.a, q.b} != set(pair) or q.reason is Reason.CONTRADICTED for q in result.questions)


@given(plain, pairs)
def test_a_reviewer_separates_what_weights_joined(case: Evidence, pair: Pair) -> None:
    result = case.solve(Assertion(*pair, Verdict.DIFFERENT, AssertionRank.REVIEWER, "1"))
    assert block_of(result)[pair[0]] != block_of(result)[pair[1]]


@given(plain, pairs, st.frozensets(pairs, max_size=5))
def test_a_reviewer_joins_whatever_the_weights_and_guards(
    case: Evidence, pair: Pair, clashes: frozenset[Pair]
) -> None:
    guarded = Evidence(case.edges, (), clashes)
    result = guarded.solve(Assertion(*pair, Verdict.SAME, AssertionRank.REVIEWER, "1"))
    assert block_of(result)[pair[0]] == block_of(result)[pair[1]]


@given(evidence, assertions)
def test_taking_an_assertion_back_restores_exactly(case: Evidence, said: Assertion) -> None:
    before = case.solve()
    case.solve(said)
    assert case.solve() == before
    overruled = Assertion(said.a, said.b, said.verdict, said.rank, "")
    assert case.solve(overruled) == before or (said.a, said.b) not in {
        (x.a, x.b) for x in case.assertions if x.rank >= said.rank
    }


@given(evidence)
def test_a_block_holds_a_different_only_under_a_higher_same(case: Evidence) -> None:
    result = case.solve()
    where, counting = block_of(result), effective(case.assertions)
    for (a, b), said in counting.items():
        if said.verdict is Verdict.DIFFERENT and where[a] == where[b]:
            assert any(
                other.verdict is Verdict.SAME and other.rank > said.rank and where[x] == where[y] == where[a]
                for (x, y), other in counting.items()
            )


@given(evidence)
def test_a_block_holds_a_conflict_only_by_assertion(case: Evidence) -> None:
    result = case.solve()
    where = block_of(result)
    asserted = {
        where[a]
        for (a, b), said in effective(case.assertions).items()
        if said.verdict is Verdict.SAME and where[a] == where[b]
    }
    for a, b in case.conflicts:
        assert where[a] != where[b] or where[a] in asserted


@given(plain)
def test_without_conflicts_and_assertions_blocks_are_connected_components(case: Evidence) -> None:
    parent = {key: key for key in NODES}

    def find(key: str) -> str:
        return key if parent[key] == key else find(parent[key])

    merged: dict[Pair, tuple[float, Guard]] = {}
    for e in case.edges:
        weight, guard = merged.get((e.a, e.b), (e.weight, Guard.NONE))
        merged[e.a, e.b] = max(weight, e.weight), guard | e.guards
    for (a, b), (weight, guard) in merged.items():
        if weight >= CERTAIN and not guard:
            parent[find(a)] = find(b)
    where = block_of(case.solve())
    assert all((where[a] == where[b]) == (find(a) == find(b)) for a, b in PAIRS)


@given(evidence)
def test_every_open_pair_has_one_question_and_no_settled_pair_has_any(case: Evidence) -> None:
    result = case.solve()
    where, counting = block_of(result), effective(case.assertions)
    settled = {frozenset((where[a], where[b])) for (a, b), x in counting.items() if x.verdict is Verdict.DIFFERENT}
    asked = [frozenset((where[q.a], where[q.b])) for q in result.questions]
    assert len(asked) == len(set(asked))
    assert all(len(pair) == 2 for pair in asked)
    opened = {frozenset((where[e.a], where[e.b])) for e in case.edges if where[e.a] != where[e.b]} - settled
    assert opened == {
        pair for pair, q in zip(asked, result.questions, strict=True) if q.reason is not Reason.CONTRADICTED
    }
    refused = {
        frozenset((where[a], where[b]))
        for (a, b), x in counting.items()
        if x.verdict is Verdict.SAME and where[a] != where[b]
    }
    assert refused == {
        pair for pair, q in zip(asked, result.questions, strict=True) if q.reason is Reason.CONTRADICTED
    }


@given(evidence)
def test_a_certain_edge_without_a_guard_is_joined_or_vetoed_or_settled(case: Evidence) -> None:
    result = case.solve()
    for q in result.questions:
        if q.reason is Reason.POSSIBLE:
            assert q.weight < CERTAIN
        if q.reason is Reason.VETOED:
            assert q.weight >= CERTAIN
            assert q.between in case.conflicts

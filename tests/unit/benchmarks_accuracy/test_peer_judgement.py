"""The counts of the accuracy benchmark against the same counts made pair by pair (issue 3, measured side by side)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.judgement import (
    Scored,
    Truth,
    best_closure,
    best_pairs,
    components,
    judge_closure,
    judge_clusters,
    judge_pairs,
)
from linkage.evaluation import PairCounts, compare_clusterings


def truth_of(person: list[int], source: list[int] | None = None, judged: list[bool] | None = None) -> Truth:
    n = len(person)
    sources = np.array(source or range(n), np.int64)
    return Truth(np.array(person, np.int64), sources, np.array(judged or [True] * n, np.bool_))


def scored_of(*pairs: tuple[int, int, float]) -> Scored:
    a, b, weight = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Scored(np.array(a, np.int64), np.array(b, np.int64), np.array(weight, np.float64))


@st.composite
def problems(draw: st.DrawFn) -> tuple[Truth, Scored]:
    n = draw(st.integers(1, 9))
    few = st.lists(st.integers(0, 3), min_size=n, max_size=n)
    source = draw(st.one_of(st.just(list(range(n))), st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    judged = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    edges = draw(st.lists(st.sampled_from([*combinations(range(n), 2)]), unique=True)) if n > 1 else []
    weights = draw(st.lists(st.integers(-3, 3), min_size=len(edges), max_size=len(edges)))
    scored = scored_of(*((a, b, float(w)) for (a, b), w in zip(edges, weights, strict=True)))
    return Truth(np.array(draw(few)), np.array(source), np.array(judged)), scored


def count(predicted: set[tuple[int, int]], truth: Truth) -> PairCounts:
    """The definition: every pair that is asked for, one by one."""
    asked = {
        (a, b)
        for a, b in combinations(range(len(truth.person)), 2)
        if truth.judged[a] and truth.judged[b] and truth.source[a] != truth.source[b]
    }
    same = {(a, b) for a, b in asked if truth.person[a] == truth.person[b]}
    predicted = predicted & asked
    return PairCounts(len(predicted & same), len(predicted - same), len(same - predicted))


def inside(cluster: list[int]) -> set[tuple[int, int]]:
    return {(a, b) for a, b in combinations(range(len(cluster)), 2) if cluster[a] == cluster[b]}


@given(problems())
def test_pairs_and_closures_are_counted_as_defined(problem: tuple[Truth, Scored]) -> None:
    truth, scored = problem
    edges = {(int(a), int(b)) for a, b in zip(scored.a, scored.b, strict=True)}
    cluster = components(scored, len(truth.person))
    assert judge_pairs(scored, truth) == count(edges, truth)
    assert judge_closure(cluster, truth) == count(inside(cluster.tolist()), truth)


@given(problems())
def test_no_threshold_beats_the_best_one(problem: tuple[Truth, Scored]) -> None:
    truth, scored = problem
    n = len(truth.person)

    def closed(threshold: float) -> PairCounts:
        return judge_closure(components(scored.from_weight(threshold), n), truth)

    thresholds = [float("inf"), *scored.weight.tolist()]
    pairs, closure = best_pairs(scored, truth), best_closure(scored, truth)
    assert pairs.counts == judge_pairs(scored.from_weight(pairs.threshold), truth)
    assert closure.counts == closed(closure.threshold)
    assert pairs.counts.f1 == max(judge_pairs(scored.from_weight(t), truth).f1 for t in thresholds)
    assert closure.counts.f1 == max(closed(t).f1 for t in thresholds)


@given(problems())
def test_clusters_are_right_when_whole_and_alone(problem: tuple[Truth, Scored]) -> None:
    truth, scored = problem
    cluster = components(scored, len(truth.person))
    judged = np.flatnonzero(truth.judged).tolist()

    def groups(codes: list[int]) -> set[frozenset[int]]:
        return {frozenset(r for r in judged if codes[r] == codes[own]) for own in judged}

    found, actual = groups(cluster.tolist()), groups(truth.person.tolist())
    counts = judge_clusters(cluster, truth)
    assert (counts.found, counts.actual, counts.exact) == (len(found), len(actual), len(found & actual))


@given(problems())
def test_agrees_with_the_library_where_every_pair_is_asked_for(problem: tuple[Truth, Scored]) -> None:
    truth, scored = problem
    n = len(truth.person)
    every = Truth(truth.person, np.arange(n), np.ones(n, np.bool_))
    cluster = components(scored, n)
    predicted = {str(r): int(cluster[r]) for r in range(n)}
    assert judge_closure(cluster, every) == compare_clusterings(
        predicted, {str(r): int(truth.person[r]) for r in range(n)}
    )


def test_a_chain_costs_precision_only_once_it_is_closed() -> None:
    truth = truth_of([1, 1, 2])
    chain = scored_of((0, 1, 5.0), (1, 2, 5.0))
    assert judge_pairs(chain, truth) == PairCounts(1, 1, 0)
    assert judge_closure(components(chain, 3), truth) == PairCounts(1, 2, 0)


def test_pairs_within_one_of_two_files_are_not_asked_for() -> None:
    """FEBRL 4 links two files that hold nobody twice."""
    truth = truth_of([1, 2, 1, 2], source=[0, 0, 1, 1])
    assert judge_pairs(scored_of((0, 1, 9.0), (0, 2, 9.0)), truth) == PairCounts(1, 0, 1)
    assert judge_closure(np.array([7, 7, 7, 8]), truth) == PairCounts(1, 1, 1)


def test_overlaid_records_are_not_judged() -> None:
    truth = truth_of([1, 1, 2], judged=[True, True, False])
    assert judge_closure(np.array([0, 0, 0]), truth) == PairCounts(1, 0, 0)
    assert judge_clusters(np.array([0, 0, 0]), truth).f1 == 1.0


def test_nothing_joined_is_best_when_every_pair_is_wrong() -> None:
    best = best_closure(scored_of((0, 1, 3.0)), truth_of([1, 2]))
    assert best.threshold == float("inf")
    assert best.counts == PairCounts(0, 0, 0)


def test_rates_of_an_empty_answer() -> None:
    counts = judge_clusters(np.array([], np.int64), truth_of([]))
    assert (counts.precision, counts.recall, counts.f1) == (1.0, 1.0, 1.0)
    assert judge_clusters(np.array([0, 0]), truth_of([1, 2])).f1 == pytest.approx(0.0)

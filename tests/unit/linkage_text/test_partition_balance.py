"""Clusters as wholes: all pairs across two of them must speak for one person, not the heaviest alone."""

from __future__ import annotations

from itertools import combinations
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.growing import MOST_SAID
from linkage.guard import Guard
from linkage.partition import (
    Assertion,
    AssertionRank,
    Balance,
    Cause,
    Conflict,
    Edge,
    Partition,
    Question,
    Reason,
    Verdict,
    partition,
)

CERTAIN, POSSIBLE, LEAST = 1.5, -6.0, -1.0
Weights = dict[str, float]


def split(weights: Weights, least: float | None = LEAST, assertions: tuple[Assertion, ...] = ()) -> Partition:
    """The partition of records named by one letter, from the weights of all their pairs ("ab")."""
    nodes = sorted(set("".join(weights)))
    edges = [Edge(*pair, bits) for pair, bits in weights.items() if bits >= POSSIBLE]
    balance = None if least is None else Balance(lambda a, b: weights[a + b], least)
    return partition(nodes, edges, assertions, CERTAIN, lambda *_: None, balance)


def blocks(found: Partition) -> list[str]:
    return ["".join(block) for block in found.blocks]


def test_a_chain_joins_without_balance_and_not_with_it() -> None:
    """A is B by 12 bits and B is C by 8, but A and C are 14 bits against one person."""
    chain = {"ab": 12.0, "bc": 8.0, "ac": -14.0}
    assert blocks(split(chain, None)) == ["abc"]
    found = split(chain)
    assert blocks(found) == ["ab", "c"]
    assert found.questions == (Question("b", "c", 8.0, Reason.VETOED, Guard.NONE, ("a", "c"), Cause.BALANCE),)


@pytest.mark.parametrize(("against", "joined"), [(-10.0, ["abc"]), (-10.01, ["ab", "c"])])
def test_the_average_is_taken_and_the_least_included(against: float, joined: list[str]) -> None:
    """8 and -10 are -1 on average."""
    assert blocks(split({"ab": 12.0, "bc": 8.0, "ac": against})) == joined


def test_no_pair_counts_for_more_than_twelve_bits_either_way() -> None:
    one_against = {"ab": 40.0, "bc": 40.0, "ac": -100.0}
    assert blocks(split(one_against)) == ["abc"]  # 12 and -12
    two_against = one_against | {"ad": 50.0, "bd": 50.0, "cd": -100.0}
    assert blocks(split(two_against)) == ["abd", "c"]  # 12, -12 and -12
    assert MOST_SAID == 12.0


def test_two_records_join_by_their_own_weight() -> None:
    assert blocks(split({"ab": 1.5})) == ["ab"]
    assert blocks(split({"ab": 1.49})) == ["a", "b"]


def test_two_large_clusters_need_more_than_one_bridge() -> None:
    """Two families of three records a head, one pair across taken for one person: 1 for and 8 against."""
    inside = {a + b: 20.0 for family in ("abc", "xyz") for a, b in combinations(family, 2)}
    across = {a + b: -8.0 for a in "abc" for b in "xyz"}
    assert blocks(split(inside | across | {"cx": 12.0}, None)) == ["abcxyz"]
    assert blocks(split(inside | across | {"cx": 12.0})) == ["abc", "xyz"]
    half = dict.fromkeys(("ax", "ay", "bx", "by"), 8.0)
    assert blocks(split(inside | across | half | {"cx": 12.0})) == ["abcxyz"]  # 44 for and 32 against


def test_guards_and_floors_still_keep_apart_what_the_balance_would_join() -> None:
    weights = {"ab": 20.0, "bc": 20.0, "ac": 5.0}
    conflict = Conflict(5.0, Guard.NHS_NUMBER_CONFLICT)
    found = partition(
        "abc",
        [Edge(*pair, bits) for pair, bits in weights.items()],
        (),
        CERTAIN,
        lambda a, b: conflict if a + b == "ac" else None,
        Balance(lambda a, b: weights[a + b], LEAST),
    )
    assert blocks(found) == ["ab", "c"]
    assert found.questions[0].guards == Guard.NHS_NUMBER_CONFLICT


def test_what_people_said_outranks_the_balance() -> None:
    chain = {"ab": 12.0, "bc": 8.0, "ac": -14.0}
    said = Assertion("b", "c", Verdict.SAME, AssertionRank.REVIEWER, "1")
    assert blocks(split(chain, LEAST, (said,))) == ["abc"]


NODES = "abcdef"
PAIRS = ["".join(pair) for pair in combinations(NODES, 2)]
worlds = st.fixed_dictionaries(
    {pair: st.sampled_from((-40.0, -14.0, -9.0, -2.0, 2.0, 3.0, 8.0, 20.0)) for pair in PAIRS}
)


@settings(max_examples=300, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_people(weights: Weights, dice: Any) -> None:
    """Promise 2, ties included."""
    nodes, pairs = list(NODES), list(weights)
    dice.shuffle(nodes)
    dice.shuffle(pairs)
    turned = [tuple(dice.sample(pair, 2)) for pair in pairs]
    edges = [
        Edge(a, b, weights[pair]) for (a, b), pair in zip(turned, pairs, strict=True) if weights[pair] >= POSSIBLE
    ]
    balance = Balance(lambda a, b: weights[a + b], LEAST)
    assert partition(nodes, edges, (), CERTAIN, lambda *_: None, balance) == split(weights)


@settings(max_examples=200, deadline=None)
@given(worlds)
def test_a_balance_that_everything_reaches_changes_nothing_and_none_joins_more(weights: Weights) -> None:
    free, held = split(weights, None), split(weights)
    assert blocks(split(weights, -MOST_SAID)) == blocks(free)
    for block in held.blocks:
        assert any(set(block) <= set(other) for other in free.blocks)
    assert all(len(block) == 1 for block in split(weights, inf).blocks)


@settings(max_examples=200, deadline=None)
@given(worlds)
def test_what_keeps_two_clusters_apart_is_their_lightest_pair(weights: Weights) -> None:
    found = split(weights)
    place = {node: block for block in found.blocks for node in block}
    for question in found.questions:
        if question.reason is Reason.VETOED and question.between:
            one, other = question.between
            assert place[one] != place[other]
            assert {place[one], place[other]} == {place[question.a], place[question.b]}
            assert weights["".join(sorted((one, other)))] < LEAST

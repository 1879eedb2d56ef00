"""What blocking may have missed, estimated from what it found by one rule and by two (issue 3)."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from linkage.engines.blocking_loss import BlockingLoss, estimate_blocking_loss, rules_met
from linkage.errors import LinkageError


def estimated(caught: list[set[int]], order: int = 1) -> BlockingLoss:
    """Pair p is of rows 2p and 2p + 1, which share a key of each rule it was caught by, and have one each besides."""
    entries = [(100 * p + rule, 2 * p + side, rule) for p, by in enumerate(caught) for rule in by for side in (0, 1)]
    entries += [(-1 - row, row, 0) for row in range(2 * len(caught))]
    keys, rows, rules = (np.array(column) for column in zip(*entries[::order], strict=True))
    pairs = np.arange(0, 2 * len(caught), 2, dtype=np.int32), np.arange(1, 2 * len(caught), 2, dtype=np.int32)
    index = keys.astype(np.int64), rows.astype(np.int32), rules.astype(np.uint8)
    return estimate_blocking_loss(rules_met(pairs, *index, 2 * len(caught)))


def test_issue_3_pairs_are_counted_by_the_rules_that_caught_them() -> None:
    loss = estimated([{0}, {0, 1}, {1, 2}, {0, 1, 2}, {2}, set()])
    assert (loss.found, loss.once, loss.twice) == (5, 2, 2)
    assert loss.of_rule.tolist() == [3, 3, 3]
    assert loss.only.tolist() == [1, 0, 1]
    assert loss.missed == pytest.approx(2 / 3 * 2**2 / (2 * 2))
    assert loss.share == pytest.approx(loss.missed / (5 + loss.missed))


@pytest.mark.parametrize("order", [1, -1])
def test_issue_3_the_estimate_comes_near_the_truth_when_rules_catch_independently(order: int) -> None:
    dice = np.random.default_rng(5)
    caught = [set(np.flatnonzero(dice.random(6) < 0.35).tolist()) for _ in range(4000)]
    missed = sum(not by for by in caught)
    loss = estimated(caught, order)
    assert loss.found == 4000 - missed
    assert loss.missed == pytest.approx(missed, rel=0.15)


def test_issue_3_no_pair_caught_twice_means_that_many_may_be_missed() -> None:
    loss = estimated([{0}, {1}, {2}, {0}])
    assert loss.missed == pytest.approx(2 / 3 * 4 * 3 / 2)


def test_issue_3_rules_that_catch_in_bunches_tell_nothing() -> None:
    """As in the German file of the benchmarks, of which in truth none is missed."""
    bunches = [{0}] * 75 + [{0, 1}] + [{0, 1, 2}] * 165 + [{0, 1, 2, 3}] * 526
    assert isnan(estimated(bunches).share)
    assert estimated(bunches[:76] + [{0, 1}] * 40 + bunches[76:]).missed == pytest.approx(3 / 4 * 75**2 / (2 * 41))


def test_issue_3_one_rule_or_no_pair_tells_nothing() -> None:
    assert isnan(estimated([{1}, {1}]).share)
    empty = estimate_blocking_loss(np.zeros(0, np.int64))
    assert isnan(empty.share)
    assert empty.found == 0


def test_entries_that_do_not_fit_are_refused() -> None:
    one = np.zeros(1, np.int32)
    with pytest.raises(LinkageError, match="one row and one rule"):
        rules_met((one, one), one.astype(np.int64), one, np.zeros(2, np.uint8), 1)

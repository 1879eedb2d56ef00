"""Issue 3 items 4 and 5: thresholds with their limits, and the veto floor, chosen from data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.choosing import (
    Labelled,
    choose_best_f1,
    choose_for_precision,
    choose_least_cost,
    choose_veto_floor,
    label_pairs,
    sweep_thresholds,
)

WEIGHTS = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
SAME = [True, True, True, False, True, False, False]


def pairs(**changes) -> Labelled:
    return label_pairs(WEIGHTS, SAME, **changes)


def test_sweep_by_hand() -> None:
    sweep = sweep_thresholds(label_pairs([5.0, 9.0, 5.0, 1.0], [True, True, False, False]))
    assert sweep.threshold.tolist() == [9.0, 5.0, 1.0]
    assert sweep.linked.tolist() == [1.0, 3.0, 4.0]
    assert sweep.found.tolist() == [1.0, 2.0, 2.0]
    assert sweep.total == 2.0


def test_wanted_precision_by_hand() -> None:
    """Precision falls 1 1 1 3/4 4/5 2/3 4/7: it may rise again, and the lowest threshold counts."""
    assert choose_for_precision(pairs(), 0.9).threshold.value == 7.0
    assert choose_for_precision(pairs(), 0.8).threshold.value == 5.0
    assert choose_for_precision(pairs(), 0.5).threshold.value == 3.0
    assert choose_for_precision(pairs(), 0.8).recall.value == 1.0


def test_an_assured_precision_asks_for_more() -> None:
    """No error in 3 pairs has a lower limit of 1 - 3.84 / 6.84 = .44."""
    assert choose_for_precision(pairs(), 0.4, assured=True).threshold.value <= 7.0
    nothing = choose_for_precision(pairs(), 0.9, assured=True)
    assert nothing.threshold.value == np.inf
    assert (nothing.precision.value, nothing.recall.value, nothing.cost) == (1.0, 0.0, 4.0)


def test_best_f1_by_hand() -> None:
    """F1 at 5.0 is 2 * 4 / (5 + 4); at 7.0 it is 2 * 3 / (3 + 4)."""
    best = choose_best_f1(pairs())
    assert best.threshold.value == 5.0
    assert best.f1.value == pytest.approx(8 / 9)
    assert best.precision.value == pytest.approx(4 / 5)


def test_cost_by_hand() -> None:
    """At 7.0 one link is missed: 1; at 5.0 one false merge: c."""
    assert choose_least_cost(pairs(), 0.5).threshold.value == 5.0
    dear = choose_least_cost(pairs(), 10.0)
    assert (dear.threshold.value, dear.cost) == (7.0, 1.0)


def test_linking_nothing_may_cost_least() -> None:
    assert choose_least_cost(label_pairs([1.0, 1.0], [True, False]), 100.0).threshold.value == np.inf


def test_what_blocking_missed_counts_against_recall() -> None:
    """4 found of 4 + 4."""
    best = choose_for_precision(pairs(missed=4.0), 0.8)
    assert best.recall.value == pytest.approx(0.5)
    assert best.f1.value == pytest.approx(8 / 13)
    assert best.cost == pytest.approx(5.0)


def test_sampling_weights_stand_for_repeated_pairs() -> None:
    weighted = choose_best_f1(label_pairs([3.0, 2.0, 1.0], [True, False, True], [2.0, 3.0, 4.0]))
    repeated = choose_best_f1(label_pairs([3.0] * 2 + [2.0] * 3 + [1.0] * 4, [True] * 2 + [False] * 3 + [True] * 4))
    assert weighted.threshold.value == repeated.threshold.value
    assert weighted.f1.value == pytest.approx(repeated.f1.value)


labelled = st.lists(st.tuples(st.integers(-5, 5), st.booleans(), st.floats(0.5, 3)), min_size=1, max_size=30)


@settings(deadline=None)
@given(labelled, st.floats(0, 20), st.floats(0.05, 1))
def test_no_other_threshold_is_better(rows, price: float, wanted: float) -> None:
    weights, same, sampling = (np.array(column) for column in zip(*rows, strict=True))
    given_ = label_pairs(weights, same, sampling)

    def counts(threshold: float) -> tuple[float, float, float]:
        linked = weights >= threshold
        return sampling @ (linked & same), sampling @ (linked & ~same), sampling @ (~linked & same)

    outcomes = {t: counts(t) for t in [*weights, np.inf]}
    cheapest = min(price * fp + fn for _, fp, fn in outcomes.values())
    assert choose_least_cost(given_, price, draws=0).cost == pytest.approx(cheapest)
    best = max(2 * tp / (2 * tp + fp + fn) if tp else 0.0 for tp, fp, fn in outcomes.values())
    if same.any():
        assert choose_best_f1(given_, draws=0).f1.value == pytest.approx(best)
    chosen = choose_for_precision(given_, wanted, draws=0).threshold.value
    assert chosen == min(t for t, (tp, fp, _) in outcomes.items() if not tp + fp or tp / (tp + fp) >= wanted - 1e-9)


@settings(deadline=None)
@given(labelled)
def test_limits_hold_what_was_chosen(rows) -> None:
    weights, same, sampling = (np.array(column) for column in zip(*rows, strict=True))
    choice = choose_best_f1(label_pairs(weights, same, sampling), draws=20)
    for estimate in (choice.threshold, choice.precision, choice.recall, choice.f1):
        assert estimate.low <= estimate.value + 1e-12
        assert estimate.value - 1e-12 <= estimate.high


def simulated(seed: int, n: int = 1500) -> Labelled:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 6, n)
    return label_pairs(weights, rng.random(n) < 1 / (1 + np.exp2(-weights)))


def test_chosen_by_seed_and_with_limits_about_the_best() -> None:
    """For calibrated weights a false merge at 7 missed links has the threshold log2 7 (Fellegi & Sunter)."""
    held = 0
    for seed in range(40):
        choice = choose_least_cost(simulated(seed), 7.0, seed=seed, draws=100)
        held += choice.threshold.low <= np.log2(7.0) <= choice.threshold.high
    assert held >= 34
    assert choose_best_f1(simulated(1), seed=5, draws=30) == choose_best_f1(simulated(1), seed=5, draws=30)


@pytest.mark.parametrize(
    ("weights", "same", "sampling", "missed"),
    [([], [], None, 0.0), ([1.0], [True], [0.0], 0.0), ([1.0], [True], None, -1.0), ([1.0], [True], [1.0, 1.0], 0.0)],
)
def test_pairs_without_sense_are_refused(weights, same, sampling, missed) -> None:
    with pytest.raises(LinkageError):
        label_pairs(weights, same, sampling, missed)


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(LinkageError):
        choose_least_cost(pairs(), -1.0)


def test_veto_floor_by_hand() -> None:
    """One in ten may fall below: the second least weight is the floor."""
    floor = choose_veto_floor(np.arange(10.0), [-5.0, 0.5, 3.0, 8.0], 0.1)
    assert floor.floor == 1.0
    assert floor.same_below.value == pytest.approx(0.1)
    assert floor.inside_below.value == pytest.approx(0.5)
    assert not floor.assured


def test_equal_weights_never_push_more_below_the_floor() -> None:
    assert choose_veto_floor([1.0, 1.0, 1.0, 5.0], [], 0.5).floor == 1.0


def test_an_assured_floor_needs_enough_pairs() -> None:
    """No pair below in n: 1 - .05^(1/n) <= .001 needs n >= 2995."""
    assert choose_veto_floor(np.arange(2995.0), [], 0.001, assured=True).assured
    short = choose_veto_floor(np.arange(2994.0), [], 0.001, assured=True)
    assert (short.floor, short.assured) == (0.0, False)


def test_an_assured_floor_keeps_its_promise() -> None:
    """Of 200 samples of 2000, at most about one in twenty has a floor with more than 1 % below it; fixed seed."""
    rng = np.random.default_rng(12)
    broken = sum(choose_veto_floor(rng.random(2000), [], 0.01, assured=True).floor > 0.01 for _ in range(200))
    assert broken <= 18


@settings(deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40), st.floats(0, 0.99), st.booleans())
def test_no_more_than_the_share_is_below_and_no_higher_floor_would_do(
    same: list[int], share: float, assured: bool
) -> None:
    weights = np.array(same, float)
    chosen = choose_veto_floor(weights, weights, share, assured)
    assert (weights < chosen.floor).mean() <= share + 1e-9
    assert chosen.same_below.value == pytest.approx((weights < chosen.floor).mean())
    higher = weights[weights > chosen.floor]
    if not assured and len(higher):
        assert (weights < higher.min()).mean() > share - 1e-9


@pytest.mark.parametrize(("same", "share"), [([], 0.1), ([1.0], 1.0), ([1.0], -0.1), ([float("nan")], 0.1)])
def test_no_floor_without_known_pairs_or_a_share(same, share) -> None:
    with pytest.raises(LinkageError):
        choose_veto_floor(same, [], share)

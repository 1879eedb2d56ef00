"""Confidence limits that everything in issue 3 item 5 stands on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.intervals import (
    Estimate,
    clopper_pearson,
    difference_limits,
    effective_size,
    ratio_limits,
    share_estimate,
    sum_limits,
    wilson,
)

LIMITS = {"wilson": wilson, "clopper_pearson": clopper_pearson}


def test_wilson_of_no_error_in_ten() -> None:
    """z^2 / (n + z^2) = 3.8415 / 13.8415."""
    low, high = wilson(0.0, 10.0)
    assert (float(low), float(high)) == pytest.approx((0.0, 0.27753), abs=1e-5)


def test_wilson_of_nine_in_ten() -> None:
    """Middle (0.9 + 0.19207) / 1.38415 = 0.78899; half 1.96 sqrt(0.009 + 0.0096036) / 1.38415 = 0.19313."""
    low, high = wilson(0.9, 10.0)
    assert (float(low), float(high)) == pytest.approx((0.59585, 0.98212), abs=1e-4)


def test_clopper_pearson_of_no_error_in_ten() -> None:
    """1 - 0.025^(1/10) = 0.30850."""
    low, high = clopper_pearson(0.0, 10.0)
    assert (float(low), float(high)) == pytest.approx((0.0, 1.0 - 0.025**0.1), abs=1e-9)


def test_clopper_pearson_turns_the_binomial_tail() -> None:
    """At the upper limit for 1 of 5, P(X <= 1) = q^5 + 5 p q^4 is 0.025."""
    p = float(clopper_pearson(0.2, 5.0)[1])
    assert (1 - p) ** 5 + 5 * p * (1 - p) ** 4 == pytest.approx(0.025, abs=1e-9)


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_nothing_seen_is_nothing_known_and_a_census_is_certain(limits) -> None:
    assert [float(side) for side in limits(0.3, 0.0)] == [0.0, 1.0]
    assert [float(side) for side in limits(0.3, np.inf)] == pytest.approx([0.3, 0.3])


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
@settings(deadline=None)
@given(n=st.integers(1, 400), part=st.floats(0, 1))
def test_limits_hold_the_share_and_never_claim_certainty(limits, n: int, part: float) -> None:
    share = round(part * n) / n
    low, high = (float(side) for side in limits(share, float(n)))
    assert 0.0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1.0
    assert high - low > 0.0


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("p", [0.03, 0.2, 0.5, 0.9])
def test_limits_cover_at_their_level(n: int, p: float) -> None:
    """Exact coverage, summed over the binomial: Wilson about, Clopper-Pearson at least, 95 %."""
    hits = np.arange(n + 1)
    steps = np.log((n - hits[:-1]) / (hits[:-1] + 1)) + np.log(p / (1 - p))
    chance = np.exp(np.concatenate(([0.0], np.cumsum(steps))) + n * np.log(1 - p))
    covered = {}
    for name, limits in LIMITS.items():
        low, high = limits(hits / n, float(n))
        covered[name] = float(chance[(low <= p) & (p <= high)].sum())
    assert covered["wilson"] > 0.91
    assert covered["clopper_pearson"] >= 0.95


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, float("nan")])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(LinkageError):
        wilson(0.5, 10.0, confidence)


def test_effective_size_of_unequal_weights() -> None:
    """(1 + 1 + 2)^2 / (1 + 1 + 4) = 16 / 6."""
    assert effective_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective_size(np.empty(0)) == 0.0


def test_weighted_share() -> None:
    got = share_estimate(np.array([1.0, 0.0, 1.0]), np.array([1.0, 1.0, 2.0]), 0.95, 0.0)
    assert got.value == pytest.approx(0.75)
    assert share_estimate(np.empty(0), np.empty(0), 0.95, 1.0) == Estimate(1.0, 0.0, 1.0)


def test_sum_of_one_keeps_its_limits_and_of_two_adds_their_squares() -> None:
    assert sum_limits(np.array([5.0]), (np.array([4.0]), np.array([8.0]))) == (4.0, 8.0)
    low, high = sum_limits(np.array([5.0, 10.0]), (np.array([2.0, 6.0]), np.array([11.0, 18.0])))
    assert (low, high) == pytest.approx((15.0 - 5.0, 15.0 + 10.0))


def test_ratio_limits_of_a_certain_bottom_are_those_of_the_top() -> None:
    assert ratio_limits(Estimate(4.0, 3.0, 6.0), Estimate(2.0, 2.0, 2.0)) == pytest.approx((1.5, 3.0))


def test_ratio_limits_over_a_bottom_that_may_be_nothing() -> None:
    assert ratio_limits(Estimate(0.0, 0.0, 1.0), Estimate(1.0, 0.0, 2.0)) == (0.0, np.inf)


sides = st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)).map(lambda t: Estimate(*_order(t)))


def _order(three: tuple[float, float, float]) -> tuple[float, float, float]:
    low, value, high = sorted(three)
    return value, low, high


@settings(deadline=None)
@given(sides, sides)
def test_ratio_limits_hold_the_ratio(top: Estimate, bottom: Estimate) -> None:
    low, high = ratio_limits(top, bottom)
    assert 0.0 <= low <= high
    if bottom.value > 1e-3:
        ratio = top.value / bottom.value
        assert low <= ratio + 1e-6 * (1 + ratio)
        assert ratio <= high + 1e-6 * (1 + high)


def test_newcombe_published_example() -> None:
    """56/70 against 48/80 (Newcombe 1998, table II a, method 10): 0.0524 to 0.3339."""
    limits = wilson(np.array([56 / 70, 48 / 80]), np.array([70.0, 80.0]))
    first, second = (Estimate(p, float(limits[0][i]), float(limits[1][i])) for i, p in enumerate((0.8, 0.6)))
    assert difference_limits(first, second) == pytest.approx((0.0524, 0.3339), abs=1e-4)

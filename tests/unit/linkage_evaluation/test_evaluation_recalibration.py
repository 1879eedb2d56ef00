"""Issue 3 item 5: monotone recalibration, and thresholds corrected for a wanted precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.recalibration import Platt, fit_isotonic, fit_platt, threshold_for_precision


def test_isotonic_by_hand() -> None:
    """Truth 0 1 0 1 by rising weight: the violators 1 0 are pooled to a half."""
    fitted = fit_isotonic([-3.0, -1.0, 2.0, 5.0], [False, True, False, True], caution=0.0)
    assert fitted([-9.0, -3.0, -1.0, 0.5, 2.0, 5.0, 9.0]).tolist() == [0.0, 0.0, 0.5, 0.5, 0.5, 1.0, 1.0]
    assert fitted([-2.0, 3.5]).tolist() == [0.25, 0.75]


def test_ten_pairs_without_an_error_are_not_certain() -> None:
    """10 / (10 + 0.5) above, 0.5 / (10 + 0.5) below."""
    fitted = fit_isotonic(np.arange(20.0), np.arange(20) >= 10)
    assert fitted([0.0, 19.0]) == pytest.approx([0.5 / 10.5, 10 / 10.5])


def test_only_the_ends_of_a_level_stretch_are_knots() -> None:
    assert len(fit_isotonic(np.arange(1000.0), np.arange(1000) >= 500).weight) == 4


labelled = st.lists(st.tuples(st.integers(-20, 20), st.booleans(), st.floats(0.5, 4)), min_size=1, max_size=50)


@settings(deadline=None)
@given(labelled, st.sampled_from([0.0, 0.5, 2.0]))
def test_isotonic_never_falls_and_keeps_the_mean(rows: list[tuple[int, bool, float]], caution: float) -> None:
    weights, same, sampling = (np.array(column) for column in zip(*rows, strict=True))
    fitted = fit_isotonic(weights, same, sampling, caution)
    found = fitted(np.linspace(-25, 25, 301))
    assert bool((np.diff(found) >= 0).all())
    assert 0.0 <= found[0] <= found[-1] <= 1.0
    if caution:
        assert found[-1] < 1.0
        assert found[0] > 0.0
    else:
        assert float(sampling @ fitted(weights)) == pytest.approx(float(sampling @ same))


def calibrated_pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both outcomes of every weight, each as heavy as it is likely."""
    weights = np.linspace(-8, 8, 41)
    likely = 1 / (1 + np.exp2(-weights))
    return np.tile(weights, 2), np.repeat([True, False], 41), np.concatenate((likely, 1 - likely)) * 1e4


def test_what_is_calibrated_stays_so() -> None:
    weights, same, sampling = calibrated_pairs()
    likely = 1 / (1 + np.exp2(-weights))
    assert fit_isotonic(weights, same, sampling, caution=0.0)(weights) == pytest.approx(likely)
    fitted = fit_platt(np.repeat(weights, 100), np.repeat(same, 100), np.repeat(sampling, 100))
    assert (fitted.slope, fitted.intercept) == pytest.approx((1.0, 0.0), abs=0.02)


def test_calibrating_twice_changes_nothing() -> None:
    weights, same, sampling = calibrated_pairs()
    once = fit_isotonic(weights * 3 - 2, same, sampling, caution=0.0)(weights * 3 - 2)
    again = fit_isotonic(once, same, sampling, caution=0.0)(once)
    assert again == pytest.approx(once)


def test_platt_finds_what_was_stretched_and_moved() -> None:
    """Weights that claim twice the evidence and 3 bits too much: slope 1/2, intercept -3/2."""
    rng = np.random.default_rng(11)
    right = rng.normal(0, 4, 200_000)
    fitted = fit_platt(2 * right + 3, rng.random(200_000) < 1 / (1 + np.exp2(-right)))
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.5, -1.5), abs=0.02)
    assert fitted.weight_for(0.5) == pytest.approx(3.0, abs=0.05)


def test_platt_of_separable_pairs_stays_finite() -> None:
    fitted = fit_platt([-10.0, -9.0, 9.0, 10.0], [False, False, True, True])
    assert 0.0 < fitted.slope < 10.0
    assert float(fitted([10.0])[0]) < 0.99


@settings(deadline=None)
@given(st.floats(0.001, 0.999))
def test_a_weight_found_for_a_probability_has_it(wanted: float) -> None:
    platt = Platt(0.7, -2.0)
    assert float(platt([platt.weight_for(wanted)])[0]) == pytest.approx(wanted)
    steps = fit_isotonic(*calibrated_pairs())
    weight = steps.weight_for(wanted)
    if np.isfinite(weight):
        assert float(steps([weight])[0]) == pytest.approx(wanted)
    else:
        assert not steps.probability[0] < wanted <= steps.probability[-1]


def test_probabilities_that_are_never_or_always_reached() -> None:
    fitted = fit_isotonic([0.0, 1.0], [False, True])
    assert fitted.weight_for(0.0) == -np.inf
    assert fitted.weight_for(1.0) == np.inf
    assert (Platt(1.0, 0.0).weight_for(0.0), Platt(1.0, 0.0).weight_for(1.0)) == (-np.inf, np.inf)


def test_threshold_for_precision_by_hand() -> None:
    """Probabilities 16/17, 1/2 and 1/2, 1/17: means from the top .941, .647, .500; ties go together."""
    calibrated, weights = Platt(1.0, 0.0), [0.0, 4.0, -4.0, 0.0]
    assert threshold_for_precision(calibrated, weights, 0.9) == 4.0
    assert threshold_for_precision(calibrated, weights, 0.64) == 0.0
    assert threshold_for_precision(calibrated, weights, 0.5) == -4.0
    assert threshold_for_precision(calibrated, weights, 0.99) == np.inf
    assert threshold_for_precision(calibrated, [], 0.5) == np.inf


@settings(deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=1, max_size=40), st.floats(0.05, 0.99))
def test_more_precision_never_lowers_the_threshold(weights: list[float], wanted: float) -> None:
    calibrated = Platt(1.0, 0.0)
    low, high = (threshold_for_precision(calibrated, weights, p) for p in (wanted, wanted + 0.01))
    assert low <= high
    kept = [w for w in weights if w >= low]
    assert not kept or float(calibrated(kept).mean()) >= wanted - 1e-9


@pytest.mark.parametrize(
    ("weights", "same"),
    [
        ([], []),
        ([1.0], [True]),
        ([1.0, 2.0], [True, False]),
        ([1.0, 1.0], [True, False]),
        ([np.inf, 1.0], [True, False]),
    ],
)
def test_pairs_that_cannot_calibrate_are_refused(weights, same) -> None:
    with pytest.raises(LinkageError):
        fit_platt(weights, same)


def test_negative_caution_is_refused() -> None:
    with pytest.raises(LinkageError):
        fit_isotonic([1.0], [True], caution=-1.0)

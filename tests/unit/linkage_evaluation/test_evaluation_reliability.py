"""Issue 3 item 5: `probability` means what it says, shown by reliability curve and Brier score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.reliability import equal_counts, reliability_curve, score_probabilities

PREDICTED = [0.1, 0.1, 0.4, 0.9, 0.9, 0.9, 0.9, 1.0]
SAME = [False, False, True, True, True, False, True, True]


def test_curve_by_hand() -> None:
    first, second, third = reliability_curve(PREDICTED, SAME, edges=[0.0, 0.2, 0.5, 1.0])
    assert (first.pairs, first.predicted, first.observed.value) == pytest.approx((2, 0.1, 0.0))
    assert (second.pairs, second.predicted, second.observed.value) == pytest.approx((1, 0.4, 1.0))
    assert (third.pairs, third.predicted, third.observed.value) == pytest.approx((5, 0.92, 0.8))
    assert third.low == 0.5
    assert third.holds


def test_a_bin_that_does_not_hold() -> None:
    (only,) = reliability_curve([0.99] * 100, [True] * 50 + [False] * 50)
    assert not only.holds


def test_sampling_weights_stand_for_repeated_pairs() -> None:
    weighted = score_probabilities([0.2, 0.7], [False, True], [3.0, 1.0])
    repeated = score_probabilities([0.2, 0.2, 0.2, 0.7], [False, False, False, True])
    assert weighted.brier == pytest.approx(repeated.brier)
    assert weighted.log_loss == pytest.approx(repeated.log_loss)
    assert weighted.calibration_error == pytest.approx(repeated.calibration_error)


def test_scores_by_hand() -> None:
    """Two forecasts: 0.2 for 4 pairs of which 1 is the same, 0.8 for 4 of which 4 are.

    Brier (3 * .04 + .64 + 4 * .04) / 8 = .115; reliability (.05^2 + .2^2) / 2 = .02125; base rate 5/8; resolution
    ((.25 - .625)^2 + (1 - .625)^2) / 2 = .140625; uncertainty .625 * .375 = .234375; error (.05 + .2) / 2 = .125.
    """
    scores = score_probabilities([0.2] * 4 + [0.8] * 4, [True, False, False, False] + [True] * 4)
    assert scores.brier == pytest.approx(0.115)
    assert scores.reliability == pytest.approx(0.02125)
    assert scores.resolution == pytest.approx(0.140625)
    assert scores.uncertainty == pytest.approx(0.234375)
    assert scores.within_bins == pytest.approx(0.0, abs=1e-15)
    assert scores.calibration_error == pytest.approx(0.125)
    assert scores.log_loss == pytest.approx(-(3 * np.log(0.8) + np.log(0.2) + 4 * np.log(0.8)) / 8)


def test_one_certain_mistake_leaves_the_log_loss_finite() -> None:
    assert score_probabilities([1.0, 1.0], [True, False]).log_loss == pytest.approx(-np.log(1e-15) / 2, rel=1e-2)


forecasts = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0.1, 10)), min_size=1, max_size=60)


@settings(deadline=None)
@given(forecasts, st.booleans())
def test_the_parts_make_the_brier_score(rows: list[tuple[float, bool, float]], by_count: bool) -> None:
    predicted, same, sampling = (np.array(column) for column in zip(*rows, strict=True))
    edges = equal_counts(predicted, 4) if by_count else None
    scores = score_probabilities(predicted, same, sampling, edges)
    parts = scores.reliability - scores.resolution + scores.uncertainty + scores.within_bins
    assert parts == pytest.approx(scores.brier, abs=1e-9)
    assert scores.calibration_error**2 <= scores.reliability + 1e-9
    assert sum(b.pairs for b in reliability_curve(predicted, same, sampling, edges)) == len(rows)


def test_calibrated_forecasts_lie_within_their_limits() -> None:
    """Over many bins, about 95 % of the intervals hold; fixed seed."""
    rng = np.random.default_rng(5)
    predicted = rng.random(200_000)
    bins = reliability_curve(predicted, rng.random(200_000) < predicted, edges=np.linspace(0, 1, 201))
    held = np.mean([b.holds for b in bins])
    assert 0.91 <= held <= 0.985


@pytest.mark.parametrize(
    ("predicted", "same", "edges"),
    [
        ([1.2], [True], None),
        ([float("nan")], [True], None),
        ([0.5], [True, False], None),
        ([0.5], [2], None),
        ([[0.5]], [True], None),
        ([0.5], [True], [0.0, 0.5, 0.5, 1.0]),
        ([0.5], [True], [0.1, 1.0]),
    ],
)
def test_wrong_columns_are_refused(predicted, same, edges) -> None:
    with pytest.raises(LinkageError):
        reliability_curve(predicted, same, edges=edges)


def test_no_pairs_have_no_score() -> None:
    with pytest.raises(LinkageError):
        score_probabilities([], [])

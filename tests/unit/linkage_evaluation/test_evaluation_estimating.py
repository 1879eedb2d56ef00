"""Issue 3 item 5: precision and recall with limits from a reviewed sample, blocking loss included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.agreement import cohen_kappa
from linkage.evaluation.estimating import Cells, Measure, Quality, estimate_quality, measures_of, tally
from linkage.evaluation.sampling import draw_sample, strata_of

MEASURES = ("precision", "recall", "f1", "pairs_completeness")
METHODS = ("score", "delta", "bootstrap")


def cells_of(size, reviewed, same, linked, blocked) -> Cells:
    return Cells(
        *(np.array(column, np.int64) for column in (size, reviewed, same)),
        np.array(linked, bool),
        np.array(blocked, bool),
        np.arange(len(size)),
    )


THREE = cells_of([1000, 500, 200], [100, 50, 20], [90, 5, 6], [1, 0, 0], [1, 1, 0])


def measure(quality: Quality, name: str) -> Measure:
    found: Measure = getattr(quality, name)
    return found


def test_estimates_by_hand() -> None:
    """Linked 1000 at .9: 900. Not linked 500 at .1: 50. Only loose 200 at .3: 60. Same pairs 1010."""
    quality = estimate_quality(THREE)
    assert quality.precision.value == pytest.approx(0.9)
    assert quality.recall.value == pytest.approx(900 / 1010)
    assert quality.f1.value == pytest.approx(2 * 900 / (1000 + 1010))
    assert quality.pairs_completeness.value == pytest.approx(950 / 1010)
    assert quality.same_pairs == pytest.approx(1010)
    assert quality.reviewed == 170


def test_standard_error_by_hand() -> None:
    """Precision: sqrt(.9 * .1 / 100 * (1000 - 100) / 999). Recall: slopes 1000 * 110 / 1010^2, -500 * 900 / 1010^2,
    -200 * 900 / 1010^2 on the standard deviations of the three shares."""
    n = np.array([100 * 999 / 900, 50 * 499 / 450, 20 * 199 / 180])
    deviation = np.sqrt(np.array([0.09, 0.09, 0.21]) / n)
    slopes = np.array([1000 * 110, -500 * 900, -200 * 900]) / 1010**2
    quality = estimate_quality(THREE)
    assert quality.precision.standard_error == pytest.approx(deviation[0])
    assert quality.recall.standard_error == pytest.approx(np.sqrt(((slopes * deviation) ** 2).sum()))


def test_slopes_are_those_of_the_measures() -> None:
    """The delta method's standard error of every measure against numeric derivatives."""
    step, share = 1e-6, THREE.share
    numeric = np.stack(
        [
            (measures_of(THREE, share + step * e) - measures_of(THREE, share - step * e)) / (2 * step)
            for e in np.eye(3)
        ],
        1,
    )
    errors = np.sqrt(numeric**2 @ (share * (1 - share) / THREE.effective))
    found = [measure(estimate_quality(THREE), name).standard_error for name in MEASURES]
    assert found == pytest.approx(errors, rel=1e-5)


def test_leaving_blocking_loss_out_would_flatter_recall() -> None:
    without = cells_of([1000, 500], [100, 50], [90, 5], [1, 0], [1, 1])
    assert estimate_quality(without).recall.value > estimate_quality(THREE).recall.value


@pytest.mark.parametrize("method", METHODS)
def test_no_error_found_is_not_certainty(method: str) -> None:
    flawless = cells_of([1000, 500], [60, 60], [60, 0], [1, 0], [1, 1])
    quality = estimate_quality(flawless)
    assert quality.precision.value == quality.recall.value == quality.f1.value == 1.0
    for name in ("precision", "recall", "f1"):
        assert getattr(measure(quality, name), method).low < 0.995


def test_no_error_in_one_stratum_has_the_exact_limit() -> None:
    """.025^(1/n), with n = 60 * 999 / 940 for the finite population."""
    n = 60 * 999 / 940
    quality = estimate_quality(cells_of([1000], [60], [60], [1], [1]))
    assert quality.precision.score.low == pytest.approx(0.025 ** (1 / n))


def test_exact_limits_are_no_narrower_at_the_end() -> None:
    one = cells_of([100_000], [60], [30], [1], [1])
    exact, score = estimate_quality(one, exact=True).precision.score, estimate_quality(one).precision.score
    assert exact.low < score.low < score.high < exact.high


def test_bootstrap_is_decided_by_its_seed() -> None:
    assert estimate_quality(THREE, seed=1) == estimate_quality(THREE, seed=1)
    assert estimate_quality(THREE, seed=1).recall.bootstrap != estimate_quality(THREE, seed=2).recall.bootstrap


def test_tally_by_hand() -> None:
    """A stratum that is half linked becomes two cells, each with its own answers."""
    cells = tally([0, 0, 0, 1, 1], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 2, 4], [True, False, True])
    assert cells.size.tolist() == [1, 2, 2]
    assert cells.linked.tolist() == [False, True, False]
    assert cells.blocked.tolist() == [True, True, False]
    assert cells.reviewed.tolist() == [1, 1, 1]
    assert cells.same.tolist() == [0, 1, 1]


def test_a_cell_without_an_answer_borrows_its_stratums_share_and_doubts_it() -> None:
    cells = tally(np.zeros(100), np.arange(100) < 50, np.ones(100, bool), np.arange(50, 90), np.arange(40) < 10)
    quality = estimate_quality(cells)
    assert quality.precision.value == pytest.approx(0.25)
    assert quality.precision.score == (0.0, 1.0)
    assert quality.precision.delta.high > 0.9


def test_a_stratum_nobody_looked_at_is_refused() -> None:
    with pytest.raises(LinkageError):
        estimate_quality(tally([0, 1], [1, 0], [1, 1], [0], [True]))


@pytest.mark.parametrize(("rows", "same"), [([0, 0], [1, 1]), ([2], [1]), ([-1], [1]), ([0], [1, 0])])
def test_answers_that_do_not_fit_are_refused(rows, same) -> None:
    with pytest.raises(LinkageError):
        tally([0, 0], [1, 1], [1, 1], rows, same)


def test_more_same_pairs_than_answers_are_refused() -> None:
    with pytest.raises(LinkageError):
        cells_of([10], [5], [6], [1], [1])


populations = st.lists(
    st.tuples(st.integers(0, 3), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=40
)


def test_a_rare_error_has_the_standard_error_of_the_middle_share() -> None:
    """98 of 100 of very many: (98 + 1.9207) / 103.8415 = .96224, sqrt(.96224 * .03776 / 100) = .019061."""
    one = cells_of([10**9], [100], [98], [1], [1])
    assert estimate_quality(one).precision.standard_error == pytest.approx(0.019061, abs=2e-6)


@settings(deadline=None)
@given(populations)
def test_a_sample_of_everything_is_the_truth(pairs: list[tuple[int, bool, bool, bool]]) -> None:
    stratum, linked, blocked, same = (np.array(column) for column in zip(*pairs, strict=True))
    quality = estimate_quality(tally(stratum, linked, blocked, np.arange(len(pairs)), same), draws=20)
    found, either = (linked & same).sum(), linked.sum() + same.sum()
    truth = {
        "precision": found / linked.sum() if linked.any() else 1.0,
        "recall": found / same.sum() if same.any() else 1.0,
        "f1": 2 * found / either if either else 1.0,
        "pairs_completeness": (blocked & same).sum() / same.sum() if same.any() else 1.0,
    }
    for name, value in truth.items():
        got = measure(quality, name)
        assert got.value == pytest.approx(value)
        assert got.delta == pytest.approx((value, value))
        assert got.bootstrap == pytest.approx((value, value))
        if linked.any() and found:
            assert got.score == pytest.approx((value, value))


answers = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 200), st.floats(0, 1), st.booleans(), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(answers)
def test_limits_hold_the_value(rows) -> None:
    reviewed, rest, share, linked, blocked = (np.array(column) for column in zip(*rows, strict=True))
    same = np.round(share * reviewed)
    quality = estimate_quality(cells_of(reviewed + rest, reviewed, same, linked, blocked), draws=50)
    for name in MEASURES:
        got = measure(quality, name)
        for method in METHODS:
            low, high = getattr(got, method)
            assert 0.0 <= low <= got.value + 1e-9
            assert got.value - 1e-9 <= high <= 1.0


SIZES, TRUE = np.array([20_000, 3_000, 4_000, 60_000, 8_000]), np.array([19_960, 2_800, 1_200, 120, 160])
LINKED, BLOCKED = np.array([1, 1, 0, 0, 0], bool), np.array([1, 1, 1, 1, 0], bool)
REVIEWED = np.array([120, 150, 200, 250, 150])


def test_intervals_cover_at_about_their_level() -> None:
    """2000 reviews of one population of 95,000 pairs with rare errors; fixed seed."""
    rng = np.random.default_rng(2024)
    truth = measures_of(Cells(SIZES, SIZES, TRUE, LINKED, BLOCKED, np.arange(5)), TRUE / SIZES)
    held = np.zeros((3, 4))
    for trial in range(2000):
        same = rng.hypergeometric(TRUE, SIZES - TRUE, REVIEWED)
        quality = estimate_quality(Cells(SIZES, REVIEWED, same, LINKED, BLOCKED, np.arange(5)), seed=trial, draws=200)
        for i, method in enumerate(METHODS):
            for j, name in enumerate(MEASURES):
                low, high = getattr(measure(quality, name), method)
                held[i, j] += low <= truth[j] <= high
    coverage = dict(zip(METHODS, (held / 2000).tolist(), strict=True))
    assert min(coverage["score"]) >= 0.93
    assert min(coverage["delta"]) >= 0.92
    assert min(coverage["bootstrap"]) >= 0.89


def test_sample_review_and_estimate_together() -> None:
    """From scored pairs to quality: the truth lies within the limits at a tenth of the work."""
    rng = np.random.default_rng(9)
    weights = np.concatenate((rng.normal(18, 5, 3000), rng.normal(-12, 7, 27_000)))
    loose = rng.random(30_000) < 0.05
    probability = 1 / (1 + np.exp2(-weights))
    same = rng.random(30_000) < probability
    sample = draw_sample(weights, probability, loose, (2.0, 10.0), 900, seed=4)
    linked = (weights >= 10.0) & ~loose
    cells = tally(strata_of(weights, loose, sample.edges), linked, ~loose, sample.rows, same[sample.rows])
    quality = estimate_quality(cells)
    assert quality.precision.score.low <= same[linked].mean() <= quality.precision.score.high
    assert quality.recall.score.low <= linked[same].mean() <= quality.recall.score.high
    assert quality.recall.score.high - quality.recall.score.low < 0.1


def test_kappa_by_hand() -> None:
    """20 both yes, 5 and 10 apart, 15 both no: agreement .7, chance .5 * .6 + .5 * .4 = .5, kappa .4."""
    first = [1] * 20 + [1] * 5 + [0] * 10 + [0] * 15
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    kappa = cohen_kappa(first, second)
    assert (kappa.observed, kappa.expected, kappa.value) == pytest.approx((0.7, 0.5, 0.4))
    # Fleiss, Cohen & Everitt: alike .4 (1 - 1.1 * .6)^2 + .3 (1 - .9 * .6)^2 = .10972; unlike .36 (.1 * 1.1^2 +
    # .2 * .9^2)... by cell (.1: column yes .6 + row no .5; .2: column no .4 + row yes .5); less (.4 - .3)^2.
    variance = (0.10972 + 0.36 * (0.1 * 1.1**2 + 0.2 * 0.9**2) - 0.01) / 50 / 0.25
    assert kappa.high - kappa.value == pytest.approx(1.959964 * np.sqrt(variance))


def test_kappa_of_full_agreement_is_not_certain() -> None:
    kappa = cohen_kappa(["same"] * 10 + ["different"] * 10, ["same"] * 10 + ["different"] * 10)
    assert kappa.value == kappa.high == 1.0
    assert kappa.low == pytest.approx(1 - 2 * 3.841459 / 23.841459)


def test_reviewers_who_always_say_the_same_show_nothing() -> None:
    kappa = cohen_kappa([1, 1, 1], [1, 1, 1])
    assert (kappa.value, kappa.low, kappa.high) == (1.0, -1.0, 1.0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_kappa_keeps_its_bounds_and_knows_no_first_reviewer(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    kappa, other = cohen_kappa(first, second), cohen_kappa(second, first)
    assert -1.0 <= kappa.low <= kappa.value + 1e-12
    assert kappa.value - 1e-12 <= kappa.high <= 1.0
    assert (kappa.value == pytest.approx(1.0)) == (first == second)
    assert (kappa.value, kappa.low, kappa.high) == pytest.approx((other.value, other.low, other.high))


def test_kappa_covers_at_about_its_level() -> None:
    """Two reviewers, each right in 9 of 10, of pairs half of which are the same: kappa .64; fixed seed."""
    rng = np.random.default_rng(77)
    held = 0
    for _ in range(400):
        truth = rng.random(150) < 0.5
        one, two = (truth ^ (rng.random(150) < 0.1) for _ in range(2))
        kappa = cohen_kappa(one, two)
        held += kappa.low <= 0.64 <= kappa.high
    assert 0.91 <= held / 400 <= 0.98


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [1, 0])])
def test_reviewers_of_different_pairs_are_refused(first, second) -> None:
    with pytest.raises(LinkageError):
        cohen_kappa(first, second)

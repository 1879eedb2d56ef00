"""Issue 3 item 5: a stratified sample for review, best at the thresholds, deterministic by seed."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.sampling import Sample, allocate, bands, draw_sample, importance, strata_of


def population(n: int = 4000, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    weights = rng.normal(2, 8, n)
    return weights, 1 / (1 + np.exp2(-weights)), rng.random(n) < 0.1


def sample(**changes) -> Sample:
    weights, probability, loose = population()
    given_ = {"thresholds": (3.0, 12.0), "budget": 400, "seed": 7} | changes
    return draw_sample(weights, probability, loose, **given_)


def test_bands_have_the_thresholds_as_edges() -> None:
    assert bands(4.0, 12.0).tolist() == [-4.0, 0.0, 4.0, 8.0, 12.0, 16.0, 20.0]
    assert {3.0, 13.5} <= set(bands(3.0, 13.5))


def test_strata_by_hand() -> None:
    """Two edges make three bands, then the same three for pairs of the looser blocking."""
    got = strata_of([-1.0, 0.0, 4.9, 5.0, 9.0, -1.0], [False, False, False, False, True, True], [0.0, 5.0])
    assert got.tolist() == [0, 1, 1, 2, 5, 3]


def test_neyman_by_hand() -> None:
    """Standard deviations 10 and 30 share 40 answers 1 to 3."""
    assert allocate(np.array([1000, 1000]), np.array([10.0, 30.0]), 40, 1).tolist() == [10, 30]


def test_the_floor_and_the_size_hold_first() -> None:
    drawn = allocate(np.array([1000, 5, 0, 1000]), np.array([0.0, 100.0, 50.0, 10.0]), 100, 20)
    assert drawn.tolist()[:3] == [20, 5, 0]
    assert drawn.sum() == 100


def test_a_floor_that_cannot_be_paid_is_lowered() -> None:
    assert allocate(np.array([50, 50, 50]), np.ones(3), 7, 20).sum() == 7


def test_a_budget_below_one_each_is_refused() -> None:
    with pytest.raises(LinkageError):
        allocate(np.array([50, 50, 50]), np.ones(3), 2, 20)


cases = st.lists(st.tuples(st.integers(1, 6), st.floats(0.5, 9)), min_size=2, max_size=3)


@settings(deadline=None)
@given(cases, st.integers(3, 12))
def test_no_other_allocation_is_better(strata: list[tuple[int, float]], budget: int) -> None:
    sizes, deviation = np.array([s for s, _ in strata]), np.array([d for _, d in strata])
    drawn = allocate(sizes, deviation, budget, 1)
    others = product(*(range(1, size + 1) for size in sizes))
    best = min((deviation**2 / np.array(o)).sum() for o in others if sum(o) == drawn.sum())
    assert drawn.sum() == min(budget, sizes.sum())
    assert (deviation**2 / drawn).sum() == pytest.approx(best, rel=1e-5)


def test_importance_by_hand() -> None:
    """100 linked pairs at .9 and 100 others at .1: TP 90, P 100, T 100. Linked: slopes 1/100 and (100 - 90)/100^2;
    others: 0 and -90/100^2; both times 100 * sqrt(.09) = 30."""
    got = importance(np.array([100, 100]), np.array([0.9, 0.1]), np.array([[True, False]]))
    assert got == pytest.approx([30 * np.hypot(0.01, 0.001), 30 * 0.009])


def test_the_sample_is_decided_by_the_seed() -> None:
    first, again, other = sample(), sample(), sample(seed=8)
    assert first.rows.tolist() == again.rows.tolist()
    assert first.rows.tolist() != other.rows.tolist()
    assert [s.drawn for s in first.strata] == [s.drawn for s in other.strata]


def test_rows_are_distinct_in_their_strata_and_stand_for_the_population() -> None:
    drawn = sample()
    weights, _, loose = population()
    assert len(np.unique(drawn.rows)) == len(drawn.rows) == 400
    for row, place in zip(drawn.rows, drawn.stratum, strict=True):
        stratum = drawn.strata[place]
        assert stratum.low <= weights[row] < stratum.high
        assert stratum.loose == loose[row]
    assert drawn.weight.sum() == pytest.approx(4000)
    assert sum(s.size for s in drawn.strata) == 4000
    assert all(s.drawn >= min(20, s.size) for s in drawn.strata)


def test_below_possible_and_only_loose_pairs_are_drawn() -> None:
    drawn = sample()
    weights, _, loose = population()
    assert bool((weights[drawn.rows] < 3.0).any())
    assert bool(loose[drawn.rows].any())
    assert {3.0, 12.0} <= {s.low for s in drawn.strata}


def test_the_order_says_nothing_of_the_weight() -> None:
    drawn = sample()
    assert abs(np.corrcoef(np.arange(400), population()[0][drawn.rows])[0, 1]) < 0.15


def test_doubtful_strata_get_more_than_their_share() -> None:
    drawn = sample(floor=5)
    certain, doubtful = (next(s for s in drawn.strata if s.low <= w < s.high and not s.loose) for w in (14.0, 4.0))
    assert doubtful.drawn / doubtful.size > certain.drawn / certain.size


def test_a_budget_beyond_everything_reviews_everything() -> None:
    drawn = sample(budget=10_000)
    assert sorted(drawn.rows.tolist()) == list(range(4000))
    assert set(drawn.weight.tolist()) == {1.0}


def test_weighted_answers_are_right_on_average() -> None:
    weights, probability, loose = population()
    same = np.random.default_rng(1).random(4000) < probability
    totals = []
    for seed in range(60):
        drawn = draw_sample(weights, probability, loose, (3.0, 12.0), 400, seed)
        totals.append(drawn.weight @ same[drawn.rows])
    spread = np.std(totals) / np.sqrt(60)
    assert np.mean(totals) == pytest.approx(same.sum(), abs=3.5 * spread)


def test_one_threshold_is_enough() -> None:
    assert len(sample(thresholds=(5.0,)).rows) == 400


@pytest.mark.parametrize(
    "changes", [{"thresholds": ()}, {"budget": 3}, {"edges": [float("nan")]}, {"thresholds": (float("nan"),)}]
)
def test_what_cannot_be_sampled_is_refused(changes) -> None:
    with pytest.raises(LinkageError):
        sample(**changes)


def test_wrong_bands_are_refused() -> None:
    with pytest.raises(LinkageError):
        bands(5.0, 5.0)
    with pytest.raises(LinkageError):
        strata_of([1.0], [False], [2.0, 1.0])

"""Issue 3 item 5: error by group, the largest gap, and whether it is beyond chance."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation.fairness import FairnessTable, Group, error_by_group, holm, two_proportion_test
from linkage.evaluation.intervals import Estimate
from linkage.judging.telling import gap_line


def group(table: FairnessTable, name: str) -> Group:
    return next(g for g in table.groups if g.name == name)


def by_counts(**counts: tuple[int, int, int, int]) -> FairnessTable:
    """Pairs inside groups: (both, false merges, missed links, rightly apart) by group."""
    names, linked, same = [], [], []
    for name, (both, false, missed, apart) in counts.items():
        names += [name] * (both + false + missed + apart)
        linked += [True] * (both + false) + [False] * (missed + apart)
        same += [True] * both + [False] * false + [True] * missed + [False] * apart
    return error_by_group(names, names, linked, same)


def test_group_by_hand() -> None:
    got = group(by_counts(female=(90, 10, 30, 70)), "female")
    assert (got.pairs, got.same, got.linked) == (200, 120, 100)
    assert got.precision.value == pytest.approx(0.9)
    assert got.recall.value == pytest.approx(0.75)
    assert got.f1.value == pytest.approx(2 * 90 / (100 + 120))
    assert got.false_merge_rate.value == pytest.approx(10 / 80)
    assert got.missed_link_rate.value == pytest.approx(0.25)
    assert not got.small


def test_a_pair_between_groups_counts_in_each_by_half() -> None:
    """a-a right, a-b wrong, b-b right: a has 1.5 links of which 1 is right."""
    table = error_by_group(["a", "a", "b"], ["a", "b", "b"], [True] * 3, [True, False, True])
    for name in "ab":
        got = group(table, name)
        assert (got.pairs, got.linked, got.same) == (1.5, 1.5, 1.0)
        assert got.precision.value == pytest.approx(2 / 3)


def test_a_small_group_is_shown_marked_and_with_wide_limits() -> None:
    table = by_counts(many=(900, 50, 50, 100), few=(4, 0, 0, 2))
    assert [(g.name, g.small) for g in table.groups] == [("few", True), ("many", False)]
    assert group(table, "few").recall.low < 0.6
    gap = table.largest("recall")
    assert gap is not None
    assert gap.small


def test_a_true_gap_is_beyond_chance_and_says_who() -> None:
    gap = by_counts(x=(950, 5, 50, 500), y=(850, 5, 150, 500)).largest("recall")
    assert gap is not None
    assert (gap.high, gap.low, gap.beyond_chance) == ("x", "y", True)
    assert gap.difference.value == pytest.approx(0.1)
    assert gap.difference.low < 0.1 < gap.difference.high


def test_a_gap_of_large_groups_stands_before_a_larger_one_by_chance() -> None:
    gap = by_counts(x=(950, 5, 50, 500), y=(850, 5, 150, 500), z=(3, 0, 1, 0)).largest("recall")
    assert gap is not None
    assert {gap.high, gap.low} == {"x", "y"}


@pytest.mark.parametrize(("right", "wrong", "judged"), [(0, 3, False), (0, 19, False), (0, 20, True), (20, 0, True)])
def test_a_handful_of_pairs_accuses_nobody(right: int, wrong: int, judged: bool) -> None:
    """Three wrong links beside 5,000 right ones are far beyond an exact test, and may be one cluster."""
    table = by_counts(few=(right, wrong, 0, 0), many=(5000, 0, 50, 100))
    gap = table.largest("precision")
    assert gap is not None
    assert (gap.few, gap.beyond_chance) == (not judged, judged and wrong > 0)
    assert gap.small
    assert gap.difference.low <= gap.difference.value <= gap.difference.high
    told = gap_line(gap)
    assert ("too few pairs to tell" in told) is not judged
    assert ("p " in told.split(": ")[1]) is judged


def test_gaps_that_cannot_be_judged_do_not_weaken_the_others() -> None:
    counts = {"x": (950, 5, 50, 500), "y": (900, 5, 100, 500)}
    alone = by_counts(**counts).largest("recall")
    beside = by_counts(**counts, **{f"few{n}": (3, 1, 1, 1) for n in range(9)}).largest("recall")
    assert alone is not None
    assert beside is not None
    assert (alone.adjusted, alone.beyond_chance) == (beside.adjusted, beside.beyond_chance)


def test_one_group_has_no_gap() -> None:
    assert by_counts(all=(5, 1, 1, 5)).largest("recall") is None


def test_two_proportion_test_by_hand() -> None:
    """40/100 against 60/100: z = .2 / sqrt(.25 * .02) = 2.828, p = .00468."""
    p = two_proportion_test(Estimate(0.4, 0, 1), 100, Estimate(0.6, 0, 1), 100)
    assert p == pytest.approx(0.0046777, abs=1e-6)


def test_small_counts_are_tested_exactly() -> None:
    """Fisher's tea: 3 of 4 against 1 of 4 is (16 + 1 + 16 + 1) / 70 = .4857."""
    assert two_proportion_test(Estimate(0.75, 0, 1), 4, Estimate(0.25, 0, 1), 4) == pytest.approx(34 / 70)
    assert two_proportion_test(Estimate(1.0, 0, 1), 4, Estimate(0.0, 0, 1), 4) == pytest.approx(2 / comb(8, 4))
    assert two_proportion_test(Estimate(1.0, 0, 1), 0, Estimate(0.0, 0, 1), 4) == 1.0


def test_equal_shares_do_not_differ() -> None:
    assert two_proportion_test(Estimate(1.0, 0, 1), 500, Estimate(1.0, 0, 1), 900) == pytest.approx(1.0)
    assert two_proportion_test(Estimate(0.5, 0, 1), 500, Estimate(0.5, 0, 1), 900) == pytest.approx(1.0)


def test_holm_by_hand() -> None:
    """.01 * 4, .02 * 3, then .03 * 2 may not fall below .06, then .5."""
    assert holm([0.03, 0.01, 0.5, 0.02]).tolist() == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([]).tolist() == []


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_only_raises_and_keeps_the_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert bool((adjusted >= np.array(values) - 1e-12).all())
    assert float(adjusted.max()) <= 1.0
    assert bool((np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all())


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.booleans(), st.booleans(), st.floats(0.5, 2)),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)
@given(rows)
def test_groups_make_the_whole_whichever_record_comes_first(pairs) -> None:
    first, second, linked, same, sampling = zip(*pairs, strict=True)
    table = error_by_group(first, second, linked, same, sampling)
    total = np.array(sampling)
    assert sum(g.pairs for g in table.groups) == pytest.approx(total.sum())
    assert sum(g.linked for g in table.groups) == pytest.approx(total @ np.array(linked))
    assert sum(g.same for g in table.groups) == pytest.approx(total @ np.array(same))
    swapped = error_by_group(second, first, linked, same, sampling)
    for one, two in zip(table.groups, swapped.groups, strict=True):
        assert one.precision.value == pytest.approx(two.precision.value)
        assert one.recall.value == pytest.approx(two.recall.value)
    for one in table.groups:
        for estimate in (one.precision, one.recall, one.f1, one.false_merge_rate, one.missed_link_rate):
            assert 0.0 <= estimate.low <= estimate.value + 1e-12
            assert estimate.value - 1e-12 <= estimate.high <= 1.0


def test_groups_that_do_not_differ_are_seldom_accused() -> None:
    """Six groups with the same errors: at most about one table in twenty names a gap; fixed seed."""
    rng = np.random.default_rng(31)
    accused = 0
    for _ in range(200):
        names = rng.choice(list("uvwxyz"), 1500)
        same = rng.random(1500) < 0.5
        linked = rng.random(1500) < np.where(same, 0.9, 0.05)
        accused += any(gap.beyond_chance for gap in error_by_group(names, names, linked, same).gaps)
    assert accused <= 17


@pytest.mark.parametrize(("first", "second"), [([], []), (["a"], ["a", "b"])])
def test_pairs_without_groups_are_refused(first, second) -> None:
    with pytest.raises(LinkageError):
        error_by_group(first, second, [True] * len(first), [True] * len(first))

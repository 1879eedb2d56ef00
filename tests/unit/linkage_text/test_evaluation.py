import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import LinkageError
from linkage.evaluation import PairCounts, compare_clusterings, label_blocks


def test_hand_worked_counts() -> None:
    """Truth {a b c} {d e} {f}: 4 pairs. Predicted {a b} {c d e f}: 7 pairs. In both: ab, de."""
    truth = label_blocks([("a", "b", "c"), ("d", "e"), ("f",)])
    predicted = label_blocks([("a", "b"), ("c", "d", "e", "f")])
    counts = compare_clusterings(predicted, truth)
    assert counts == PairCounts(true_positive=2, false_positive=5, false_negative=2)
    assert counts.precision == pytest.approx(2 / 7)
    assert counts.recall == pytest.approx(1 / 2)
    assert counts.f1 == pytest.approx(4 / 11)


def test_no_pairs_at_all_is_perfect() -> None:
    alone = label_blocks([("a",), ("b",)])
    counts = compare_clusterings(alone, alone)
    assert (counts.precision, counts.recall, counts.f1) == (1.0, 1.0, 1.0)


def test_nothing_found_has_no_recall_and_no_false_pair() -> None:
    counts = compare_clusterings(label_blocks([("a",), ("b",)]), label_blocks([("a", "b")]))
    assert (counts.precision, counts.recall, counts.f1) == (1.0, 0.0, 0.0)


def test_different_records_are_refused() -> None:
    with pytest.raises(LinkageError):
        compare_clusterings({"a": 1}, {"b": 1})


clusterings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@given(clusterings)
def test_counts_equal_those_over_every_pair(labels: list[tuple[int, int]]) -> None:
    predicted = {str(i): label[0] for i, label in enumerate(labels)}
    truth = {str(i): label[1] for i, label in enumerate(labels)}
    found = [(predicted[a] == predicted[b], truth[a] == truth[b]) for a, b in itertools.combinations(truth, 2)]
    expected = PairCounts(found.count((True, True)), found.count((True, False)), found.count((False, True)))
    assert compare_clusterings(predicted, truth) == expected

"""Pairs of rows that share a label, counted and listed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.evaluation.clusterings import pairs_inside, pairs_together


@given(st.lists(st.integers(0, 6), max_size=14), st.integers(0, 14))
def test_pairs_of_one_label_are_counted_and_listed(labels: list[int], first: int) -> None:
    label, first = np.array(labels, np.int64), min(first, len(labels))
    alike = {(i, j) for i, j in combinations(range(len(labels)), 2) if labels[i] == labels[j]}
    across = {(i, j) for i, j in alike if i < first <= j}
    for wanted, pairs, count in (
        (alike, pairs_together(label), pairs_inside(label)),
        (across, pairs_together(label, first), pairs_inside(label, first)),
    ):
        listed = list(zip(*(column.tolist() for column in pairs), strict=True))
        assert (set(listed), len(listed), count) == (wanted, len(wanted), len(wanted))


def test_one_large_cluster() -> None:
    a, b = pairs_together(np.zeros(300, np.int64))
    assert len(set(zip(a.tolist(), b.tolist(), strict=True))) == 300 * 299 // 2

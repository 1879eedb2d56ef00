"""How good a clustering is against the truth, counted over pairs of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs of records: joined in both clusterings, only in the predicted one, only in the true one."""

    true_positive: int
    false_positive: int
    false_negative: int

    @property
    def precision(self) -> float:
        """Share of the predicted pairs that are true; 1.0 when nothing was predicted."""
        predicted = self.true_positive + self.false_positive
        return self.true_positive / predicted if predicted else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were predicted; 1.0 when there was nothing to find."""
        actual = self.true_positive + self.false_negative
        return self.true_positive / actual if actual else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1.0 when there are no pairs on either side."""
        total = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / total if total else 1.0


def compare_clusterings(predicted: Mapping[str, Hashable], truth: Mapping[str, Hashable]) -> PairCounts:
    """Pair counts from two clusterings, each mapping record id to cluster.

    Counted from cluster overlaps, in time linear in the records: the pairs themselves are never made.
    Raises `LinkageError` when the two do not speak of the same records.
    """
    if predicted.keys() != truth.keys():
        raise LinkageError("the two clusterings must hold the same records")
    both = _pairs(Counter((predicted[record], cluster) for record, cluster in truth.items()).values())
    found = _pairs(Counter(predicted.values()).values())
    actual = _pairs(Counter(truth.values()).values())
    return PairCounts(both, found - both, actual - both)


def pairs_inside(label: Longs, first: int | None = None) -> int:
    """How many pairs of rows share a label (int64[N], from 0): all, or those of one of the `first` rows with one of
    the others, which is what linking two files can find."""
    sizes = np.bincount(label)
    if first is None:
        return int((sizes * (sizes - 1) // 2).sum())
    before = np.bincount(label[:first], minlength=len(sizes))
    return int((before * (sizes - before)).sum())


def pairs_together(label: Longs, first: int | None = None) -> tuple[Longs, Longs]:
    """The pairs that `pairs_inside` counts: rows a < b, int64[n] each."""
    order = np.argsort(label, kind="stable")
    ordered = label[order]
    place, step, parts = np.arange(len(label)), 0, [(order[:0], order[:0])]
    while len(place):
        step += 1
        place = place[: np.searchsorted(place, len(label) - step)]
        place = place[ordered[place] == ordered[place + step]]
        parts.append((order[place], order[place + step]))
    a, b = (np.concatenate(column) for column in zip(*parts, strict=True))
    kept = slice(None) if first is None else (a < first) != (b < first)
    return a[kept], b[kept]


def label_blocks(blocks: Iterable[Iterable[str]]) -> dict[str, int]:
    """Blocks of record ids as the mapping that `compare_clusterings` takes."""
    return {record: number for number, block in enumerate(blocks) for record in block}


def _pairs(sizes: Iterable[int]) -> int:
    """How many pairs lie inside clusters of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes)

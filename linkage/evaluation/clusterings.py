"""How good a clustering is against the truth, counted over pairs of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from linkage.errors import LinkageError


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


def label_blocks(blocks: Iterable[Iterable[str]]) -> dict[str, int]:
    """Blocks of record ids as the mapping that `compare_clusterings` takes."""
    return {record: number for number, block in enumerate(blocks) for record in block}


def _pairs(sizes: Iterable[int]) -> int:
    """How many pairs lie inside clusters of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes)

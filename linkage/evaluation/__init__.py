"""How good a linkage is: against the truth, against a reviewed sample, and for whom."""

from linkage.evaluation.clusterings import PairCounts, compare_clusterings, label_blocks

__all__ = ["PairCounts", "compare_clusterings", "label_blocks"]

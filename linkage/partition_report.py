"""The constrained partition beside plain connected components: what keeping conflicts apart came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.engines.clusters import connected
from linkage.evaluation.clusterings import pairs_inside
from linkage.explain import GUARD_WORDS
from linkage.guard import Guard
from linkage.people import Linker

Longs = npt.NDArray[np.int64]

FLOOR_WORDS = "a weight below the veto floor"


def report_partition(linker: Linker, first: int | None = None) -> dict[str, Any]:
    """Counts of three clusterings of one set of pairs, and what kept records apart, by guard.

    constrained: the result. connected_components: certain pairs without a guard joined and nothing asked, so that all
    the difference is the vetoes'. by_weight_alone: guards passed over too. first: with two files, the records of the
    first; then only pairs across the files are counted as joined. A veto or pair with two guards counts under both.
    """
    pairs, certain, n = linker.pairs, linker.model.certain, len(linker.table)
    found = linker.clusters
    heavy = pairs.weight.astype(np.float64) >= certain
    stopped = heavy & (pairs.guards != 0) & (found.label[pairs.a] != found.label[pairs.b])
    return {
        "constrained": _counts(found.label, first),
        "connected_components": _counts(connected(pairs, n, certain), first),
        "by_weight_alone": _counts(connected(pairs, n, certain, guarded=False), first),
        "vetoes": len(found.vetoes),
        "vetoes_by_reason": _by_guard(found.vetoes.guards),
        "certain_pairs_stopped_by_a_guard": int(stopped.sum()),
        "stopped_by_guard": _by_guard(pairs.guards[stopped]),
    }


def partition_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report in sentences."""
    ours, plain = report["constrained"], report["connected_components"]
    yield (
        f"partition: {ours['clusters']:,} clusters, {ours['pairs_joined']:,} pairs joined, the largest cluster has"
        f" {ours['largest']:,}; plain connected components: {plain['clusters']:,}, {plain['pairs_joined']:,},"
        f" {plain['largest']:,}"
    )
    for count, reasons, what in (
        (report["vetoes"], report["vetoes_by_reason"], "joins of clusters refused because records in them conflict"),
        (report["certain_pairs_stopped_by_a_guard"], report["stopped_by_guard"], "certain pairs stopped by a guard"),
    ):
        if count:
            yield f"{count:,} {what}: {'; '.join(f'{reason} {times:,}' for reason, times in reasons.items())}"


def _counts(label: Longs, first: int | None) -> dict[str, int]:
    sizes = np.bincount(label)
    return {
        "clusters": int((sizes > 0).sum()),
        "clusters_of_several": int((sizes > 1).sum()),
        "largest": int(sizes.max(initial=0)),
        "pairs_joined": pairs_inside(label, first),
    }


def _by_guard(guards: npt.NDArray[np.uint32]) -> dict[str, int]:
    """How many have each guard, in words, the commonest first; without any it was the weight."""
    counts = {words: int((guards & np.uint32(guard) != 0).sum()) for guard, words in GUARD_WORDS.items()}
    counts[FLOOR_WORDS] = int((guards == Guard.NONE).sum())
    return {words: count for words, count in sorted(counts.items(), key=lambda entry: -entry[1]) if count}

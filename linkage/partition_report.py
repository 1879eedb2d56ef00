"""The constrained partition beside plain connected components: what keeping conflicts apart came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.engines.clusters import Vetoes, connected
from linkage.evaluation.clusterings import pairs_inside
from linkage.explain import GUARD_WORDS
from linkage.growing import Cause
from linkage.guard import CONFLICTS
from linkage.people import Linker
from linkage.plurals import counted

Longs = npt.NDArray[np.int64]

CAUSE_WORDS: Mapping[Cause, str] = {
    Cause.FLOOR: "two records weigh less than the veto floor",
    Cause.ONE_FILE: "two records are of one file, which holds each person once",
    Cause.BALANCE: "all pairs across the clusters, taken together, speak against one person",
}


def report_partition(linker: Linker, first: int | None = None) -> dict[str, Any]:
    """Counts of three clusterings of one set of pairs, and what kept records apart, by guard or cause.

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
        "vetoes_by_reason": _by_reason(found.vetoes),
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
    for count, reasons, one, done in (
        (report["vetoes"], report["vetoes_by_reason"], "join", "of clusters refused"),
        (
            report["certain_pairs_stopped_by_a_guard"],
            report["stopped_by_guard"],
            "certain pair",
            "stopped by a guard",
        ),
    ):
        if count:
            told = "; ".join(f"{reason} {times:,}" for reason, times in reasons.items())
            yield f"{counted(count, one)} {done}: {told}"


def _counts(label: Longs, first: int | None) -> dict[str, int]:
    sizes = np.bincount(label)
    return {
        "clusters": int((sizes > 0).sum()),
        "clusters_of_several": int((sizes > 1).sum()),
        "largest": int(sizes.max(initial=0)),
        "pairs_joined": pairs_inside(label, first),
    }


def _by_reason(vetoes: Vetoes) -> dict[str, int]:
    """How many each guard of `CONFLICTS` keeps apart, and each cause where none does, the commonest first."""
    hard = vetoes.guards & np.uint32(CONFLICTS)
    causes = {words: int(((hard == 0) & (vetoes.cause == cause)).sum()) for cause, words in CAUSE_WORDS.items()}
    return _commonest(_by_guard(hard) | causes)


def _by_guard(guards: npt.NDArray[np.uint32]) -> dict[str, int]:
    """How many have each guard, in words, the commonest first."""
    return _commonest({words: int((guards & np.uint32(guard) != 0).sum()) for guard, words in GUARD_WORDS.items()})


def _commonest(counts: Mapping[str, int]) -> dict[str, int]:
    return {words: count for words, count in sorted(counts.items(), key=lambda entry: -entry[1]) if count}

"""How right this library is beside Splink and recordlinkage, printed as JSON with a row a set.

    python -m benchmarks.accuracy [--sets febrl1,febrl4,region,...] [--people N] [--seed N] [--tools ours,splink,ecm]
        [--seconds N] [--out FILE]

Every tool reads the same Parquet file in a process of its own, the peers in an environment of their own that is made
at the first run. For each: pairs as they were scored, pairs once closed into people, and people found whole, at the
tool's default threshold and at the best of all thresholds, which nobody without the truth can choose. `verdict` sets
our default against the peer's best.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.machine import machine
from benchmarks.peers import traps
from benchmarks.peers.account import ACCOUNT, CLUSTERS, PAIRS
from benchmarks.peers.environment import ToolFailed, python_of_peers, run
from benchmarks.peers.judgement import (
    Best,
    ClusterCounts,
    Ints,
    Scored,
    Truth,
    best_closure,
    best_pairs,
    components,
    judge_closure,
    judge_clusters,
    judge_pairs,
)
from benchmarks.peers.sets import SETS, LabelledSet, load
from linkage.evaluation import PairCounts

Row = dict[str, Any]

TOOLS = {
    "ours": "benchmarks.peers.ours",
    "splink": "benchmarks.peers.splink_expert",
    "ecm": "benchmarks.peers.recordlinkage_ecm",
}


def answer(tool: str, given: LabelledSet, place: Path, seconds: float) -> Row:
    """What one tool made of a set, judged; {"failed": why} when it made nothing."""
    file, folder = place / "people.parquet", place / tool
    folder.mkdir()
    python = sys.executable if tool == "ours" else str(python_of_peers())
    try:
        elapsed = run([python, "-m", TOOLS[tool], str(file), str(folder), given.style], seconds)
    except ToolFailed as failure:
        return {"failed": str(failure)}
    account = json.loads((folder / ACCOUNT).read_text())
    scored, cluster = read_answers(folder, len(given.table))
    return {
        "seconds": round(sum(s for phase, s in account["seconds"].items() if phase != "warm"), 2),
        "seconds_by_phase": account.pop("seconds"),
        "process_seconds": round(elapsed, 2),
        **account,
        "default": judge(scored.from_weight(account["threshold"]), cluster, given),
        "best": judge_best(scored, given.truth),
    }


def read_answers(folder: Path, n: int) -> tuple[Scored, Ints]:
    """The pairs that a tool scored, and the cluster of each of n records."""
    pairs = pq.read_table(folder / PAIRS)
    a, b = (pairs[name].to_numpy().astype(np.int64) for name in ("a", "b"))
    told = pq.read_table(folder / CLUSTERS)
    cluster = -1 - np.arange(n, dtype=np.int64)  # a record the tool is silent about is alone
    cluster[told["row"].to_numpy()] = told["cluster"].to_numpy()
    return Scored(a, b, pairs["weight"].to_numpy().astype(np.float64)), cluster


def judge(links: Scored, cluster: Ints, given: LabelledSet) -> Row:
    """A tool's own links and clusters at its own threshold."""
    told: Row = {
        "pairs": rates(judge_pairs(links, given.truth)),
        "closed_pairs": rates(judge_closure(cluster, given.truth)),
        "clusters": rates(judge_clusters(cluster, given.truth)),
    }
    if given.kin is not None:
        told["traps"] = traps.fallen(cluster, given.kin, given.truth)
    return told


def judge_best(scored: Scored, truth: Truth) -> Row:
    """Pairs and closed pairs, each at its own best threshold; clusters at that of the closed pairs."""
    pairs, closed = best_pairs(scored, truth), best_closure(scored, truth)
    cluster = components(scored.from_weight(closed.threshold), len(truth.person))
    return {
        "pairs": _at(pairs),
        "closed_pairs": _at(closed),
        "clusters": rates(judge_clusters(cluster, truth)),
    }


def _at(best: Best) -> Row:
    return {"threshold": round(best.threshold, 3) if isfinite(best.threshold) else None, **rates(best.counts)}


def rates(counts: PairCounts | ClusterCounts) -> dict[str, float]:
    """Precision, recall and F1, with the counts that say how sure they are."""
    if isinstance(counts, PairCounts):
        wrong = {"false_positives": counts.false_positive, "false_negatives": counts.false_negative}
    else:
        wrong = {"found": counts.found, "actual": counts.actual, "exact": counts.exact}
    named = {name: round(getattr(counts, name), 6) for name in ("precision", "recall", "f1")}
    return {**named, **wrong}


def verdict(tools: Mapping[str, Row]) -> Row:
    """Our default F1 on closed pairs against each peer's best F1, closed or not, and our error as a share of its."""
    told: Row = {}
    if "failed" in tools.get("ours", {"failed": ""}):
        return told
    own = tools["ours"]["default"]["closed_pairs"]["f1"]
    for name, row in tools.items():
        if name != "ours" and "failed" not in row:
            best = max(row["best"][kind]["f1"] for kind in ("pairs", "closed_pairs"))
            share = round((1 - own) / (1 - best), 3) if best < 1 else None
            told[name] = {"ours_f1": own, "best_f1": best, "ahead": own > best, "error_share": share}
    return told


def measure(given: LabelledSet, tools: Sequence[str], seconds: float) -> Row:
    """The row of one set."""
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        given.write(Path(folder) / "people.parquet")
        answers = {tool: answer(tool, given, Path(folder), seconds) for tool in tools}
    truth = given.truth
    row: Row = {
        "set": given.name,
        "records": len(given.table),
        "judged_records": int(truth.judged.sum()),
        "people": len(np.unique(truth.person[truth.judged])),
        "true_pairs": truth.pairs,
        "verdict": verdict(answers),
        "tools": answers,
    }
    if given.kin is not None:
        row["trap_pairs_of_people"] = traps.opportunities(given.kin, truth)
    return row


def peers_files(place: Path) -> Callable[[], Path]:
    """A folder with the sets that the peers' environment holds, written when first asked for."""

    @cache
    def written() -> Path:
        folder = place / "peers"
        folder.mkdir()
        for module in ("febrl", "pseudopeople_sets"):
            run([str(python_of_peers()), "-m", f"benchmarks.peers.{module}", str(folder)], 300)
        return folder

    return written


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    def names(known: Sequence[str]) -> Callable[[str], list[str]]:
        def read(text: str) -> list[str]:
            if wrong := [name for name in text.split(",") if name not in known]:
                raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: choose from {', '.join(known)}")
            return text.split(",")

        return read

    parser = argparse.ArgumentParser(prog="benchmarks.accuracy", description="Accuracy beside the peers.")
    parser.add_argument("--sets", type=names(SETS), default=list(SETS))
    parser.add_argument("--tools", type=names(tuple(TOOLS)), default=list(TOOLS))
    parser.add_argument("--people", type=int, default=20_000, help="people of the simulated region")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=900.0, help="longest run of one tool on one set")
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Measure every set with every tool and print one JSON object."""
    options = _options(arguments)
    told: Row = {"machine": machine(), "people": options.people, "seed": options.seed, "sets": []}
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        files = peers_files(Path(folder))
        for name in options.sets:
            given = load(name, options.people, options.seed, files)
            told["sets"].append(measure(given, options.tools, options.seconds))
            print(name, json.dumps(told["sets"][-1]["verdict"]), file=sys.stderr)
    text = json.dumps(told, indent=2, allow_nan=False)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])

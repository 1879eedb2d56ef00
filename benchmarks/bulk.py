"""How fast and in how much memory a whole region is linked, beside Splink, printed as one JSON object.

    python -m benchmarks.bulk [--records N] [--tools ours,splink] [--seed N] [--kind parquet|csv] [--cores N]
        [--memory 4GB] [--cache FOLDER] [--seconds N] [--out FILE]

Both tools read the same file, each in a process of its own, one after the other: from the file to links and clusters
on disk. `ours_s` and `splink_s` are the seconds from the first look at the file to the last byte written; starting
Python, importing and compiling (`warm`) stand apart, `process_seconds` is all together. `ours_mb` and `splink_mb` are
peaks of memory, helper processes counted; `peak_held_mb` leaves out pages of files, which the system can take back.
`ours_f1` and `splink_f1` are of the pairs inside the clusters, at the default threshold of each. Splink keeps only
the pairs above its threshold here, which is the least it can do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import Any

from benchmarks.accuracy import rates, read_answers
from benchmarks.machine import machine
from benchmarks.peers.account import ACCOUNT
from benchmarks.peers.environment import ToolFailed, python_of_peers, run
from benchmarks.peers.judgement import Truth, judge_closure, judge_clusters, judge_pairs
from benchmarks.peers.memory import PeakMemory
from benchmarks.peers.region_file import RegionFile, region_file

Row = dict[str, Any]

TOOLS = ("ours", "splink")
SPLINK_PROBABILITY = 0.95  # that of `splink_expert`, which its clusters are made at


def command(tool: str, people: Path, folder: Path, memory: str = "") -> list[str]:
    """How a tool is run on a file; `memory` bounds ours, "" by what is free."""
    if tool == "ours":
        return [sys.executable, "-m", "benchmarks.peers.dedupe", str(people), str(folder), *[memory][: bool(memory)]]
    lightest = log2(SPLINK_PROBABILITY / (1 - SPLINK_PROBABILITY))
    script = "benchmarks.peers.splink_expert"
    return [str(python_of_peers()), "-m", script, str(people), str(folder), "uk", str(lightest)]


def answer(tool: str, file: RegionFile, seconds: float, memory: str = "") -> Row:
    """What one tool took and found; {"failed": why} when it found nothing."""
    with tempfile.TemporaryDirectory(prefix="bulk-") as place:
        folder = Path(place)
        called = command(tool, file.people, folder, memory)
        try:
            with PeakMemory() as peak:
                elapsed = run(called, seconds)
        except ToolFailed as failure:
            return {"failed": str(failure), "peak_mb": round(peak.mb)}
        account = json.loads((folder / ACCOUNT).read_text())
        phases = account.pop("seconds")
        return {
            "seconds": round(sum(taken for phase, taken in phases.items() if phase != "warm"), 2),
            "seconds_by_phase": phases,
            "process_seconds": round(elapsed, 2),
            # The process knows its own peak, the sampling knows its helpers.
            "peak_mb": round(max(peak.mb, account.pop("peak_mb"))),
            "peak_held_mb": round(peak.held_mb),
            **judge(folder, account["threshold"], file.read_truth()),
            **account,
        }


def judge(folder: Path, threshold: float, truth: Truth) -> Row:
    """A tool's links and clusters against the truth."""
    scored, cluster = read_answers(folder, len(truth.person))
    return {
        "pairs": rates(judge_pairs(scored.from_weight(threshold), truth)),
        "closed_pairs": rates(judge_closure(cluster, truth)),
        "clusters_of_people": rates(judge_clusters(cluster, truth)),
    }


def summary(tools: Row) -> Row:
    """The figures that are compared, by tool, and how they stand to one another."""
    told: Row = {}
    for tool, row in tools.items():
        if "failed" in row:
            told[f"{tool}_failed"] = row["failed"]
            continue
        told |= {f"{tool}_s": row["seconds"], f"{tool}_mb": row["peak_mb"], f"{tool}_f1": row["closed_pairs"]["f1"]}
        told[f"{tool}_clusters_f1"] = row["clusters_of_people"]["f1"]
    if "ours_s" in told and "splink_s" in told:
        told["times_as_fast"] = round(told["splink_s"] / told["ours_s"], 2)
        told["share_of_memory"] = round(told["ours_mb"] / told["splink_mb"], 3)
    return told


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    def tools(text: str) -> list[str]:
        if wrong := [name for name in text.split(",") if name not in TOOLS]:
            raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: choose from {', '.join(TOOLS)}")
        return text.split(",")

    parser = argparse.ArgumentParser(prog="benchmarks.bulk", description="A region linked in bulk, beside Splink.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--tools", type=tools, default=list(TOOLS))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kind", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--cores", type=int, help="use so many of the processors only")
    parser.add_argument("--memory", default="", help="the bound on ours, such as 4GB")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the region's file for the next run")
    parser.add_argument("--seconds", type=float, default=3600.0, help="longest run of one tool")
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Measure the tools one after the other and print one JSON object."""
    options = _options(arguments)
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    told: Row = {"machine": machine(), "records": options.records, "seed": options.seed, "kind": options.kind}
    told["memory"] = options.memory or "what is free"
    with tempfile.TemporaryDirectory(prefix="bulk-region-") as folder:
        file = region_file(options.records, options.seed, options.kind, options.cache or Path(folder))
        told["file_mb"] = round(file.people.stat().st_size / 2**20, 1)
        tools = {tool: answer(tool, file, options.seconds, options.memory) for tool in options.tools}
    text = json.dumps({**summary(tools), **told, "tools": tools}, indent=2, allow_nan=False)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])

"""How the engines grow, and what 60 million people would take on a cluster; one JSON object.

    python -m benchmarks.scale [--sizes 10000,20000,40000] [--strangers 80000] [--engines local,spark]
        [--people 60000000] [--hours 1] [--executor-cores 8] [--seed N] [--seconds N] [--out FILE]

Each engine links a simulated region at every size (in people), in a process of its own; `growth` is the exponent of
records by phase, of seconds and of memory, by least squares on logarithms. What a job costs on Spark however small it
is was measured on 300 records (`least_`) and is taken off first; where that is most of it, the size says nothing of
growth. The local engine is run at one more size, `--strangers`, to see how often different people meet. The plan is
what was measured at the largest size, grown; `assumptions` says by what. Compilation and the start of Java (`warm`)
stand apart.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import nnls

from benchmarks.machine import machine
from benchmarks.peers.account import ACCOUNT
from benchmarks.peers.environment import ToolFailed, run
from benchmarks.peers.sets import region
from linkage.tables.frames import to_arrow

Row = dict[str, Any]

ENGINES = ("local", "spark")
PHASES = {"local": ("read", "encode", "train", "link", "cluster"), "spark": ("encode", "link", "cluster")}
ANYWHERE = ("name-dob", "names-year", "names-day")
"""The rules whose keys say nothing of a place: strangers meet under them the more often the more people there are."""
EFFICIENCY = 0.6
LEAST_EXPONENT = 1.05
MEMORY_PER_CORE_GB = 3
ASSUMPTIONS = (
    "records per person as at the largest size",
    f"phases grow with their measured exponent, but with {LEAST_EXPONENT} at least, for what is sorted",
    "pairs of strangers under rules without a place grow as a * records + b * records^2, fitted; all other pairs in "
    "proportion, because places grow with people; what that adds is weighed at the local engine's rate",
    f"{EFFICIENCY:.0%} of the executors' cores are busy; a core there is a core here",
    f"{MEMORY_PER_CORE_GB} GB for each core: a batch of encoding in Python, and a sort that spills in Java",
    "shuffled bytes, which are compressed, grow like the phases",
    "the model was trained on a sample beforehand, by the local engine",
)


def measure(people: int, engines: Sequence[str], options: argparse.Namespace, place: Path) -> Row:
    """Some engines on a region of so many people."""
    place.mkdir()
    file = place / "people.parquet"
    table = to_arrow(region("region", people, options.seed, without_nhs=False).table)
    pq.write_table(table, file)
    row: Row = {"people": people, "records": len(table)}
    for engine in engines:
        print(f"{people:,} people, {engine} ...", file=sys.stderr)
        try:
            run([sys.executable, "-m", "benchmarks.scale_engines", engine, str(file), str(place)], options.seconds)
        except ToolFailed as failure:
            row[engine] = {"failed": str(failure)}
            continue
        row[engine] = json.loads((place / ACCOUNT).read_text())
    return row


def exponent(records: Sequence[float], values: Sequence[float]) -> float | None:
    """The slope of logarithms by least squares; None unless two sizes differ and every value is above nothing."""
    if len(set(records)) < 2 or min(values) <= 0:
        return None
    return round(float(np.polyfit(np.log(records), np.log(values), 1)[0]), 3)


def spent(account: Row, phase: str) -> float:
    """Seconds of a phase without what it costs however small."""
    seconds = account["seconds"]
    return float(max(seconds[phase] - seconds.get(f"least_{phase}", 0.0), 0.001))


def exponent_of_seconds(records: Sequence[float], accounts: Sequence[Row], phases: Sequence[str]) -> float | None:
    """That of some phases together, by the sizes at which they take longer than they would at least."""
    least = [sum(account["seconds"].get(f"least_{phase}", 0.0) for phase in phases) for account in accounts]
    taken = [sum(spent(account, phase) for phase in phases) for account in accounts]
    told = [(size, seconds) for size, seconds, low in zip(records, taken, least, strict=True) if seconds > low]
    return exponent([size for size, _ in told], [seconds for _, seconds in told]) if told else None


def growth(rows: Sequence[Row], engine: str) -> Row:
    """Exponents by phase, of seconds and memory, and of the bytes that Spark shuffled."""
    done = [row for row in rows if "failed" not in row[engine]]
    records, accounts, phases = [row["records"] for row in done], [row[engine] for row in done], PHASES[engine]
    if not done:
        return {}
    told: Row = {
        "seconds": {phase: exponent_of_seconds(records, accounts, [phase]) for phase in phases},
        "memory": {phase: exponent(records, [one["memory_mb"][phase] for one in accounts]) for phase in phases},
    }
    told["seconds"]["all"] = exponent_of_seconds(records, accounts, phases)
    if engine == "spark":
        moved = {phase: [account["shuffle_bytes"][phase] for account in accounts] for phase in phases}
        told["shuffle_bytes"] = {phase: exponent(records, values) for phase, values in moved.items()}
    return told


def candidates(rows: Sequence[Row], records: float) -> dict[str, float]:
    """The pairs of every blocking rule at so many records, from what the local engine saw; see `ASSUMPTIONS`."""
    sizes = np.array([row["records"] for row in rows], np.float64)
    factor, shares = records / sizes[-1], sizes / sizes[-1]
    found = {}
    for rule, pairs in rows[-1]["local"]["pairs_by_rule"].items():
        a, b = float(pairs["strangers"]), 0.0
        if rule in ANYWHERE and len(rows) > 1:
            counts = [row["local"]["pairs_by_rule"][rule]["strangers"] for row in rows]
            a, b = nnls(np.stack((shares, shares**2), axis=1), np.array(counts, np.float64))[0]
        found[rule] = round(factor * (pairs["all"] - pairs["strangers"] + a + factor * b))
    return found


def plan(rows: Sequence[Row], seen: Sequence[Row], grown: Row, options: argparse.Namespace) -> Row:
    """What the people asked for would take. rows: of both engines; seen: of the local one, at more sizes."""
    last, account, widest = rows[-1], rows[-1]["spark"], seen[-1]["local"]
    records = round(options.people * last["records"] / last["people"])
    factor = records / last["records"]

    def at_scale(value: float, power: float | None) -> float:
        return float(value * factor ** max(LEAST_EXPONENT, power or 0.0))

    pairs, met = candidates(seen, records), sum(rule["all"] for rule in last["local"]["pairs_by_rule"].values())
    rate = sum(rule["all"] for rule in widest["pairs_by_rule"].values()) / (
        widest["seconds"]["link"] * widest["cores"]
    )
    hours = {
        phase: at_scale(spent(account, phase) * account["cores"], grown["seconds"][phase]) / 3600
        for phase in PHASES["spark"]
    }
    hours["link"] += max(sum(pairs.values()) - factor * met, 0.0) / rate / 3600
    shuffled, powers = account["shuffle_bytes"], grown["shuffle_bytes"]
    moved = {phase: round(at_scale(shuffled[phase], powers[phase])) for phase in PHASES["spark"]}
    busy = sum(hours.values())
    executors = ceil(busy / (options.hours * options.executor_cores * EFFICIENCY))
    return {
        "people": options.people,
        "records": records,
        "grown_by": round(factor),
        "links": round(factor * account["links"]),
        "candidate_pairs": pairs,
        "pairs_per_s_a_core": round(rate),
        "core_hours": {phase: round(spent_there, 1) for phase, spent_there in hours.items()},
        "executors": executors,
        "executor_cores": options.executor_cores,
        "executor_memory_gb": MEMORY_PER_CORE_GB * options.executor_cores,
        "hours": round(busy / (executors * options.executor_cores * EFFICIENCY), 2),
        "shuffle_bytes": moved,
        "shuffle_gb_per_executor": round(max(moved.values()) / executors / 1e9, 1),
        "assumptions": ASSUMPTIONS,
    }


def report(rows: Sequence[Row], seen: Sequence[Row], options: argparse.Namespace) -> Row:
    """Growth by engine, and the plan where every run came through."""
    told: Row = {"growth": {"local": growth(seen, "local")}}
    if "spark" in options.engines:
        told["growth"]["spark"] = growth(rows, "spark")
        if not any("failed" in row.get(engine, {}) for row in (*rows, *seen) for engine in ENGINES):
            told["plan"] = plan(rows, seen, told["growth"]["spark"], options)
    return told


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """The command's options; sizes ascending."""

    def sizes(text: str) -> list[int]:
        return sorted(int(size) for size in text.split(","))

    def engines(text: str) -> list[str]:
        if wrong := set(text.split(",")) - set(ENGINES):
            raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: choose from {', '.join(ENGINES)}")
        # Spark links with the model that the local engine trains.
        return [engine for engine in ENGINES if engine in text or engine == "local"]

    parser = argparse.ArgumentParser(prog="benchmarks.scale", description="Growth of the engines, and a plan.")
    parser.add_argument("--sizes", type=sizes, default=[10_000, 20_000, 40_000], help="people at each size")
    parser.add_argument("--strangers", type=int, default=80_000, help="people at one more size, for the local engine")
    parser.add_argument("--engines", type=engines, default=list(ENGINES))
    parser.add_argument("--people", type=int, default=60_000_000, help="people to plan for")
    parser.add_argument("--hours", type=float, default=1.0, help="how long the planned run may take")
    parser.add_argument("--executor-cores", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=900.0, help="longest run of one engine at one size")
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Measure every size and print one JSON object."""
    options = options_of(arguments)
    told: Mapping[str, Any] = {"machine": machine(), "seed": options.seed}
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        places = Path(folder)
        rows = [measure(people, options.engines, options, places / str(people)) for people in options.sizes]
        seen = [*rows, measure(options.strangers, ["local"], options, places / "strangers")]
    text = json.dumps({**told, **report(rows, seen, options), "sizes": seen}, indent=2, allow_nan=False)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])

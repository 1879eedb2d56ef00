"""How long it takes to foresee what another model would make of an index, printed as one JSON object.

    python -m benchmarks.foreseeing --people 100000 [--workers 4]

A durable embedded PostgreSQL is filled with the records that `--people` simulated people of an NHS region have in its
trusts. Then the shipped model is compared with itself under a threshold 4 bits lower, once over rows as they are
stored (`same_rows`), and once with frequencies of its own, for which every record is encoded anew (`new_rows`).
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import resource
import time
from dataclasses import asdict
from typing import Any

from benchmarks.machine import machine
from benchmarks.residents import batches, region
from benchmarks.service import Stage, load, say, staged
from linkage.model import Model
from mpi.usecases.identity.matching import Matching
from mpi.usecases.models.foreseeing import Foreseeing

_RECORDS_OF_A_PERSON = 2.2  # as the simulated trusts have them
_LOWER = 4.0  # bits


def run(options: argparse.Namespace) -> dict[str, Any]:
    """From filling to the last comparison."""
    before = machine()
    with staged() as stage:
        people = region(stage.index.network, int(options.people * _RECORDS_OF_A_PERSON), 0)
        load(stage, batches(people.loaded))
        stage.vacuum()
        shipped = Model.default()
        same = dict(shipped.document) | {"name": "benchmark", "certain": shipped.certain - _LOWER}
        other = copy.deepcopy(same)
        other["frequencies"]["surname"]["benchmark"] = 1e-5
        return {
            "same_rows": _foresee(stage, Model.from_document(same), options.workers),
            "new_rows": _foresee(stage, Model.from_document(other), options.workers),
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "workers": options.workers,
            "machine": before,
        }


def _foresee(stage: Stage, model: Model, workers: int) -> dict[str, Any]:
    index = stage.index
    start = last = time.perf_counter()
    seconds: dict[str, float] = {}

    def told(phase: str, rows: int) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[phase], last = round(now - last, 2), now
        say(f"{phase}: {rows:,} in {seconds[phase]} s")

    found = Foreseeing(index.units, index.matching, Matching(model, index.network), workers).run(told)
    return {"seconds": seconds | {"all": round(time.perf_counter() - start, 2)}, **asdict(found.counts)}


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()

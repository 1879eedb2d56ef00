"""One engine on one table of people, in a process of its own: seconds, memory and shuffled bytes by phase.

    python -m benchmarks.scale_engines local|spark people.parquet FOLDER

The local engine trains the model and leaves it in the folder; Spark links with that, as a cluster would.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers.account import Account, peak_mb
from benchmarks.peers.memory import PeakMemory
from linkage.blocking import RULES
from linkage.columns import Encoded, encode_table
from linkage.columns.gather import NONE
from linkage.engines import clusters, local
from linkage.model import Model
from linkage.people import people
from linkage.tables.reading import read
from linkage.training import train

MODEL = "model.json"
_FEW = 300  # records that compile what is compiled, and that show what every job costs at least
_MEMORY = "4g"


class Meter:
    """An account that knows peak memory by phase too: this process's and its descendants'."""

    def __init__(self) -> None:
        self.account = Account()
        self.peak_mb: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what is done inside."""
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        with PeakMemory() as started, self.account.phase(name):
            yield
        self.peak_mb[name] = round(peak_mb() + started.mb, 1)


def run_local(file: Path, folder: Path, meter: Meter) -> dict[str, Any]:
    """From the file to clusters on this machine."""
    with meter.phase("warm"):
        few = people(read(file).table.slice(0, _FEW))
        few.pairs, few.clusters  # noqa: B018
    with meter.phase("read"):
        table = read(file).table
    with meter.phase("encode"):
        encoded = encode_table(table, Model.default())
    with meter.phase("train"):
        model = train(encoded.matrix, encoded.keys, encoded.rows, encoded.rules, Model.default()).model
    with meter.phase("link"):
        pairs = local.link(encoded.matrix, encoded.keys, encoded.rows, model)
    with meter.phase("cluster"):
        found = clusters.cluster(encoded.matrix, pairs, model)
    (folder / MODEL).write_text(json.dumps(model.document))
    return {
        "records": len(table),
        "links": len(pairs.a),
        "clusters": len(np.unique(found.label)),
        "entries": len(encoded.keys),
        "pairs_by_rule": pairs_by_rule(encoded, found.label),
    }


def pairs_by_rule(encoded: Encoded, cluster: npt.NDArray[np.int64]) -> dict[str, dict[str, int]]:
    """The pairs in the blocks of every rule, and how many are of strangers: records that are not in one cluster.

    A pair that shares several keys is counted under each.
    """
    found = {}
    for rule, name in enumerate(RULES):
        keys, rows = encoded.keys[encoded.rules == rule], encoded.rows[encoded.rules == rule]
        _, block = np.unique(keys, return_inverse=True)
        inside = np.unique(block * len(cluster) + cluster[rows], return_counts=True)[1]
        every = _pairs(np.bincount(block))
        found[name] = {"all": every, "strangers": every - _pairs(inside)}
    return found


def _pairs(sizes: npt.NDArray[np.int64]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def run_spark(file: Path, folder: Path, meter: Meter) -> dict[str, Any]:
    """The same by Spark on all cores of this machine, with the model there is; first on a few records, twice."""
    from linkage.engines.spark.session import start  # noqa: PLC0415  pyspark is an extra

    model = Model.load(folder / MODEL)
    few = folder / "few.parquet"
    pq.write_table(pa.table(pq.read_table(file).slice(0, _FEW)), few)
    session = start("local[*]", {"spark.driver.memory": _MEMORY, "spark.local.dir": str(folder)})
    shuffled = _shuffle_meter(session)
    with meter.phase("warm"):
        _spark_phases(session, few, model, lambda _: meter.phase("ignored"))
    _spark_phases(session, few, model, lambda name: meter.phase(f"least_{name}"))
    bytes_by_phase: dict[str, int] = {}

    @contextmanager
    def phase(name: str) -> Iterator[None]:
        before = shuffled()
        with meter.phase(name):
            yield
        bytes_by_phase[name] = shuffled() - before

    counts = _spark_phases(session, file, model, phase)
    session.stop()
    return {**counts, "shuffle_bytes": bytes_by_phase}


def _spark_phases(session: Any, file: Path, model: Model, phase: Callable[[str], Any]) -> dict[str, Any]:
    from linkage.engines.spark.clustering import cluster_records  # noqa: PLC0415
    from linkage.engines.spark.crowds import serve  # noqa: PLC0415
    from linkage.engines.spark.files import read as read_there  # noqa: PLC0415
    from linkage.engines.spark.linking import link  # noqa: PLC0415
    from linkage.engines.spark.session import cut  # noqa: PLC0415

    with phase("encode"):
        found = read_there(session, str(file), model, loose=NONE)
    with phase("link"):
        links = cut(link(serve(found.records, model).records, model))
    with phase("cluster"):
        rows = cluster_records(found.records, links, model).rows
        count = rows.select("cluster").distinct().count()
    return {"records": found.records.count(), "links": links.count(), "clusters": count}


def _shuffle_meter(session: Any) -> Callable[[], int]:
    """What tells the bytes that all executors have written for shuffles so far."""
    context = session.sparkContext._jsc.sc()

    def written() -> int:
        context.listenerBus().waitUntilEmpty()
        executors = context.statusStore().executorList(False)
        return int(sum(executors.apply(place).totalShuffleWrite() for place in range(executors.size())))

    return written


def main(engine: str, file: Path, folder: Path) -> None:
    """Run one engine and leave its account in the folder."""
    meter = Meter()
    told = {"local": run_local, "spark": run_spark}[engine](file, folder, meter)
    packages = ("numba", "numpy", "pyarrow", *(("pyspark",) if engine == "spark" else ()))
    cores = len(os.sched_getaffinity(0))
    meter.account.write(folder, threshold=0.0, packages=packages, memory_mb=meter.peak_mb, cores=cores, **told)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

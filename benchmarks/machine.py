"""What every benchmark says beside its numbers: the machine, the versions, and the database's own speed."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import psutil
from sqlalchemy import make_url, text
from sqlalchemy.engine import Engine

from mpi.embedded import binaries

_LIBRARIES = ("fastapi", "numba", "numpy", "psycopg", "sqlalchemy", "uvicorn")
_SAMPLING = 0.05  # seconds
_WAITING = text(
    """select coalesce(wait_event_type || '/' || wait_event, 'Running'), count(*) from pg_stat_activity
       where backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid() group by 1"""
)
_COMMITS = "insert into pgbench_commit (value) values (:client_id);\n"


def machine() -> dict[str, object]:
    """The machine: processors, memory, and how busy it was before the run."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(engine: Engine) -> dict[str, str]:
    """Versions of the parts that matter to speed."""
    with engine.connect() as connection:
        server = str(connection.execute(text("show server_version")).scalar_one())
    return {"python": platform.python_version(), "postgresql": server} | {name: version(name) for name in _LIBRARIES}


def percentile_ms(seconds: Sequence[float], percent: float) -> float:
    """A percentile in milliseconds; NaN of nothing."""
    return round(float(np.percentile(seconds, percent)) * 1000, 2) if len(seconds) else float("nan")


def pgbench(url: str, script: str, clients: int, seconds: int, rate: float = 0.0) -> dict[str, float]:
    """Run a pgbench script from `clients` connections, as fast as it goes or at a `rate` a second, where latencies
    count from the moment meant; tps, and latency p50 and p99 in ms.

    Raises CalledProcessError with what pgbench said.
    """
    place = make_url(url)
    with tempfile.TemporaryDirectory(prefix="mpi-pgbench-") as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script)
        command = [
            *(str(binaries() / "pgbench"), "-n", "-c", str(clients), "-j", str(min(clients, 2))),
            *("-T", str(seconds), "-f", str(file), "-M", "prepared", "--log"),
            *(("-R", str(rate)) if rate else ()),
            *("-h", str(place.query["host"]), "-p", str(place.query.get("port", 5432)), "-U", str(place.username)),
            str(place.database),
        ]
        said = subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True, timeout=seconds + 60)
        # One line a transaction; the third column is its latency in microseconds.
        taken = [int(line.split()[2]) / 1e6 for log in Path(folder).glob("pgbench_log.*") for line in log.open()]
    found = re.search(r"tps = ([0-9.]+)", said.stdout)
    assert found is not None
    return {"tps": round(float(found[1]), 1), "p50_ms": percentile_ms(taken, 50), "p99_ms": percentile_ms(taken, 99)}


def commits(engine: Engine, url: str, clients: int, seconds: int, rate: float = 0.0) -> dict[str, float]:
    """The database's own speed on this disk: one row inserted and committed, again and again; see `pgbench`."""
    with engine.begin() as connection:
        connection.execute(text("create table pgbench_commit (id bigint generated always as identity, value bigint)"))
    try:
        return pgbench(url, _COMMITS, clients, seconds, rate)
    finally:
        with engine.begin() as connection:
            connection.execute(text("drop table pgbench_commit"))


@dataclass(frozen=True, slots=True)
class Meter:
    """Processor seconds by kind of process, descendants included."""

    pids: Mapping[str, int]

    def read(self) -> dict[str, float]:
        """Seconds used so far."""
        return {kind: _used(pid) for kind, pid in self.pids.items()}

    def spent(self, since: Mapping[str, float], pieces: int) -> dict[str, float]:
        """Milliseconds of processor a piece of work."""
        return {kind: round((now - since[kind]) / max(pieces, 1) * 1000, 3) for kind, now in self.read().items()}

    def shares(self, since: Mapping[str, float], seconds: float) -> dict[str, float]:
        """Share of all cores, 0 to 1."""
        cores = len(os.sched_getaffinity(0))
        return {kind: round((now - since[kind]) / seconds / cores, 3) for kind, now in self.read().items()}


class Waits:
    """Samples what the database's connections do while inside: their mean number by what they wait for.

    "Running" is on or waiting for a processor; "Client/ClientRead" is inside a transaction whose client computes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopped = threading.Event()
        self._seen: Counter[str] = Counter()
        self._samples = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def means(self) -> dict[str, float]:
        """Mean number of connections, the most frequent first."""
        return {wait: round(count / max(self._samples, 1), 2) for wait, count in self._seen.most_common(8)}

    def _run(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self._stopped.wait(_SAMPLING):
                self._samples += 1
                for wait, count in connection.execute(_WAITING):
                    self._seen[wait] += count


def of_children(pid: int) -> dict[int, float]:
    """Processor seconds of each direct child, to see whether work is spread evenly."""
    return {child.pid: _used(child.pid) for child in psutil.Process(pid).children()}


def _used(pid: int) -> float:
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        # Children that ended are in their parent's account.
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )

"""A durable PostgreSQL and the real service over it, in a temporary directory, for one benchmark."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import text

from linkage.model import Model
from mpi.db.bulk import BulkStores
from mpi.db.migrate import upgrade
from mpi.domain.access import Caller, Role
from mpi.embedded import EmbeddedPostgres
from mpi.main.index import Index, TimeOrderedIds, compose
from mpi.networks import load_network
from mpi.usecases.whole.bulk import Batch, BulkLoad

NETWORK = "greater-manchester"
LOADER = Caller("benchmark", Role.ADMINISTRATOR, "benchmark")
_PATIENCE = 120.0  # seconds for the service to come up


@dataclass(frozen=True, slots=True)
class Stage:
    """A database that runs, and the index over it."""

    folder: Path
    url: str
    postmaster: int
    index: Index

    @property
    def loader(self) -> BulkLoad:
        """The bulk load on all cores."""
        index = self.index
        stores = BulkStores(index.engine, index.matching.model.fingerprint)
        workers = len(os.sched_getaffinity(0))
        return BulkLoad(stores, index.matching, index.network, TimeOrderedIds(), workers)

    def vacuum(self) -> None:
        """As autovacuum leaves a database that has rested."""
        with self.index.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("set statement_timeout = 0"))
            connection.execute(text("vacuum analyze"))
            connection.execute(text("checkpoint"))


@dataclass(frozen=True, slots=True)
class Serving:
    """A service that runs: its supervisor's pid, its ports, and an administrator's token."""

    pid: int
    mllp: tuple[str, int]
    http: tuple[str, int]
    token: str


@contextmanager
def staged(template: Path | None = None) -> Iterator[Stage]:
    """A migrated, durable database, empty or a copy of the stopped one in `template`; stopped and removed at exit."""
    with tempfile.TemporaryDirectory(prefix="mpi-benchmark-") as folder:
        if template is not None:
            # As it is: the server's files may belong to another user.
            subprocess.run(["cp", "-a", str(template / "postgres"), folder], check=True)
            os.sync()  # or else commits wait behind gigabytes of the copy
        with opened(Path(folder)) as stage:
            yield stage


@contextmanager
def opened(folder: Path) -> Iterator[Stage]:
    """The database in a folder, migrated, running while inside."""
    with EmbeddedPostgres(folder) as server:
        upgrade(server.url)
        index = compose(server.url, load_network(NETWORK), Model.default())
        assert server.pid is not None
        try:
            yield Stage(folder, server.url, server.pid, index)
        finally:
            index.engine.dispose()


def load(stage: Stage, batches: Iterator[Batch]) -> dict[str, float]:
    """Bulk load; returns the seconds of each phase and of all."""
    seconds: dict[str, float] = {}
    start = last = time.perf_counter()

    def told(phase: str, rows: int) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[phase], last = round(now - last, 2), now
        say(f"loaded {phase}: {rows:,} in {seconds[phase]} s")

    stage.loader.run(batches, LOADER, told)
    return seconds | {"all": round(time.perf_counter() - start, 2)}


@contextmanager
def serving(stage: Stage, workers: int, connections: int) -> Iterator[Serving]:
    """The real service with `workers` processes; each takes its share of `connections` connections, and then some."""
    token, (mllp, http) = secrets.token_urlsafe(32), _free_ports()
    tokens = stage.folder / "benchmark-tokens.toml"
    tokens.touch(0o600)
    tokens.write_text(f'[[token]]\nuser = "b"\nrole = "administrator"\norganisation = "b"\ntoken = "{token}"\n')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MPI_")} | {
        "MPI_DATABASE_URL": stage.url,
        "MPI_DATA_DIR": str(stage.folder),
        "MPI_NETWORK": NETWORK,
        "MPI_TOKENS": str(tokens),
        "MPI_MLLP_PORT": str(mllp),
        "MPI_HTTP_PORT": str(http),
        "MPI_WORKERS": str(workers),
        "MPI_POOL_SIZE": str(min(40, max(10, connections))),
        "MPI_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, "-m", "mpi.main", "serve"], env=environment)
    try:
        _await(http, process)
        yield Serving(process.pid, ("127.0.0.1", mllp), ("127.0.0.1", http), token)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def say(line: str) -> None:
    """Progress, beside the JSON that goes to standard output."""
    print(line, file=sys.stderr, flush=True)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise SystemExit("the service did not start; its reasons stand above")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]

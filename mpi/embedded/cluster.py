"""One PostgreSQL cluster in one directory: made once, started by the first who needs it, stopped by the last."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
import psycopg

from mpi.embedded.databases import create_database, socket_url
from mpi.embedded.programs import MAJOR, ServerUser, binaries
from mpi.errors import SettingsError, Unavailable

DATABASE = "mpi"
MARKER = "MPI-EMBEDDED-POSTGRES"
_PORT = 5432  # only part of the socket's file name: the server listens on no network address
_PATIENCE = 300.0  # seconds; recovery after a crash replays up to max_wal_size
_SOCKET_PATH_LIMIT = 103  # bytes; the smallest sun_path of the platforms we run on

TUNING: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "min_dynamic_shared_memory": "64MB",  # containers give /dev/shm 64 MB, too little for parallel queries
    # After a checkpoint the first change of every page writes the whole page to the log: be seldom about it.
    "checkpoint_timeout": "15min",
    "max_wal_size": "8GB",
    "min_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Promise 8: an error names the statement and the key it failed on, and those are demographics. The client that
    # caused the error is told; the server's log keeps only its own LOG, FATAL and PANIC lines.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
DURABLE: Mapping[str, str] = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
THROWAWAY: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_LEAST_BUFFERS, _MOST_BUFFERS = 256, 4096  # MB


def _shared_buffers() -> int:
    """An eighth of the machine's memory in MB: the index shares the machine with its workers and the page cache."""
    eighth = int(psutil.virtual_memory().total) // 2**20 // 8
    return min(_MOST_BUFFERS, max(_LEAST_BUFFERS, eighth))


def _recorded_pid(file: Path) -> int:
    """The process id in the first line of a lock file; 0 when there is none. A killed server may leave it signed."""
    try:
        return abs(int(file.read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return 0


class EmbeddedPostgres:
    """A cluster under `data_dir`/postgres that runs while anybody is inside the context.

    `url` is a SQLAlchemy URL over a Unix socket that only this operating-system user (and root) can reach. Any
    number of processes may enter at once. `durable` False turns fsync off, for tests' throw-away data only; it is
    the process that starts the server that decides. Raises `SettingsError` when the directory holds something else
    or belongs to somebody else, `Unavailable` when the server does not start.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._root = Path(data_dir).expanduser().resolve() / "postgres"
        self._durable = durable
        self._settings = {**TUNING, **(DURABLE if durable else THROWAWAY)}
        self._presence: IO[bytes] | None = None
        self._entered_by = 0

    def __enter__(self) -> Self:
        self._claim_directory()
        with self._alone():
            self._user.reach(binaries() / "postgres")
            self._user.reach(self._root)
            if not self._cluster.exists():
                self._initialise()
            self._bring_up()
            self._presence = (self._root / "users.lock").open("ab")
            fcntl.flock(self._presence, fcntl.LOCK_SH)
        self._entered_by = os.getpid()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A forked worker inherits this object and its lock; to leave is its parent's business.
        if self._presence is None or os.getpid() != self._entered_by:
            return
        with self._alone():
            self._presence.close()
            self._presence = None
            if self._nobody_left():
                self.stop()

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the index's database."""
        return socket_url(self._socket_directory, _PORT, DATABASE)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None when it does not run."""
        process = self._running()
        return None if process is None else process.pid

    def stop(self) -> None:
        """Stop the server, whoever uses it; what is committed stays. Nothing happens when it does not run."""
        if process := self._running():
            self._run("pg_ctl", "stop", "-D", str(self._cluster), "-m", "fast", "-w", "-t", "60")
            psutil.wait_procs([process], timeout=10)  # pg_ctl waits for the pid file only, which goes a moment before
            if self._socket_directory.parent != self._root:
                shutil.rmtree(self._socket_directory, ignore_errors=True)

    @cached_property
    def _user(self) -> ServerUser:
        return ServerUser.choose(self._root)

    @property
    def _cluster(self) -> Path:
        return self._root / MAJOR

    @property
    def _log(self) -> Path:
        return self._root / "server.log"

    @property
    def _socket_directory(self) -> Path:
        inside = self._root / "run"
        if len(bytes(inside / f".s.PGSQL.{_PORT}")) <= _SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(bytes(self._root)).hexdigest()[:16]
        return Path("/tmp") / f"mpi-{digest}"  # noqa: S108  TMPDIR may be too long again; ownership is checked

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops this cluster."""
        with (self._root / "control.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _nobody_left(self) -> bool:
        with (self._root / "users.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def _claim_directory(self) -> None:
        """Make the directory, or make sure that it is ours: a cluster somebody else made is never touched."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            contents = list(self._root.iterdir())
            marker = self._root / MARKER
            if contents and not marker.exists():
                raise SettingsError(
                    f"data_dir: {self._root} holds files this program did not make; name another directory"
                )
            marker.touch()
        except PermissionError as failure:
            raise SettingsError(f"data_dir: {self._root} belongs to another user of this machine") from failure

    def _initialise(self) -> None:
        """Run initdb beside the final name, then rename: a cluster under its own name is complete."""
        self._user.own(self._root)
        unfinished = self._root / f"{MAJOR}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run(
            "initdb",
            *("-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        )
        unfinished.rename(self._cluster)

    def _running(self) -> psutil.Process | None:
        """The postmaster of this cluster, if it lives; its number reused by another program does not count."""
        pid = _recorded_pid(self._pid_file)
        try:
            process = psutil.Process(pid) if pid else None
            return process if process and str(self._cluster) in process.cmdline() else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    @property
    def _pid_file(self) -> Path:
        return self._cluster / "postmaster.pid"

    def _bring_up(self) -> None:
        """Start the server unless it runs, and wait until it answers: a killed owner may have left it half way."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            if self._running() is None:
                self._start()
            try:
                create_database(self.url, DATABASE)
                return
            except psycopg.OperationalError as failure:
                if time.monotonic() > deadline:
                    raise Unavailable(f"PostgreSQL runs but does not answer: {self._end_of_log()}") from failure
                time.sleep(0.1)

    def _start(self) -> None:
        self._make_socket_directory()
        self._forget_reused_pid()
        options = " ".join(f"-c {shlex.quote(f'{key}={value}')}" for key, value in self._options().items())
        command = ("start", "-D", str(self._cluster), "-w", "-t", "300", "-l", str(self._log), "-o", options)
        for attempt in range(40):
            try:
                return self._run("pg_ctl", *command)
            except Unavailable as failure:
                # After a kill -9 of the postmaster its backends hold the shared memory for a moment longer.
                if attempt == 39 or "pre-existing shared memory" not in self._end_of_log():
                    raise Unavailable(f"PostgreSQL did not start: {self._end_of_log()}") from failure
                time.sleep(0.25)

    def _options(self) -> Mapping[str, str]:
        return {
            **self._settings,
            "shared_buffers": f"{_shared_buffers() if self._durable else _LEAST_BUFFERS}MB",
            "unix_socket_directories": str(self._socket_directory),
            "port": str(_PORT),
        }

    def _make_socket_directory(self) -> None:
        directory = self._socket_directory
        if not directory.exists():
            directory.mkdir(mode=0o700)
            self._user.own(directory)
        # The short path lies where everybody may write: a directory of somebody else's would let them pose as us.
        if directory.is_symlink() or directory.stat().st_uid != self._user.uid:
            raise SettingsError(f"data_dir: the socket directory {directory} belongs to somebody else")
        directory.chmod(0o700)

    def _forget_reused_pid(self) -> None:
        """Remove a lock file when its number now names another program: PostgreSQL would refuse to start.

        A number that names nothing is left to PostgreSQL, which also checks the shared memory recorded there.
        """
        for file in (self._pid_file, self._socket_directory / f".s.PGSQL.{_PORT}.lock"):
            if psutil.pid_exists(_recorded_pid(file)):
                file.unlink()

    def _end_of_log(self) -> str:
        try:
            return self._log.read_text(errors="replace")[-1000:].strip()
        except FileNotFoundError:
            return "it wrote no log"

    def _run(self, program: str, *arguments: str) -> None:
        self._user.run(program, *arguments, directory=self._root)

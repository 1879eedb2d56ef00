"""The service as operators run it: processes of its own, a real database, real ports, stopped by pid."""

from __future__ import annotations

import os
import re
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from adapters.hl7v2.send import MllpClient
from mpi.domain.network import Network, Protocol
from mpi.main.player import Target
from tests.acceptance.launcher import Launched, Launcher

COMMAND = (sys.executable, "-m", "mpi.main")
PATIENCE = 60.0  # seconds; everything waited for has this deadline, nothing is slept for
_SERVING = re.compile(r"serving HTTP on (https?://\S+) and MLLP on ([0-9.]+):(\d+)")
_DICOM = re.compile(r"serving DICOM as \S+ on ([0-9.]+):(\d+)")
_PEOPLE = {
    "admin": ("administrator", "local"),
    "archive": ("archive", "R0A"),
    "viewer": ("viewer", "R0A"),
    "reviewer": ("reviewer", "R0A"),
    "senior": ("senior-reviewer", "R0A"),
}


def wait_for(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as `true()` holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.01)


def environment(**settings: object) -> dict[str, str]:
    """The environment of a service process: this one's without MPI_ settings, and `settings`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MPI_")}
    return inherited | {f"MPI_{name.upper()}": str(value) for name, value in settings.items()}


def write_tokens(file: Path, network: Network) -> dict[str, str]:
    """Tokens for one caller of each role and for every FHIR feed; returned by name or feed id."""
    callers = {
        name: {"user": name, "role": role, "organisation": organisation}
        for name, (role, organisation) in _PEOPLE.items()
    }
    for feed in network.feeds:
        if feed.protocol is Protocol.FHIR:
            callers[feed.id] = {"user": feed.id, "role": "feed", "organisation": feed.organisation, "feed": feed.id}
    tokens = {name: secrets.token_urlsafe(32) for name in callers}
    entries = (
        "\n".join(["[[token]]", *(f'{k} = "{v}"' for k, v in {**entry, "token": tokens[name]}.items()), ""])
        for name, entry in callers.items()
    )
    file.write_text("\n".join(entries))
    return tokens


class Service:
    """One `mpi serve`, perhaps with workers; may be killed and started again. Ports are new at every start."""

    def __init__(self, folder: Path, callers: tuple[Path, Mapping[str, str]], **settings: object) -> None:
        self.folder = folder
        file, self.tokens = callers
        self._settings = {"data_dir": folder, "http_port": 0, "mllp_port": 0, "tokens": file, **settings}
        authority = settings.get("tls_ca")
        self._trusted = ssl.create_default_context(cafile=str(authority)) if authority else True
        self._process: Launched | None = None
        self._target: Target | None = None
        self._told = 0  # bytes of `log` written by earlier starts

    @property
    def log(self) -> Path:
        """Everything that every start wrote to standard error."""
        return self.folder / "stderr.log"

    @property
    def target(self) -> Target:
        """Where it listens."""
        assert self._target is not None, "not started"
        return self._target

    @property
    def dicom(self) -> tuple[str, int]:
        """Where it listens for DICOM; it was started with a `dicom_port`."""
        found = _DICOM.search(self.log.read_bytes()[self._told :].decode())
        assert found is not None, "no DICOM"
        return found[1], int(found[2])

    @property
    def pid(self) -> int:
        """The supervisor, or the only process."""
        assert self._process is not None, "not started"
        return self._process.pid

    def workers(self) -> list[int]:
        """The pids of the forked workers, none when it runs in one process."""
        return [child.pid for child in psutil.Process(self.pid).children()]

    def start(self) -> None:
        """Start, and return when it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._told = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = Launcher.shared().launch(
                ["serve"], environment(**self._settings), self.folder, 1, log.fileno()
            )
        wait_for(self._serves, "the service serves")

    def kill(self) -> None:
        """kill -9 of the whole process group: supervisor and workers."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; the exit status. Killed, and -9 returned, when `seconds` are not enough."""
        if self._process is None or self._process.poll() is not None:
            return self._process.returncode if self._process else 0
        self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def http(self, name: str, timeout: float = 30) -> httpx.Client:
        """A client with the token of `name`, a role or feed; "" for none."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}"} if name else {}
        return httpx.Client(
            base_url=self.target.http, headers=headers, timeout=timeout, trust_env=False, verify=self._trusted
        )

    def mllp(self, timeout: float = 30) -> MllpClient:
        """A sender of HL7 v2."""
        return MllpClient(*self.target.mllp, timeout=timeout)

    def ready(self) -> bool:
        """Whether /health/ready says so."""
        try:
            with self.http("", timeout=5) as client:
                return client.get("/health/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def _serves(self) -> bool:
        assert self._process is not None
        told = self.log.read_bytes()[self._told :].decode()
        assert self._process.poll() is None, f"the service ended: {told}"
        found = _SERVING.search(told)
        if not found:
            return False
        self._target = Target((found[2], int(found[3])), found[1], self.tokens)
        return self.ready()


@contextmanager
def running(service: Service) -> Iterator[Service]:
    """`service`, started, and stopped at the end."""
    try:
        service.start()
        yield service
    finally:
        service.stop()


def mpi(*arguments: str, cwd: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run an `mpi` command to its end."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = Launcher.shared().launch(arguments, environment(**settings), cwd, out.fileno(), err.fileno())
        try:
            status = process.wait(PATIENCE * 2)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        told = [(file.seek(0), file.read())[1] for file in (out, err)]
    return subprocess.CompletedProcess(["mpi", *arguments], status, *told)

"""Processes of the `mpi` command, forked from one that has already loaded it.

Loading takes some four seconds of a core, and the suite runs more than a hundred such processes. What comes of a fork
is a process of its own all the same: its own environment, folder, standard streams, session, signals and exit status.
Some tests still begin at `python -m mpi.main`, so that this way in is proved too.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_LONGEST = 1 << 20  # bytes of one wish: arguments, environment, folder


class Launched:
    """One process of the command, as `subprocess.Popen` would show it."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended  # its launcher writes the exit status here

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises `subprocess.TimeoutExpired`."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("mpi", timeout or 0)
        return status

    def terminate(self) -> None:
        """SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], timeout)[0]:
            self.returncode = int(os.read(self._ended, 16) or b"-9")
            os.close(self._ended)
        return self.returncode


class Launcher:
    """The process that has loaded the command; it ends with its owner."""

    def __init__(self) -> None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(there.fileno())],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
            )
        self._wishes = here
        atexit.register(self.close)

    def launch(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, out: int, err: int
    ) -> Launched:
        """Run `mpi` with these arguments; its standard streams go to two open descriptors."""
        reading, writing = os.pipe()
        wish = json.dumps([list(arguments), dict(environment), str(folder)]).encode()
        socket.send_fds(self._wishes, [wish], [out, err, writing])
        os.close(writing)
        return Launched(int(self._wishes.recv(16)), reading)

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self._wishes.close()
        self._process.wait()

    _one: Launcher | None = None

    @classmethod
    def shared(cls) -> Self:
        """The one of this process of tests."""
        if cls._one is None:
            cls._one = cls()
        return cls._one  # type: ignore[return-value]


def _serve(wishes: socket.socket) -> None:
    from linkage import kernel  # noqa: PLC0415
    from linkage.model import Model  # noqa: PLC0415
    from mpi.main import serve  # noqa: F401, PLC0415  what takes so long to load
    from mpi.main.cli import app  # noqa: PLC0415

    kernel.warm(Model.default())
    # A child that collected what it inherits would copy all of it.
    gc.collect()
    gc.freeze()
    running: dict[int, int] = {}
    while True:
        while running and (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended = running.pop(found[0])
            os.write(ended, str(os.waitstatus_to_exitcode(found[1])).encode())
            os.close(ended)
        if not select.select([wishes], [], [], 0.01 if running else None)[0]:
            continue
        wish, descriptors, _, _ = socket.recv_fds(wishes, _LONGEST, 3)
        if not wish:
            return
        pid = os.fork()
        if pid == 0:
            wishes.close()
            for ended in running.values():
                os.close(ended)
            _become(json.loads(wish), descriptors)
            app()
        running[pid] = descriptors[2]
        os.close(descriptors[0])
        os.close(descriptors[1])
        wishes.send(str(pid).encode())


def _become(wish: tuple[list[str], dict[str, str], str], descriptors: list[int]) -> None:
    arguments, environment, folder = wish
    os.setsid()
    os.chdir(folder)
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[1], 2)
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # of the new environment
    sys.argv = ["mpi", *arguments]


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))

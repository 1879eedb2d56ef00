"""Peak memory of everything a benchmark has started: processes share pages, so each counts its proportional share."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_EVERY = 0.2  # seconds


class PeakMemory:
    """Samples the sum over this process's descendants while inside; `mb` is the largest seen, in MiB.

    `held_mb`: likewise without the pages of files, which the system writes back and takes when it wants them.
    """

    def __init__(self) -> None:
        self.mb = self.held_mb = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY):
            started = psutil.Process().children(recursive=True)
            shares = [share_of(process.pid) for process in started]
            self.mb = max(self.mb, sum(every for every, _ in shares))
            self.held_mb = max(self.held_mb, sum(held for _, held in shares))


def share_of(pid: int) -> tuple[float, float]:
    """The proportional set size of a process in MiB, and that without the pages of files; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    told = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
    return told["Pss"], told["Pss"] - told["Pss_File"]

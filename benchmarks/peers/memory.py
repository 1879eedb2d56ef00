"""Peak memory of everything a benchmark has started: processes share pages, so each counts its proportional share."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_EVERY = 0.2  # seconds


class PeakMemory:
    """Samples the sum over this process's descendants while inside; `mb` is the largest seen, in MiB."""

    def __init__(self) -> None:
        self.mb = 0.0
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
            self.mb = max(self.mb, sum(_share_of(process.pid) for process in started))


def _share_of(pid: int) -> float:
    """The proportional set size of a process in MiB; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

"""The thread that counts what dashboards show."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import structlog

from mpi.errors import MpiError
from mpi.main.compose import Index

_log = structlog.get_logger("mpi.serve")
EVERY = timedelta(minutes=5)
"""How old counts become before they are made anew."""
_FIRST = 10.0  # seconds after the start: who starts has something better to do
_PAUSES = 20.0  # times as long as counting took: a large index spends a twentieth of one core on it at most


class Refreshing:
    """Counts again and again until `stop`. Of all processes on one database one counts at a time."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboards")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        pause = _FIRST
        while not self._stopped.wait(pause):
            began = time.monotonic()
            try:
                self._index.dashboards.refresh(EVERY)
            except MpiError as error:  # the database is away: what is shown grows older, and says how old it is
                _log.warning("dashboards wait", error=type(error).__name__)
            pause = max(EVERY.total_seconds(), _PAUSES * (time.monotonic() - began))

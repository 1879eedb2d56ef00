"""The thread that sees when another model has been put in force than the one this process works with."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from mpi.errors import MpiError, Outdated
from mpi.main.compose import Index

_log = structlog.get_logger("mpi.serve")
_LOOK = 1.0  # seconds between looks: until then whoever asks this process is told to try again


class Watching:
    """Looks until `stop`; calls `changed` once, when the model is another."""

    def __init__(self, index: Index, changed: Callable[[], None]) -> None:
        self._index = index
        self._changed = changed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK):
            try:
                with self._index.units.begin(read_only=True) as unit:
                    unit.models.in_force()
            except Outdated:
                _log.warning("another matching model is in force: beginning again with it")
                self._changed()
                return
            except MpiError:  # the database is away: `readiness` says so
                continue

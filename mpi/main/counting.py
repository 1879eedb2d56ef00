"""The thread that writes down what arrived wrong, beside the acknowledgements and not before them."""

from __future__ import annotations

import threading
from datetime import date

import structlog

from adapters.hl7v2.observer import Observer
from mpi.errors import MpiError
from mpi.main.compose import Index

_log = structlog.get_logger("mpi.serve")
EVERY = 5.0
"""Seconds between writings."""


class Counting:
    """Writes out an observer's counts until `stop`, and what is left then. Once a day it lets go of counts
    older than `days`; 0 keeps all."""

    def __init__(self, index: Index, observer: Observer, days: int = 0) -> None:
        self._days = days
        self._index = index
        self._observer = observer
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="conformance")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was noted while the last messages were finished, and end."""
        self._stopped.set()
        self._thread.join()
        self._write_out()

    def _run(self) -> None:
        forgot: date | None = None
        while not self._stopped.wait(EVERY):
            self._write_out()
            today = self._index.clock.now().date()
            if self._days and forgot != today and self._forget():
                forgot = today

    def _forget(self) -> bool:
        try:
            self._index.conformance.forget(self._days)
        except MpiError as error:  # tried again at the next writing
            _log.warning("old conformance counts stay", error=type(error).__name__)
            return False
        return True

    def _write_out(self) -> None:
        try:
            self._observer.write_out(self._index.conformance.keep)
        except MpiError as error:  # the database is away: the counts stay for the next time
            _log.warning("conformance waits", error=type(error).__name__)

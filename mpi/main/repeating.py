"""A thread that does one thing again and again beside the service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from mpi.errors import MpiError

_log = structlog.get_logger("mpi.serve")


class Repeating:
    """Does `once` again and again until `stop`, first after `pause` seconds.

    `once` returns the seconds until the next time, or None: never again. When it raises `MpiError` (the database is
    away) that is said, and it is tried again after the pause of before. `last` is done at the end.
    """

    def __init__(
        self, name: str, once: Callable[[], float | None], pause: float, last: Callable[[], object] | None = None
    ) -> None:
        self._name = name
        self._once = once
        self._pause = pause
        self._last = last
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand, do what is to be done last, and end."""
        self._stopped.set()
        self._thread.join()
        if self._last is not None:
            with self._patience():
                self._last()

    def _run(self) -> None:
        pause: float | None = self._pause
        while pause is not None and not self._stopped.wait(pause):
            with self._patience():
                pause = self._once()

    @contextmanager
    def _patience(self) -> Iterator[None]:
        try:
            yield
        except MpiError as error:
            _log.warning(f"{self._name} waits", error=type(error).__name__)

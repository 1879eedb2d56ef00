"""Seeing when another model has been put in force than the one this process works with."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from mpi.errors import Outdated
from mpi.main.index import Index
from mpi.main.repeating import Repeating

_log = structlog.get_logger("mpi.serve")
_LOOK = 1.0  # seconds between looks: until then whoever asks this process is told to try again


def watching(index: Index, changed: Callable[[], None]) -> Repeating:
    """Calls `changed` once, when the model is another."""

    def look() -> float | None:
        try:
            with index.units.begin(read_only=True) as unit:
                unit.models.in_force()
        except Outdated:
            _log.warning("another matching model is in force: beginning again with it")
            changed()
            return None
        return _LOOK

    return Repeating("model", look, _LOOK)

"""Counting what dashboards show."""

from __future__ import annotations

import time
from datetime import timedelta

from mpi.main.index import Index
from mpi.main.repeating import Repeating

EVERY = timedelta(minutes=5)
"""How old counts become before they are made anew."""
_FIRST = 10.0  # seconds after the start: who starts has something better to do
_PAUSES = 20.0  # times as long as counting took: a large index spends a twentieth of one core on it at most


def refreshing(index: Index) -> Repeating:
    """Counts again and again. Of all processes on one database one counts at a time."""

    def count() -> float:
        began = time.monotonic()
        index.dashboards.refresh(EVERY)
        return max(EVERY.total_seconds(), _PAUSES * (time.monotonic() - began))

    return Repeating("dashboards", count, _FIRST)

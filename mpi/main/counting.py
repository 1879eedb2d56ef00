"""Writing down what arrived wrong, beside the acknowledgements and not before them."""

from __future__ import annotations

from datetime import date

from adapters.hl7v2.observer import Observer
from mpi.main.index import Index
from mpi.main.repeating import Repeating

EVERY = 5.0
"""Seconds between writings."""


def counting(index: Index, observer: Observer, days: int = 0) -> Repeating:
    """Writes out an observer's counts, at the end too: what was noted while the last messages were finished.

    Once a day it lets go of counts older than `days`; 0 keeps all.
    """
    forgot: date | None = None

    def write_out() -> None:
        observer.write_out(index.conformance.keep)

    def write_and_forget() -> float:
        nonlocal forgot
        write_out()
        today = index.clock.now().date()
        if days and forgot != today:
            index.conformance.forget(days)
            forgot = today
        return EVERY

    return Repeating("conformance", write_and_forget, EVERY, write_out)

"""The store of what arrives wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from mpi.domain.conformance import DayOfFeed, FeedReport


class Conformance(Protocol):
    """Counts of faults by feed and day, never a value of a field."""

    def add(self, days: Iterable[DayOfFeed]) -> None:
        """Add these counts to those that stand."""

    def forget(self, before: date) -> None:
        """Let the days before that one go."""

    def report(self, feed: str, since: date) -> FeedReport:
        """The days of a feed from `since` on, added up; nothing but zeros for a feed that never sent."""

"""Counts of what arrives wrong, kept in memory beside the answers' path until somebody writes them out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from mpi.domain.conformance import DayOfFeed, Finding, Sighting
from mpi.errors import MpiError


@dataclass(slots=True)
class _Tally:
    messages: int = 0
    validated: int = 0
    faults: dict[Finding, Sighting] = field(default_factory=dict)

    def join(self, finding: Finding, seen: Sighting) -> None:
        before = self.faults.get(finding)
        self.faults[finding] = before.joined(seen) if before else seen

    def join_all(self, other: _Tally) -> None:
        self.messages += other.messages
        self.validated += other.validated
        for finding, seen in other.faults.items():
            self.join(finding, seen)


class Tallies:
    """One process's counts by feed and day (UTC). Safe to use from several threads.

    A process that is killed loses the counts since they were last written out, and no message.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str, date], _Tally] = {}

    def add(
        self, feed: str, findings: Iterable[Finding], at: datetime, *, messages: int = 1, validated: bool = False
    ) -> None:
        """Count what one message of a feed showed at an aware time. With `messages` 0 the message itself has been
        counted, and this is what the validator said of it later."""
        with self._lock:
            tally = self._tallies.setdefault((feed, at.astimezone(UTC).date()), _Tally())
            tally.messages += messages
            tally.validated += validated
            for finding in findings:
                tally.join(finding, Sighting(1, at, at))

    def write_out(self, keep: Callable[[Sequence[DayOfFeed]], None]) -> None:
        """Hand all counts to `keep`; an `MpiError` of it is raised, and the counts are kept for the next time."""
        with self._lock:
            taken, self._tallies = self._tallies, {}
        try:
            keep([DayOfFeed(feed, day, t.messages, t.validated, t.faults) for (feed, day), t in taken.items()])
        except MpiError:
            with self._lock:
                for key, old in taken.items():
                    self._tallies.setdefault(key, _Tally()).join_all(old)
            raise

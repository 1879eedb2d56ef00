"""What arrives wrong from a feed: keep the counts, and show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta

from mpi.domain.access import Caller, Right
from mpi.domain.conformance import DayOfFeed, FeedReport
from mpi.domain.network import Network
from mpi.errors import NotFound
from mpi.ports import Clock, Units
from mpi.usecases.attempts import attempt


class Conformance:
    """Counts of faults by feed and day (UTC)."""

    def __init__(self, units: Units, network: Network, clock: Clock) -> None:
        self._units = units
        self._network = network
        self._clock = clock

    def keep(self, days: Sequence[DayOfFeed]) -> None:
        """Add counts to those that stand, all or none. Raises `Unavailable`."""
        if days:
            attempt(lambda: self._keep(days))

    def forget(self, days: int) -> None:
        """Keep the counts of the last `days` days, today among them, and no older ones. Raises `Unavailable`."""
        attempt(lambda: self._forget(self._since(days)))

    def report(self, feed: str, days: int, caller: Caller) -> FeedReport:
        """A feed's last `days` days, today among them (needs OPERATE). Raises NotFound, Forbidden, Unavailable."""
        caller.require(Right.OPERATE)
        if feed not in self._network.feed_by_id:
            raise NotFound("no feed of this network has this id")
        since = self._since(days)
        with self._units.begin(read_only=True) as unit:
            found = unit.conformance.report(feed, since)
            unit.audit.record(caller, "read-conformance", [f"feed/{feed}"], {"since": since.isoformat()})
            unit.commit()
            return found

    def _since(self, days: int) -> date:
        return (self._clock.now().astimezone(UTC) - timedelta(days=days - 1)).date()

    def _forget(self, before: date) -> None:
        with self._units.begin() as unit:
            unit.conformance.forget(before)
            unit.commit()

    def _keep(self, days: Sequence[DayOfFeed]) -> None:
        with self._units.begin() as unit:
            unit.conformance.add(days)
            unit.commit()

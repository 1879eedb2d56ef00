"""Count what dashboards show, in the background, and show it."""

from __future__ import annotations

from datetime import datetime, timedelta

from mpi.domain.access import Caller, Right
from mpi.domain.counts import OVERLAY_DAYS, SETTLED, Counted, TrustCounts
from mpi.domain.network import Network
from mpi.domain.trust_view import TrustView, trusts_of
from mpi.ports import Clock, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.matching import Matching

WEEKS = 12
DAYS = 14
"""Of traffic."""


class Dashboards:
    """Counts of the whole index, as old as their last refreshing. Reading them needs REVIEW."""

    def __init__(self, units: Units, matching: Matching, clock: Clock) -> None:
        self._units = units
        self._matching = matching
        self._clock = clock

    def refresh(self, older_than: timedelta = timedelta(0)) -> bool:
        """Count anew, unless somebody else is counting or what is shown is not older; whether it was."""
        return attempt(lambda: self._refresh(older_than))

    def read(self, caller: Caller, board: str) -> Counted | None:
        """What is shown now on a dashboard; None before anything was counted."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            found = unit.boards.counted()
            unit.audit.record(caller, "read-dashboard", [f"dashboard/{board}"], {})
            unit.commit()
            return found

    def trusts(self, counted: Counted | None, network: Network, started: datetime) -> list[TrustView]:
        """What was counted, trust by trust, to a service that runs since `started`."""
        return trusts_of(network, counted, DAYS, started, self._clock.now()) if counted else []

    def _refresh(self, older_than: timedelta) -> bool:
        now = self._clock.now()
        model = self._matching.model
        with self._units.begin() as unit:
            shown = unit.boards.counted()
            if (shown and shown.at + older_than > now) or not unit.boards.hold():
                return False
            traffic = unit.boards.count_traffic(now - SETTLED, (now - timedelta(days=DAYS - 1)).date())
            authorities = unit.boards.count_authorities(now - timedelta(days=OVERLAY_DAYS))
            since = _monday(now) - timedelta(weeks=WEEKS - 1)
            matching = unit.boards.count_matching(since.date(), model.fingerprint, tuple(model.comparisons))
            unit.boards.keep(Counted(now, matching, TrustCounts(authorities, traffic)))
            unit.commit()
            return True


def _monday(now: datetime) -> datetime:
    return now - timedelta(days=now.weekday())

"""What arrives wrong from each feed, counted by day: every process adds to the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import text

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.conformance import DayOfFeed, FeedReport, Finding, FoundBy, Sighting

_ADD_DAY = Prepared(
    text(
        """insert into feed_day (feed, day, messages, validated) values (:feed, :day, :messages, :validated)
       on conflict (feed, day) do update set messages = feed_day.messages + excluded.messages,
         validated = feed_day.validated + excluded.validated"""
    )
)
_ADD_FAULT = Prepared(
    text(
        """insert into feed_fault (feed, day, segment, field, component, fault, found_by, messages, first_seen,
                               last_seen)
       values (:feed, :day, :segment, :field, :component, :fault, :found_by, :messages, :first_seen, :last_seen)
       on conflict (feed, day, segment, field, component, fault, found_by) do update set
         messages = feed_fault.messages + excluded.messages,
         first_seen = least(feed_fault.first_seen, excluded.first_seen),
         last_seen = greatest(feed_fault.last_seen, excluded.last_seen)"""
    )
)
_FORGET = tuple(Prepared(text(f"delete from {table} where day < :before")) for table in ("feed_day", "feed_fault"))
_TOTALS = Prepared(
    text(
        """select coalesce(sum(messages), 0)::bigint as messages, coalesce(sum(validated), 0)::bigint as validated
       from feed_day where feed = :feed and day >= :since"""
    )
)
_FAULTS = Prepared(
    text(
        """select segment, field, component, fault, found_by, sum(messages)::bigint as messages,
         min(first_seen) as first_seen, max(last_seen) as last_seen
       from feed_fault where feed = :feed and day >= :since
       group by segment, field, component, fault, found_by
       order by 6 desc, segment, field, component, fault, found_by"""
    )
)


class ConformanceStore:
    """See `mpi.ports.Conformance`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def add(self, days: Iterable[DayOfFeed]) -> None:
        """Add these counts to those that stand; in one order, so that two processes never wait for each other."""
        for tally in sorted(days, key=lambda tally: (tally.feed, tally.day)):
            key = {"feed": tally.feed, "day": tally.day}
            self._connection.run(_ADD_DAY, {**key, "messages": tally.messages, "validated": tally.validated})
            for finding, seen in sorted(tally.faults.items(), key=lambda item: item[0]):
                place = {"segment": finding.segment, "field": finding.field, "component": finding.component}
                what = {"fault": finding.fault, "found_by": finding.found_by.value, "messages": seen.messages}
                when = {"first_seen": seen.first_seen, "last_seen": seen.last_seen}
                self._connection.run(_ADD_FAULT, {**key, **place, **what, **when})

    def forget(self, before: date) -> None:
        """Let the days before that one go."""
        for statement in _FORGET:
            self._connection.run(statement, {"before": before})

    def report(self, feed: str, since: date) -> FeedReport:
        """The days of a feed from `since` on, added up."""
        asked = {"feed": feed, "since": since}
        totals = self._connection.run(_TOTALS, asked).one()
        faults = tuple(
            (
                Finding(row.segment, row.field, row.component, row.fault, FoundBy(row.found_by)),
                Sighting(row.messages, row.first_seen, row.last_seen),
            )
            for row in self._connection.run(_FAULTS, asked)
        )
        return FeedReport(feed, since, totals.messages, totals.validated, faults)

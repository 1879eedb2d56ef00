"""What each trust sends and how good its records are, as the dashboards tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mpi.domain.counts import SETTLED, AuthorityCounts, Counted, TrafficDay
from mpi.domain.network import Feed, Network, Organisation

SILENT = timedelta(days=1)
"""A feed without a message for longer is marked."""
_FRESH = timedelta(minutes=15)
"""No feed is marked from an older count: its messages may have come since."""


@dataclass(frozen=True, slots=True)
class TrustView:
    """One organisation with its feeds and assigning authorities as they were counted at a time, `at`, by a service
    that runs since `started`; it is `now`."""

    organisation: Organisation
    feeds: tuple[Feed, ...]
    authorities: tuple[AuthorityCounts, ...]
    traffic: tuple[TrafficDay, ...]
    at: datetime
    days: int
    started: datetime
    now: datetime

    @property
    def last_at(self) -> datetime | None:
        """When its last message came."""
        return max((one.last_at for one in self.traffic), default=None)

    @property
    def covered(self) -> bool:
        """Whether messages have been counted that came since the service started."""
        return self.at - SETTLED >= self.started

    @property
    def silent(self) -> bool:
        """Whether it has feeds, and none has sent anything for long, as far as a fresh count can tell."""
        fresh = self.covered and self.now - self.at <= _FRESH
        return bool(self.feeds) and fresh and self.at - (self.last_at or self.started) > SILENT

    def ago(self, last_at: datetime | None) -> str:
        """How long before the count a message came, in words."""
        return lag(last_at, self.at) if last_at or self.covered else "Not counted yet"

    @property
    def dates(self) -> list[date]:
        """The days of traffic that are shown."""
        return [self.at.date() - timedelta(days=back) for back in reversed(range(self.days))]

    def messages(self, feed: str = "") -> tuple[int, int]:
        """Messages of the days shown, and how many of them were refused; of one feed or of all."""
        shown = [t for t in self.traffic if t.day >= self.dates[0] and feed in ("", t.feed)]
        return sum(t.messages for t in shown), sum(t.refused for t in shown)

    def last_of(self, feed: str) -> datetime | None:
        """When the last message of a feed came."""
        return max((one.last_at for one in self.traffic if one.feed == feed), default=None)

    def total(self, name: str) -> int:
        """A count of all its authorities."""
        return sum(getattr(one, name) for one in self.authorities)

    def of_day(self, day: date) -> tuple[int, int]:
        """Messages of a day, and how many of them were refused."""
        shown = [t for t in self.traffic if t.day == day]
        return sum(t.messages for t in shown), sum(t.refused for t in shown)

    def filled(self, name: str) -> int:
        """How many records say anything in a register."""
        return sum(one.filled.get(name, 0) for one in self.authorities)


def trusts_of(network: Network, counted: Counted, days: int, started: datetime, now: datetime) -> list[TrustView]:
    """The organisations of a network that send or number anything, by name; see `TrustView`."""
    made = []
    for organisation in sorted(network.organisations, key=lambda one: one.name):
        feeds = tuple(feed for feed in network.feeds if feed.organisation == organisation.code)
        owned = {one.id for one in network.authorities if one.owner == organisation.code}
        known = {feed.id for feed in feeds}
        authorities = tuple(one for one in counted.trusts.authorities if one.authority in owned)
        traffic = tuple(one for one in counted.trusts.traffic if one.feed in known)
        if feeds or authorities:
            made.append(TrustView(organisation, feeds, authorities, traffic, counted.at, days, started, now))
    return made


def lag(last_at: datetime | None, now: datetime) -> str:
    """How long ago, in words of one unit or two."""
    if last_at is None:
        return "No message yet"
    minutes = max(0, int((now - last_at).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"

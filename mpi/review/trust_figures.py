"""The figures of the trust dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mpi.domain.counts import FIELDS, OVERLAY_DAYS, AuthorityCounts, Counted, TrafficDay
from mpi.domain.network import Feed, Network, Organisation
from mpi.review.figures import Cell, Figure, Series, column_chart
from mpi.review.words import day, moment
from mpi.usecases.dashboards import SETTLED

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

    def total(self, name: str) -> int:
        """A count of all its authorities."""
        return sum(getattr(one, name) for one in self.authorities)


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


def network_figures(trusts: Sequence[TrustView]) -> list[Figure]:
    """All trusts beside one another."""
    return [_feeds_of(trusts), _quality_of(trusts)]


def trust_figures(trust: TrustView, names: dict[str, str]) -> list[Figure]:
    """One trust. names: of its authorities."""
    return [_volume(trust), _feeds_of([trust]), _quality_of([trust]), _fields(trust, names)]


def _feeds_of(trusts: Sequence[TrustView]) -> Figure:
    rows: list[tuple[Cell, ...]] = []
    for trust in trusts:
        for feed in trust.feeds:
            last = max((one.last_at for one in trust.traffic if one.feed == feed.id), default=None)
            messages, refused = trust.messages(feed.id)
            share = refused / messages if messages else None
            rows.append((trust.organisation.name, feed.id, moment(last), trust.ago(last), messages, refused, share))
    return Figure(
        "feeds",
        "Feeds",
        f"Messages of {trusts[0].days if trusts else 0} days; refused ones are in quarantine.",
        ("Trust", "Feed", "Last message", "Ago", "Messages", "Refused", "Share refused"),
        tuple(rows),
        texts=4,
    )


def _quality_of(trusts: Sequence[TrustView]) -> Figure:
    rows: list[tuple[Cell, ...]] = []
    for trust in trusts:
        records = trust.total("records")
        shares = [trust.total(name) / records if records else None for name in ("numbered", "verified", "doubled")]
        overlays = trust.total("overlays")
        rows.append((trust.organisation.name, records, *shares, overlays, _per(overlays, records)))
    return Figure(
        "quality",
        "Records",
        "Live records. Duplicates are records beyond the first that one person has under one numbering. Overlays are"
        f" updates of the last {OVERLAY_DAYS} days that turned a record into somebody else.",
        ("Trust", "Records", "With NHS number", "Verified", "Duplicates", "Overlays", "Overlays in 10,000 records"),
        tuple(rows),
    )


def _per(number: int, of: int) -> Cell:
    return f"{10_000 * number / of:.1f}" if of else None


def _volume(trust: TrustView) -> Figure:
    dates = trust.dates
    by_day = {
        one: (
            sum(t.messages for t in trust.traffic if t.day == one),
            sum(t.refused for t in trust.traffic if t.day == one),
        )
        for one in dates
    }
    series = [
        Series("Messages", tuple(float(by_day[one][0]) for one in dates), "for"),
        Series("Refused", tuple(float(by_day[one][1]) for one in dates), "against"),
    ]
    return Figure(
        "volume",
        "Messages a day",
        "Days run from midnight to midnight, UTC.",
        ("Day", "Messages", "Refused"),
        tuple((day(one), *by_day[one]) for one in dates),
        drawing=column_chart("Messages a day", [day(one)[:6] for one in dates], series),
    )


def _fields(trust: TrustView, names: dict[str, str]) -> Figure:
    filled = [
        (word, sum(one.filled.get(name, 0) for one in trust.authorities), trust.total("records"))
        for name, word in FIELDS.items()
    ]
    shares = tuple(number / records if records else 0.0 for _, number, records in filled)
    numbering = ", ".join(names.get(one.authority, one.authority) for one in trust.authorities)
    return Figure(
        "fields",
        "Completeness of fields",
        f"The share of live records that say anything. Numbering: {numbering or 'none yet'}.",
        ("Field", "Records that say it", "Records", "Share"),
        tuple((word, number, records, number / records if records else None) for word, number, records in filled),
        drawing=column_chart(
            "Completeness of fields", [word for word, _, _ in filled], [Series("Filled", shares, "for")], shares=True
        ),
    )

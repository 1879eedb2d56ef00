"""The figures of the trust dashboards."""

from __future__ import annotations

from collections.abc import Sequence

from mpi.domain.counts import FIELDS, OVERLAY_DAYS
from mpi.domain.trust_view import TrustView
from mpi.review.dates import day, moment
from mpi.review.figures import Cell, Figure, Series, column_chart


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
            last = trust.last_of(feed.id)
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
    by_day = {one: trust.of_day(one) for one in dates}
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
    filled = [(word, trust.filled(name), trust.total("records")) for name, word in FIELDS.items()]
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

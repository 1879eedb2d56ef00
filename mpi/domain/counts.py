"""What dashboards show, counted in the background: nobody's look at a page counts the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mpi.domain.views import TaskKind

BAND = 2
"""Bits of a band of weight."""
NEWEST = 20_000
"""The edges whose patterns are counted: of the newest records, and as many of the oldest; half each of fewer."""
OVERLAY_DAYS = 90
SETTLED = timedelta(seconds=60)
"""A message older than this is committed, or never will be: its transaction has run out of patience."""
FIELDS = {
    "names": "Name",
    "birth_date": "Date of birth",
    "sex": "Gender",
    "addresses": "Address",
    "phones": "Telephone",
    "emails": "Email",
    "gp_practice": "GP practice",
    "ethnic_category": "Ethnic category",
}
"""The fields whose completeness is counted, by their register."""


@dataclass(frozen=True, slots=True)
class Band:
    """Pairs that weigh `low` to below `low + BAND` bits: those that are one person now, and those that are not."""

    low: int
    linked: int
    apart: int


@dataclass(frozen=True, slots=True)
class DecidedBand:
    """Decisions about pairs that weigh `low` to below `low + BAND` bits."""

    low: int
    same: int
    different: int


@dataclass(frozen=True, slots=True)
class WeekOfKind:
    """Review tasks of a kind that were opened and answered in the week from `monday` on."""

    monday: date
    kind: TaskKind
    opened: int
    answered: int


@dataclass(frozen=True, slots=True)
class MatchingCounts:
    """Of the whole network. `levels`: by comparison, how many of the newest edges that join ended in each level,
    missing first; `earlier`: of the oldest."""

    bands: tuple[Band, ...]
    decided: tuple[DecidedBand, ...]
    weeks: tuple[WeekOfKind, ...]
    waiting: Mapping[TaskKind, int]
    levels: Mapping[str, tuple[int, ...]]
    earlier: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class AuthorityCounts:
    """The live records of one assigning authority. `filled`: by register, how many say anything. `numbered` have an
    NHS number, `verified` a verified one. `doubled`: records beyond the first that one person has here. `overlays`:
    of the last `OVERLAY_DAYS` days."""

    authority: str
    records: int
    numbered: int
    verified: int
    filled: Mapping[str, int]
    doubled: int
    overlays: int


@dataclass(frozen=True, slots=True)
class TrafficDay:
    """A feed's messages of one day (UTC), how many of them were refused, and when the last came."""

    feed: str
    day: date
    messages: int
    refused: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class TrustCounts:
    """Every authority that has records, and every feed's days."""

    authorities: tuple[AuthorityCounts, ...]
    traffic: tuple[TrafficDay, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """All of it, and when it was counted."""

    at: datetime
    matching: MatchingCounts
    trusts: TrustCounts

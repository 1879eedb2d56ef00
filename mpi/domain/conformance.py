"""What arrives wrong from a feed: where and in which way, counted. Never a value: a fault is told by its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Strictness(StrEnum):
    """What a feed's messages must be: understood, or valid to the letter of their version."""

    LENIENT = "lenient"
    STRICT = "strict"


class FoundBy(StrEnum):
    """Who says so: our reader of every message, or the validator of those shown to it."""

    READER = "reader"
    VALIDATOR = "validator"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One way of being wrong at one place. `fault` is words of ours without any value of the message.

    `segment` is "" for the message as a whole, `field` and `component` 0 for the whole of what they belong to.
    """

    segment: str
    field: int
    component: int
    fault: str
    found_by: FoundBy

    @property
    def place(self) -> str:
        """As people write it: `PID-3.4`, `PID-3`, `PID`, or "" for the whole message."""
        number = f"-{self.field}" if self.field else ""
        return self.segment + number + (f".{self.component}" if self.component else "")


@dataclass(frozen=True, slots=True)
class Sighting:
    """How many messages showed a fault, and the receipt of the first and the last of them (aware UTC)."""

    messages: int
    first_seen: datetime
    last_seen: datetime

    def joined(self, other: Sighting) -> Sighting:
        """Both together."""
        return Sighting(
            self.messages + other.messages,
            min(self.first_seen, other.first_seen),
            max(self.last_seen, other.last_seen),
        )


@dataclass(frozen=True, slots=True)
class DayOfFeed:
    """One feed's messages of one day (UTC): how many came, how many the validator saw, what was wrong with them."""

    feed: str
    day: date
    messages: int = 0
    validated: int = 0
    faults: Mapping[Finding, Sighting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedReport:
    """A feed's days from `since` on, added up; the most frequent fault first."""

    feed: str
    since: date
    messages: int
    validated: int
    faults: tuple[tuple[Finding, Sighting], ...]

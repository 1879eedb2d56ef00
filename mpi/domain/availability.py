"""What an archive says of the instances of a study: how soon they can be had, and from whom (PS3.3 C.4.23)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Availability(StrEnum):
    """Instance Availability (0008,0056), the soonest first."""

    ONLINE = "ONLINE"
    NEARLINE = "NEARLINE"
    OFFLINE = "OFFLINE"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Holding:
    """How a study can be had: `ae_title` is the application entity to retrieve it from, "" when not said."""

    availability: Availability
    ae_title: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """An archive's notification about a study, and how many series and instances it speaks of."""

    study_uid: str
    archive: str
    holding: Holding
    series: int
    instances: int


def slowest(told: Collection[Availability]) -> Availability:
    """That of a whole study: of its slowest instance (PS3.4 C.4.1.1.3), among those that can be had at all."""
    order = list(Availability)
    present = [one for one in told if one is not Availability.UNAVAILABLE]
    return max(present, key=order.index, default=Availability.UNAVAILABLE)

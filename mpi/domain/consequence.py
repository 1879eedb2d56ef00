"""What a decision does to golden identities, or would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from mpi.domain.identifiers import Identifier
from mpi.domain.views import Event, EventType


@dataclass(frozen=True, slots=True)
class Departure:
    """Records that come under another golden id, and the studies that go with them. `retires`: nobody is left under
    the old one."""

    old: UUID
    new: UUID
    identifiers: tuple[Identifier, ...]
    studies: tuple[str, ...]
    retires: bool


@dataclass(frozen=True, slots=True)
class Consequence:
    """`departures` in their order; `contested` and `confirmed` are records whose link becomes uncertain or is so no
    more; `told` the ODS codes of the owners of everybody concerned; `minted` the golden ids that are new, of which a
    mere rehearsal knows only that they are; `breaks_verified`: records of one verified NHS number are parted."""

    departures: tuple[Departure, ...]
    contested: tuple[Identifier, ...] = ()
    confirmed: tuple[Identifier, ...] = ()
    told: tuple[str, ...] = ()
    minted: tuple[UUID, ...] = ()
    breaks_verified: bool = False

    @property
    def studies(self) -> int:
        """How many studies change the history they are in."""
        return len({study for departure in self.departures for study in departure.studies})


def departures(events: Iterable[Event]) -> tuple[Departure, ...]:
    """The records that changed their golden id."""
    return tuple(
        Departure(
            event.old_golden_ids[0],
            event.new_golden_ids[0],
            event.identifiers,
            event.studies,
            event.type is EventType.IDENTITY_MERGED,
        )
        for event in events
        if event.type in (EventType.IDENTITY_MERGED, EventType.RECORD_MOVED)
    )


def concerned(events: Sequence[Event], kind: EventType) -> tuple[Identifier, ...]:
    """The records of all events of a kind."""
    return tuple(sorted({i for event in events if event.type is kind for i in event.identifiers}))

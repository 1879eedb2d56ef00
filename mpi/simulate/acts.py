"""The vocabulary of what a PAS tells: acts, and a table of events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from mpi.simulate.sampling import Flags, Ints


class Act(IntEnum):
    """What happened, protocol-free; acts below `MERGE` say demographics anew."""

    REGISTER = 0
    UPDATE = 1
    NAMING = 2
    OVERLAY = 3
    CORRECTION = 4
    MERGE = 5
    LINK = 6
    UNLINK = 7
    RENUMBER = 8
    VISIT = 9
    CANCEL_VISIT = 10
    DEATH = 11
    DEATH_NOTED = 12
    DEATH_RETRACTED = 13


@dataclass(frozen=True, slots=True)
class Events:
    """Parallel arrays, one row an event.

    `record` is the row acted on (the survivor of a merge), `other` the prior or the other record, else -1. The
    demographics told are those of `person` as the PAS last learned them at `view_at`. `occurred` is when it happened,
    `recorded` when it was entered, `sent` when the message left (later than both after a back-load at go-live).
    `refers` is the time of the event a cancellation cancels, else `occurred`.
    """

    record: Ints
    act: Ints
    other: Ints
    person: Ints
    occurred: Ints
    recorded: Ints
    sent: Ints
    view_at: Ints
    refers: Ints
    death: Ints  # time of death to be told; NEVER for none

    def __len__(self) -> int:
        return len(self.record)

    def take(self, rows: Ints | Flags) -> Events:
        """The given rows, in the given order."""
        return Events(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

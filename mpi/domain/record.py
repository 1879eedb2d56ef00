"""A source record inside the index: one patient as one assigning authority numbers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mpi.domain.commands import Patch, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.registers import Registers
from mpi.domain.views import RecordState


@dataclass(frozen=True, slots=True)
class Pending:
    """What a source says of a record since an overlay, which nobody has accepted (see `versions`).

    `addressed` and `opened` are the identifier and the stamp of the overlay.
    """

    registers: Registers
    addressed: Identifier
    opened: Stamp
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """`id` and `golden_id` are None until stored. `borrowed`: its registers hold a prior's (see `routing`).

    `keys` are its blocking keys and `encoded` its comparable row under the current model; () and None when it takes
    no part in linkage by demographics.
    """

    identifier: Identifier
    id: int | None = None
    golden_id: UUID | None = None
    registers: Registers = field(default_factory=Registers)
    subsumed_by: Identifier | None = None
    borrowed: bool = False
    keys: tuple[int, ...] = ()
    encoded: bytes | None = None
    pending: Pending | None = None
    contested: bool = field(default=False, compare=False)  # whether only a hold keeps its link
    updated_at: datetime | None = field(default=None, compare=False)

    @property
    def state(self) -> RecordState:
        """Where the record stands; a subsumed or deleted one is never live."""
        if self.subsumed_by is not None:
            return RecordState.SUBSUMED
        if self.registers.deleted:
            return RecordState.DELETED
        return RecordState.LIVE if self.registers.active else RecordState.AWAITED

    @property
    def overlaid(self) -> bool:
        """Whether a reviewer is to say who the record is now."""
        return self.pending is not None and not self.pending.rejected


@dataclass(frozen=True, slots=True)
class Update:
    """One thing a source said of one record; kept for ever. `addressed` is the identifier the message named.

    `accepted` is a reviewer's ruling on it, made because it looked like an overlay; None when there is none.
    """

    addressed: Identifier
    patch: Patch
    stamp: Stamp
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """An effective merge: what is said of the prior after `stamp` belongs to `survivor`."""

    survivor: Identifier
    stamp: Stamp

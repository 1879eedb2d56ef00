"""What a feed can tell the index, protocol-free. HL7 v2 and FHIR both end here, so equal facts have equal effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from linkage.record import Address, Name, Reliability, Sex
from mpi.domain.identifiers import Identifier
from mpi.domain.orders import Statement
from mpi.domain.quarantine import Copy


class Rank(IntEnum):
    """How far a source is believed about demographics: a PAS feed outranks the header of an image."""

    ARCHIVE = 0
    FEED = 1


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When a fact became true at its source; facts are ordered by it, field by field (V2-60, V2-61).

    `occurred` is EVN-6, else EVN-2, else MSH-7; for a cancellation EVN-2, else MSH-7 (EVN-6 repeats the original
    event there). `recorded` is MSH-7. Both are aware UTC datetimes. `arrival` breaks ties and is set by the inbox.
    """

    rank: Rank
    occurred: datetime
    recorded: datetime
    arrival: int = 0


class Field(StrEnum):
    """The fields of a source record, each with its own order of events."""

    NAMES = "names"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESSES = "addresses"
    PHONES = "phones"
    EMAILS = "emails"
    NHS_NUMBER = "nhs_number"
    GP_PRACTICE = "gp_practice"
    MOTHERS_MAIDEN_NAME = "mothers_maiden_name"
    MULTIPLE_BIRTH = "multiple_birth"
    BIRTH_ORDER = "birth_order"
    IDENTITY_UNKNOWN = "identity_unknown"
    RELIABILITY = "reliability"
    DEATH = "death"
    DISCHARGE_DEATH = "discharge_death"  # a death told by A03, which an A13 can take back
    ETHNIC_CATEGORY = "ethnic_category"  # for bias monitoring, never for matching
    RESTRICTED = "restricted"  # S-flag (NHS-57)
    ACTIVE = "active"  # False is the tombstone of A29


@dataclass(frozen=True, slots=True)
class NhsNumber:
    """An NHS number as a source gives it, any formatting; `status` "01".."08", or "" when not said (NHS-8)."""

    value: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Death:
    """Death as a source gives it; `at` ISO 8601 at the precision received, "" when only the fact is known."""

    at: str = ""


Value = (
    tuple[Name, ...]
    | tuple[Address, ...]
    | tuple[str, ...]
    | str
    | Sex
    | NhsNumber
    | Death
    | bool
    | int
    | frozenset[Reliability]
    | None
)

Patch = Mapping[Field, Value]
"""What a message says of the fields. A field that is absent is kept; None deletes it (V2-22).

NAMES tuple[Name, ...] current first; BIRTH_DATE ISO at precision; SEX Sex; ADDRESSES tuple[Address, ...];
PHONES, EMAILS tuple[str, ...]; NHS_NUMBER NhsNumber; GP_PRACTICE, MOTHERS_MAIDEN_NAME, ETHNIC_CATEGORY str;
MULTIPLE_BIRTH, IDENTITY_UNKNOWN, RESTRICTED, ACTIVE bool; BIRTH_ORDER int; RELIABILITY frozenset[Reliability];
DEATH, DISCHARGE_DEATH Death (None: not dead, or death retracted).
"""


@dataclass(frozen=True, slots=True)
class Register:
    """Create or update the source records of one patient (A01 A02 A03 A04 A05 A08 A28 A31, A12, A13, FHIR PUT).

    `identifiers` are the sender's own, the first is the patient's main one; more than one are the same patient by
    the sender's word. ACTIVE=True belongs in the patch of every event that says the patient exists.
    """

    identifiers: tuple[Identifier, ...]
    patch: Patch
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Merge:
    """`prior` is subsumed by `survivor`, within one authority (A40, A34, A36, A18, A30, A39; FHIR replaced-by)."""

    survivor: Identifier
    prior: Identifier
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Rename:
    """One patient's identifier changes from `old` to `new` (A47). `new` in use by another patient is refused."""

    new: Identifier
    old: Identifier
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Link:
    """Two records are one person, both stay live (A24)."""

    one: Identifier
    other: Identifier
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Unlink:
    """Two records are not one person; outlasts any later score (A37)."""

    one: Identifier
    other: Identifier
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Delete:
    """The patient was registered in error: tombstone, reversible (A29; FHIR DELETE). Unknown: no action."""

    identifier: Identifier
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class NoEffect:
    """An event without effect on identity (A23, A11 ...); accepted and audited."""

    identifier: Identifier | None
    stamp: Stamp


class Moved(StrEnum):
    """What a move takes from one patient to another."""

    PATIENT = "patient"  # A43: what was filed under a wrong number
    ACCOUNT = "account"  # A44
    VISITS = "visits"  # A45


@dataclass(frozen=True, slots=True)
class Move:
    """What was filed under `source` belongs to `target`; both live on, and they may be one (A43, A44, A45).

    `accounts` are the account's number before and after, `visits` the numbers of the visits; both as far as told.
    """

    what: Moved
    target: Identifier
    source: Identifier
    stamp: Stamp
    accounts: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What a sender says of one examination ordered for a patient, or of its report. `patch` describes the patient,
    and counts only when no feed has done so."""

    patient: Identifier
    patch: Patch
    said: Statement
    stamp: Stamp


Command = Register | Merge | Rename | Link | Unlink | Delete | Move | Order | NoEffect


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message as it came: its key for idempotency, its bytes for the record.

    `feed` is the network's feed id, "" when it could not be told. `control_id` is MSH-10 verbatim, "" when there is
    none (then the message has no idempotency key). `flags` are data-quality remarks in words, e.g. "EVN-1 differs
    from MSH-9.2", and never carry demographics. `sequence` is MSH-13 where the feed numbers its messages (V2-18).
    `copy` is set when somebody sends a refused message again, as it was or mended.
    """

    feed: str
    application: str
    facility: str
    control_id: str
    event: str
    raw: bytes
    flags: tuple[str, ...] = field(default=())
    sequence: int | None = None
    copy: Copy | None = None


class Status(StrEnum):
    """How a message ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The index's answer to a message, committed before it is returned.

    `fault`, `text` and `location` are empty unless refused; `repeat` says it had been answered before. `created`
    is True when the message's first identifier was unknown before it. `expected` is the sequence number the feed's
    next message shall have, None where it has none.
    """

    status: Status
    message_id: int
    repeat: bool = False
    created: bool = False
    fault: str = ""
    text: str = ""
    location: str = ""
    expected: int | None = None

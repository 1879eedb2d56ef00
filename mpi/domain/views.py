"""What the index shows of itself: records, people, resolutions, studies, tasks. Immutable snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from linkage import nhs_number
from linkage.record import Demographics
from mpi.domain.acts import Proposal
from mpi.domain.availability import Holding
from mpi.domain.commands import Death
from mpi.domain.identifiers import NHS_AUTHORITY, WITHHELD, Identifier
from mpi.domain.orders import Coded, ReportStatus, TaskOrder
from mpi.domain.plain import plain


class RecordState(StrEnum):
    """Where a source record stands in its life."""

    AWAITED = "awaited"  # named by a merge, a link or an image; no feed has described it yet
    LIVE = "live"
    SUBSUMED = "subsumed"  # merged into another; its identifier is an alias
    DELETED = "deleted"  # tombstone (A29)


@dataclass(frozen=True, slots=True)
class RecordView:
    """One source record as it stands; `pending` is what an overlay says of it, until a reviewer has decided."""

    identifier: Identifier
    state: RecordState
    golden_id: UUID
    demographics: Demographics
    death: Death | None
    ethnic_category: str
    restricted: bool
    subsumed_by: Identifier | None
    contested: bool
    updated_at: datetime | None
    pending: Demographics | None = None


@dataclass(frozen=True, slots=True)
class PersonView:
    """A golden identity with its records and the demographics that survive (see `domain.survivorship`).

    `requested_id` differs from `golden_id` when the id asked for has been retired; `golden_id` is its successor, and
    `renewed` one made since, when a merge was taken back. `withheld`: see `domain.withholding`. Live records first.
    """

    golden_id: UUID
    requested_id: UUID
    records: tuple[RecordView, ...]
    demographics: Demographics
    death: Death | None
    restricted: bool
    contested: bool
    created_at: datetime
    updated_at: datetime
    renewed: bool = False
    withheld: bool = False

    @property
    def live(self) -> tuple[RecordView, ...]:
        """The records whose identifiers may be given out."""
        return tuple(r for r in self.records if r.state is RecordState.LIVE)

    @property
    def told(self) -> tuple[Identifier, ...]:
        """What a demographics query tells: the NHS number as it survives, then live numbers that are not withheld."""
        number = nhs_number.accept(self.demographics.nhs_number)
        national = (Identifier(NHS_AUTHORITY, number),) if number else ()
        return (*national, *(record.identifier for record in self.live if record.identifier != WITHHELD))


class ResolutionState(StrEnum):
    """How sure the index is of the identity behind a patient id (IHE-69)."""

    CERTAIN = "certain"  # a feed knows this id and no question is open about it
    PROVISIONAL = "provisional"  # no feed vouches for this id (not yet, or no more); its golden id may be succeeded
    AMBIGUOUS = "ambiguous"  # it may be one person with another golden identity; a review task says so
    CONTESTED = "contested"  # its link is held against newer evidence until a reviewer decides


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who a patient id is: ids only, no demographics (SEC-6). `identifiers` are all live ones of the person,
    the NHS number included when verified, the id asked for left out; `subsumed_by` is its live successor, if any."""

    identifier: Identifier
    golden_id: UUID
    state: ResolutionState
    identifiers: tuple[Identifier, ...]
    subsumed_by: Identifier | None = None
    task_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossReferences:
    """All live identifiers of one person but the one asked about; the NHS number when verified (IHE-1)."""

    identifier: Identifier
    golden_id: UUID
    identifiers: tuple[Identifier, ...]


class LinkState(StrEnum):
    """How sure it is that a study is its person's: what the link of its record says."""

    CERTAIN = "certain"
    PROVISIONAL = "provisional"  # no feed vouches for the patient id it was acquired under
    CONTESTED = "contested"  # the link is held until a reviewer decides


@plain
class Study:
    """An imaging study, hung on the source record it was acquired under (promise 5). `procedures` and `anatomy` are
    codes of the examination and of the part of the body, as images give them; what is not compared is told, never
    stored."""

    study_uid: str
    patient: Identifier
    started_at: datetime | None = None
    modalities: tuple[str, ...] = ()
    body_site: str = ""
    description: str = ""
    accession: str = ""
    organisation: str = ""  # ODS code of the trust that acquired it
    archive: str = ""  # the network's archive id
    series: int = 0
    instances: int = 0
    link: LinkState | None = field(default=LinkState.CERTAIN, compare=False)  # None: of another time
    holding: Holding | None = field(default=None, compare=False)  # told, like the link; None: nobody has said
    report_status: ReportStatus | None = field(default=None, compare=False)  # of its order; None: no report
    order: int | None = field(default=None, compare=False)  # the index's id of that order; None: it is not known
    order_codes: tuple[Coded, ...] = field(default=(), compare=False)  # what that order asked for
    procedures: tuple[Coded, ...] = ()
    anatomy: tuple[Coded, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What of a history to show; empty fields do not restrict. Dates are inclusive. With `as_of` the history is as it
    was believed to be at that time: the links of then, and the studies known by then."""

    modalities: tuple[str, ...] = ()
    body_site: str = ""
    organisation: str = ""
    since: date | None = None
    until: date | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Part of one person's imaging history, newest first, undated studies last. `next` continues it, or is empty."""

    golden_id: UUID
    studies: tuple[Study, ...]
    total: int
    next: str = ""


class TaskKind(StrEnum):
    """What a review task asks."""

    POSSIBLE_MATCH = "possible-match"  # may be one person
    CONTESTED_LINK = "contested-link"  # linked, but the evidence no longer says so
    NHS_NUMBER_CONFUSION = "nhs-number-confusion"  # one number, two people
    NHS_NUMBER_DUPLICATE = "nhs-number-duplicate"  # one person, two verified numbers
    OVERLAY = "overlay"  # an update turned a record into somebody else
    LATE_MESSAGE = "late-message"  # a message for an identifier that had been merged away (V2-62)
    MOVE = "move"  # a source moved what was filed under one patient to another (A43)
    STUDY_CONFLICT = "study-conflict"  # one study came under two patient ids
    ORDER_CONFLICT = "order-conflict"  # one order, by its numbers, came under two patient ids
    UNREADABLE_IMAGE = "unreadable-image"  # what an image says of its patient cannot be read
    PROPOSED_CHANGE = "proposed-change"  # somebody would change people, which takes two
    BLIND_SAMPLE = "blind-sample"  # drawn by chance to measure the index; looks like a possible match


class TaskState(StrEnum):
    """Where a review task stands. WITHDRAWN: new evidence answered it."""

    OPEN = "open"
    CLAIMED = "claimed"
    DEFERRED = "deferred"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What a reviewer may answer."""

    SAME = "same"
    DIFFERENT = "different"
    ACCEPT = "accept"  # of an overlay: the record is now whom the update says; of a proposed change: let it be done
    REJECT = "reject"  # of an overlay: the update was about somebody else
    DEFER = "defer"
    UNSURE = "unsure"  # somebody else shall look


@dataclass(frozen=True, slots=True)
class TaskView:
    """A question about two source records (for some kinds `one` equals `other`). `proposed` is an answer that waits
    for another person than `proposed_by`; `studies` are how many hang on the two records; `orders` those that came
    under both; `study_uids` the studies an alarm is about, as they came; `proposal` what somebody would do who was
    not asked. A claim ends at `held_until`. `golden_ids` are those of the two, none while the task is blind."""

    id: int
    kind: TaskKind
    state: TaskState
    one: Identifier
    other: Identifier
    golden_ids: tuple[UUID, ...]
    weight: float
    guards: tuple[str, ...]
    reason: str
    created_at: datetime
    claimed_by: str = ""
    held_until: datetime | None = None
    proposed: Decision | None = None
    proposed_by: str = ""
    studies: int = 0
    decision: Decision | None = None
    comment: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    due: date | None = None
    orders: tuple[TaskOrder, ...] = ()
    study_uids: tuple[str, ...] = ()
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """A demographic search (PDQ); every given part must hold. A name is met by any of a record's names, former ones
    too, and by its beginning unless it is named in `exact`."""

    family: str = ""
    given: str = ""
    birth_date: str = ""
    sex: str = ""
    postcode: str = ""
    identifier: Identifier | None = None
    exact: frozenset[str] = frozenset()  # of "family" and "given"
    limit: int = 50


class EventType(StrEnum):
    """What subscribers are told."""

    IDENTITY_CREATED = "identity-created"
    RECORD_JOINED = "record-joined"  # a record came under a golden identity
    IDENTITY_MERGED = "identity-merged"  # golden ids retired into another
    RECORD_MOVED = "record-moved"  # a record left one golden identity for another (unmerge, relink)
    LINK_CONTESTED = "link-contested"
    LINK_CONFIRMED = "link-confirmed"  # a contested link stays, and no question is open about it any more
    IDENTIFIERS_CHANGED = "identifiers-changed"  # of an unmoved record: merged away, deleted, revived, renumbered
    STUDY_REGISTERED = "study-registered"
    STUDY_CHANGED = "study-changed"  # more is known of it: a modality, the part of the body
    STUDY_MOVED = "study-moved"
    STUDY_ORDERED = "study-ordered"
    ORDER_CHANGED = "order-changed"  # planned otherwise, made, cancelled
    REPORT_CHANGED = "report-changed"  # the report of an ordered study has come, or stands otherwise
    ACCOUNT_MOVED = "account-moved"  # a source filed an account under another patient; both live on (A44)
    VISITS_MOVED = "visits-moved"  # a source filed visits under another account (A45)


@dataclass(frozen=True, slots=True)
class Event:
    """One identity change, with old and new golden ids, as it leaves by the outbox. No demographics."""

    id: int
    type: EventType
    at: datetime
    old_golden_ids: tuple[UUID, ...]
    new_golden_ids: tuple[UUID, ...]
    identifiers: tuple[Identifier, ...]
    studies: tuple[str, ...] = ()
    reason: str = ""
    detail: dict[str, str] = field(default_factory=dict)
    about: tuple[Study, ...] = ()  # its studies as they were then: the outbox looks up those that are stored

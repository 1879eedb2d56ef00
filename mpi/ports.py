"""What the use cases need of the outside: a unit of work over the stores, a clock, and new ids.

`mpi.db` implements them over PostgreSQL. Every method may raise `Unavailable`; `Contention` means that another
transaction was in the way and the whole use case should run again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.commands import Envelope, Receipt
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Placed, Question
from mpi.domain.record import Record, Update
from mpi.domain.views import (
    Decision,
    Event,
    EventType,
    HistoryFilter,
    SearchCriteria,
    Study,
    TaskKind,
    TaskState,
    TaskView,
)
from mpi.errors import MpiError, Refused


class Contention(MpiError):
    """Another transaction was in the way; nothing was applied; run the use case again."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present, aware UTC."""


class Ids(Protocol):
    """New identifiers."""

    def golden(self) -> UUID:
        """An opaque golden id, never given before."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The inbox's answer: `receipt` is set when the message had been answered before."""

    message_id: int
    receipt: Receipt | None = None
    reused_control_id: bool = False


class Inbox(Protocol):
    """Every message once, with its bytes and its answer."""

    def claim(self, envelope: Envelope) -> Claim:
        """Store the message, or find the answer given to the same bytes under the same key (V2-16)."""

    def refuse(self, message_id: int, reason: Refused) -> None:
        """Mark the message refused: it is in quarantine with its bytes and this reason."""

    def refused(self, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        """Quarantined messages by id after `after`, without their bytes."""

    def raw(self, message_id: int) -> bytes | None:
        """The bytes of a message as they came."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that shares a blocking key."""

    identifier: Identifier
    encoded: bytes


class Records(Protocol):
    """Source records and all that was ever said of them."""

    def lock_identifiers(self, identifiers: Collection[Identifier]) -> None:
        """Hold these identifiers, known or not, until the transaction ends; waits for others."""

    def lock_keys(self, keys: Collection[int]) -> None:
        """Hold these blocking keys until the transaction ends; waits for others."""

    def lock_golden(self, golden_ids: Collection[UUID]) -> None:
        """Hold these golden ids until the transaction ends, so that changes to one person wait in line."""

    def family(self, identifiers: Collection[Identifier]) -> list[Record]:
        """The records of these identifiers and of all merged with them, by identifier; unknown ones are left out."""

    def updates(self, identifiers: Collection[Identifier]) -> list[Update]:
        """All that was ever said of these identifiers, oldest arrival first."""

    def save(self, records: Sequence[Record], updates: Sequence[Update], message_id: int | None) -> None:
        """Insert or update records (registers, keys, subsumption) and append updates."""

    def candidates(self, keys: Sequence[int], but: Identifier) -> list[Candidate]:
        """All other records that share one of the keys."""

    def of_golden(self, golden_ids: Collection[UUID]) -> list[Record]:
        """The records now linked to these golden ids, by identifier."""

    def of_identifiers(self, identifiers: Collection[Identifier]) -> list[Record]:
        """The records of these identifiers, by identifier; unknown ones are left out."""

    def holders_of_key(self, key: int) -> list[Record]:
        """The records that emit one blocking key."""

    def search(self, criteria: SearchCriteria) -> list[UUID]:
        """Golden ids with a live record that meets every criterion."""


class Evidence(Protocol):
    """Weighed edges and assertions."""

    def replace_edges(self, of: Identifier, edges: Sequence[Edge]) -> None:
        """Make `edges` all the edges of one record."""

    def joins_of(self, identifiers: Collection[Identifier]) -> set[Identifier]:
        """The records that now stand with any of these by a certain unguarded edge."""

    def component(self, seeds: Collection[Identifier]) -> list[Record]:
        """Lock and return all records connected with the seeds by certain unguarded edges, SAME assertions or a
        shared golden id, by identifier."""

    def edges(self, identifiers: Collection[Identifier]) -> list[Edge]:
        """All edges with both ends among these."""

    def placed_edges(self, identifiers: Collection[Identifier]) -> list[Placed]:
        """All edges with at least one end among these, and where both ends are linked."""

    def assertions(self, identifiers: Collection[Identifier]) -> list[Assertion]:
        """All standing assertions with at least one end among these."""

    def add_assertions(self, assertions: Sequence[Assertion], caller: Caller, reason: str) -> list[int]:
        """Store assertions; returns their ids."""

    def assertion(self, assertion_id: int) -> tuple[Assertion, str] | None:
        """A standing assertion and the user who made it."""

    def withdraw(self, assertion_id: int, caller: Caller, reason: str) -> None:
        """Take an assertion back; it stays on record."""


class Identities(Protocol):
    """Golden identities and which records are linked to them, now and at any time before."""

    def create(self, golden_ids: Collection[UUID]) -> None:
        """New golden identities."""

    def retire(self, successors: Mapping[UUID, UUID]) -> None:
        """Retire golden ids, each with a pointer to its successor."""

    def link(self, moves: Mapping[Identifier, UUID], reason: Mapping[str, Any]) -> None:
        """Link records to golden ids from now on, closing the links they had."""

    def mark_contested(self, among: Collection[Identifier], contested: Collection[Identifier]) -> None:
        """Make `contested` the contested links among these records."""

    def current(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, UUID]:
        """The golden ids these records are linked to now."""

    def resolve(self, golden_id: UUID) -> UUID | None:
        """The living golden id at the end of the chain of successors; None when never known."""

    def born(self, golden_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When these golden ids were made."""

    def changed(self, golden_id: UUID) -> datetime:
        """When a golden identity, its links or its records last changed."""

    def contested(self, golden_ids: Collection[UUID]) -> frozenset[Identifier]:
        """The records whose link to these golden ids is contested."""

    def linked_at(self, identifier: Identifier, at: datetime) -> UUID | None:
        """The golden id a record was linked to at a time."""

    def members_at(self, golden_id: UUID, at: datetime) -> list[Identifier]:
        """The records linked to a golden id at a time."""


class Tasks(Protocol):
    """Review tasks."""

    def sync(self, among: Collection[Identifier], questions: Sequence[Question]) -> None:
        """Make `questions` the unanswered questions touching these records: new ones open, gone ones withdraw."""

    def raise_alarm(self, kind: TaskKind, pair: Pair, reason: str) -> None:
        """Open a task that no later evidence withdraws, unless the same one is open."""

    def get(self, task_id: int, *, for_update: bool = False) -> TaskView | None:
        """One task."""

    def find(
        self,
        states: Collection[TaskState],
        kinds: Collection[TaskKind],
        authority: str,
        limit: int,
        after: int,
    ) -> list[TaskView]:
        """Tasks by id after `after`; empty collections do not restrict."""

    def touching(self, identifiers: Collection[Identifier]) -> list[TaskView]:
        """Unanswered tasks about these records."""

    def claim(self, task_id: int, user: str) -> None:
        """Give the task to a user; "" gives it back."""

    def decide(
        self, task_id: int, decision: Decision, comment: str, user: str, assertion_id: int | None, due: date | None
    ) -> None:
        """Record the answer."""

    def reopen(self, task_id: int, comment: str, user: str) -> int | None:
        """Take the answer back; returns the assertion it had made."""


class Studies(Protocol):
    """Imaging studies, each on one source record."""

    def put(self, study: Study) -> tuple[Identifier, bool]:
        """Insert or update by study UID; returns the record it hangs on, and whether it was new. A study already on
        another record is left alone."""

    def get(self, study_uid: str) -> tuple[Study, UUID] | None:
        """A study and the golden id it is under."""

    def history(self, golden_id: UUID, wanted: HistoryFilter, limit: int, after: str) -> tuple[list[Study], int, str]:
        """A page newest first, the total, and where it goes on. Raises Refused for a bad `after`."""

    def of_records(self, identifiers: Collection[Identifier]) -> list[str]:
        """Study UIDs that hang on these records."""


class Outbox(Protocol):
    """Identity changes on their way to subscribers."""

    def publish(self, events: Iterable[Event], caller: Caller, message_id: int | None) -> None:
        """Append events and queue them for every active subscription. Event ids are given here."""

    def events(self, golden_id: UUID) -> list[Event]:
        """The events of a golden identity, oldest first."""

    def subscribe(self, url: str, types: Sequence[EventType], secret: str, owner: str) -> int:
        """Add a subscription."""

    def subscriptions(self, owner: str | None) -> list[Mapping[str, Any]]:
        """Subscriptions with their backlog."""

    def unsubscribe(self, subscription_id: int, owner: str | None) -> bool:
        """Remove one; False when there is none of that owner's."""

    def due(self, limit: int) -> list[tuple[Mapping[str, Any], list[Event]]]:
        """For each due subscription that nobody else is serving, its oldest undelivered events, held until commit."""

    def delivered(self, subscription_id: int, event_ids: Sequence[int]) -> None:
        """These reached the subscriber."""

    def failed(self, subscription_id: int, error: str) -> None:
        """The next one did not; wait longer each time."""


class Audit(Protocol):
    """Who did or saw what, append-only."""

    def record(self, caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> None:
        """One audit row in this transaction. No demographics."""


class Scan(Protocol):
    """The whole index, read once from end to end, for `verify`."""

    def records(self) -> Iterator[Record]:
        """Every record, by identifier."""

    def updates(self) -> Iterator[Update]:
        """All that was ever said, by identifier and then by arrival."""

    def edges(self) -> Iterator[tuple[Edge, str]]:
        """Every edge and the fingerprint of the model that weighed it."""

    def assertions(self) -> list[Assertion]:
        """Every standing assertion."""

    def contested(self) -> frozenset[Identifier]:
        """Records that an unanswered contested-link task speaks of."""

    def broken(self) -> list[str]:
        """Sentences about rows that contradict one another."""


class Unit(Protocol):
    """One transaction over all stores. Nothing is kept unless `commit` is called."""

    @property
    def inbox(self) -> Inbox:
        """See `Inbox`."""

    @property
    def records(self) -> Records:
        """See `Records`."""

    @property
    def evidence(self) -> Evidence:
        """See `Evidence`."""

    @property
    def identities(self) -> Identities:
        """See `Identities`."""

    @property
    def tasks(self) -> Tasks:
        """See `Tasks`."""

    @property
    def studies(self) -> Studies:
        """See `Studies`."""

    @property
    def outbox(self) -> Outbox:
        """See `Outbox`."""

    @property
    def audit(self) -> Audit:
        """See `Audit`."""

    @property
    def scan(self) -> Scan:
        """See `Scan`."""

    def commit(self) -> None:
        """Make it durable. Only what came before the return of this call has happened."""


class Units(Protocol):
    """Opens units of work."""

    def begin(self, *, read_only: bool = False) -> AbstractContextManager[Unit]:
        """A new transaction, rolled back at exit unless committed. `read_only`: it writes nothing but its audit row,
        which a crash of the database in that instant may lose."""

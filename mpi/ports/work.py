"""The stores of work and of what happened: messages, tasks, studies, events, the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.acts import Proposal
from mpi.domain.availability import Notice
from mpi.domain.commands import Envelope, Receipt, Stamp
from mpi.domain.evidence import Pair
from mpi.domain.history import Stay
from mpi.domain.identifiers import Identifier
from mpi.domain.interest import Interest
from mpi.domain.questions import Question
from mpi.domain.record import Pending
from mpi.domain.snapshot import Snapshot
from mpi.domain.views import (
    Decision,
    Event,
    EventType,
    HistoryFilter,
    Study,
    TaskKind,
    TaskState,
    TaskView,
)
from mpi.domain.worklist import Position, SavedFilter, Wanted
from mpi.errors import Refused


@dataclass(frozen=True, slots=True)
class Claim:
    """The inbox's answer: `receipt` is set when the message had been answered before."""

    message_id: int
    receipt: Receipt | None = None
    reused_control_id: bool = False


class Inbox(Protocol):
    """Every message once, with its bytes and its answer."""

    def claim(self, envelope: Envelope) -> Claim:
        """Store the message, or find the answer given to the same bytes under the same key (V2-16).

        A copy of a refused message, which is held until the transaction ends, is stored anew unless such bytes were
        accepted; then it has their receipt. Raises NotFound when no such was refused, Conflict when another copy of
        it was accepted, and `Contention`.
        """

    def refuse(self, message_id: int, reason: Refused) -> None:
        """Mark the message refused: it is in quarantine with its bytes and this reason."""

    def last_in_sequence(self, feed: str) -> int | None:
        """The last sequence number taken of a feed, held until the transaction ends; None before the first."""

    def receipt_of_last(self, feed: str) -> Receipt:
        """The answer given to the message with that number."""

    def advance(self, feed: str, number: int, message_id: int) -> None:
        """Make `number` the last one taken. Raises `Contention` when another transaction took one meanwhile."""


class Tasks(Protocol):
    """Review tasks."""

    def sync(self, among: Collection[Identifier], questions: Sequence[Question]) -> None:
        """Make `questions` the unanswered questions touching these records: new ones open, gone ones withdraw."""

    def withdraw(self, kind: TaskKind, about: Identifier) -> None:
        """Withdraw the unanswered task of this kind about one record alone, so that it can be asked anew."""

    def merged(self, family: Collection[Identifier]) -> None:
        """Withdraw the unanswered questions whether a study's or order's two patients are one, of records of this
        family: their source has answered by merging them."""

    def unmerged(self, ones: Collection[Identifier], others: Collection[Identifier]) -> None:
        """Ask again what such a merge of these two families had answered."""

    def raise_alarm(self, kind: TaskKind, pair: Pair, reason: str, study_uid: str = "") -> None:
        """Open a task that no later evidence withdraws; the same one that is open is about this study too then."""

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
        """Tasks by id after `after`, blind samples left out; empty collections do not restrict."""

    def propose(self, task_id: int, decision: Decision, comment: str, user: str) -> None:
        """Note an answer that waits for another person, and give the task back."""

    def propose_change(self, proposal: Proposal, pair: Pair, reason: str, comment: str) -> int:
        """Open the task under which an act waits for a second person; returns its id. It is about two records of the
        people concerned as they are linked now, and is withdrawn by `sync` once either has others."""

    def is_outlived(self, task_id: int) -> bool:
        """Whether either of the people of a proposal has other records by now, or they must not be shown together, or
        what it would take back stands no more."""

    def withdraw_proposal(self, task_id: int, comment: str, user: str) -> None:
        """Withdraw a proposal for its user; for "" because it is outlived."""

    def touching(self, identifiers: Collection[Identifier]) -> list[TaskView]:
        """Unanswered tasks about these records; a blind sample is no question about them."""

    def about(self, identifier: Identifier) -> Iterator[TaskView]:
        """As `touching`, of one record. They are waited for when looked at: what is read before goes with them."""

    def waiting(self) -> Mapping[TaskKind, int]:
        """How many tasks of each kind are unanswered; kinds of which there are none are left out."""

    def claim(self, task_id: int, user: str, until: datetime) -> None:
        """Give the task to a user until then."""

    def release(self, task_id: int) -> None:
        """Take the task from whoever holds it."""

    def decide(
        self, task_id: int, decision: Decision, comment: str, user: str, assertion_id: int | None, due: date | None
    ) -> None:
        """Record the answer."""

    def reopen(self, task_id: int, comment: str, user: str) -> int | None:
        """Take the answer back; returns the assertion it had made."""


class Worklist(Protocol):
    """The unanswered review tasks in order of urgency. `now` is the present, of which claims and days are judged."""

    def page(self, wanted: Wanted, now: datetime, limit: int, after: Position | None) -> list[TaskView]:
        """Tasks after a position."""

    def count(self, wanted: Wanted, now: datetime, most: int) -> int:
        """How many there are, counting no further than `most`."""

    def take(self, wanted: Wanted, now: datetime, user: str) -> TaskView | None:
        """The most urgent one that nobody holds, nobody else is just taking and that does not wait for somebody
        other than `user`; held until the transaction ends."""

    def position(self, task_id: int) -> Position:
        """Where a task stands in the order."""

    def saved(self, user: str) -> list[SavedFilter]:
        """The filters a user has kept, by name."""

    def save(self, user: str, kept: SavedFilter) -> None:
        """Keep a filter in the place of any of that name."""

    def forget(self, user: str, name: str) -> None:
        """Let a kept filter go, if there is one."""


class Rulings(Protocol):
    """What reviewers said of updates that looked like overlays."""

    def add(self, pending: Pending, accepted: bool, task_id: int, caller: Caller, reason: str) -> None:
        """Rule on the update that made a version pending."""

    def withdraw(self, task_id: int, caller: Caller, reason: str) -> None:
        """Take back what a task's answer ruled; it stays on record."""

    def opened(self, task_id: int) -> Stamp | None:
        """The stamp of the update that a task's standing answer ruled on; None when there is none."""


class Studies(Protocol):
    """Imaging studies, each on one source record."""

    def put(self, study: Study) -> tuple[Identifier, bool]:
        """Insert or update by study UID; returns the record it hangs on, and whether it was new. A study already on
        another record is left alone."""

    def add(self, studies: Collection[Study]) -> frozenset[str]:
        """Insert those whose UIDs are not known, each on its patient's stored record; returns the UIDs of those."""

    def note(self, notice: Notice) -> None:
        """What an archive says of a study, known or not, from now on."""

    def get(self, study_uid: str) -> tuple[Study, UUID] | None:
        """A study and the golden id it is under."""

    def among(self, study_uids: Collection[str]) -> Mapping[str, Study]:
        """Those of the studies that are known, by UID."""

    def history(self, golden_id: UUID, wanted: HistoryFilter, limit: int, after: str) -> tuple[list[Study], int, str]:
        """A page newest first, the total, and where it goes on. Raises Refused for a bad `after`."""

    def held(self, archive: str, after: str, limit: int) -> list[tuple[str, UUID]]:
        """The studies that an archive holds, with the golden id each is under, by UID, from the one after `after`
        on."""

    def stays(self, golden_id: UUID) -> list[Stay]:
        """Every time that a record with studies was linked to a golden id."""

    def of_records(self, identifiers: Collection[Identifier]) -> list[str]:
        """Study UIDs that hang on these records."""

    def of_accessions(self, identifiers: Collection[Identifier], accessions: Collection[str]) -> list[str]:
        """Those of them with one of these accession numbers."""


class Outbox(Protocol):
    """Identity changes on their way to subscribers."""

    def publish(self, events: Iterable[Event], caller: Caller, message_id: int | None) -> None:
        """Append events and queue them for every active subscription. Event ids are given here."""

    @property
    def published(self) -> Sequence[Event]:
        """What this unit has published so far, oldest first, without ids."""

    def events(self, golden_id: UUID) -> list[Event]:
        """The events of a golden identity, oldest first."""

    def subscribe(self, url: str, types: Sequence[EventType], secret: str, owner: str, interest: Interest) -> int:
        """Add a subscription."""

    def subscriptions(self, owner: str | None) -> list[Mapping[str, Any]]:
        """Subscriptions with their backlog."""

    def unsubscribe(self, subscription_id: int, owner: str | None) -> bool:
        """Remove one; False when there is none of that owner's."""

    def due(
        self, limit: int, served: Collection[int], *, consumers: bool
    ) -> tuple[Mapping[str, Any], list[Event]] | None:
        """A due subscription that nobody else is serving and that is not among `served`, a consumer's or a webhook,
        and its oldest undelivered events; held until commit."""

    def delivered(self, subscription_id: int, event_ids: Sequence[int]) -> None:
        """These reached the subscriber."""

    def failed(self, subscription_id: int, error: str) -> None:
        """The next one did not; wait longer each time."""

    def stop(self, subscription_id: int, error: str) -> None:
        """The subscriber refused the next one for good: deliver nothing more until somebody has looked."""

    def enrol(self, consumers: Mapping[str, Sequence[EventType]], owner: str) -> None:
        """Make these, by URL with the events each is told, all the consumers there are."""

    def owed(self, subscription_id: int, limit: int) -> list[Event]:
        """What a subscription is owed, oldest first."""

    def retry(self, subscription_id: int) -> bool:
        """Deliver now, from the oldest event owed, also to one that was stopped; False when there is none."""

    def set_aside(self, subscription_id: int, event_id: int) -> bool:
        """Forget the oldest event owed to a subscription, once nobody is serving it; False when it is another one."""


class Snapshots(Protocol):
    """Answers that are told page by page."""

    def keep(self, pointer: UUID, snapshot: Snapshot) -> None:
        """Store a snapshot for some minutes."""

    def get(self, pointer: UUID) -> Snapshot | None:
        """A snapshot that has not expired."""

    def cancel(self, owner: str, tag: str) -> None:
        """Forget an owner's snapshots of that tag."""


class Audit(Protocol):
    """Who did or saw what, append-only."""

    def record(self, caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> None:
        """One audit row in this transaction. No demographics."""

    def record_each(self, caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> None:
        """An audit row for each of the subjects (AUD-2)."""


class Spent(Protocol):
    """Words that count once."""

    def spend(self, word: str, until: datetime, now: datetime) -> bool:
        """Whether nobody had spent the word, which is kept until then; those that hold no longer are let go."""

    def is_spent(self, word: str) -> bool:
        """Whether somebody has spent it."""

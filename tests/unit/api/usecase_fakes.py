"""Stand-ins for the use cases, in memory, raising what the real ones promise to raise.

`Faults.next` makes any of them raise once, whatever is asked: that is how every kind of failure is provoked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from linkage.model import Model
from mpi.api.security import hash_token, token_lookup
from mpi.api.services import Services
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Patch
from mpi.domain.conformance import FeedReport, Finding, FoundBy, Sighting
from mpi.domain.consequence import Consequence, Departure
from mpi.domain.evidence import AssertionView, KeptApart, Pair
from mpi.domain.history import HistoryChange, HistoryStep
from mpi.domain.identifiers import Identifier
from mpi.domain.interest import Interest
from mpi.domain.order_fold import ImagingOrder, OrderFilter, OrderPage
from mpi.domain.priors import Prior, also_planned, priors
from mpi.domain.regrouping import Regroup, Wish
from mpi.domain.views import (
    Decision,
    EventType,
    HistoryFilter,
    HistoryPage,
    PersonView,
    Resolution,
    ResolutionState,
    Study,
    TaskKind,
    TaskState,
    TaskView,
)
from mpi.domain.withholding import person_told
from mpi.domain.worklist import Position, Wanted, WorkPage
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.usecases.deciding.acts import Acts, Outcome, Preview
from mpi.usecases.deciding.batches import Batches
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.deciding.sampling import Sampling
from mpi.usecases.deciding.worklist import Worklist
from mpi.usecases.figures.corrections import Corrections
from mpi.usecases.figures.dashboards import Dashboards
from mpi.usecases.identity.contradicting import Contradictions
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.resolve import Resolve
from mpi.usecases.intake.intake import Intake
from mpi.usecases.reading.query import Query
from mpi.usecases.refused.conformance import Conformance
from mpi.usecases.refused.quarantine import Quarantine
from mpi.usecases.subscribers.deliveries import Deliveries
from mpi.usecases.subscribers.subscriptions import Subscription, Subscriptions
from tests.unit.api.batch_fakes import FakeBatches
from tests.unit.api.queue_fakes import FakeCorrections, FakeDeliveries, FakeQuarantine, Faults
from tests.unit.api.synthetic import (
    ALPHA,
    AT,
    BOLTON,
    CHRISTIE,
    HIDDEN,
    NETWORK,
    NEW,
    NHS,
    RESTRICTED,
    RETIRED,
    TOKENS,
    make_person,
    make_record,
    make_task,
)


@dataclass
class FakeQuery:
    faults: Faults
    people: dict[UUID, PersonView] = field(default_factory=dict)
    successors: dict[UUID, UUID] = field(default_factory=lambda: {RETIRED: ALPHA})
    as_of: datetime | None = None
    callers: list[Caller] = field(default_factory=list)

    def person(self, golden_id: UUID, caller: Caller) -> PersonView:
        self.faults.check()
        caller.require(Right.READ_PERSON)
        self.callers.append(caller)
        found = self.people.get(self.successors.get(golden_id, golden_id))
        if found is None:
            raise NotFound("no person has this golden id")
        return person_told(replace(found, requested_id=golden_id), caller)

    def person_of(self, identifier: Identifier, caller: Caller, as_of: datetime | None = None) -> PersonView:
        self.faults.check()
        caller.require(Right.READ_PERSON)
        self.as_of = as_of
        for person in self.people.values():
            if any(record.identifier == identifier for record in person.records):
                return person_told(person, caller)
        raise NotFound("no record has this identifier")


@dataclass
class FakeResolve:
    faults: Faults
    asked: list[tuple[Identifier, Patch | None]] = field(default_factory=list)

    def resolve(self, identifier: Identifier, patch: Patch | None, caller: Caller) -> Resolution:
        self.faults.check()
        caller.require(Right.RESOLVE)
        self.asked.append((identifier, patch))
        if identifier.authority == "NHS":
            raise NotFound("not exactly one person has this NHS number")
        if identifier == BOLTON:
            return Resolution(identifier, ALPHA, ResolutionState.CERTAIN, (CHRISTIE, NHS))
        if identifier == CHRISTIE:
            return Resolution(identifier, ALPHA, ResolutionState.AMBIGUOUS, (NHS,), BOLTON, (17,))
        return Resolution(identifier, NEW, ResolutionState.PROVISIONAL, ())

    def resolve_golden(self, identifier: Identifier, caller: Caller) -> Resolution:
        self.faults.check()
        caller.require(Right.RESOLVE)
        if UUID(identifier.value) not in {ALPHA, RETIRED}:
            raise NotFound("no person has this golden id")
        return Resolution(identifier, ALPHA, ResolutionState.CERTAIN, (BOLTON, CHRISTIE, NHS))


@dataclass
class FakeImaging:
    faults: Faults
    studies: list[Study] = field(default_factory=list)
    wanted: HistoryFilter | None = None
    as_of: datetime | None = None
    ordered: list[ImagingOrder] = field(default_factory=list)

    def register(self, study: Study, caller: Caller) -> tuple[UUID, bool]:
        self.faults.check()
        caller.require(Right.WRITE_IMAGING)
        known = [s for s in self.studies if s.study_uid == study.study_uid]
        if any(s.patient != study.patient for s in known):
            raise Refused(Fault.CONFLICT, "this study is registered under another patient id", "patient_id")
        if not known:
            self.studies.append(study)
        return ALPHA, not known

    def history(
        self,
        person: UUID | Identifier,
        caller: Caller,
        wanted: HistoryFilter = HistoryFilter(),
        limit: int = 100,
        after: str = "",
    ) -> HistoryPage:
        self.faults.check()
        caller.require(Right.READ_IMAGING)
        if person not in {ALPHA, RETIRED, BOLTON}:
            raise NotFound("no such person")
        if after and not after.startswith("at:"):
            raise Refused(Fault.BAD_VALUE, "this is no continuation of a history", "after")
        self.wanted = wanted
        start = int(after.removeprefix("at:") or 0)
        end = start + limit
        following = f"at:{end}" if end < len(self.studies) else ""
        return HistoryPage(ALPHA, tuple(self.studies[start:end]), len(self.studies), following)

    def study(self, study_uid: str, caller: Caller) -> tuple[Study, UUID]:
        self.faults.check()
        caller.require(Right.READ_IMAGING)
        for study in self.studies:
            if study.study_uid == study_uid:
                return study, ALPHA
        raise NotFound("no such study")

    def held(self, archive: str, caller: Caller, after: str = "", limit: int = 500) -> list[tuple[str, UUID]]:
        self.faults.check()
        caller.require(Right.READ_IMAGING)
        uids = sorted(study.study_uid for study in self.studies if study.archive == archive)
        return [(uid, ALPHA) for uid in uids if uid > after][:limit]

    def priors(
        self, examination: Study | str, caller: Caller, at: datetime | None = None, repeat_days: int = 30
    ) -> tuple[UUID, list[Prior], list[ImagingOrder]]:
        self.faults.check()
        asked = self.study(examination, caller)[0] if isinstance(examination, str) else examination
        begins = at or AT + timedelta(days=7)
        planned = also_planned(asked, begins, self.ordered, repeat_days)
        return ALPHA, priors(asked, begins, self.studies, repeat_days), planned

    def orders(
        self,
        golden_id: UUID,
        caller: Caller,
        wanted: OrderFilter = OrderFilter(),
        limit: int = 100,
        after: str = "",
    ) -> OrderPage:
        self.faults.check()
        caller.require(Right.READ_IMAGING)
        self.as_of = wanted.as_of
        if golden_id not in {ALPHA, RETIRED}:
            raise NotFound("no such person")
        if after and not after.startswith("at:"):
            raise Refused(Fault.BAD_VALUE, "this is no continuation", "after")
        found = [order for order in self.ordered if not (wanted.awaited and order.stored)]
        start = int(after.removeprefix("at:") or 0)
        following = f"at:{start + limit}" if start + limit < len(found) else ""
        return OrderPage(ALPHA, tuple(found[start : start + limit]), len(found), following)

    def changes(self, golden_id: UUID, caller: Caller) -> list[HistoryChange]:
        self.faults.check()
        caller.require(Right.READ_IMAGING)
        if golden_id not in {ALPHA, RETIRED}:
            raise NotFound("no such person")
        return [HistoryChange(AT, HistoryStep.JOINED, BOLTON, ("1.2.1",), "ADT^A40", 12, "f00d", (3,))]


TAKES_TWO = "this takes two people"
"""A comment with which the fakes propose what they are asked to do."""


@dataclass
class FakeReview:
    faults: Faults
    board: dict[int, TaskView] = field(default_factory=dict)
    filters: tuple[object, ...] = ()
    standing: dict[int, tuple[Identifier, Identifier, bool, str]] = field(default_factory=dict)

    def tasks(
        self,
        caller: Caller,
        states: tuple[TaskState, ...] = (TaskState.OPEN, TaskState.CLAIMED),
        kinds: tuple[TaskKind, ...] = (),
        authority: str = "",
        limit: int = 100,
        after: int = 0,
    ) -> tuple[TaskView, ...]:
        self.faults.check()
        caller.require(Right.REVIEW)
        self.filters = (states, kinds, authority)
        return tuple(t for t in self.board.values() if t.id > after and t.state in states)[:limit]

    def task(self, task_id: int, caller: Caller) -> TaskView:
        self.faults.check()
        caller.require(Right.REVIEW)
        if task_id not in self.board:
            raise NotFound("no such task")
        return self.board[task_id]

    def assertions(self, identifier: Identifier, caller: Caller) -> tuple[AssertionView, ...]:
        self.faults.check()
        caller.require(Right.REVIEW)
        return tuple(
            AssertionView(number, one, other, same, "reviewer", AT)
            for number, (one, other, same, _) in self.standing.items()
            if identifier in (one, other)
        )

    def explain(self, task_id: int, caller: Caller) -> tuple[str, ...]:
        self.task(task_id, caller)
        return ("Surname agrees exactly: +7.1",)

    def _put(self, task: TaskView) -> TaskView:
        self.board[task.id] = task
        return task

    def claim(self, task_id: int, caller: Caller) -> TaskView:
        task = self.task(task_id, caller)
        if task.claimed_by not in {"", caller.user}:
            raise Conflict("another reviewer has this task")
        return self._put(replace(task, state=TaskState.CLAIMED, claimed_by=caller.user))

    def release(self, task_id: int, caller: Caller) -> TaskView:
        return self._put(replace(self.task(task_id, caller), state=TaskState.OPEN, claimed_by=""))

    def decide(
        self, task_id: int, decision: Decision, comment: str, caller: Caller, due: date | None = None
    ) -> TaskView:
        task = self.task(task_id, caller)
        if task.state is TaskState.DECIDED:
            raise Conflict("this task is decided")
        state = TaskState.DEFERRED if decision is Decision.DEFER else TaskState.DECIDED
        return self._put(
            replace(
                task, state=state, decision=decision, comment=comment, decided_by=caller.user, decided_at=AT, due=due
            )
        )

    def preview(self, task_id: int, decision: Decision, caller: Caller) -> tuple[Consequence, bool]:
        self.task(task_id, caller)
        gone = Departure(ALPHA, RETIRED, (BOLTON,), ("1.2.1",), False)
        return Consequence((gone,), told=("RMC",), minted=(RETIRED,)), True

    def undo(self, task_id: int, comment: str, caller: Caller) -> TaskView:
        return self._put(replace(self.task(task_id, caller), state=TaskState.OPEN, decision=None, comment=comment))

    def assert_pair(self, one: Identifier, other: Identifier, same: bool, comment: str, caller: Caller) -> Outcome:
        self.faults.check()
        caller.require(Right.REVIEW)
        if comment == TAKES_TWO:
            return Outcome(task=5)
        self.standing[len(self.standing) + 1] = (one, other, same, comment)
        return Outcome((len(self.standing),))

    def withdraw(self, assertion_id: int, comment: str, caller: Caller) -> Outcome:
        self.faults.check()
        caller.require(Right.REVIEW)
        if comment == TAKES_TWO:
            return Outcome(task=5)
        if self.standing.pop(assertion_id, None) is None:
            raise NotFound("no such assertion")
        return Outcome((assertion_id,))


@dataclass
class FakeSubscriptions:
    faults: Faults
    made: dict[int, Subscription] = field(default_factory=dict)

    def add(
        self, url: str, types: tuple[EventType, ...], secret: str, caller: Caller, interest: Interest = Interest()
    ) -> Subscription:
        self.faults.check()
        caller.require(Right.SUBSCRIBE)
        made = Subscription(len(self.made) + 1, url, types, secret, caller.user, True, AT, interest)
        self.made[made.id] = made
        return made

    def list(self, caller: Caller) -> tuple[Subscription, ...]:
        self.faults.check()
        caller.require(Right.SUBSCRIBE)
        return tuple(self.made.values())

    def remove(self, subscription_id: int, caller: Caller) -> None:
        self.faults.check()
        caller.require(Right.SUBSCRIBE)
        if self.made.pop(subscription_id, None) is None:
            raise NotFound("no such subscription")


class FakeConformance:
    """One fault of every feed of the network."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def report(self, feed: str, days: int, caller: Caller) -> FeedReport:
        self.faults.check()
        caller.require(Right.OPERATE)
        if feed not in NETWORK.feed_by_id:
            raise NotFound("no feed of this network has this id")
        finding = Finding("PID", 7, 0, "PID-7 is not a date and was ignored", FoundBy.READER)
        since = AT.date() - timedelta(days=days - 1)
        return FeedReport(feed, since, 200, 2, ((finding, Sighting(3, AT, AT)),))


@dataclass
class FakeWorklist:
    faults: Faults
    board: dict[int, TaskView]
    asked: list[tuple[Wanted, Position | None]] = field(default_factory=list)

    def page(
        self, caller: Caller, wanted: Wanted = Wanted(), limit: int = 50, after: Position | None = None
    ) -> WorkPage:
        self.faults.check()
        caller.require(Right.REVIEW)
        self.asked.append((wanted, after))
        found = tuple(t for t in self.board.values() if t.id > (after.id if after else 0))
        following = Position(-9, 8.25, found[limit - 1].id) if len(found) > limit else None
        return WorkPage(found[:limit], len(self.board), following)

    def next(self, caller: Caller, wanted: Wanted = Wanted()) -> TaskView | None:
        self.faults.check()
        caller.require(Right.REVIEW)
        self.asked.append((wanted, None))
        return None if wanted.text else self.board[1]

    def assign(self, task_id: int, user: str, caller: Caller) -> TaskView:
        self.faults.check()
        caller.require(Right.REVIEW)
        self.board[task_id] = replace(self.board[task_id], state=TaskState.CLAIMED, claimed_by=user)
        return self.board[task_id]


@dataclass
class FakeKeepingApart:
    faults: Faults
    pairs: dict[int, KeptApart] = field(default_factory=dict)

    def keep_apart(self, one: Identifier, other: Identifier, reason: str, caller: Caller) -> int:
        self.faults.check()
        caller.require(Right.PRIVACY)
        number = len(self.pairs) + 1
        self.pairs[number] = KeptApart(number, Pair.of(one, other), caller.user, AT, reason)
        return number

    def standing(self, caller: Caller) -> list[KeptApart]:
        self.faults.check()
        caller.require(Right.PRIVACY)
        return list(self.pairs.values())

    def lift(self, statement: int, reason: str, caller: Caller) -> bool:
        self.faults.check()
        caller.require(Right.PRIVACY)
        if statement not in self.pairs:
            raise NotFound("no two records are kept apart by this")
        asked = self.pairs[statement].lift_asked_by
        self.pairs[statement] = replace(self.pairs[statement], lift_asked_by=caller.user)
        return bool(asked)


@dataclass
class FakeActs:
    """Knows of no records: a mark tells one wish from another."""

    faults: Faults
    done: list[tuple[Wish, str]] = field(default_factory=list)
    undone: list[tuple[UUID, tuple[int, ...]]] = field(default_factory=list)

    def preview(self, wish: Wish, caller: Caller) -> Preview:
        self.faults.check()
        caller.require(Right.REVIEW)
        if wish.golden_id not in (ALPHA, HIDDEN):
            raise NotFound("no person is under this golden id now")
        gone = Departure(wish.golden_id, wish.other or NEW, wish.records, ("1.2.1",), wish.kind is Regroup.MERGE)
        minted = () if wish.other else (NEW,)
        against = Contradictions(("sex: different",) if wish.other else ())
        return Preview(Consequence((gone,), minted=minted), False, f"mark-of-{wish.kind}", (), against)

    def apply(self, wish: Wish, mark: str, comment: str, caller: Caller) -> Outcome:
        self.faults.check()
        caller.require(Right.REVIEW)
        if mark != f"mark-of-{wish.kind}":
            raise Conflict("the records of these people have changed since you looked")
        if comment == TAKES_TWO:
            return Outcome(task=5)
        self.done.append((wish, comment))
        return Outcome((7, 8))

    def undo(self, golden_id: UUID, assertions: Sequence[int], comment: str, caller: Caller) -> Outcome:
        self.faults.check()
        caller.require(Right.REVIEW)
        if comment == TAKES_TWO:
            return Outcome(task=5)
        self.undone.append((golden_id, tuple(assertions)))
        return Outcome(tuple(assertions))


class FakeHouse:
    """All the fakes, and the services made of them."""

    def __init__(self) -> None:
        self.faults = Faults()
        hidden = make_person(HIDDEN, make_record(RESTRICTED, HIDDEN, restricted=True))
        self.query = FakeQuery(self.faults, {ALPHA: make_person(), HIDDEN: hidden})
        self.resolve = FakeResolve(self.faults)
        self.imaging = FakeImaging(self.faults, [Study(f"1.2.{n}", BOLTON, AT, ("CT",)) for n in range(1, 6)])
        self.review = FakeReview(self.faults, {n: make_task(n) for n in range(1, 6)})
        self.worklist = FakeWorklist(self.faults, self.review.board)
        self.keeping_apart = FakeKeepingApart(self.faults)
        self.acts = FakeActs(self.faults)
        self.batches = FakeBatches(self.faults)
        self.subscriptions = FakeSubscriptions(self.faults)
        self.conformance = FakeConformance(self.faults)
        self.quarantine = FakeQuarantine(self.faults)
        self.deliveries = FakeDeliveries(self.faults)
        self.corrections = FakeCorrections(self.faults)
        self.reasons: list[str] = []
        self.warnings: list[str] = []
        self.observed: list[tuple[str, str, int, float]] = []

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self.observed.append((method, route, status, seconds))

    @property
    def services(self) -> Services:
        return Services(
            intake=cast(Intake, object()),
            query=cast(Query, self.query),
            resolve=cast(Resolve, self.resolve),
            imaging=cast(Imaging, self.imaging),
            review=cast(Review, self.review),
            worklist=cast(Worklist, self.worklist),
            batches=cast(Batches, self.batches),
            keeping_apart=cast(KeepingApart, self.keeping_apart),
            acts=cast(Acts, self.acts),
            subscriptions=cast(Subscriptions, self.subscriptions),
            conformance=cast(Conformance, self.conformance),
            quarantine=cast(Quarantine, self.quarantine),
            deliveries=cast(Deliveries, self.deliveries),
            corrections=cast(Corrections, self.corrections),
            dashboards=cast(Dashboards, object()),
            sampling=cast(Sampling, object()),
            model=cast(Model, object()),
            started=AT,
            network=NETWORK,
            caller_of=token_lookup({hash_token(token): caller for token, caller in TOKENS.items()}),
            unready=lambda: self.reasons,
            metrics=lambda: b"mpi_up 1\n",
            warnings=lambda: self.warnings,
        )

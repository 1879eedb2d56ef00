"""Settle what the mathematics cannot: decisions are assertions, and re-partition in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkage.partition import AssertionRank, Verdict
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.views import AssertionView, Decision, TaskKind, TaskState, TaskView
from mpi.errors import Conflict, Fault, Forbidden, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.drafting import open_draft
from mpi.usecases.matching import Matching
from mpi.usecases.rematch import Cause, Rematch

_RULINGS = frozenset({Decision.ACCEPT, Decision.REJECT})
_UNANSWERED = frozenset({TaskState.OPEN, TaskState.CLAIMED, TaskState.DEFERRED})


class Review:
    """Review tasks and their decisions; every method needs REVIEW."""

    def __init__(self, units: Units, matching: Matching, rematch: Rematch, clock: Clock) -> None:
        self._units = units
        self._matching = matching
        self._rematch = rematch
        self._clock = clock

    def tasks(
        self,
        caller: Caller,
        states: tuple[TaskState, ...] = (TaskState.OPEN, TaskState.CLAIMED),
        kinds: tuple[TaskKind, ...] = (),
        authority: str = "",
        limit: int = 100,
        after: int = 0,
    ) -> tuple[TaskView, ...]:
        """Tasks by id after `after`."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            found = unit.tasks.find(states, kinds, authority, limit, after)
            unit.audit.record(caller, "list-tasks", [], {"tasks": len(found)})
            unit.commit()
            return tuple(found)

    def task(self, task_id: int, caller: Caller) -> TaskView:
        """One task. Raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            found = _task(unit, task_id)
            unit.audit.record(caller, "read-task", [f"task/{task_id}"], {})
            unit.commit()
            return found

    def explain(self, task_id: int, caller: Caller) -> tuple[str, ...]:
        """Why the pair scores as it does, one sentence per comparison. Raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            asked = _task(unit, task_id)
            records = unit.records.of_identifiers([asked.one, asked.other])
            encoded = [r.encoded for r in records if r.encoded]
            waiting = [r.pending for r in records if r.pending is not None and asked.kind is TaskKind.OVERLAY]
            # Of an overlay the two to compare are the version that counts and the one that waits.
            encoded += [self._matching.encode(pending.registers.demographics)[0] for pending in waiting]
            unit.audit.record(caller, "explain-task", [f"task/{task_id}"], {})
            unit.commit()
            return self._matching.explain(encoded[0], encoded[-1]) if encoded else ()

    def claim(self, task_id: int, caller: Caller) -> TaskView:
        """Take a task. Raises `Conflict` when another has it or it is answered, NotFound."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._claim(task_id, caller))

    def release(self, task_id: int, caller: Caller) -> TaskView:
        """Give a task back. Raises `Conflict` when it is not the caller's, NotFound."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._release(task_id, caller))

    def decide(
        self, task_id: int, decision: Decision, comment: str, caller: Caller, due: date | None = None
    ) -> TaskView:
        """Answer a task: an overlay by accept or reject, others by same or different, any by defer.

        Raises `Conflict` when it is decided, withdrawn or another's, `Refused` for an answer to another kind of
        question, NotFound.
        """
        caller.require(Right.REVIEW)
        return attempt(lambda: self._decide(task_id, decision, comment, caller, due))

    def undo(self, task_id: int, comment: str, caller: Caller) -> TaskView:
        """Take a decision back; the partition is exactly as without it. One's own, or any with UNDO_ANY."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._undo(task_id, comment, caller))

    def assertions(self, identifier: Identifier, caller: Caller) -> tuple[AssertionView, ...]:
        """The standing statements about a record, a feed's merges included: what `withdraw` can take back.
        Raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            if not unit.records.of_identifiers([identifier]):
                raise NotFound("no record has this identifier")
            standing = unit.evidence.assertions([identifier])
            unit.audit.record(caller, "list-assertions", [str(identifier)], {})
            unit.commit()
            return tuple(_view(made) for made in standing)

    def assert_pair(self, one: Identifier, other: Identifier, same: bool, comment: str, caller: Caller) -> int:
        """Assert same or different about any two known records; returns the assertion's id. Raises NotFound."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._assert_pair(one, other, same, comment, caller))

    def withdraw(self, assertion_id: int, comment: str, caller: Caller) -> None:
        """Take an assertion back, a feed's merge included. Raises NotFound, Forbidden."""
        caller.require(Right.REVIEW)
        attempt(lambda: self._withdraw_alone(assertion_id, comment, caller))

    def _claim(self, task_id: int, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            _unanswered(_task(unit, task_id, for_update=True), caller)
            unit.tasks.claim(task_id, caller.user)
            return self._done(unit, task_id, "claim-task", caller)

    def _release(self, task_id: int, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            held = _task(unit, task_id, for_update=True)
            if held.state is not TaskState.CLAIMED or held.claimed_by != caller.user:
                raise Conflict("this task is not claimed by you")
            unit.tasks.claim(task_id, "")
            return self._done(unit, task_id, "release-task", caller)

    def _decide(self, task_id: int, decision: Decision, comment: str, caller: Caller, due: date | None) -> TaskView:
        with self._units.begin() as unit:
            asked = _task(unit, task_id, for_update=True)
            _unanswered(asked, caller)
            made = None
            _fits(decision, asked)
            if decision in _RULINGS:
                self._rule(unit, asked, decision, comment, caller)
            elif decision is not Decision.DEFER and asked.one != asked.other:
                verdict = Verdict.SAME if decision is Decision.SAME else Verdict.DIFFERENT
                made = self._assert(unit, asked.one, asked.other, verdict, comment or asked.reason, caller)
            unit.tasks.decide(task_id, decision, comment, caller.user, made, due)
            return self._done(unit, task_id, f"decide-{decision}", caller)

    def _undo(self, task_id: int, comment: str, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            decided = _task(unit, task_id, for_update=True)
            if decided.state is not TaskState.DECIDED:
                raise Conflict("only a decided task can be undone")
            if decided.decided_by != caller.user:
                caller.require(Right.UNDO_ANY)
            if any(_question(task) == _question(decided) for task in unit.tasks.touching([decided.one])):
                raise Conflict("the same question has been asked again since, answer that one")
            made = unit.tasks.reopen(task_id, comment, caller.user)
            if decided.decision in _RULINGS:
                unit.rulings.withdraw(task_id, caller, comment)
                released = [decided.one] if decided.decision is Decision.ACCEPT else []
                self._reread(unit, decided.one, Cause(caller, comment or "undo"), released)
            if made is not None:
                self._withdraw(unit, made, comment, caller)
            return self._done(unit, task_id, "undo-task", caller)

    def _rule(self, unit: Unit, asked: TaskView, decision: Decision, comment: str, caller: Caller) -> None:
        """Say who an overlaid record is: the pending version counts from now on, or never."""
        unit.records.lock_identifiers([asked.one])
        (record,) = unit.records.of_identifiers([asked.one])
        if record.pending is None or record.pending.rejected:
            raise Conflict("nothing waits at this record any more")
        accepted = decision is Decision.ACCEPT
        unit.rulings.add(record.pending, accepted, asked.id, caller, comment or asked.reason)
        cause = Cause(caller, comment or f"reviewer: {decision.value}")
        self._reread(unit, asked.one, cause, [asked.one] if accepted else [])

    def _reread(self, unit: Unit, one: Identifier, cause: Cause, released: Sequence[Identifier]) -> None:
        draft = open_draft(unit, [one])
        draft.refold(unit.records.updates(draft.members))
        self._rematch.absorb(unit, draft, cause, ruled=[one], released=released)

    def _assert_pair(self, one: Identifier, other: Identifier, same: bool, comment: str, caller: Caller) -> int:
        if one == other:
            raise Refused(Fault.BAD_VALUE, "a record cannot be asserted same as or different from itself")
        with self._units.begin() as unit:
            if len(unit.records.of_identifiers([one, other])) != 2:
                raise NotFound("both records must be known")
            verdict = Verdict.SAME if same else Verdict.DIFFERENT
            made = self._assert(unit, one, other, verdict, comment, caller)
            unit.audit.record(caller, f"assert-{verdict.value}", [str(one), str(other)], {"assertion": made})
            unit.commit()
            return made

    def _withdraw_alone(self, assertion_id: int, comment: str, caller: Caller) -> None:
        with self._units.begin() as unit:
            self._withdraw(unit, assertion_id, comment, caller)
            unit.audit.record(caller, "withdraw-assertion", [f"assertion/{assertion_id}"], {})
            unit.commit()

    def _assert(
        self, unit: Unit, one: Identifier, other: Identifier, verdict: Verdict, reason: str, caller: Caller
    ) -> int:
        confidential = self._matching.is_confidential(one) or self._matching.is_confidential(other)
        if verdict is Verdict.SAME and confidential and one.authority != other.authority:
            # It would show a confidential service's studies to everyone: for the privacy officer alone (NHS-58).
            caller.require(Right.PRIVACY)
        now = self._clock.now()
        draft = open_draft(unit, [one, other])
        draft.add(Assertion(Pair.of(one, other), verdict, AssertionRank.REVIEWER, Stamp(Rank.FEED, now, now)))
        if draft.needs_refold:
            draft.refold(unit.records.updates(draft.members))
        return self._rematch.absorb(unit, draft, Cause(caller, reason or f"reviewer: {verdict.value}"))[0]

    def _withdraw(self, unit: Unit, assertion_id: int, comment: str, caller: Caller) -> None:
        found = unit.evidence.assertion(assertion_id)
        if found is None:
            raise NotFound("no standing assertion has this id")
        assertion, made_by = found
        if made_by != caller.user and not caller.may(Right.UNDO_ANY):
            raise Forbidden("only its maker or a senior reviewer may take an assertion back")
        pair = assertion.pair
        unit.records.lock_identifiers([pair.one, pair.other])
        unit.evidence.withdraw(assertion_id, caller, comment)
        draft = open_draft(unit, [pair.one, pair.other])
        if draft.needs_refold or assertion.subsumed is not None:
            draft.refold(unit.records.updates(draft.members))
        self._rematch.absorb(unit, draft, Cause(caller, comment or "undo"), withdrawn=[assertion])

    def _done(self, unit: Unit, task_id: int, action: str, caller: Caller) -> TaskView:
        unit.audit.record(caller, action, [f"task/{task_id}"], {})
        found = _task(unit, task_id)
        unit.commit()
        return found


def _task(unit: Unit, task_id: int, *, for_update: bool = False) -> TaskView:
    found = unit.tasks.get(task_id, for_update=for_update)
    if found is None:
        raise NotFound("no review task has this id")
    return found


def _question(task: TaskView) -> tuple[TaskKind, Pair]:
    return task.kind, Pair.of(task.one, task.other)


def _fits(decision: Decision, asked: TaskView) -> None:
    if decision is Decision.DEFER or (decision in _RULINGS) == (asked.kind is TaskKind.OVERLAY):
        return
    wanted = "accept, reject" if asked.kind is TaskKind.OVERLAY else "same, different"
    raise Refused(Fault.BAD_VALUE, f"a task of kind {asked.kind} is answered by {wanted} or defer")


def _unanswered(task: TaskView, caller: Caller) -> None:
    if task.state not in _UNANSWERED:
        raise Conflict(f"this task is already {task.state}")
    if task.claimed_by not in {"", caller.user}:
        raise Conflict("this task is claimed by somebody else")


def _view(made: Assertion) -> AssertionView:
    return AssertionView(
        id=made.id or 0,
        one=made.pair.one,
        other=made.pair.other,
        same=made.verdict is Verdict.SAME,
        rank=made.rank.name.lower(),
        occurred=made.stamp.occurred,
        subsumed=made.subsumed,
    )

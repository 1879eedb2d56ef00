"""Do what an answer to a review task says, and take it back."""

from __future__ import annotations

from datetime import date

from mpi.domain.access import Caller, Right
from mpi.domain.answers import RULINGS, VERDICTS, require_fitting
from mpi.domain.evidence import Pair
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.domain.worklist import UNANSWERED, holder
from mpi.errors import Conflict
from mpi.ports import Clock, Unit
from mpi.usecases.deciding.acting import Acting
from mpi.usecases.deciding.rehearsing import Rehearsing
from mpi.usecases.identity.asserting import Asserting

_OF_SOURCES = frozenset({TaskKind.STUDY_CONFLICT, TaskKind.ORDER_CONFLICT, TaskKind.MOVE})
"""What is asked because of what a source did, however unlike the patients are."""


class Answering:
    """Answers to tasks that the caller has locked. Every method works inside the caller's transaction."""

    def __init__(self, asserting: Asserting, acting: Acting, rehearsing: Rehearsing, clock: Clock) -> None:
        self._asserting = asserting
        self._acting = acting
        self._rehearsing = rehearsing
        self._clock = clock

    def require_answerable(self, task: TaskView, caller: Caller) -> None:
        """Raise `Conflict` unless the caller may answer the task now."""
        if task.state not in UNANSWERED:
            raise Conflict(f"this task is already {task.state}")
        if holder(task, self._clock.now()) not in {"", caller.user}:
            raise Conflict("this task is claimed by somebody else")
        if task.proposed_by == caller.user:
            raise Conflict(f"you have answered '{task.proposed}' already: somebody else has to look at this task now")

    def settle(
        self, unit: Unit, asked: TaskView, decision: Decision, comment: str, caller: Caller, due: date | None = None
    ) -> bool:
        """Do and record an answer. False when it takes a second person: then nothing may be committed."""
        made, unlike = self.state(unit, asked, decision, comment, caller)
        seconded = asked.proposed is decision and asked.proposed_by != caller.user
        if not seconded and (unlike or self._rehearsing.has_high_impact(unit)):
            return False
        unit.tasks.decide(asked.id, decision, comment, caller.user, made, due)
        return True

    def state(
        self, unit: Unit, asked: TaskView, decision: Decision, comment: str, caller: Caller
    ) -> tuple[int | None, bool]:
        """Do what an answer says; returns the id of the assertion it made, and whether it joined people who look
        different, of whom the matching has not asked."""
        require_fitting(decision, asked)
        if asked.proposal is not None:
            if decision is Decision.ACCEPT:
                self._acting.second(unit, asked, comment, caller)
        elif decision in RULINGS:
            self._asserting.rule(unit, asked, decision, comment, caller)
        elif decision in VERDICTS and asked.one != asked.other:
            verdict, why = VERDICTS[decision], comment or asked.reason
            of_source = asked.kind in _OF_SOURCES
            unlike = of_source and self._asserting.against(unit, asked.one, asked.other, verdict).unlike
            return self._asserting.state(unit, asked.one, asked.other, verdict, why, caller), unlike
        return None, False

    def take_back(self, unit: Unit, decided: TaskView, comment: str, caller: Caller) -> None:
        """Undo an answer. Raises `Conflict` when there is nothing to undo or it is asked anew, Forbidden."""
        if decided.state is not TaskState.DECIDED or decided.kind is TaskKind.BLIND_SAMPLE:
            raise Conflict("only a decided task that has changed something can be undone")
        if decided.proposal is not None:
            if decided.decision is Decision.REJECT:
                raise Conflict("this proposal was turned down: nothing was done that could be taken back")
            raise Conflict("what was proposed and done is taken back on the page of the person")
        if decided.decided_by != caller.user:
            caller.require(Right.UNDO_ANY)
        if any(_question(task) == _question(decided) for task in unit.tasks.touching([decided.one])):
            raise Conflict("the same question has been asked again since, answer that one")
        made = unit.tasks.reopen(decided.id, comment, caller.user)
        if decided.decision in RULINGS:
            self._asserting.unrule(unit, decided, comment, caller)
        if made is not None:
            self._asserting.withdraw(unit, [made], comment, caller)


def _question(task: TaskView) -> tuple[TaskKind, Pair]:
    return task.kind, Pair.of(task.one, task.other)

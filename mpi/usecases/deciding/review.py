"""Settle what the mathematics cannot: decisions are assertions, and re-partition in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from linkage.partition import AssertionRank, Verdict
from mpi.domain.access import Caller, Right
from mpi.domain.acts import Retraction, Statement
from mpi.domain.answers import require_due, require_fitting
from mpi.domain.consequence import Consequence
from mpi.domain.evidence import Assertion, AssertionView
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.domain.worklist import LEASE, UNANSWERED
from mpi.errors import Conflict, NotFound
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.deciding.acting import Acting, Outlived
from mpi.usecases.deciding.acts import Acts, Outcome
from mpi.usecases.deciding.answering import Answering
from mpi.usecases.deciding.comparing import explain
from mpi.usecases.deciding.rehearsing import Rehearsing
from mpi.usecases.deciding.sampling import as_told, give_up, take_answer
from mpi.usecases.deciding.showing import may_be_shown, require_shown
from mpi.usecases.identity.asserting import Asserting
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Rematch


class Review:
    """Review tasks and their decisions; every method needs REVIEW."""

    def __init__(
        self, units: Units, matching: Matching, rematch: Rematch, clock: Clock, second_person_studies: int = 20
    ) -> None:
        """Changes that move more than `second_person_studies` studies to another history need two people."""
        self._units = units
        self._matching = matching
        asserting = Asserting(matching, rematch, clock)
        acting = Acting(matching, asserting)
        self._clock = clock
        self._rehearsing = Rehearsing(units, matching.network, second_person_studies)
        self._answering = Answering(asserting, acting, self._rehearsing, clock)
        self._acts = Acts(units, acting, self._rehearsing)

    def tasks(
        self,
        caller: Caller,
        states: tuple[TaskState, ...] = (TaskState.OPEN, TaskState.CLAIMED),
        kinds: tuple[TaskKind, ...] = (),
        authority: str = "",
        limit: int = 100,
        after: int = 0,
    ) -> tuple[TaskView, ...]:
        """Tasks by id after `after`; without those about people who have been kept apart since."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            standing = unit.tasks.find(states, kinds, authority, limit, after)
            shown = [t for t in standing if t.state in UNANSWERED or may_be_shown(unit, t, caller)]
            found = [as_told(unit, task, caller) for task in shown]
            unit.audit.record(caller, "list-tasks", [], {"tasks": len(found)})
            unit.commit()
            return tuple(found)

    def task(self, task_id: int, caller: Caller) -> TaskView:
        """One task, as `as_told`, as every task that a method here returns. Raises NotFound, Forbidden for
        people who are kept apart."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            found = as_told(unit, _task(unit, task_id), caller)
            require_shown(unit, found, caller)
            unit.audit.record(caller, "read-task", [f"task/{task_id}"], {})
            unit.commit()
            return found

    def explain(self, task_id: int, caller: Caller) -> tuple[str, ...]:
        """Why the pair scores as it does, one sentence per comparison. Who asks about a blind sample leaves it to
        others. Raises NotFound."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._explain(task_id, caller))

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
        """Answer a task: an overlay by accept or reject, others by same or different, any of these by defer or
        unsure; a proposed change by accept or reject, by another than its proposer; one that is `Outlived` is
        withdrawn.

        An answer of high impact (see `preview`) stands when a second person gives it too: until then it is
        `proposed`. Who was unsure leaves the task to somebody else. Raises `Conflict` when the task is decided,
        withdrawn, another's, or waits for another person, `Refused` for an answer to another kind of question
        and for a day not after today or beyond two years, `StrongerNeeded` for the first or second answer of high
        impact, NotFound.
        """
        caller.require(Right.REVIEW)
        require_due(due, self._clock.now().date())
        try:
            decided = attempt(lambda: self._decide(task_id, decision, comment, caller, due))
        except Outlived:
            self._acts.let_go(task_id, caller)
            raise
        return decided or attempt(lambda: self._propose(task_id, decision, comment, caller))

    def preview(self, task_id: int, decision: Decision, caller: Caller) -> tuple[Consequence, bool]:
        """What an answer would do, by doing it and taking it back; and whether it needs a second person: it parts
        records that share a verified NHS number, moves many studies, or joins people who look different, of whom the
        matching has not asked. Who asks about a blind sample leaves it to others. Raises as `decide`."""
        caller.require(Right.REVIEW)
        attempt(lambda: self._look_behind(task_id, caller))
        (_, unlike), told = attempt(
            lambda: self._rehearsing.rehearse(
                lambda unit: self._answering.state(unit, _task(unit, task_id), decision, "", caller),
                f"task/{task_id}",
                caller,
            )
        )
        return told, unlike or self._rehearsing.needs_two(told)

    def undo(self, task_id: int, comment: str, caller: Caller) -> TaskView:
        """Take a decision back; the partition is exactly as without it. One's own, or any with UNDO_ANY. Of a task
        that waits for a second person, its giver takes back what they have proposed; a proposed change is withdrawn
        then."""
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
            shown = [made for made in standing if made.rank is not AssertionRank.PRIVACY or caller.may(Right.PRIVACY)]
            return tuple(_view(made) for made in shown)

    def assert_pair(self, one: Identifier, other: Identifier, same: bool, comment: str, caller: Caller) -> Outcome:
        """Assert same or different about any two known records, as `Acts.apply`. Raises NotFound."""
        return self._acts.apply(Statement(one, other, same), "", comment, caller)

    def withdraw(self, assertion_id: int, comment: str, caller: Caller) -> Outcome:
        """Take an assertion back with all that was stated in one act with it, a feed's merge included, as
        `Acts.apply`; of one that answered a task, the answer is undone (see `undo`). Raises NotFound, Forbidden,
        Conflict."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            answered = unit.provenance.tasks_of([assertion_id]).get(assertion_id)
        if answered is None:
            return self._acts.apply(Retraction((assertion_id,)), "", comment, caller)
        self.undo(answered, comment, caller)  # it must not stay settled with nothing behind it
        return Outcome((assertion_id,))

    def _explain(self, task_id: int, caller: Caller) -> tuple[str, ...]:
        with self._units.begin() as unit:
            asked = _task(unit, task_id, for_update=True)
            require_shown(unit, asked, caller)
            give_up(unit, asked, caller.user)
            found = explain(unit, self._matching, asked)
            unit.audit.record(caller, "explain-task", [f"task/{task_id}"], {})
            unit.commit()
            return (*(line.loggable for line in found.lines), found.summary) if found else ()

    def _look_behind(self, task_id: int, caller: Caller) -> None:
        """Apart from the rehearsal, which is taken back and so would forget it."""
        with self._units.begin() as unit:
            asked = _task(unit, task_id, for_update=True)
            require_shown(unit, asked, caller)
            give_up(unit, asked, caller.user)
            unit.commit()

    def _claim(self, task_id: int, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            self._answering.require_answerable(_task(unit, task_id, for_update=True), caller)
            unit.tasks.claim(task_id, caller.user, self._clock.now() + LEASE)
            return self._done(unit, task_id, "claim-task", caller)

    def _release(self, task_id: int, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            held = _task(unit, task_id, for_update=True)
            if held.state is not TaskState.CLAIMED or held.claimed_by != caller.user:
                raise Conflict("this task is not claimed by you")
            unit.tasks.release(task_id)
            return self._done(unit, task_id, "release-task", caller)

    def _decide(
        self, task_id: int, decision: Decision, comment: str, caller: Caller, due: date | None
    ) -> TaskView | None:
        """None, and nothing is done, when a second person is needed: the answer is proposed."""
        with self._units.begin() as unit:
            asked = _task(unit, task_id, for_update=True)
            self._answering.require_answerable(asked, caller)
            require_fitting(decision, asked)
            if asked.kind is TaskKind.BLIND_SAMPLE and decision is not Decision.DEFER:
                take_answer(unit, asked, decision, comment, caller.user)
                return self._done(unit, task_id, f"decide-{decision}", caller)
            if decision is Decision.UNSURE or not self._answering.settle(unit, asked, decision, comment, caller, due):
                return None
            seconded = asked.proposed is decision and asked.proposed_by != caller.user
            if seconded:
                caller.require_strong()
            by_two = {"proposed_by": asked.proposed_by} if seconded else {}
            return self._done(unit, task_id, f"decide-{decision}", caller, by_two)

    def _propose(self, task_id: int, decision: Decision, comment: str, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            self._answering.require_answerable(_task(unit, task_id, for_update=True), caller)
            if decision is not Decision.UNSURE:
                caller.require_strong()
            unit.tasks.propose(task_id, decision, comment, caller.user)
            return self._done(unit, task_id, f"propose-{decision}", caller)

    def _undo(self, task_id: int, comment: str, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            decided = _task(unit, task_id, for_update=True)
            if decided.proposed_by == caller.user and decided.state in UNANSWERED:
                if decided.proposal is None:
                    unit.tasks.reopen(task_id, comment, caller.user)
                else:
                    unit.tasks.withdraw_proposal(task_id, comment, caller.user)
                return self._done(unit, task_id, "undo-proposal", caller)
            self._answering.take_back(unit, decided, comment, caller)
            return self._done(unit, task_id, "undo-task", caller)

    def _done(
        self, unit: Unit, task_id: int, action: str, caller: Caller, detail: Mapping[str, str] = {}
    ) -> TaskView:
        unit.audit.record(caller, action, [f"task/{task_id}"], dict(detail))
        found = as_told(unit, _task(unit, task_id), caller)
        unit.commit()
        return found


def _task(unit: Unit, task_id: int, *, for_update: bool = False) -> TaskView:
    found = unit.tasks.get(task_id, for_update=for_update)
    if found is None:
        raise NotFound("no review task has this id")
    return found


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

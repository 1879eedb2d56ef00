"""Change people without having been asked: previewed as a whole, done as a whole, and by two people where it takes
two; until then it is kept as a proposal in the work list (decision 34)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.acts import Act, Proposal, Retraction, outline
from mpi.domain.consequence import Consequence
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.views import TaskKind, TaskView
from mpi.domain.worklist import UNANSWERED
from mpi.errors import Conflict, Forbidden, NotFound
from mpi.ports import Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.deciding.acting import Acting, Outlived, Performed
from mpi.usecases.deciding.rehearsing import Rehearsing
from mpi.usecases.identity.contradicting import NOTHING_AGAINST, Contradictions
from mpi.usecases.identity.drafting import hold_people

_WOULD = {
    "split": "make records a person of their own",
    "move": "move records to another person",
    "merge": "make two people one",
    "same": "state that two records are one person",
    "different": "state that two records are two people",
    "undo": "take back what was stated of these people",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do; `needs_two`: unless a senior reviewer does it. The rest is as of `Performed`."""

    consequence: Consequence
    needs_two: bool
    mark: str = ""
    unmerged: tuple[Identifier, ...] = ()
    against: Contradictions = NOTHING_AGAINST


@dataclass(frozen=True, slots=True)
class Outcome:
    """The `assertions` that an act has made or taken back; or, and then nothing is changed, the `task` under which it
    waits for a second person."""

    assertions: tuple[int, ...] = ()
    task: int | None = None


class Acts:
    """Every method needs REVIEW, and raises as `Acting`."""

    def __init__(self, units: Units, acting: Acting, rehearsing: Rehearsing) -> None:
        self._units = units
        self._acting = acting
        self._rehearsing = rehearsing

    def preview(self, act: Act, caller: Caller) -> Preview:
        """What would happen, by doing it and taking it back."""
        caller.require(Right.REVIEW)
        told = outline(act)
        subject = str(told.golden_id) if told.golden_id else " ".join(map(str, told.records or told.assertions))
        done, found = attempt(
            lambda: self._rehearsing.rehearse(
                lambda unit: self._acting.perform(unit, act, "", caller), subject, caller
            )
        )
        return self._told(done, found)

    def apply(self, act: Act, mark: str, comment: str, caller: Caller) -> Outcome:
        """Do it, or propose it where it takes two people and the caller is no senior reviewer. `mark` is the
        preview's; raises `Outlived` when the people have other records by now. `Conflict` when another change of
        these people is proposed already, `StrongerNeeded` where it takes two people and the sign-in is too weak."""
        caller.require(Right.REVIEW)
        done = attempt(lambda: self._apply(act, mark, comment, caller))
        if isinstance(done, Outcome):
            return done
        return attempt(lambda: self._propose(Proposal(act, caller.user, mark), done.pair, comment, caller))

    def undo(self, golden_id: UUID, assertions: Sequence[int], comment: str, caller: Caller) -> Outcome:
        """Take back all that was stated in the acts these assertions are a part of: identity is exactly as without
        them. One's own, or any with UNDO_ANY. Raises `NotFound` unless every one given is a reviewer's and about this
        person, `Conflict` when one is the answer to a task. As `apply` where it takes two people."""
        return self.apply(Retraction(tuple(dict.fromkeys(assertions)), golden_id), "", comment, caller)

    def look(self, task_id: int, caller: Caller) -> Preview:
        """What a proposal would do now. Raises `Outlived` when it applies no longer, and withdraws it then."""
        caller.require(Right.REVIEW)
        try:
            done, found = attempt(
                lambda: self._rehearsing.rehearse(
                    lambda unit: self._acting.second(unit, _task(unit, task_id), "", caller),
                    f"task/{task_id}",
                    caller,
                )
            )
        except Outlived:
            self.let_go(task_id, caller)
            raise
        return self._told(done, found)

    def let_go(self, task_id: int, caller: Caller) -> None:
        """Withdraw a proposal that applies no longer."""
        attempt(lambda: self._let_go(task_id, caller))

    def _told(self, done: Performed, found: Consequence) -> Preview:
        needs_two = done.against.unlike or self._rehearsing.needs_two(found)
        return Preview(found, needs_two, done.mark, done.unmerged, done.against)

    def _apply(self, act: Act, mark: str, comment: str, caller: Caller) -> Outcome | Performed:
        """What it has done, and nothing is done, when it takes two people."""
        with self._units.begin() as unit:
            done = self._acting.perform(unit, act, comment, caller, mark)
            needs_two = done.against.unlike or self._rehearsing.has_high_impact(unit)
            if needs_two:
                caller.require_strong()
                if not caller.may(Right.UNDO_ANY):
                    return done
            unit.commit()
            return Outcome(done.assertions)

    def _propose(self, proposal: Proposal, pair: Pair, comment: str, caller: Caller) -> Outcome:
        with self._units.begin() as unit:
            hold_people(unit, [pair.one, pair.other])
            if waiting := _waiting(unit, pair):
                raise Conflict(f"a change of these people waits for a second person already: see task {waiting.id}")
            word = outline(proposal.act).word
            reason = f"{_WOULD[word]}: proposed by {caller.user}"
            made = unit.tasks.propose_change(proposal, pair, reason, comment)
            if unit.tasks.is_outlived(made):
                raise Forbidden("these people must not be shown together")
            unit.audit.record(caller, f"propose-{word}", [f"task/{made}"], {"reason": comment})
            unit.commit()
            return Outcome(task=made)

    def _let_go(self, task_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            found = _task(unit, task_id, for_update=True)
            if found.kind is TaskKind.PROPOSED_CHANGE and found.state in UNANSWERED:
                unit.tasks.withdraw_proposal(task_id, "", "")
                unit.audit.record(caller, "outlive-proposal", [f"task/{task_id}"], {})
                unit.commit()


def _waiting(unit: Unit, pair: Pair) -> TaskView | None:
    """The proposed change of the very people whose records these are."""
    people = set(unit.identities.current([pair.one, pair.other]).values())
    records = [record.identifier for record in unit.records.of_golden(people)]
    proposed = (task for task in unit.tasks.touching(records) if task.proposal is not None)
    return next((task for task in proposed if set(task.golden_ids) == people), None)


def _task(unit: Unit, task_id: int, *, for_update: bool = False) -> TaskView:
    found = unit.tasks.get(task_id, for_update=for_update)
    if found is None:
        raise NotFound("no review task has this id")
    return found

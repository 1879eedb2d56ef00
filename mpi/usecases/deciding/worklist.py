"""The work list: what is open, the most urgent first, the next task for a reviewer, and who has which."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from mpi.domain.access import Caller, Right, roles_with
from mpi.domain.blinding import blinded, is_blind
from mpi.domain.views import TaskKind, TaskView
from mpi.domain.worklist import (
    ASSIGNED,
    COUNTED,
    LEASE,
    UNANSWERED,
    Position,
    SavedFilter,
    Wanted,
    WorkPage,
    holder,
)
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.deciding.sampling import as_told
from mpi.usecases.imaging.conflicting import with_orders

_MOST = 200
_LATELY = timedelta(days=90)
MOST_SAVED = 30
LONGEST_NAME = 60  # characters


class Worklist:
    """The unanswered tasks by urgency; every method needs REVIEW.

    `reviewers` are the users with a token who may be given a task.
    """

    def __init__(self, units: Units, clock: Clock, reviewers: Collection[str] = ()) -> None:
        self._units = units
        self._clock = clock
        self._reviewers = frozenset(reviewers)

    def reviewers(self, caller: Caller) -> tuple[str, ...]:
        """The users who may be given a task: those with a token, and those who have signed in as reviewers lately."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            seen = unit.signed_in.seen(roles_with(Right.REVIEW), self._clock.now() - _LATELY)
        return tuple(sorted(self._reviewers | seen))

    def page(
        self, caller: Caller, wanted: Wanted = Wanted(), limit: int = 50, after: Position | None = None
    ) -> WorkPage:
        """At most 200 tasks after a position."""
        caller.require(Right.REVIEW)
        size = max(1, min(limit, _MOST))
        with self._units.begin(read_only=True) as unit:
            now = self._clock.now()
            found = unit.worklist.page(wanted, now, size + 1, after)
            samples_wait = unit.samples.waiting()
            shown = [blinded(t) if is_blind(t, samples_wait) else t for t in found[:size]]
            tasks = [with_orders(unit, t, caller) for t in shown]
            total = unit.worklist.count(wanted, now, COUNTED)
            following = unit.worklist.position(found[size - 1].id) if len(found) > size else None
            unit.audit.record(caller, "list-tasks", [], {"tasks": len(tasks)})
            unit.commit()
            return WorkPage(tuple(tasks), total, following)

    def waiting(self, caller: Caller) -> Mapping[TaskKind, int]:
        """How many tasks of each kind are unanswered; kinds of which there are none are left out."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            return unit.tasks.waiting()

    def next(self, caller: Caller, wanted: Wanted = Wanted()) -> TaskView | None:
        """Claim the most urgent task that nobody holds, or of one's own when those are wanted, and that the caller
        may answer; None when there is none. Two who ask at once get two tasks."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._next(caller, wanted))

    def assign(self, task_id: int, user: str, caller: Caller) -> TaskView:
        """Give a task that is free, or the caller's, to a reviewer for some days; one that somebody else holds with
        UNDO_ANY. Raises `Conflict` when it is held, answered or waits for another person than `user`, `Refused` for
        somebody who is no reviewer, NotFound."""
        caller.require(Right.REVIEW)
        if user not in self.reviewers(caller):
            raise Refused(Fault.BAD_VALUE, "nobody of this name reviews tasks here", "assignee")
        return attempt(lambda: self._assign(task_id, user, caller))

    def saved(self, caller: Caller) -> list[SavedFilter]:
        """The filters the caller has kept."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            return unit.worklist.saved(caller.user)

    def save(self, kept: SavedFilter, caller: Caller) -> None:
        """Keep a filter in the place of any of that name. Raises `Refused` when there is no name, it is too long, or
        there are too many already."""
        caller.require(Right.REVIEW)
        if not kept.name or len(kept.name) > LONGEST_NAME:
            raise Refused(Fault.BAD_VALUE, f"a name has 1 to {LONGEST_NAME} characters", "name")
        attempt(lambda: self._save(kept, caller))

    def forget(self, name: str, caller: Caller) -> None:
        """Let a kept filter go, if there is one."""
        caller.require(Right.REVIEW)
        attempt(lambda: self._forget(name, caller))

    def _next(self, caller: Caller, wanted: Wanted) -> TaskView | None:
        with self._units.begin() as unit:
            now = self._clock.now()
            found = unit.worklist.take(wanted, now, caller.user)
            if found is None:
                return None
            if not holder(found, now):  # what somebody gave the caller stays theirs as long as it was given for
                unit.tasks.claim(found.id, caller.user, now + LEASE)
            return _told(unit, found.id, "claim-task", caller)

    def _assign(self, task_id: int, user: str, caller: Caller) -> TaskView:
        with self._units.begin() as unit:
            now, found = self._clock.now(), unit.tasks.get(task_id, for_update=True)
            if found is None:
                raise NotFound("no review task has this id")
            if found.state not in UNANSWERED:
                raise Conflict(f"this task is already {found.state}")
            if found.proposed_by == user:
                raise Conflict(f"{user} has answered already: somebody else has to look at this task now")
            if holder(found, now) not in {"", caller.user} and not caller.may(Right.UNDO_ANY):
                raise Conflict("this task is claimed by somebody else")
            unit.tasks.claim(task_id, user, now + ASSIGNED)
            return _told(unit, task_id, "assign-task", caller, user)

    def _save(self, kept: SavedFilter, caller: Caller) -> None:
        with self._units.begin() as unit:
            others = [one for one in unit.worklist.saved(caller.user) if one.name != kept.name]
            if len(others) >= MOST_SAVED:
                raise Refused(Fault.BAD_VALUE, f"you have {MOST_SAVED} saved filters: remove one first", "name")
            unit.worklist.save(caller.user, kept)
            unit.commit()

    def _forget(self, name: str, caller: Caller) -> None:
        with self._units.begin() as unit:
            unit.worklist.forget(caller.user, name)
            unit.commit()


def _told(unit: Unit, task_id: int, action: str, caller: Caller, assignee: str = "") -> TaskView:
    unit.audit.record(caller, action, [f"task/{task_id}"], {"assignee": assignee} if assignee else {})
    found = unit.tasks.get(task_id)
    if found is None:
        raise NotFound("no review task has this id")
    told = as_told(unit, found, caller)
    unit.commit()
    return told

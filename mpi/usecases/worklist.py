"""The work list: what is open, the most urgent first, and the next task for a reviewer."""

from __future__ import annotations

from mpi.domain.access import Caller, Right
from mpi.domain.blinding import blinded, is_blind
from mpi.domain.views import TaskView
from mpi.domain.worklist import COUNTED, Position, Wanted, WorkPage
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt

_MOST = 200


class Worklist:
    """The unanswered tasks by urgency; every method needs REVIEW."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def page(
        self, caller: Caller, wanted: Wanted = Wanted(), limit: int = 50, after: Position | None = None
    ) -> WorkPage:
        """At most 200 tasks after a position."""
        caller.require(Right.REVIEW)
        size = max(1, min(limit, _MOST))
        with self._units.begin(read_only=True) as unit:
            now = self._clock.now()
            found = unit.worklist.page(wanted, now, size + 1, after)
            samples_wait = bool(wanted.reader) and unit.samples.waiting()
            tasks = [blinded(t) if is_blind(t, samples_wait) else t for t in found[:size]]
            total = unit.worklist.count(wanted, now, COUNTED)
            following = unit.worklist.position(found[size - 1].id) if len(found) > size else None
            unit.audit.record(caller, "list-tasks", [], {"tasks": len(tasks)})
            unit.commit()
            return WorkPage(tuple(tasks), total, following)

    def next(self, caller: Caller, wanted: Wanted = Wanted()) -> TaskView | None:
        """Claim the most urgent task that nobody holds and that the caller may answer; None when there is none. Two
        who ask at once get two tasks."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._next(caller, wanted))

    def _next(self, caller: Caller, wanted: Wanted) -> TaskView | None:
        with self._units.begin() as unit:
            found = unit.worklist.take(wanted, self._clock.now(), caller.user)
            if found is None:
                return None
            unit.tasks.claim(found.id, caller.user)
            return _taken(unit, found.id, caller)


def _taken(unit: Unit, task_id: int, caller: Caller) -> TaskView | None:
    unit.audit.record(caller, "claim-task", [f"task/{task_id}"], {})
    found = unit.tasks.get(task_id)
    unit.commit()
    return found

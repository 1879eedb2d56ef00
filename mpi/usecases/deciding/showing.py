"""What of a task may be shown to whom: people whom a privacy officer keeps apart are not shown together (NHS-56)."""

from __future__ import annotations

from mpi.domain.access import Caller, Right
from mpi.domain.views import TaskView
from mpi.errors import Forbidden
from mpi.ports import Unit


def may_be_shown(unit: Unit, task: TaskView, caller: Caller) -> bool:
    """Whatever was asked of them once, and however it was answered."""
    return caller.may(Right.PRIVACY) or not unit.provenance.are_apart(task.one, task.other)


def require_shown(unit: Unit, task: TaskView, caller: Caller) -> None:
    """Raise `Forbidden` unless the task may be shown."""
    if not may_be_shown(unit, task, caller):
        raise Forbidden("the people of this task must not be shown together")

"""Settle what the mathematics cannot. SIGNATURES ONLY while the body is being written."""

from __future__ import annotations

from datetime import date

from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView


class Review:
    """Review tasks and their decisions. Decisions are assertions and re-partition in the same transaction."""

    def tasks(
        self,
        caller: Caller,
        states: tuple[TaskState, ...] = (TaskState.OPEN, TaskState.CLAIMED),
        kinds: tuple[TaskKind, ...] = (),
        authority: str = "",
        limit: int = 100,
        after: int = 0,
    ) -> tuple[TaskView, ...]:
        """Tasks by id after `after`. Needs REVIEW."""
        raise NotImplementedError

    def task(self, task_id: int, caller: Caller) -> TaskView:
        """One task. Raises NotFound. Needs REVIEW."""
        raise NotImplementedError

    def explain(self, task_id: int, caller: Caller) -> tuple[str, ...]:
        """Why the pair scored as it did, one sentence per comparison. Raises NotFound. Needs REVIEW."""
        raise NotImplementedError

    def claim(self, task_id: int, caller: Caller) -> TaskView:
        """Take a task. Raises `Conflict` when another has it, NotFound. Needs REVIEW."""
        raise NotImplementedError

    def release(self, task_id: int, caller: Caller) -> TaskView:
        """Give a task back. Raises `Conflict`, NotFound. Needs REVIEW."""
        raise NotImplementedError

    def decide(
        self, task_id: int, decision: Decision, comment: str, caller: Caller, due: date | None = None
    ) -> TaskView:
        """Answer a task. Raises `Conflict` when it is decided, withdrawn or another's, NotFound. Needs REVIEW."""
        raise NotImplementedError

    def undo(self, task_id: int, comment: str, caller: Caller) -> TaskView:
        """Take a decision back; the partition is exactly as without it. One's own, or any with UNDO_ANY."""
        raise NotImplementedError

    def assert_pair(
        self, one: Identifier, other: Identifier, same: bool, comment: str, caller: Caller
    ) -> int:
        """Assert same or different about any two records without a task; returns the assertion's id. Needs REVIEW."""
        raise NotImplementedError

    def withdraw(self, assertion_id: int, comment: str, caller: Caller) -> None:
        """Take an assertion back (undo of `assert_pair`, unmerge of an A40's undo). Raises NotFound, Conflict."""
        raise NotImplementedError

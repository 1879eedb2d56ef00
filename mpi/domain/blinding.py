"""What a reviewer may see of a pair whose answer is to measure the index: the records, and nothing of its opinion."""

from __future__ import annotations

from dataclasses import replace

from mpi.domain.views import TaskKind, TaskState, TaskView
from mpi.domain.worklist import UNANSWERED

ALIKE = frozenset({TaskKind.POSSIBLE_MATCH, TaskKind.BLIND_SAMPLE})
"""The kinds that nobody may tell apart while samples wait."""
REASON = "two records that may be of one person"


def blinded(task: TaskView, *, read: bool = False) -> TaskView:
    """The task as a possible match like every other; other kinds are as they are. What somebody answered to a sample
    is left out unless the user has `read` it: they may be asked to be its second reader."""
    if task.kind not in ALIKE:
        return task
    alike = replace(task, kind=TaskKind.POSSIBLE_MATCH, golden_ids=(), weight=0.0, guards=(), reason=REASON)
    if read or task.state is not TaskState.DECIDED:
        return alike
    return replace(alike, decision=None, comment="", decided_by="", decided_at=None)


def is_blind(task: TaskView, waiting: bool) -> bool:
    """Whether the index keeps its opinion of this task to itself; `waiting`: blind samples wait for answers."""
    asked = task.kind is TaskKind.POSSIBLE_MATCH and task.state in UNANSWERED
    return task.kind is TaskKind.BLIND_SAMPLE or (waiting and asked)

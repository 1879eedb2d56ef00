"""Which answers fit which questions."""

from __future__ import annotations

from datetime import date, timedelta

from linkage.partition import Verdict
from mpi.domain.views import Decision, TaskKind, TaskView
from mpi.errors import Fault, Refused

RULINGS = frozenset({Decision.ACCEPT, Decision.REJECT})
LONGEST = timedelta(days=731)
"""What is put off for longer than two years is forgotten."""
VERDICTS = {Decision.SAME: Verdict.SAME, Decision.DIFFERENT: Verdict.DIFFERENT}
_FITTING = {
    TaskKind.OVERLAY: (Decision.ACCEPT, Decision.REJECT, Decision.DEFER, Decision.UNSURE),
    TaskKind.PROPOSED_CHANGE: (Decision.ACCEPT, Decision.REJECT),  # its answer waits already for a second person
}


def require_fitting(decision: Decision, asked: TaskView) -> None:
    """Raise `Refused` when the decision answers another kind of question."""
    fitting = _FITTING.get(asked.kind, (Decision.SAME, Decision.DIFFERENT, Decision.DEFER, Decision.UNSURE))
    if decision not in fitting:
        raise Refused(Fault.BAD_VALUE, f"a task of kind {asked.kind} is answered by one of: {', '.join(fitting)}")


def require_due(due: date | None, today: date) -> None:
    """Raise `Refused` when a task is put off to no later day than today, or for more than two years."""
    if due is None:
        return
    if due <= today:
        raise Refused(Fault.BAD_VALUE, "the day to look again must be a later one than today", "due")
    if due > today + LONGEST:
        raise Refused(Fault.BAD_VALUE, "the day to look again must be within two years", "due")

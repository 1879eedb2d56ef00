"""Which answers fit which questions."""

from __future__ import annotations

from linkage.partition import Verdict
from mpi.domain.views import Decision, TaskKind, TaskView
from mpi.errors import Fault, Refused

RULINGS = frozenset({Decision.ACCEPT, Decision.REJECT})
VERDICTS = {Decision.SAME: Verdict.SAME, Decision.DIFFERENT: Verdict.DIFFERENT}


def require_fitting(decision: Decision, asked: TaskView) -> None:
    """Raise `Refused` when the decision answers another kind of question."""
    overlay = asked.kind is TaskKind.OVERLAY
    if decision in (Decision.DEFER, Decision.UNSURE) or (decision in RULINGS) == overlay:
        return
    wanted = "accept, reject" if overlay else "same, different"
    raise Refused(Fault.BAD_VALUE, f"a task of kind {asked.kind} is answered by {wanted}, defer or unsure")

"""Review tasks as the stores read them: which are unanswered, the columns of one, and the view of a row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from linkage.guard import Guard
from mpi.domain.acts import proposal_from_json
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView

OPEN_STATES = "('open', 'claimed', 'deferred')"
VIEW = """select t.*, a.authority as a_authority, a.value as a_value, b.authority as b_authority, b.value as b_value,
       la.golden_id as a_golden, lb.golden_id as b_golden
     from task t join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
     join link la on la.record_id = t.a_id and la.until is null
     join link lb on lb.record_id = t.b_id and lb.until is null"""


def to_view(row: Row[Any]) -> TaskView:
    """A row of `VIEW`."""
    return TaskView(
        id=row.id,
        kind=TaskKind(row.kind),
        state=TaskState(row.state),
        one=Identifier(row.a_authority, row.a_value),
        other=Identifier(row.b_authority, row.b_value),
        golden_ids=(row.a_golden, row.b_golden),
        weight=row.weight,
        guards=tuple(str(guard.name) for guard in Guard(row.guards)),
        reason=row.reason,
        created_at=row.created_at,
        claimed_by=row.claimed_by,
        held_until=row.held_until,
        proposed=Decision(row.proposed) if row.proposed else None,
        proposed_by=row.proposed_by,
        studies=row.studies,
        decision=Decision(row.decision) if row.decision else None,
        comment=row.comment,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        due=row.due,
        study_uids=tuple(row.study_uids),
        proposal=proposal_from_json(row.proposal) if row.proposal else None,
    )

"""The audit trail: append-only, in the same transaction as what it tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.access import Caller

_RECORD = Prepared(
    text(
        """insert into audit ("user", role, organisation, purpose, action, subjects, detail)
       values (:user, :role, :organisation, :purpose, :action, :subjects, :detail)"""
    ).bindparams(bindparam("subjects", type_=ARRAY(Text)), bindparam("detail", type_=JSONB))
)

_RECORD_EACH = Prepared(
    text(
        """insert into audit ("user", role, organisation, purpose, action, subjects, detail)
       select :user, :role, :organisation, :purpose, :action, array[subject], :detail
       from unnest(:subjects) with ordinality as s (subject, place) order by place"""
    ).bindparams(bindparam("subjects", type_=ARRAY(Text)), bindparam("detail", type_=JSONB))
)


class AuditStore:
    """See `mpi.ports.Audit`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def record(self, caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> None:
        """One audit row in this transaction."""
        self._connection.run(_RECORD, _row(caller, action, subjects, detail))

    def record_each(self, caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> None:
        """An audit row for each of the subjects (AUD-2)."""
        if subjects:
            self._connection.run(_RECORD_EACH, _row(caller, action, subjects, detail))


def _row(caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> dict[str, Any]:
    why = {"reason": caller.reason} if caller.reason else {}
    return {
        "user": caller.user,
        "role": caller.role,
        "organisation": caller.organisation,
        "purpose": caller.purpose,
        "action": action,
        "subjects": list(subjects),
        "detail": {**structlog.contextvars.get_contextvars(), **why, **detail},  # with the request's id, if any
    }

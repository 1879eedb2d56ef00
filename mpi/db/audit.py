"""The audit trail: append-only, in the same transaction as what it tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert

from mpi.db.tables import audit
from mpi.domain.access import Caller


class AuditStore:
    """See `mpi.ports.Audit`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, caller: Caller, action: str, subjects: Sequence[str], detail: Mapping[str, Any]) -> None:
        """One audit row in this transaction."""
        row = {
            "user": caller.user,
            "role": caller.role,
            "organisation": caller.organisation,
            "purpose": caller.purpose,
            "action": action,
            "subjects": list(subjects),
            "detail": dict(detail),
        }
        self._connection.execute(insert(audit).values(row))

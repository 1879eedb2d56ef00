"""What reviewers said of updates that looked like overlays; nothing is deleted."""

from __future__ import annotations

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.rows import RecordIds
from mpi.domain.access import Caller
from mpi.domain.codec import stamp_from_json, stamp_to_json
from mpi.domain.commands import Stamp
from mpi.domain.record import Pending

_ADD = Prepared(
    text(
        """insert into ruling (update_id, task_id, accepted, made_by, reason)
       select id, :task_id, :accepted, :user, :reason from source_update
       where record_id = :record_id and stamp = :stamp order by id limit 1"""
    ).bindparams(bindparam("stamp", type_=JSONB))
)
_WITHDRAW = Prepared(
    text(
        """update ruling set withdrawn_at = clock_timestamp(), withdrawn_by = :user, withdrawn_reason = :reason
       where task_id = :task_id and withdrawn_at is null"""
    )
)
_OPENED = Prepared(
    text(
        """select u.stamp from ruling g join source_update u on u.id = g.update_id
       where g.task_id = :task_id and g.withdrawn_at is null"""
    )
)


class RulingStore:
    """See `mpi.ports.Rulings`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def add(self, pending: Pending, accepted: bool, task_id: int, caller: Caller, reason: str) -> None:
        """Rule on the update that made a version pending."""
        row = {
            "record_id": self._ids[pending.addressed],
            "stamp": stamp_to_json(pending.opened),
            "task_id": task_id,
            "accepted": accepted,
            "user": caller.user,
            "reason": reason,
        }
        self._connection.run(_ADD, row)

    def withdraw(self, task_id: int, caller: Caller, reason: str) -> None:
        """Take back what a task's answer ruled; it stays on record."""
        self._connection.run(_WITHDRAW, {"task_id": task_id, "user": caller.user, "reason": reason})

    def opened(self, task_id: int) -> Stamp | None:
        """The stamp of the update that a task's standing answer ruled on."""
        stamp = self._connection.run(_OPENED, {"task_id": task_id}).scalar()
        return None if stamp is None else stamp_from_json(stamp)

"""The messages that were refused, and their copies. `inbox` takes them in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update

from mpi.db.lane import Lane
from mpi.db.rows import MOST_ID
from mpi.db.tables import message
from mpi.domain.quarantine import DICOM_EVENTS, Kept, Senders, Sought

_COLUMNS = tuple(c for c in message.c if c.name not in {"raw", "digest", "attempt"})


class QuarantineStore:
    """See `mpi.ports.Quarantined`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def list(self, sought: Sought, before: int | None, limit: int) -> Sequence[Kept]:
        """Refused messages, the newest first."""
        wanted = _conditions(sought)
        if before is not None:
            wanted.append(message.c.id < min(before, MOST_ID))
        rows = self._connection.execute(select(*_COLUMNS).where(*wanted).order_by(message.c.id.desc()).limit(limit))
        return [_to_kept(row) for row in rows]

    def count(self, sought: Sought, most: int) -> int:
        """How many there are, counting no further than `most`."""
        some = select(message.c.id).where(*_conditions(sought)).limit(most).subquery()
        found: int = self._connection.execute(select(func.count()).select_from(some)).scalar_one()
        return found

    def get(self, message_id: int) -> tuple[Kept, bytes] | None:
        """A message and its bytes."""
        if not 0 < message_id <= MOST_ID:
            return None
        found = self._connection.execute(
            select(*_COLUMNS, message.c.raw).where(message.c.id == message_id)
        ).one_or_none()
        return None if found is None else (_to_kept(found), found.raw)

    def copies(self, original: int) -> Sequence[Kept]:
        """The copies of a message, oldest first."""
        wanted = select(*_COLUMNS).where(message.c.original_id == original).order_by(message.c.id)
        return [_to_kept(row) for row in self._connection.execute(wanted)]

    def settle(self, message_id: int, user: str, settlement: str) -> bool:
        """Settle a refused message; False when there is none that waits."""
        settled = (
            update(message)
            .where(message.c.id == message_id, message.c.fault != "", message.c.settled_at.is_(None))
            .values(settled_at=func.clock_timestamp(), settled_by=user, settlement=settlement)
        )
        return bool(self._connection.execute(settled).rowcount)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    waits = message.c.settled_at.is_(None)
    wanted = [message.c.fault != "", message.c.original_id.is_(None), ~waits if sought.settled else waits]
    if sought.senders is not None:
        wanted.append(_sent_by(sought.senders))
    if sought.feed:
        wanted.append(message.c.feed == sought.feed)
    if sought.fault:
        wanted.append(message.c.fault == sought.fault)
    if sought.since is not None:
        wanted.append(message.c.received_at >= sought.since)
    if sought.until is not None:
        wanted.append(message.c.received_at < sought.until)
    if sought.text:
        wanted.append(func.strpos(func.lower(message.c.reason), sought.text.lower()) > 0)
    return wanted


def _sent_by(senders: Senders) -> ColumnElement[bool]:
    """As `Senders.sent`."""
    archives = and_(message.c.feed == "", message.c.facility.in_(senders.archives), message.c.event.in_(DICOM_EVENTS))
    return and_(
        message.c.fault != "foreign-feed",
        or_(and_(message.c.feed != "", message.c.feed.in_(senders.feeds)), archives),
    )


def _to_kept(row: Row[Any]) -> Kept:
    return Kept(
        id=row.id,
        feed=row.feed,
        application=row.application,
        facility=row.facility,
        control_id=row.control_id,
        event=row.event,
        flags=tuple(row.flags),
        received_at=row.received_at,
        fault=row.fault,
        reason=row.reason,
        location=row.location,
        original=row.original_id,
        made_by=row.made_by,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        settlement=row.settlement,
    )

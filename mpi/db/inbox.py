"""Every message once: its bytes, its key, its answer. Refused ones are the quarantine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, text, update

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.tables import feed_sequence, message
from mpi.domain.commands import Envelope, Receipt, Status
from mpi.errors import Refused
from mpi.ports import Claim, Contention

# A concurrent claim of the same message waits here until the first one has committed its answer.
_CLAIM = Prepared(
    text(
        """insert into message (feed, application, facility, control_id, event, digest, raw, flags)
       values (:feed, :application, :facility, :control_id, :event, :digest, :raw, :flags)
       on conflict do nothing
       returning id, control_id <> '' and exists (
         select from message m where m.control_id = :control_id and m.control_id <> ''
         and m.application = :application and m.facility = :facility) as reused"""
    )
)


# The first number of a feed has no row to hold: of two transactions that take it the second finds the row here.
_ADVANCE = text(
    """insert into feed_sequence as held (feed, last, message_id) values (:feed, :last, :message_id)
       on conflict (feed) do update set last = excluded.last, message_id = excluded.message_id
       where held.last = excluded.last - 1 returning feed"""
)


class InboxStore:
    """See `mpi.ports.Inbox`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def claim(self, envelope: Envelope) -> Claim:
        """Store the message, or find the answer given to the same bytes under the same key (V2-16)."""
        row = {
            "feed": envelope.feed,
            "application": envelope.application,
            "facility": envelope.facility,
            "control_id": envelope.control_id,
            "event": envelope.event,
            "digest": hashlib.sha256(envelope.raw).digest(),
            "raw": envelope.raw,
            "flags": list(envelope.flags),
        }
        claimed = self._connection.run(_CLAIM, row).one_or_none()
        return self._answered(row) if claimed is None else Claim(claimed.id, reused_control_id=claimed.reused)

    def refuse(self, message_id: int, reason: Refused) -> None:
        """Mark the message refused."""
        self._connection.execute(
            update(message)
            .where(message.c.id == message_id)
            .values(fault=reason.fault, reason=reason.text, location=reason.location)
        )

    def refused(self, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        """Quarantined messages by id, without their bytes."""
        columns = [c for c in message.c if c.name not in {"raw", "digest"}]
        wanted = select(*columns).where(message.c.fault != "", message.c.id > after)
        rows = self._connection.execute(wanted.order_by(message.c.id).limit(limit)).mappings()
        return [dict(row) for row in rows]

    def raw(self, message_id: int) -> bytes | None:
        """The bytes of a message as they came."""
        return self._connection.execute(select(message.c.raw).where(message.c.id == message_id)).scalar()

    def last_in_sequence(self, feed: str) -> int | None:
        """The last sequence number taken of a feed, held until the transaction ends."""
        row = select(feed_sequence.c.last).where(feed_sequence.c.feed == feed).with_for_update()
        return self._connection.execute(row).scalar()

    def receipt_of_last(self, feed: str) -> Receipt:
        """The answer given to the message with that number."""
        of_last = select(feed_sequence.c.message_id).where(feed_sequence.c.feed == feed).scalar_subquery()
        return self._receipt(message.c.id == of_last)

    def advance(self, feed: str, number: int, message_id: int) -> None:
        """Make `number` the last one taken."""
        row = {"feed": feed, "last": number, "message_id": message_id}
        if self._connection.execute(_ADVANCE, row).one_or_none() is None:
            raise Contention("another message of the feed was taken meanwhile")

    def _answered(self, row: Mapping[str, Any]) -> Claim:
        names = ("control_id", "application", "facility", "digest")
        receipt = self._receipt(message.c.control_id != "", *(message.c[name] == row[name] for name in names))
        return Claim(receipt.message_id, receipt)

    def _receipt(self, *which: ColumnElement[bool]) -> Receipt:
        found = self._connection.execute(
            select(message.c.id, message.c.fault, message.c.reason, message.c.location).where(*which)
        ).one()
        status = Status.REFUSED if found.fault else Status.ACCEPTED
        return Receipt(status, found.id, repeat=True, fault=found.fault, text=found.reason, location=found.location)

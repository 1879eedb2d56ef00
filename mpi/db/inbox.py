"""Every message once: its bytes, its key, its answer. Of what was refused, copies may be tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.tables import feed_sequence, message
from mpi.domain.commands import Envelope, Receipt, Status
from mpi.domain.quarantine import Copy
from mpi.errors import Conflict, NotFound, Refused
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


# A copy is a further attempt at a key under which all before it were refused. Of two at a time the second one finds
# the number taken.
_CLAIM_COPY = text(
    """insert into message (feed, application, facility, control_id, event, digest, raw, flags, original_id, made_by,
         attempt)
       select :feed, :application, :facility, :control_id, :event, :digest, :raw, :flags, :original, :made_by,
         coalesce(max(m.attempt) + 1, 0)
       from message m where (m.control_id, m.application, m.facility, m.digest)
         = (:control_id, :application, :facility, :digest) and :control_id <> ''
       on conflict do nothing returning id"""
).bindparams(bindparam("flags", type_=ARRAY(Text)), bindparam("original", type_=BigInteger))

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
        """Store the message, or find the answer given to the same bytes under the same key (V2-16). A copy of a
        refused message is stored anew unless such bytes were accepted."""
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
        if envelope.copy is not None:
            return self._claim_copy(row, envelope.copy)
        claimed = self._connection.run(_CLAIM, row).one_or_none()
        return self._answered(row) if claimed is None else Claim(claimed.id, reused_control_id=claimed.reused)

    def refuse(self, message_id: int, reason: Refused) -> None:
        """Mark the message refused."""
        self._connection.execute(
            update(message)
            .where(message.c.id == message_id)
            .values(fault=reason.fault, reason=reason.text, location=reason.location)
        )

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

    def _claim_copy(self, row: Mapping[str, Any], copy: Copy) -> Claim:
        of_original = select(message.c.id).where(message.c.id == copy.original, message.c.fault != "")
        if self._connection.execute(of_original.with_for_update()).one_or_none() is None:
            raise NotFound("no refused message has this id")
        known = self._connection.execute(select(message.c.id).where(*_of_key(row), message.c.fault == "")).scalar()
        if known is not None:
            return Claim(known, self._receipt(message.c.id == known))
        copied = select(message.c.id).where(message.c.original_id == copy.original, message.c.fault == "")
        accepted = self._connection.execute(copied).scalar()
        if accepted is not None:
            raise Conflict(f"message {accepted} is a copy of this one and was accepted")
        values = {**row, "original": copy.original, "made_by": copy.caller.user}
        claimed = self._connection.execute(_CLAIM_COPY, values).one_or_none()
        if claimed is None:
            raise Contention("another copy was taken meanwhile")
        return Claim(claimed.id)

    def _answered(self, row: Mapping[str, Any]) -> Claim:
        receipt = self._receipt(*_of_key(row))
        return Claim(receipt.message_id, receipt)

    def _receipt(self, *which: ColumnElement[bool]) -> Receipt:
        # Of several attempts the one that was accepted counts, else the sender's own.
        columns = (message.c.id, message.c.fault, message.c.reason, message.c.location)
        counts = select(*columns).where(*which).order_by(message.c.fault != "", message.c.attempt).limit(1)
        found = self._connection.execute(counts).one()
        status = Status.REFUSED if found.fault else Status.ACCEPTED
        return Receipt(status, found.id, repeat=True, fault=found.fault, text=found.reason, location=found.location)


def _of_key(row: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    names = ("control_id", "application", "facility", "digest")
    return [message.c.control_id != "", *(message.c[name] == row[name] for name in names)]

"""The messages that were refused: look at them, mend a copy and send it again, or settle them without."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass, replace

from mpi.domain.access import Caller, Right
from mpi.domain.commands import Receipt, Status
from mpi.domain.network import Network
from mpi.domain.quarantine import Copy, Kept, Sought, senders_of
from mpi.domain.reading import Reading
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.ports import Messages, Unit, Units
from mpi.usecases.attempts import attempt

COUNTED = 1_000
"""How far refused messages are counted."""

MOST = 200
"""How many are told at a time."""


_NOT_AGAIN = {
    Fault.FOREIGN_FEED: "somebody sent this as a feed that is not theirs; it cannot be sent again from here",
    Fault.OVERSIZED: "only the beginning of this message was kept; have its sender send it again in parts",
    Fault.OUT_OF_SEQUENCE: "its sender numbers its messages, and sends this one again in its turn",
}


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """Some refused messages, the newest first; `total` counts no further than `COUNTED`, `following` is the id before
    which the next page begins, None on the last."""

    messages: tuple[Kept, ...]
    total: int
    following: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with what people can read of it, and the copies that were sent again. `obstacle` says why none can
    be, "" when one can."""

    kept: Kept
    reading: Reading
    copies: tuple[Kept, ...]
    obstacle: str = ""


class Quarantine:
    """All methods need MEND and raise `Forbidden` and `Unavailable`. Whoever does not operate the network has to do
    with what their own organisation's feeds and archives sent; of anything else they are told NotFound."""

    def __init__(self, units: Units, network: Network, messages_of: Callable[[Kept], Messages]) -> None:
        self._units = units
        self._network = network
        self._messages_of = messages_of

    def list(
        self, caller: Caller, sought: Sought = Sought(), limit: int = 50, before: int | None = None
    ) -> RefusedPage:
        """The refused messages, the newest first: everything of them but their bytes."""
        caller.require(Right.MEND)
        size = max(1, min(limit, MOST))
        if caller.bounds is not None:
            sought = replace(sought, senders=senders_of(self._network, caller.bounds))
        with self._units.begin(read_only=True) as unit:
            found = builtins.list(unit.quarantine.list(sought, before, size + 1))
            total = unit.quarantine.count(sought, COUNTED)
            shown = tuple(found[:size])
            unit.audit.record(caller, "list-quarantine", [f"message/{kept.id}" for kept in shown], {})
            unit.commit()
            return RefusedPage(shown, total, shown[-1].id if len(found) > size else None)

    def waiting(self, caller: Caller) -> int:
        """How many wait for the caller, counting no further than `COUNTED`."""
        caller.require(Right.MEND)
        own = Sought() if caller.bounds is None else Sought(senders_of(self._network, caller.bounds))
        with self._units.begin(read_only=True) as unit:
            return unit.quarantine.count(own, COUNTED)

    def raw(self, message_id: int, caller: Caller) -> bytes:
        """The bytes of a message as they came: they hold demographics. Raises NotFound."""
        caller.require(Right.MEND)
        with self._units.begin(read_only=True) as unit:
            _, raw = self._find(unit, message_id, caller)
            unit.audit.record(caller, "read-message", [f"message/{message_id}"], {})
            unit.commit()
            return raw

    def open(self, message_id: int, caller: Caller) -> Opened:
        """A message laid open. Raises NotFound."""
        caller.require(Right.MEND)
        with self._units.begin(read_only=True) as unit:
            kept, raw = self._find(unit, message_id, caller)
            copies = tuple(unit.quarantine.copies(kept.original or message_id))
            unit.audit.record(caller, "read-message", [f"message/{message_id}"], {})
            unit.commit()
        reading = self._messages_of(kept).read(kept, raw)
        return Opened(kept, reading, copies, _obstacle(kept, copies) or reading.obstacle)

    def replay(self, message_id: int, text: str | None, caller: Caller) -> Receipt:
        """Send a refused message again, with its text become `text` (None: as it came), through what takes in its
        feed's messages; the original stays as it is.

        When it is accepted the original is settled. A receipt with `repeat` says that these bytes had been accepted
        already. Raises NotFound; Conflict when a copy of it was accepted before; `Refused` for what cannot be sent
        again or edited.
        """
        caller.require(Right.MEND)
        with self._units.begin(read_only=True) as unit:
            kept, raw = self._find(unit, message_id, caller)
            original = self._original(unit, kept)
        _check(kept)
        # A copy may name another feed, and is refused for it: it speaks for the feed that the original came by.
        kept = replace(kept, feed=original.feed, received_at=original.received_at)
        messages = self._messages_of(kept)
        content = raw if text is None else messages.edited(kept, raw, text)
        receipt = messages.take(kept, content, Copy(original.id, caller))
        if receipt.repeat and receipt.status is Status.ACCEPTED:
            attempt(lambda: self._settle(original, f"accepted as message {receipt.message_id}", caller))
        return receipt

    def settle(self, message_id: int, reason: str, caller: Caller) -> None:
        """Settle a message that need not be sent again, with the reason. Raises NotFound and Conflict."""
        caller.require(Right.MEND)
        if not reason.strip():
            raise Refused(Fault.BAD_VALUE, "say why the message need not be sent again", "reason")
        with self._units.begin(read_only=True) as unit:
            kept, _ = self._find(unit, message_id, caller)
        if not attempt(lambda: self._settle(kept, reason.strip(), caller)):
            raise Conflict("this message is settled already; open it again")

    def _settle(self, kept: Kept, settlement: str, caller: Caller) -> bool:
        with self._units.begin() as unit:
            settled = unit.quarantine.settle(kept.id, caller.user, settlement)
            if settled:
                unit.audit.record(caller, "settle-message", [f"message/{kept.id}"], {})
            unit.commit()
            return settled

    def _find(self, unit: Unit, message_id: int, caller: Caller) -> tuple[Kept, bytes]:
        found = unit.quarantine.get(message_id)
        own = None if caller.bounds is None else senders_of(self._network, caller.bounds)
        if found is None or (own is not None and not own.sent(self._original(unit, found[0]))):
            raise NotFound(f"no message has the id {message_id}, or none that you may see")
        return found

    def _original(self, unit: Unit, kept: Kept) -> Kept:
        """What a copy is of; any other message itself."""
        found = unit.quarantine.get(kept.original) if kept.original else None
        return kept if found is None else found[0]


def _check(kept: Kept) -> None:
    if obstacle := _obstacle(kept):
        raise Conflict(obstacle)


def _obstacle(kept: Kept, copies: tuple[Kept, ...] = ()) -> str:
    if not kept.fault:
        return "this message was accepted; there is nothing to send again"
    accepted = [copy.id for copy in copies if not copy.fault]
    if accepted:
        return f"its copy, message {accepted[0]}, was accepted"
    return "" if kept.original else _NOT_AGAIN.get(Fault(kept.fault), "")

"""Identity changes out over MLLP: ITI-10 (A31, IHE-22 to IHE-24) and ITI-64 (A43, IHE-50).

The outbox keeps the order and brings back what was not accepted, with the same control ids, so that a receiver knows
a repetition (V2-16). AE is never sent again by itself: the consumer is stopped until somebody has looked (V2-12).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from adapters.hl7v2.cx import write_cx
from adapters.hl7v2.pen import Pen
from adapters.hl7v2.send import MllpClient, Secure
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.network import Network
from mpi.domain.views import Event, EventType
from mpi.usecases.identity.telling import Telling
from mpi.usecases.subscribers.consumers import Consumers
from mpi.usecases.subscribers.subscriptions import Subscription, Undeliverable

_PEN = Pen()
_NAMELESS = " "  # IHE-22: one single space, not the two repetitions of ITI-9
_SENDER = "MPI"
# Together less than the database lets the relay's transaction idle, also when a change takes several messages.
_CONNECT, _ANSWER = 3.0, 8.0
_MSA = re.compile(rb"\rMSA(.)([A-Z]{2})\1([^\r]*)")

_MOVES = frozenset({EventType.IDENTITY_MERGED, EventType.RECORD_MOVED})


@dataclass(slots=True)
class _Told:
    """The sets told a subscriber in an unbroken run of events of one change, which tells each set once."""

    last: int = 0
    change: str = ""
    sets: dict[UUID, tuple[Identifier, ...]] = field(default_factory=dict)


class Notifier:
    """Tells the consumers of the network file; for one thread. Close it, or use it as a context manager.

    `connect` opens a client for a host and port. Without it `secure` makes the connections of those secure who listen
    for TLS; they are not told without that. `deliver` is what a `Relay` of consumers wants.
    """

    def __init__(
        self,
        consumers: Consumers,
        telling: Telling,
        network: Network,
        connect: Callable[[str, int], MllpClient] | None = None,
        secure: Secure | None = None,
    ) -> None:
        self._consumers = consumers
        self._telling = telling
        self._network = network
        self._connect = connect
        self._secure = secure
        self._clients: dict[tuple[str, int, bool], MllpClient] = {}
        self._told: dict[int, _Told] = {}

    def deliver(self, subscription: Subscription, event: Event) -> None:
        """Tell one consumer of one event, in as many messages as it takes. Raises `Undeliverable` for AE, ValueError
        for any other answer but AA, OSError when there is none."""
        consumer, transaction = self._consumers.of(subscription)
        if transaction is Transaction.XAD_PID_CHANGE:
            messages = self._link_changes(consumer, event)
        else:
            messages = self._updates(subscription, consumer, event)
        for control_id, content in messages:
            self._send(consumer, control_id, content)

    def close(self) -> None:
        """Close the connections."""
        while self._clients:
            self._clients.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _updates(self, subscription: Subscription, consumer: Consumer, event: Event) -> Iterator[tuple[str, bytes]]:
        """ITI-10: each set that resulted, with the identifiers of the domains the consumer wants."""
        if not (consumer.wants(NHS_AUTHORITY) or any(consumer.wants(one.authority) for one in event.identifiers)):
            return
        told = self._told.setdefault(subscription.id, _Told())
        change = event.detail.get("change", "")
        # After a gap in the events another relay may have told it something in between.
        if event.id != told.last + 1 or not change or change != told.change:
            told.sets.clear()
        changed = (*event.old_golden_ids, *event.new_golden_ids)
        resulting = changed if event.type is EventType.RECORD_MOVED else event.new_golden_ids
        for number, golden_id in enumerate(resulting, start=1):
            found = self._telling.set_of(golden_id, event.at, consumer.caller)
            found = tuple(one for one in found if consumer.wants(one.authority))
            if found and told.sets.get(golden_id) != found:
                control_id = f"P{event.id}-{number}"
                yield control_id, write_update(control_id, found, event.at, consumer, self._network)
            told.sets[golden_id] = found
        told.last, told.change = event.id, change

    def _link_changes(self, consumer: Consumer, event: Event) -> Iterator[tuple[str, bytes]]:
        """ITI-64: each local identifier that came under another XAD-PID, or was merged away under its own."""
        old, new = event.old_golden_ids[0], event.new_golden_ids[0]
        for number, identifier in enumerate(event.identifiers, start=1):
            survivor = self._telling.survivor(identifier)
            if consumer.wants(identifier.authority) and (event.type in _MOVES or survivor != identifier):
                control_id = f"X{event.id}-{number}"
                change = LinkChange(new, survivor, old, identifier if survivor != identifier else None)
                yield control_id, write_link_change(control_id, change, event.at, consumer, self._network)

    def _send(self, consumer: Consumer, control_id: str, content: bytes) -> None:
        address = (consumer.host, consumer.port, consumer.tls)
        client = self._clients.get(address)
        if client is None:
            client = self._clients[address] = self._client(consumer)
        try:
            reply = client.send(content)
        except OSError as error:
            self._clients.pop(address).close()
            raise OSError(_reason(error)) from None
        _check(reply, control_id)

    def _client(self, consumer: Consumer) -> MllpClient:
        if self._connect is not None:
            return self._connect(consumer.host, consumer.port)
        if consumer.tls and self._secure is None:
            raise ValueError("the consumer listens for TLS, and there are no certificates for it")
        secure = self._secure if consumer.tls else None
        return MllpClient(consumer.host, consumer.port, timeout=_ANSWER, connect_timeout=_CONNECT, secure=secure)


@dataclass(frozen=True, slots=True)
class LinkChange:
    """`local` is now under the XAD-PID `new` and was under `old`; `subsumed` was merged into it by its source."""

    new: UUID
    local: Identifier
    old: UUID
    subsumed: Identifier | None = None


def write_update(
    control_id: str, found: tuple[Identifier, ...], at: datetime, consumer: Consumer, network: Network
) -> bytes:
    """`ADT^A31^ADT_A05` of ITI-10: identifiers and nothing else (IHE-22)."""
    pid = {3: _PEN.repetitions([write_cx(one, network, _PEN) for one in found]), 5: _NAMELESS}
    body = (_evn(at), _PEN.segment("PID", pid), _PEN.segment("PV1", {2: "N"}))
    return _message("ADT^A31^ADT_A05", control_id, at, consumer, network, body)


def write_link_change(
    control_id: str, change: LinkChange, at: datetime, consumer: Consumer, network: Network
) -> bytes:
    """`ADT^A43^ADT_A43` of ITI-64: new XAD-PID and local id in PID-3, what they were before in MRG-1 (IHE-50)."""
    now = [_xad_pid(change.new, consumer), write_cx(change.local, network, _PEN)]
    before = [_xad_pid(change.old, consumer)]
    if change.subsumed is not None:
        before.append(write_cx(change.subsumed, network, _PEN))
    pid = _PEN.segment("PID", {3: _PEN.repetitions(now), 5: _NAMELESS})
    body = (_evn(at), pid, _PEN.segment("MRG", {1: _PEN.repetitions(before)}))
    return _message("ADT^A43^ADT_A43", control_id, at, consumer, network, body)


def _xad_pid(golden_id: UUID, consumer: Consumer) -> str:
    return _PEN.components(str(golden_id), "", "", _PEN.subcomponents("", consumer.xad_oid, "ISO"))


def _message(
    kind: str, control_id: str, at: datetime, consumer: Consumer, network: Network, body: tuple[str, ...]
) -> bytes:
    fields = {2: _SENDER, 3: _PEN.text(network.id), 4: consumer.application, 5: consumer.facility}
    fields |= {6: _time(at), 8: kind, 9: control_id, 10: consumer.processing_id, 11: "2.5"}
    text = "\r".join(body) + "\r"
    if not text.isascii():
        fields[17] = "UNICODE UTF-8"
    return (_PEN.segment("MSH", {1: "^~\\&"} | fields) + "\r" + text).encode("utf-8")


def _evn(at: datetime) -> str:
    return _PEN.segment("EVN", {2: _time(at)})


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def _check(reply: bytes, control_id: str) -> None:
    found = _MSA.search(reply)
    if found is None:
        raise ValueError("the consumer answered something that is no acknowledgement")
    code, repeated = found[2].decode("ascii"), found[3].split(found[1])[0].decode("latin-1")
    if repeated != control_id:
        raise ValueError("the consumer acknowledged another message")
    if code in {"AE", "CE"}:
        raise Undeliverable(f"the consumer answered {code} to {control_id}")
    if code not in {"AA", "CA"}:
        raise ValueError(f"the consumer answered {code}")


def _reason(error: OSError) -> str:
    """Why there was no answer, for an operator: a certificate is theirs to mend."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the consumer's certificate is refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection to the consumer: {error.reason or type(error).__name__}"
    return f"the consumer could not be reached: {type(error).__name__}"

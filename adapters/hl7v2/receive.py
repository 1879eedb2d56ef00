"""One message from frame to acknowledgement: read, command, commit, answer. One direction, one return.

AA is built only from a receipt, and a receipt only exists once it is committed (promise 1, V2-11). A frame whose MSH
cannot be read is quarantined and answered AE 100 with whatever control id it still shows; the sender must not
send it again as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from adapters.hl7v2 import ack, commands, judgement, message, validation
from adapters.hl7v2.judgement import Judgement
from adapters.hl7v2.message import Header, Message
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Envelope, Receipt, Status
from mpi.domain.conformance import Strictness
from mpi.domain.network import Feed, Network, Protocol
from mpi.errors import Fault, Forbidden, Refused, Unavailable
from mpi.usecases.intake import Intake

_COMMIT_BLOCKS = frozenset({b"\x06", b"\x15"})  # MLLP release 2 acknowledgements of our acknowledgement (V2-3)
_REPLIES = frozenset({"ACK", "MCF"})

# A sender no feed is configured for still has its message kept, under the rights of a feed of no organisation.
_STRANGER = Caller(user="mllp:unknown", role=Role.FEED, organisation="")


Note = Callable[[Feed, Message | None, Sequence[Judgement] | None, Refused | None], None]


def _note_nothing(
    feed: Feed, message: Message | None, judged: Sequence[Judgement] | None, reason: Refused | None
) -> None:
    """The default when nobody counts."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a listener needs to answer frames. `clock` gives aware UTC datetimes, `new_id` values for MSH-10; `note`
    is told of every message of a known feed (`observer.Observer.note`)."""

    intake: Intake
    network: Network
    caller_of: Callable[[Feed], Caller]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    note: Note = _note_nothing

    def handle(self, frame: bytes) -> bytes | None:
        """The reply to a frame's content, None when there must be none (a reply itself, or MSH-15 says so)."""
        if frame in _COMMIT_BLOCKS:
            return None
        try:
            header = message.read_header(frame)
        except Refused as reason:
            return self._refuse(frame, ack.salvage(frame), None, reason)
        if header.message_type in _REPLIES:  # acknowledging an acknowledgement would never end
            return None
        return self._take(frame, header)

    def oversized(self, head: bytes) -> bytes | None:
        """The reply to a frame over the limit, of which only the first bytes are kept."""
        reason = Refused(Fault.OVERSIZED, "the message is longer than this listener takes")
        return self._refuse(head, self._header_or_salvage(head), None, reason)

    def crashed(self, frame: bytes, error: Exception) -> bytes | None:
        """The reply after a failure of ours: quarantined without a key, so that sending it again starts afresh."""
        header = self._header_or_salvage(frame)
        reason = Refused(Fault.MALFORMED, f"the receiver failed with {type(error).__name__}")
        feed = self._feed_or_none(header)
        envelope = self._envelope(frame, header, feed, (), control_id="")
        with suppress(Unavailable, Forbidden):
            self.intake.refuse(envelope, reason, self._caller(feed))
        return self._answer(header, ack.TRY_AGAIN)

    def _take(self, frame: bytes, header: Header) -> bytes | None:
        feed: Feed | None = None
        parsed: Message | None = None
        judged: list[Judgement] | None = None
        try:
            feed = self.network.feed(header.application, header.facility, Protocol.MLLP)
            admit(header, feed)
            parsed = message.parse(frame, header, feed.charset)
            if feed.strictness is Strictness.STRICT:
                judged = validation.judge(parsed)
                judgement.require(judged)
            orders = commands.to_command(parsed, feed, self.network)
        except Refused as reason:
            if feed is not None:
                self.note(feed, parsed, judged, reason)
            flags = tuple(parsed.flags) if parsed else ()
            return self._refuse(frame, header, feed, _placed(reason), flags)
        self.note(feed, parsed, judged, None)
        envelope = self._envelope(frame, header, feed, tuple(parsed.flags))
        return self._ask(header, lambda: self.intake.register(envelope, orders, self._caller(feed)))

    def _refuse(
        self, frame: bytes, header: Header, feed: Feed | None, reason: Refused, flags: tuple[str, ...] = ()
    ) -> bytes | None:
        envelope = self._envelope(frame, header, feed, flags)
        return self._ask(header, lambda: self.intake.refuse(envelope, reason, self._caller(feed)))

    def _ask(self, header: Header, ask: Callable[[], Receipt]) -> bytes | None:
        try:
            receipt = ask()
        except Unavailable:
            return self._answer(header, ack.TRY_AGAIN)
        except Forbidden as reason:
            return self._answer(header, ack.Answer("AR", "207", str(reason), "MSH^1^4"))
        if receipt.status is Status.ACCEPTED:
            return self._answer(header, ack.ACCEPTED)
        return self._answer(header, ack.of_refusal(receipt.fault, receipt.text, receipt.location))

    def _answer(self, header: Header, answer: ack.Answer) -> bytes | None:
        return ack.acknowledge(header, answer, self.clock(), self.new_id())

    def _caller(self, feed: Feed | None) -> Caller:
        return self.caller_of(feed) if feed else _STRANGER

    def _header_or_salvage(self, frame: bytes) -> Header:
        try:
            return message.read_header(frame)
        except Refused:
            return ack.salvage(frame)

    def _feed_or_none(self, header: Header) -> Feed | None:
        try:
            return self.network.feed(header.application, header.facility, Protocol.MLLP)
        except Refused:
            return None

    def _envelope(
        self,
        frame: bytes,
        header: Header,
        feed: Feed | None,
        flags: tuple[str, ...],
        control_id: str | None = None,
    ) -> Envelope:
        return Envelope(
            feed=feed.id if feed else "",
            application=header.application,
            facility=header.facility,
            control_id=header.control_id if control_id is None else control_id,
            event=header.event,
            raw=frame,
            flags=flags,
        )


def handle(
    frame: bytes,
    intake: Intake,
    network: Network,
    caller_of: Callable[[Feed], Caller],
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
) -> bytes | None:
    """As `Receiver.handle`, for a caller with a single frame."""
    return Receiver(intake, network, caller_of, clock, new_id).handle(frame)


def admit(header: Header, feed: Feed) -> None:
    """Whether MSH lets the message in at all; raises `Refused` with the AR conditions of V2-13."""
    commands.reader_of(header.message_type, header.trigger, feed)
    if header.msh.text(11) != feed.processing_id:
        raise Refused(Fault.WRONG_PROCESSING_ID, f"this feed takes processing id {feed.processing_id}", "MSH^1^11")
    if header.version not in feed.versions:
        raise Refused(Fault.UNSUPPORTED_VERSION, f"this feed takes {', '.join(feed.versions)}", "MSH^1^12")
    if not header.control_id:
        raise Refused(Fault.MISSING_FIELD, "MSH-10 is empty", "MSH^1^10")


def _placed(reason: Refused) -> Refused:
    """A feed that is not known is the fault of MSH-3; nothing else comes here without a place."""
    if reason.fault is Fault.UNKNOWN_FEED and not reason.location:
        return Refused(reason.fault, reason.text, "MSH^1^3")
    return reason

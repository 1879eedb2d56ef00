"""One message from frame to acknowledgement: read, command, commit, answer. One direction, one return.

AA is built only from a receipt, and a receipt only exists once it is committed (promise 1, V2-11). A frame whose MSH
cannot be read is quarantined and answered AE 100 with whatever control id it still shows; the sender must not
send it again as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from adapters.hl7v2 import ack, batch, commands, judgement, message, validation
from adapters.hl7v2.admission import admit, not_allowed, sequence_number
from adapters.hl7v2.exchange import ANYBODY, Peer, Reply
from adapters.hl7v2.judgement import Judgement
from adapters.hl7v2.message import Header, Message
from adapters.hl7v2.mllp import KEPT
from adapters.hl7v2.queries import TYPES as QUERY_TYPES
from adapters.hl7v2.queries import Queries
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Envelope, Receipt, Status
from mpi.domain.conformance import Strictness
from mpi.domain.network import Feed, Network, Protocol
from mpi.errors import Fault, Forbidden, OutOfSequence, Refused, Unavailable
from mpi.usecases.intake.intake import Intake

_REPLIES = frozenset({"ACK", "MCF"})

_log = structlog.get_logger("mpi.hl7v2")

# A sender no feed is configured for still has its message kept, under the rights of a feed of no organisation.
_STRANGER = Caller(user="mllp:unknown", role=Role.FEED, organisation="")


Note = Callable[[Feed, Message | None, Sequence[Judgement] | None, Refused | None], None]


def _note_nothing(
    feed: Feed, message: Message | None, judged: Sequence[Judgement] | None, reason: Refused | None
) -> None:
    """The default when nobody counts."""


def _count_nothing(reason: Refused | None) -> None:
    """For what is of no known feed."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a listener needs to answer frames. `clock` gives aware UTC datetimes, `new_id` values for MSH-10; `note`
    is told of every message of a known feed that was answered (`observer.Observer.note`)."""

    intake: Intake
    network: Network
    caller_of: Callable[[Feed], Caller]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    queries: Queries | None = None
    note: Note = _note_nothing

    def handle(self, frame: bytes, peer: Peer = ANYBODY) -> bytes | None:
        """The first block of the reply to a frame's content, None when there must be none."""
        blocks = self.respond(frame, peer).blocks
        return blocks[0] if blocks else None

    def respond(self, frame: bytes, peer: Peer) -> Reply:
        """The reply to a frame's content, empty when there must be none (a reply itself, or MSH-15 says so)."""
        if batch.is_batch(frame):
            return self._take_batch(frame, peer)
        try:
            header = message.read_header(frame)
        except Refused as reason:
            return self._refuse(frame, ack.salvage(frame), None, reason)
        if header.message_type in _REPLIES:  # acknowledging an acknowledgement would never end
            return Reply(release=self._release(self._feed_or_none(header)))
        if self.queries is not None and header.message_type in QUERY_TYPES:
            return Reply(self.queries.answer(frame, header, peer))
        return self._take(frame, header, peer)

    def take(self, content: bytes, peer: Peer, limit: int) -> Reply:
        """The reply to one message among others, which it must not stop whatever is wrong with it (V2-19)."""
        try:
            return self.respond(content, peer) if len(content) <= limit else self.oversized(content[:KEPT], peer)
        except Exception as error:  # quarantined and answered AR
            return self.crashed(content, error, peer)

    def refuse_batch(self, content: bytes, reason: Refused, peer: Peer, feed: Feed | None = None) -> Reply:
        """Quarantine a batch or file whole: none of its messages is looked at."""
        header = batch.stand_in(content)
        feed = feed or self._feed_or_none(header)
        own = feed if feed and peer.speaks_for(feed) else None
        return self._refuse(content, header, own, reason, note=self._noting(own))

    def oversized(self, head: bytes, peer: Peer) -> Reply:
        """The reply to a frame over the limit, of which only the first bytes are kept."""
        header = self._header_or_salvage(head)
        feed = self._feed_or_none(header)
        own = feed if feed and peer.speaks_for(feed) else None
        reason = Refused(Fault.OVERSIZED, "the message is longer than this listener takes")
        return self._refuse(head, header, own, reason, note=self._noting(own))

    def crashed(self, frame: bytes, error: Exception, peer: Peer) -> Reply:
        """The reply after a failure of ours: quarantined without a key, so that sending it again starts afresh."""
        header = self._header_or_salvage(frame)
        reason = Refused(Fault.MALFORMED, f"the receiver failed with {type(error).__name__}")
        feed = self._feed_or_none(header)
        envelope = self._envelope(frame, header, feed, (), control_id="")
        stored = False
        with suppress(Unavailable, Forbidden):
            self.intake.refuse(envelope, reason, self._caller(feed if feed and peer.speaks_for(feed) else None))
            stored = True
        return self._answer(header, feed, ack.TRY_AGAIN, stored=stored)

    def _take_batch(self, frame: bytes, peer: Peer) -> Reply:
        """V2-19 on a link: the answers come back as a batch."""
        try:
            head = batch.check(batch.lines_of([frame]))
        except Refused as reason:
            return self.refuse_batch(frame, reason, peer)
        contents = batch.messages(batch.lines_of([frame]))
        replies = [self.take(content, peer, len(frame)) for content in contents]
        blocks = [block for reply in replies for block in reply.blocks]
        answer = b"".join(batch.answered(head, blocks, self.clock(), self.new_id()))
        release = replies[0].release if replies else 1
        return Reply((answer,), all(reply.stored for reply in replies), release)

    def _take(self, frame: bytes, header: Header, peer: Peer) -> Reply:
        feed: Feed | None = None
        parsed: Message | None = None
        judged: list[Judgement] | None = None
        number: int | None = None
        try:
            feed = self.network.feed(header.application, header.facility, Protocol.MLLP)
            if not peer.speaks_for(feed):
                return self._reject_stranger(frame, header, feed, peer)
            number = sequence_number(header) if feed.sequence_numbers and peer.is_link else None
            if number == 0:
                return self._restart(header, feed)
            admit(header, feed)
            parsed = message.parse(frame, header, feed.charset)
            if feed.strictness is Strictness.STRICT:
                judged = validation.judge(parsed)
                judgement.require(judged)
            orders = commands.to_command(parsed, feed, self.network)
        except Refused as reason:
            flags = tuple(parsed.flags) if parsed else ()
            note = self._noting(feed, parsed, judged)
            return self._refuse(frame, header, feed, _placed(reason), flags, number, note)
        envelope = replace(self._envelope(frame, header, feed, tuple(parsed.flags)), sequence=number)
        ask = partial(self.intake.register, envelope, orders, self._caller(feed))
        return self._ask(header, feed, envelope, ask, self._noting(feed, parsed, judged))

    def _reject_stranger(self, frame: bytes, header: Header, feed: Feed, peer: Peer) -> Reply:
        """SEC-4: AR and an alarm, which of a file is raised once by who reads it. Kept without a key, so that the
        feed's own message of these bytes is not answered with the stranger's refusal."""
        if peer.is_link:
            _log.warning("a sender spoke for a feed that is not its own", feed=feed.id, fault=Fault.FOREIGN_FEED)
        reason = Refused(Fault.FOREIGN_FEED, not_allowed(feed, peer), "MSH^1^4")
        envelope = self._envelope(frame, header, feed, (), control_id="")
        reply = self._ask(header, feed, envelope, lambda: self.intake.refuse(envelope, reason, _STRANGER))
        return replace(reply, spoke_for=feed.id)

    def _restart(self, header: Header, feed: Feed) -> Reply:
        """V2-18: 0 says that the sender has started anew and asks where to go on; the message carries nothing."""
        try:
            expected = self.intake.next_in_sequence(feed.id)
        except Unavailable:
            return self._answer(header, feed, ack.TRY_AGAIN, stored=False)
        return self._answer(header, feed, replace(ack.ACCEPTED, expected=expected))

    def _refuse(
        self,
        frame: bytes,
        header: Header,
        feed: Feed | None,
        reason: Refused,
        flags: tuple[str, ...] = (),
        number: int | None = None,
        note: Callable[[Refused | None], None] = _count_nothing,
    ) -> Reply:
        envelope = replace(self._envelope(frame, header, feed, flags), sequence=number)
        ask = partial(self.intake.refuse, envelope, reason, self._caller(feed))
        return self._ask(header, feed, envelope, ask, note)

    def _ask(
        self,
        header: Header,
        feed: Feed | None,
        envelope: Envelope,
        ask: Callable[[], Receipt],
        note: Callable[[Refused | None], None] = _count_nothing,
    ) -> Reply:
        try:
            receipt = ask()
        except Unavailable:
            return self._answer(header, feed, ack.TRY_AGAIN, stored=False)
        except Forbidden as reason:
            return self._answer(header, feed, ack.Answer("AR", "207", str(reason), "MSH^1^4"), stored=False)
        except OutOfSequence as gap:
            return self._ask(header, feed, envelope, partial(self._set_aside, envelope, feed, gap), note)
        if receipt.status is Status.ACCEPTED:
            note(None)
            answer = ack.ACCEPTED
        else:  # whoever refused it, the reader or a rule of the domain
            note(Refused(Fault(receipt.fault), receipt.text, receipt.location))
            answer = ack.of_refusal(receipt.fault, receipt.text, receipt.location)
        return self._answer(header, feed, replace(answer, expected=receipt.expected))

    def _set_aside(self, envelope: Envelope, feed: Feed | None, gap: OutOfSequence) -> Receipt:
        """Quarantine a message that came out of its turn, so that a commit block is true of it (V2-3); without key
        and number, so that it is a new message when it is sent again in its turn (V2-18)."""
        reason = Refused(Fault.OUT_OF_SEQUENCE, str(gap), "MSH^1^13")
        aside = replace(envelope, control_id="", sequence=None)
        return replace(self.intake.refuse(aside, reason, self._caller(feed)), expected=gap.expected)

    def _answer(self, header: Header, feed: Feed | None, answer: ack.Answer, *, stored: bool = True) -> Reply:
        return Reply(ack.acknowledge(header, answer, self.clock(), self.new_id), stored, self._release(feed))

    def _noting(
        self, feed: Feed | None, parsed: Message | None = None, judged: Sequence[Judgement] | None = None
    ) -> Callable[[Refused | None], None]:
        """What counts the message once it has been answered."""
        return partial(self.note, feed, parsed, judged) if feed else _count_nothing

    def _release(self, feed: Feed | None) -> int:
        return feed.mllp_release if feed else 1  # never a commit block to a sender nobody knows to want one

    def _caller(self, feed: Feed | None) -> Caller:
        return self.caller_of(feed) if feed else _STRANGER

    def _header_or_salvage(self, frame: bytes) -> Header:
        try:
            return message.read_header(frame)
        except Refused:
            return batch.stand_in(frame) if batch.is_batch(frame) else ack.salvage(frame)

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


def _placed(reason: Refused) -> Refused:
    """A feed that is not known is the fault of MSH-3; nothing else comes here without a place."""
    if reason.fault is Fault.UNKNOWN_FEED and not reason.location:
        return Refused(reason.fault, reason.text, "MSH^1^3")
    return reason

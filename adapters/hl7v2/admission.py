"""Whether a message may come in at all, by its MSH and by who brings it."""

from __future__ import annotations

from adapters.hl7v2.commands import reader_of
from adapters.hl7v2.exchange import Peer
from adapters.hl7v2.message import Header
from mpi.domain.network import Feed
from mpi.errors import Fault, Refused


def admit(header: Header, feed: Feed) -> None:
    """Whether MSH lets the message in at all; raises `Refused` with the AR conditions of V2-13."""
    reader_of(header.message_type, header.trigger, feed)
    if header.msh.text(11) != feed.processing_id:
        raise Refused(Fault.WRONG_PROCESSING_ID, f"this feed takes processing id {feed.processing_id}", "MSH^1^11")
    if header.version not in feed.versions:
        raise Refused(Fault.UNSUPPORTED_VERSION, f"this feed takes {', '.join(feed.versions)}", "MSH^1^12")
    if not header.control_id:
        raise Refused(Fault.MISSING_FIELD, "MSH-10 is empty", "MSH^1^10")


def sequence_number(header: Header) -> int:
    """MSH-13 of a feed that numbers its messages, 0 for a restart; raises `Refused` when there is none (V2-18)."""
    written = header.msh.text(13)
    if not written:
        raise Refused(Fault.MISSING_FIELD, "MSH-13 is empty, and this feed numbers its messages", "MSH^1^13")
    if not (written.isascii() and written.isdigit() and len(written) <= 15):
        raise Refused(Fault.BAD_VALUE, "MSH-13 is no sequence number", "MSH^1^13")
    return int(written)


def not_allowed(feed: Feed, peer: Peer) -> str:
    """Why this peer may not send as that feed (SEC-4), in words."""
    if peer.feed:
        return f"this file is of feed {peer.feed}, the message of {feed.id}"
    if peer.certificate is None:
        return f"feed {feed.id} sends over TLS with its own certificate only"
    if not feed.certificates:
        return f"the network names no certificate that may send as feed {feed.id}"
    return f"this certificate may not send as feed {feed.id}"

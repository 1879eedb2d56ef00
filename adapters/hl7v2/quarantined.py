"""Refused HL7 v2 messages: to be read, mended and taken in again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.hl7v2 import batch, charset, message
from adapters.hl7v2.exchange import Peer
from adapters.hl7v2.laid_open import sections
from adapters.hl7v2.receive import Receiver
from mpi.domain.commands import Receipt
from mpi.domain.network import Network, Protocol
from mpi.domain.quarantine import Copy, Kept, check_kind
from mpi.domain.reading import Reading, pictured, unpictured
from mpi.errors import Fault, Refused
from mpi.usecases.refused.retaking import Retaking

_WHOLE = "a batch or file is sent again whole, with mpi load"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class QuarantinedMessages:
    """See `mpi.ports.Messages`. `receiver_of` gives what answers the feeds' frames, over an intake of ours."""

    network: Network
    intake_of: Callable[[Copy], Retaking]
    receiver_of: Callable[[Retaking], Receiver]

    def read(self, kept: Kept, raw: bytes) -> Reading:
        """The message by segment and field."""
        text, _ = self._text(kept, raw)
        lines = _LINE_END.sub("\n", text).strip("\n")
        laid_open = sections(text, kept.location)
        if batch.is_batch(raw):
            return Reading("HL7 v2", laid_open, obstacle=_WHOLE)
        return Reading("HL7 v2", laid_open, text=pictured(lines))

    def edited(self, kept: Kept, raw: bytes, text: str) -> bytes:
        """The bytes of a copy, in the character set that it names itself, else in the one of the original.

        An original that is not readable in the set it names is shown in the sender's likeliest one, and its copy
        written in the one it names. Raises `Refused` (ENCODING).
        """
        lines = _LINE_END.sub("\r", unpictured(text)).strip("\r") + "\r"
        check_kind(kept, _event(lines.encode("latin-1", "replace")))
        codec = self._text(kept, raw)[1]
        named = charset.codec_of(_named(lines.encode("latin-1", "replace")))
        if named and (not codec or _named(raw) != _named(lines.encode("latin-1", "replace"))):
            codec = named
        try:
            return lines.encode(codec or "utf-8")
        except UnicodeEncodeError as error:
            what = f"character {error.start + 1} cannot be written in {codec}, which MSH-18 names"
            raise Refused(Fault.ENCODING, what, charset.LOCATION) from None

    def take(self, kept: Kept, content: bytes, copy: Copy) -> Receipt:
        """See `mpi.ports.Messages.take`: as from a file of its feed, which numbers no messages."""
        if batch.is_batch(content):
            raise Refused(Fault.UNSUPPORTED_TYPE, _WHOLE)
        intake = self.intake_of(copy)
        receiver = replace(self.receiver_of(intake), queries=None)
        receiver.respond(content, Peer(feed=kept.feed or self._named_feed(content)))
        return intake.outcome()

    def _named_feed(self, content: bytes) -> str:
        try:
            header = message.read_header(content)
            return self.network.feed(header.application, header.facility, Protocol.MLLP).id
        except Refused:
            return ""

    def _text(self, kept: Kept, raw: bytes) -> tuple[str, str]:
        """The text and its codec; "" for the codec when the message cannot be read in the one it names."""
        feed = self.network.feed_by_id.get(kept.feed)
        default = feed.charset if feed else "cp1252"
        try:
            return charset.decode(raw, _named(raw), default, [])
        except Refused:
            pass
        for likely in ("utf-8", default):
            try:
                return raw.decode(likely), ""
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1"), ""


def _event(content: bytes) -> str:
    try:
        return message.read_header(content).event
    except Refused:
        return ""


def _named(content: bytes) -> str:
    """MSH-18.1."""
    try:
        return message.read_header(content).msh.text(18)
    except Refused:
        return ""

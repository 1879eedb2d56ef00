"""Refused messages of the FHIR feed: to be read, mended and taken in again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from adapters.fhir.exchange import Addresses
from adapters.fhir.feed import EVENTS, envelope
from adapters.fhir.feed_routes import Desk
from adapters.fhir.outcome import outcome
from adapters.fhir.terminology import FAULTS
from mpi.domain.access import Caller
from mpi.domain.commands import Receipt
from mpi.domain.network import Feed
from mpi.domain.quarantine import Copy, Kept, check_kind
from mpi.domain.reading import Reading, pictured, seen, unpictured
from mpi.errors import Fault, Refused
from mpi.usecases.refused.retaking import Retaking


@dataclass(frozen=True, slots=True)
class QuarantinedResources:
    """See `mpi.ports.Messages`. A message is kept as its request line and its body."""

    addresses: Addresses
    intake_of: Callable[[Copy], Retaking]
    caller_of: Callable[[Feed], Caller]

    def read(self, kept: Kept, raw: bytes) -> Reading:
        """The request line and the resource in lines of their own, and the OperationOutcome it was answered with."""
        text = _text(raw)
        line, _, body = text.partition("\n")
        with suppress(ValueError, RecursionError):  # shown as it came: that may be why it was refused
            body = json.dumps(json.loads(body), indent=2, ensure_ascii=False) if body else ""
        answer = _answer(kept) if kept.fault else ""
        return Reading("FHIR", document=seen(f"{line}\n\n{body}".strip()), answer=answer, text=pictured(text))

    def edited(self, kept: Kept, raw: bytes, text: str) -> bytes:
        """The bytes of a copy: FHIR is UTF-8."""
        plain = unpictured(text).replace("\r\n", "\n")
        check_kind(kept, EVENTS.get(plain.partition(" ")[0], ""))
        try:
            return plain.encode()
        except UnicodeEncodeError:
            raise Refused(Fault.ENCODING, "the text holds half a character, which UTF-8 cannot say") from None

    def take(self, kept: Kept, content: bytes, copy: Copy) -> Receipt:
        """See `mpi.ports.Messages.take`. What the message does not date happened when the original came."""
        feed = self.addresses.network.feed_by_id.get(kept.feed)
        line, _, body = content.partition(b"\n")
        method, _, target = line.decode("utf-8", "replace").partition(" ")
        path, _, query = target.strip().partition("?")
        if feed is None or method not in EVENTS or path != "Patient":
            raise Refused(Fault.MALFORMED, f"the first line {_must(kept)}, a space, and Patient?identifier=...")
        intake = self.intake_of(copy)
        desk = Desk(intake, self.addresses, lambda: kept.received_at)
        caller = self.caller_of(feed)
        desk.take(envelope(method, query, body, feed, kept.control_id), feed, caller)
        return intake.outcome()


def _must(kept: Kept) -> str:
    """What a copy's method has to be, as `check_kind` has it."""
    stays = [name for name, event in EVENTS.items() if event == kept.event]
    return f"must stay {stays[0]}" if stays and kept.fault != Fault.UNSUPPORTED_TYPE else "is PUT or DELETE"


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _answer(kept: Kept) -> str:
    _, code = FAULTS[Fault(kept.fault)]
    return json.dumps(outcome("error", code, kept.reason, kept.location), indent=2, ensure_ascii=False)

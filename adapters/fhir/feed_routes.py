"""The HTTP side of the feed: one message in, one receipt out, and never a 2xx for what was not committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.exchange import Addresses, read_resource, require_json, respond
from adapters.fhir.feed import envelope, feed_of, query_of, read_commands
from adapters.fhir.outcome import FhirRoute, outcome, refusal
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Envelope, Receipt, Status
from mpi.domain.network import Feed
from mpi.errors import Fault, Refused
from mpi.usecases.intake.intake import Intake

Note = Callable[[Feed, Sequence[str], Refused | None], None]
"""Who counts what arrives wrong: the feed, the reader's remarks, and why a message was refused."""


def nobody(feed: Feed, remarks: Sequence[str], reason: Refused | None) -> None:
    """Counts nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a feed's messages are taken in: to commands, to the index, and counted."""

    intake: Intake
    addresses: Addresses
    clock: Callable[[], datetime]
    note: Note = nobody

    def receive(self, request: Request, caller: Caller, body: bytes) -> Receipt:
        """What became of a message, committed. Raises `Forbidden`."""
        caller.require(Right.FEED)
        feed = feed_of(caller, self.addresses)
        query = query_of(parse_qsl(request.url.query))
        message = envelope(request.method, query, body, feed, request.headers.get("x-request-id", ""))
        return self.take(message, feed, caller)

    def take(self, message: Envelope, feed: Feed, caller: Caller) -> Receipt:
        """What became of a message of that feed, committed."""
        try:
            told = read_commands(message.raw, feed, self.addresses, self.clock())
        except Refused as reason:
            self.note(feed, (), reason)
            return self.intake.refuse(message, reason, caller)
        receipt = self.intake.register(replace(message, flags=told.flags), told.commands, caller)
        self.note(feed, told.flags, _reason(receipt))
        return receipt


def feed_routes(desk: Desk, addresses: Addresses, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """ITI-104 routes."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.put("/Patient")
    def put_patient(
        request: Request,
        caller: Caller = Depends(caller_of),
        body: bytes = Depends(read_resource),
    ) -> Response:
        receipt = desk.receive(request, caller, body)
        if receipt.status is Status.REFUSED:
            return _refused(receipt)
        headers = {"X-Message-Id": str(receipt.message_id)}
        if receipt.created:
            # The feed may not learn the golden id (it has no right to resolve), so the address is the condition.
            headers["Location"] = addresses.url("Patient", parse_qsl(request.url.query))
        told = outcome("information", "informational", f"message {receipt.message_id} is committed")
        return respond(told, 201 if receipt.created else 200, headers)

    @routes.delete("/Patient")
    def delete_patient(request: Request, caller: Caller = Depends(caller_of)) -> Response:
        require_json(request)
        receipt = desk.receive(request, caller, b"")
        if receipt.status is Status.REFUSED:
            return _refused(receipt)
        return Response(status_code=204, headers={"X-Message-Id": str(receipt.message_id)})

    return routes


def _reason(receipt: Receipt) -> Refused | None:
    if receipt.status is not Status.REFUSED:
        return None
    return Refused(Fault(receipt.fault), receipt.text, receipt.location)


def _refused(receipt: Receipt) -> Response:
    answer = refusal(Fault(receipt.fault), receipt.text, receipt.location)
    answer.headers["X-Message-Id"] = str(receipt.message_id)
    return answer

"""The HTTP side of the feed: one message in, one receipt out, and never a 2xx for what was not committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.exchange import Addresses, read_resource, require_json, respond
from adapters.fhir.feed import envelope, feed_of, query_of, read_commands
from adapters.fhir.outcome import FhirRoute, outcome, refusal
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Receipt, Status
from mpi.errors import Fault, Refused
from mpi.usecases.intake import Intake


def feed_routes(
    intake: Intake, addresses: Addresses, caller_of: Callable[[Request], Caller], clock: Callable[[], datetime]
) -> APIRouter:
    """ITI-104 routes."""
    routes = APIRouter(route_class=FhirRoute)

    def receive(request: Request, caller: Caller, body: bytes) -> Receipt:
        caller.require(Right.FEED)
        feed = feed_of(caller, addresses)
        query = query_of(parse_qsl(request.url.query))
        message = envelope(request.method, query, body, feed, request.headers.get("x-request-id", ""))
        try:
            told = read_commands(message.raw, feed, addresses, clock())
        except Refused as reason:
            return intake.refuse(message, reason, caller)
        return intake.register(replace(message, flags=told.flags), told.commands, caller)

    @routes.put("/Patient")
    def put_patient(
        request: Request,
        caller: Caller = Depends(caller_of),
        body: bytes = Depends(read_resource),
    ) -> Response:
        receipt = receive(request, caller, body)
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
        receipt = receive(request, caller, b"")
        if receipt.status is Status.REFUSED:
            return _refused(receipt)
        return Response(status_code=204, headers={"X-Message-Id": str(receipt.message_id)})

    return routes


def _refused(receipt: Receipt) -> Response:
    answer = refusal(Fault(receipt.fault), receipt.text, receipt.location)
    answer.headers["X-Message-Id"] = str(receipt.message_id)
    return answer

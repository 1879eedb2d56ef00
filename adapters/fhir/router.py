"""The FHIR API, put together: a factory, so that nothing is held at module level."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response

from adapters.fhir.capability import capability_routes
from adapters.fhir.document_reference import document_routes
from adapters.fhir.exchange import Addresses
from adapters.fhir.feed_routes import Desk, Note, feed_routes, nobody
from adapters.fhir.imaging_study import imaging_routes
from adapters.fhir.match import match_routes
from adapters.fhir.operation_definition import definition_routes
from adapters.fhir.outcome import FhirRoute, Rejected
from adapters.fhir.pdqm import pdqm_routes
from adapters.fhir.pixm import pixm_routes
from adapters.fhir.resolve import resolve_routes
from adapters.fhir.service_request import order_routes
from mpi.domain.access import Caller
from mpi.domain.network import Network
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.resolve import Resolve
from mpi.usecases.intake.intake import Intake
from mpi.usecases.reading.query import Query

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def router(
    *,
    intake: Intake,
    query: Query,
    resolve: Resolve,
    imaging: Imaging,
    network: Network,
    caller_of: Callable[[Request], Caller],
    clock: Callable[[], datetime],
    base_url: str,
    note: Note = nobody,
) -> APIRouter:
    """The FHIR routes, to be mounted where `base_url` points (e.g. `https://mpi.example/fhir`, prefix `/fhir`).

    `caller_of` authenticates a request (and raises `Forbidden` or an HTTPException); `clock` tells aware UTC; `note`
    counts what feeds send.
    """
    addresses = Addresses(network, base_url.rstrip("/"))

    def caller(request: Request) -> Caller:
        return caller_of(request)

    fhir = APIRouter(route_class=FhirRoute, include_in_schema=False)
    fhir.include_router(capability_routes(addresses, clock))
    fhir.include_router(definition_routes(addresses))
    fhir.include_router(feed_routes(Desk(intake, addresses, clock, note), addresses, caller))
    # Operations before `Patient/{id}`, which would take "$match" for an id.
    fhir.include_router(pixm_routes(query, addresses, caller))
    fhir.include_router(match_routes(query, addresses, caller, clock))
    fhir.include_router(resolve_routes(resolve, addresses, caller, clock))
    fhir.include_router(pdqm_routes(query, addresses, caller))
    fhir.include_router(imaging_routes(imaging, addresses, caller))
    fhir.include_router(document_routes(imaging, addresses, caller))
    fhir.include_router(order_routes(imaging, addresses, caller))

    @fhir.api_route("/{path:path}", methods=_METHODS)
    def refuse(path: str, request: Request) -> Response:
        raise Rejected(404, "not-supported", "this server has no such interaction; see metadata")

    return fhir

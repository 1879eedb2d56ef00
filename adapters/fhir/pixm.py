"""ITI-83, Mobile Patient Identifier Cross-reference Query: `GET Patient/$ihe-pix` (IHE-40, IHE-41, IHE-9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.exchange import Addresses, require_json, respond
from adapters.fhir.outcome import FhirRoute, Rejected
from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.views import CrossReferences
from mpi.errors import Fault, NotFound, Refused
from mpi.usecases.reading.query import Query


def pixm_routes(query: Query, addresses: Addresses, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """ITI-83 route."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.get("/Patient/$ihe-pix")
    def cross_reference(request: Request, caller: Caller = Depends(caller_of)) -> Response:
        require_json(request)
        sources = request.query_params.getlist("sourceIdentifier")
        if len(sources) != 1:
            raise Rejected(400, "required", "sourceIdentifier is given exactly once")
        source = read_source(sources[0], addresses)
        targets = read_targets(request.query_params.getlist("targetSystem"), addresses)
        try:
            found = query.cross_references(source, caller)
        except NotFound as error:
            raise Rejected(404, "not-found", "sourceIdentifier Patient Identifier not found") from error
        return respond(write_parameters(found, targets, addresses))

    return routes


def read_source(token: str, addresses: Addresses) -> Identifier:
    """The queried identifier. Raises `Rejected` as ITI-83 words it for an unknown domain."""
    try:
        return addresses.parse(token)
    except Refused as error:
        if error.fault is Fault.UNKNOWN_AUTHORITY:
            raise Rejected(400, "code-invalid", "sourceIdentifier Assigning Authority not found") from error
        raise


def read_targets(systems: Sequence[str], addresses: Addresses) -> frozenset[str]:
    """The authority ids asked for, none for all. Any unknown one is 403, not 404 (IHE-41)."""
    try:
        return frozenset(addresses.authority(system).id for system in systems)
    except Refused as error:
        raise Rejected(403, "code-invalid", "targetSystem not found") from error


def write_parameters(known: CrossReferences, targets: frozenset[str], addresses: Addresses) -> dict[str, Any]:
    """The identifiers in the asked domains and the golden Patient; nothing at all when there are none (IHE-40)."""
    found = [
        {"name": "targetIdentifier", "valueIdentifier": addresses.identifier(one)}
        for one in known.identifiers
        if one != known.identifier and (not targets or one.authority in targets)
    ]
    if not found:
        return {"resourceType": "Parameters"}
    golden = {"name": "targetId", "valueReference": {"reference": f"Patient/{known.golden_id}"}}
    return {"resourceType": "Parameters", "parameter": [*found, golden]}

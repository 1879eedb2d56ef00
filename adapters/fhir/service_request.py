"""ServiceRequest and DiagnosticReport over HTTP: what is ordered for a person at any trust, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.bundle import entry
from adapters.fhir.exchange import Addresses, Parameter, read_parameters, require_json, respond
from adapters.fhir.order import write_report, write_service_request
from adapters.fhir.outcome import FhirRoute
from adapters.fhir.person_search import (
    honoured,
    known_parameters,
    page_of,
    read_after,
    read_count,
    read_person,
)
from adapters.fhir.terminology import REQUEST_STATUSES
from mpi.domain.access import Caller
from mpi.domain.order_fold import ImagingOrder, OrderFilter
from mpi.errors import Fault, NotFound, Refused
from mpi.usecases.imaging.imaging import Imaging

_WHOSE = {
    "patient": ("reference", "golden Patient; a retired one finds its successor's orders"),
    "subject": ("reference", "same as patient"),
    "patient.identifier": ("token", "system|value of any of the person's identifiers"),
}
PARAMETERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "ServiceRequest": _WHOSE
    | {
        "identifier": (
            "token",
            "placer, filler or accession number beside the person, alone or with the trust's system of patient ids",
        ),
        "status": ("token", "active, completed or revoked"),
    },
    "DiagnosticReport": _WHOSE,
}
"""Search parameters of each resource: type and documentation."""

Write = Callable[[ImagingOrder, UUID, Addresses], dict[str, Any]]
_WRITERS: Mapping[str, Write] = {"ServiceRequest": write_service_request, "DiagnosticReport": write_report}
_LONGEST_ID = 18  # digits


def order_routes(imaging: Imaging, addresses: Addresses, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """The routes of both: read, and search by GET."""
    routes = APIRouter(route_class=FhirRoute)
    for kind, write in _WRITERS.items():
        _add(routes, kind, write, imaging, addresses, caller_of)
    return routes


def _add(
    routes: APIRouter,
    kind: str,
    write: Write,
    imaging: Imaging,
    addresses: Addresses,
    caller_of: Callable[[Request], Caller],
) -> None:
    @routes.get(f"/{kind}")
    def search_orders(
        caller: Caller = Depends(caller_of), parameters: tuple[Parameter, ...] = Depends(read_parameters)
    ) -> Response:
        known = known_parameters(parameters, PARAMETERS[kind])
        after, person = read_after(known), read_person(known, addresses)
        page = imaging.orders(person, caller, read_filter(kind, known, addresses), read_count(known), after)
        entries = [
            entry(write(order, page.golden_id, addresses), addresses, {"mode": "match"}) for order in page.orders
        ]
        return respond(page_of(kind, entries, page.total, honoured(known), (after, page.next), addresses))

    @routes.get(f"/{kind}/{{order_id}}")
    def read_order(order_id: str, request: Request, caller: Caller = Depends(caller_of)) -> Response:
        require_json(request)
        if not (order_id.isascii() and order_id.isdigit() and len(order_id) <= _LONGEST_ID):
            raise NotFound(f"no {kind} has this id")
        return respond(write(*imaging.order(int(order_id), caller), addresses))


def _authority(system: str, addresses: Addresses) -> str:
    """Whose numbers a system means; one that means nobody's stands for itself, and no order is of it."""
    try:
        return addresses.authority(system).id
    except Refused:
        return system


def read_filter(kind: str, known: Sequence[Parameter], addresses: Addresses) -> OrderFilter:
    """Which orders. Raises `Refused` (BAD_VALUE) for a status that none has, and for more than one number."""
    numbers = [value for one in known if one.name == "identifier" for value in one.values]
    if len(numbers) > 1:
        raise Refused(Fault.BAD_VALUE, "one identifier may be asked for at a time")
    codes = [value.rpartition("|")[2] for one in known if one.name == "status" for value in one.values]
    if not set(REQUEST_STATUSES.values()).issuperset(codes):
        raise Refused(Fault.BAD_VALUE, "the status of an order is active, completed or revoked")
    system, bar, number = numbers[0].partition("|") if numbers else ("", "", "")
    return OrderFilter(
        reported=kind == "DiagnosticReport",
        number=number if bar else system,
        authority=_authority(system, addresses) if bar and system else "",
        statuses=tuple(status for status, code in REQUEST_STATUSES.items() if code in codes),
    )

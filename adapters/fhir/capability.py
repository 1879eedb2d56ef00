"""The CapabilityStatement, made from the tables that the routes themselves read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from adapters.fhir import document_reference, imaging_study, patient_search, service_request
from adapters.fhir.exchange import Addresses, respond
from adapters.fhir.operation_definition import RESOLVE
from adapters.fhir.outcome import MEDIA_TYPE, FhirRoute
from adapters.fhir.terminology import PATIENT_PROFILE

OPERATIONS: Mapping[str, str] = {
    "match": "https://profiles.ihe.net/ITI/PDQm/OperationDefinition/PDQmMatch",
    "ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
}


def capability_routes(addresses: Addresses, clock: Callable[[], datetime]) -> APIRouter:
    """The capabilities interaction; open to all, as it tells nothing of anybody."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.get("/metadata")
    def read_capabilities() -> Response:
        return respond(capability_statement(addresses, clock()))

    return routes


def capability_statement(addresses: Addresses, now: datetime) -> dict[str, Any]:
    """What this server does, as a CapabilityStatement of kind instance."""
    operations = {**OPERATIONS, "resolve": addresses.url(f"OperationDefinition/{RESOLVE}")}
    patient: dict[str, Any] = {
        "type": "Patient",
        "supportedProfile": [PATIENT_PROFILE],
        "interaction": _codes("read", "search-type", "update", "delete"),
        "versioning": "versioned",
        "updateCreate": False,
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "searchParam": _parameters(patient_search.PARAMETERS),
        "operation": [{"name": name, "definition": url} for name, url in operations.items()],
    }
    study: dict[str, Any] = {
        "type": "ImagingStudy",
        "interaction": _codes("create", "read", "search-type"),
        "searchParam": _parameters(imaging_study.PARAMETERS),
    }
    document: dict[str, Any] = {
        "type": "DocumentReference",
        "supportedProfile": [document_reference.PROFILE],
        "interaction": _codes("read", "search-type"),
        "searchParam": _parameters(document_reference.PARAMETERS),
    }
    orders = [
        {"type": kind, "interaction": _codes("read", "search-type"), "searchParam": _parameters(table)}
        for kind, table in service_request.PARAMETERS.items()
    ]
    definition = {"type": "OperationDefinition", "interaction": _codes("read")}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": now.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "mpi"},
        "implementation": {"description": addresses.network.name, "url": addresses.base_url},
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE],
        "rest": [{"mode": "server", "resource": [patient, study, document, *orders, definition]}],
    }


def _codes(*codes: str) -> list[dict[str, str]]:
    return [{"code": code} for code in codes]


def _parameters(table: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind, "documentation": text} for name, (kind, text) in table.items()]

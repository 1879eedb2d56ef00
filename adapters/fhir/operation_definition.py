"""The OperationDefinition of our own operation; those of IHE are IHE's to publish."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from adapters.fhir.exchange import Addresses, respond
from adapters.fhir.outcome import FhirRoute
from mpi.errors import NotFound

RESOLVE = "Patient-resolve"

Parameter = dict[str, Any]


def definition_routes(addresses: Addresses) -> APIRouter:
    """Open to all, as it tells nothing of anybody."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.get("/OperationDefinition/{name}")
    def read_definition(name: str) -> Response:
        if name != RESOLVE:
            raise NotFound("no OperationDefinition has this id")
        return respond(resolve_definition(addresses))

    return routes


def resolve_definition(addresses: Addresses) -> dict[str, Any]:
    """`Patient/$resolve`."""
    request = _parameter("request", "in", 1, "*", "One patient id, as an image tells it.")
    result = _parameter("result", "out", 1, "*", "Who that is: one for each request, in their order.")
    return {
        "resourceType": "OperationDefinition",
        "id": RESOLVE,
        "url": addresses.url(f"OperationDefinition/{RESOLVE}"),
        "name": "Resolve",
        "title": "Resolve patient ids",
        "status": "active",
        "kind": "operation",
        "description": "Who are these patient ids? Ids only. One that nobody has named is registered as provisional.",
        "affectsState": True,
        "code": "resolve",
        "resource": ["Patient"],
        "system": False,
        "type": True,
        "instance": False,
        "parameter": [request | {"part": _request()}, result | {"part": _result()}],
    }


def _request() -> list[Parameter]:
    return [
        _parameter("identifier", "in", 0, "1", "The id, with its system; or else by the next four.", "Identifier"),
        _parameter("patientId", "in", 0, "1", "Patient ID (0010,0020).", "string"),
        _parameter("issuer", "in", 0, "1", "Issuer of Patient ID (0010,0021).", "string"),
        _parameter("aeTitle", "in", 0, "1", "Where an image without an issuer came from.", "string"),
        _parameter("archive", "in", 0, "1", "The archive whose issuers and AE titles are meant.", "string"),
        _parameter("patient", "in", 0, "1", "What the image says, for an id that no feed has described.", "Patient"),
    ]


def _result() -> list[Parameter]:
    coercion = _parameter("coercion", "out", 0, "1", "What to write into images of this id.")
    documents = [
        _parameter("attributes", "out", 1, "1", "DICOM JSON: elements to set.", "Attachment"),
        _parameter("otherPatientId", "out", 1, "1", "DICOM JSON: item for (0010,1002).", "Attachment"),
        _parameter("originalAttributes", "out", 1, "1", "DICOM JSON: item for (0400,0561).", "Attachment"),
        _parameter("replaced", "out", 0, "*", "Tag of an element whose former value goes into that item.", "string"),
    ]
    return [
        _parameter("identifier", "out", 1, "1", "The id asked for.", "Identifier"),
        _parameter("golden", "out", 1, "1", "The golden Patient.", "Reference"),
        _parameter("state", "out", 1, "1", "certain, provisional, ambiguous or contested.", "code"),
        _parameter("crossReference", "out", 0, "*", "Another id of the same person.", "Identifier"),
        _parameter("subsumedBy", "out", 0, "1", "What its source merged it into.", "Identifier"),
        _parameter("task", "out", 0, "*", "Number of a review task about it.", "string"),
        coercion | {"part": documents},
    ]


def _parameter(name: str, use: str, least: int, most: str, text: str, kind: str = "") -> Parameter:
    found: Parameter = {"name": name, "use": use, "min": least, "max": most, "documentation": text}
    return found | {"type": kind} if kind else found

"""An imaging order as a ServiceRequest, and where its report stands as a DiagnosticReport without its text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from adapters.fhir.exchange import Addresses
from adapters.fhir.study import concept
from adapters.fhir.terminology import (
    DICOM_MODALITY,
    IDENTIFIER_TYPE,
    IMAGING_STUDY,
    ODS_ORGANISATION,
    REPORT_STATUSES,
    REQUEST_STATUSES,
    SNOMED_CT,
)
from mpi.domain.identifiers import WITHHELD
from mpi.domain.order_fold import ImagingOrder
from mpi.errors import NotFound

_IMAGING = {"system": SNOMED_CT, "code": "363679005", "display": "Imaging"}
_RADIOLOGY = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD", "display": "Radiology"}
_NUMBERS = (("PLAC", "placer"), ("FILL", "filler"), ("ACSN", "accession"))


def write_service_request(order: ImagingOrder, golden_id: UUID, addresses: Addresses) -> dict[str, Any]:
    """The order as a ServiceRequest of the golden Patient; the local patient id stands beside the reference."""
    code = _code(order)
    found: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": str(order.id),
        "identifier": _identifiers(order),
        "status": REQUEST_STATUSES[order.status],
        "intent": "order",
        "category": [{"coding": [_IMAGING]}],
        "code": code,
        # R4 invariant prr-1: details only where there is a code.
        "orderDetail": [_modality(order.modality)] if code and order.modality else None,
        "subject": _subject(order, golden_id, addresses),
        "occurrenceDateTime": order.starts_at.isoformat() if order.starts_at else None,
        "performer": [_organisation(order)] if order.organisation else None,
        "bodySite": [{"text": order.body_site}] if order.body_site else None,
    }
    return {name: value for name, value in found.items() if value}


def write_report(order: ImagingOrder, golden_id: UUID, addresses: Addresses) -> dict[str, Any]:
    """Where the report of the order stands, as a DiagnosticReport. Raises `NotFound` when none is known."""
    if order.report_status is None:
        raise NotFound("no report of this order is known")
    found: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": str(order.id),
        "basedOn": [{"reference": f"ServiceRequest/{order.id}", "type": "ServiceRequest"}],
        "status": REPORT_STATUSES[order.report_status],
        "category": [{"coding": [_RADIOLOGY]}],
        "code": _code(order) or {"coding": [IMAGING_STUDY]},
        "subject": _subject(order, golden_id, addresses),
        "effectiveDateTime": order.starts_at.isoformat() if order.starts_at else None,
        "performer": [_organisation(order)] if order.organisation else None,
        "imagingStudy": [{"reference": f"ImagingStudy/{order.stored}", "type": "ImagingStudy"}]
        if order.stored
        else None,
    }
    return {name: value for name, value in found.items() if value}


def _identifiers(order: ImagingOrder) -> list[dict[str, Any]]:
    """Its numbers, each told apart by its type: they count within the trust that makes it, and have no system."""
    found = []
    for kind, name in _NUMBERS:
        if number := getattr(order, name):
            shown: dict[str, Any] = {"type": {"coding": [{"system": IDENTIFIER_TYPE, "code": kind}]}, "value": number}
            if order.organisation:
                shown["assigner"] = _organisation(order)
            found.append(shown)
    return found


def _organisation(order: ImagingOrder) -> dict[str, Any]:
    return {"type": "Organization", "identifier": {"system": ODS_ORGANISATION, "value": order.organisation}}


def _subject(order: ImagingOrder, golden_id: UUID, addresses: Addresses) -> dict[str, Any]:
    local = {} if order.patient == WITHHELD else {"identifier": addresses.identifier(order.patient)}
    return {"reference": f"Patient/{golden_id}", "type": "Patient"} | local


def _code(order: ImagingOrder) -> dict[str, Any] | None:
    """What is asked for, by the codes as they were sent."""
    codings = [coding for coded in order.codes for coding in concept(coded).get("coding", ())]
    found = {"coding": codings, "text": order.description}
    return {name: value for name, value in found.items() if value} or None


def _modality(code: str) -> dict[str, Any]:
    return {"coding": [{"system": DICOM_MODALITY, "code": code}]}

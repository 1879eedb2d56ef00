"""ITI-67, Find Document References, for neighbours: a person's imaging studies as a list of documents (IHE-66).

One document for each study: what a registry knows of it, and where it is retrieved. The registry's patient id is the
golden one; the id of the trust that acquired the study is its source patient id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from adapters.fhir.bundle import entry
from adapters.fhir.exchange import Addresses, Parameter, read_parameters, require_json, respond, uid_identifier
from adapters.fhir.imaging_study import HistorySearch, read_history_search
from adapters.fhir.outcome import FhirRoute
from adapters.fhir.person_search import honoured, page_of
from adapters.fhir.study import based_on, parse_uid, write_accession
from adapters.fhir.terminology import (
    DICOM_MODALITY,
    DOCUMENT_STATUSES,
    IMAGING_STUDY,
    ODS_ORGANISATION,
    SNOMED_CT,
    URI,
)
from mpi.domain.access import Caller
from mpi.domain.identifiers import WITHHELD
from mpi.domain.views import HistoryPage, Study
from mpi.errors import Fault, NotFound, Refused
from mpi.usecases.imaging.imaging import Imaging

PROFILE = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.DocumentReference"
PARAMETERS: Mapping[str, tuple[str, str]] = {
    "patient": ("reference", "golden Patient; nothing is told under a retired one"),
    "patient.identifier": ("token", "system|value of any of the person's identifiers that has not been merged away"),
    "status": ("token", "all documents are current"),
    "date": ("date", "day of the study"),
    "period": ("date", "same as date"),
    "event": ("token", "DICOM modality"),
    "type": ("token", "all are of LOINC 18748-4"),
    "setting": ("token", "all are of SNOMED CT 394914008"),
}
"""Search parameters of DocumentReference: type and documentation."""

_RADIOLOGY = {"system": SNOMED_CT, "code": "394914008", "display": "Radiology"}
_STATUSES = frozenset({"current", "superseded", "entered-in-error"})
_AS_STUDIES = {"event": "modality", "date": "started", "period": "started"}


def document_routes(imaging: Imaging, addresses: Addresses, caller_of: Callable[[Request], Caller]) -> APIRouter:
    """DocumentReference routes; a search comes by GET or POST (ITI-67 3.67.4.1)."""
    routes = APIRouter(route_class=FhirRoute)

    @routes.get("/DocumentReference")
    @routes.post("/DocumentReference/_search")
    def search_documents(
        caller: Caller = Depends(caller_of), parameters: tuple[Parameter, ...] = Depends(read_parameters)
    ) -> Response:
        search = read_document_search(parameters, addresses)
        page = imaging.history(search.person, caller, search.wanted, search.count, search.after, standing=True)
        if not all(_is_met(one) for one in parameters):
            page = HistoryPage(page.golden_id, (), 0)
        return respond(write_documents(page, search, addresses))

    @routes.get("/DocumentReference/{study_uid}")
    def read_document(study_uid: str, request: Request, caller: Caller = Depends(caller_of)) -> Response:
        require_json(request)
        try:
            uid = parse_uid(study_uid)
        except Refused as error:
            raise NotFound("no DocumentReference has this id") from error
        return respond(write_document(*imaging.study(uid, caller), addresses))

    return routes


def read_document_search(parameters: Sequence[Parameter], addresses: Addresses) -> HistorySearch:
    """Whose documents, and which. Raises as `read_history_search` does, and `Refused` for a status that is none."""
    known = [one for one in parameters if one.name in (*PARAMETERS, "_count", "_after")]
    for one in known:
        if one.name == "status" and not _STATUSES.issuperset(_codes(one)):
            raise Refused(Fault.BAD_VALUE, f"status is one of {', '.join(sorted(_STATUSES))}")
        if one.modifier:
            raise Refused(Fault.BAD_VALUE, "modifiers are not supported here")
    studies = [replace(one, name=_AS_STUDIES.get(one.name, one.name)) for one in known]
    return replace(read_history_search(studies, addresses), honoured=honoured(known))


def _codes(one: Parameter) -> list[str]:
    return [value.rpartition("|")[2] for value in one.values]


def _is_met(one: Parameter) -> bool:
    """Whether what all documents have in common is what is asked for."""
    same = {"status": "current", "type": IMAGING_STUDY["code"], "setting": _RADIOLOGY["code"]}
    return one.name not in same or same[one.name] in _codes(one)


def write_documents(page: HistoryPage, search: HistorySearch, addresses: Addresses) -> dict[str, Any]:
    """A page of the list; one that is empty because the id was merged away looks like any other (IHE-66)."""
    entries = [
        entry(write_document(study, page.golden_id, addresses), addresses, {"mode": "match"})
        for study in page.studies
    ]
    places = search.after, page.next
    return page_of("DocumentReference", entries, page.total, search.honoured, places, addresses)


def write_document(study: Study, golden_id: UUID, addresses: Addresses) -> dict[str, Any]:
    """The study as a DocumentReference. Modalities are its events, as in XDS-I.b; where its report stands, as far as
    one is known, is the document's own status."""
    events = [{"coding": [{"system": DICOM_MODALITY, "code": code}]} for code in study.modalities]
    started = study.started_at.isoformat() if study.started_at else ""
    context = {
        "event": events,
        "period": {"start": started} if started else None,
        "practiceSetting": {"coding": [_RADIOLOGY]},
        "sourcePatientInfo": None
        if study.patient == WITHHELD
        else {"type": "Patient", "identifier": addresses.identifier(study.patient)},
        "related": [{"reference": f"ImagingStudy/{study.study_uid}", "type": "ImagingStudy"}, *based_on(study)],
    }
    owner = {"type": "Organization", "identifier": {"system": ODS_ORGANISATION, "value": study.organisation}}
    found: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": study.study_uid,
        "meta": {"profile": [PROFILE]},
        "masterIdentifier": {"system": URI, "value": f"urn:oid:{study.study_uid}"},
        "identifier": [uid_identifier(study.study_uid), *([write_accession(study)] if study.accession else [])],
        "status": "current",
        "docStatus": DOCUMENT_STATUSES.get(study.report_status) if study.report_status else None,
        "type": {"coding": [IMAGING_STUDY]},
        "subject": {"reference": f"Patient/{golden_id}", "type": "Patient"},
        "date": started,
        "custodian": owner if study.organisation else None,
        "description": study.description,
        "content": [{"attachment": _attachment(study, started, addresses)}],
        "context": {name: value for name, value in context.items() if value},
    }
    return {name: value for name, value in found.items() if value}


def _attachment(study: Study, started: str, addresses: Addresses) -> dict[str, Any]:
    """Where the study is: at its archive (WADO-RS, RAD-107), else here as an ImagingStudy."""
    retrieve = next((a.retrieve for a in addresses.network.archives if a.id == study.archive), "")
    if retrieve:
        found = {"contentType": "application/dicom", "url": f"{retrieve.rstrip('/')}/studies/{study.study_uid}"}
    else:
        url = addresses.url(f"ImagingStudy/{study.study_uid}")
        found = {"contentType": "application/fhir+json", "url": url}
    return found | ({"creation": started} if started else {})

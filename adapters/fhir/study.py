"""ImagingStudy in and out (IHE-65). A study hangs on the patient id it was acquired under, never on a golden id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.fhir.exchange import Addresses, uid_identifier
from adapters.fhir.resource import Resource, codings
from adapters.fhir.terminology import DICOM_MODALITY, DICOM_UID, IDENTIFIER_TYPE, ODS_ORGANISATION, SNOMED_CT
from mpi.domain.coding import Scheme, scheme_of
from mpi.domain.examination import procedures_of
from mpi.domain.identifiers import NHS_AUTHORITY, WITHHELD, Identifier
from mpi.domain.orders import Coded
from mpi.domain.views import Study
from mpi.errors import Fault, Refused

_UID = re.compile(r"(?=.{1,64}\Z)(0|[1-9]\d*)(\.(0|[1-9]\d*))+\Z")  # DICOM PS3.5 9.1


def read_study(resource: Resource, addresses: Addresses) -> Study:
    """The study of an ImagingStudy that passed `resource.check`. Raises `Refused`."""
    if resource.get("status") in ("cancelled", "entered-in-error"):
        raise Refused(Fault.UNSUPPORTED_EVENT, "studies are not withdrawn through FHIR", "ImagingStudy.status")
    accession = _accession(resource)
    series = resource.get("series") or ()
    return Study(
        study_uid=_study_uid(resource),
        patient=_subject(resource, addresses),
        started_at=_started(resource),
        modalities=_modalities(resource),
        body_site=next((site for one in series if (site := _site(one.get("bodySite") or {}))), ""),
        description=(resource.get("description") or "").strip(),
        accession=(accession.get("value") or "").strip(),
        organisation=_assigner(accession),
        archive=_archive(resource, addresses),
        series=resource.get("numberOfSeries") or len(series),
        instances=resource.get("numberOfInstances") or 0,
        procedures=tuple(code for one in resource.get("procedureCode") or () for code in map(_coded, codings(one))),
        anatomy=_anatomy(series),
    )


def write_study(study: Study, golden_id: UUID, addresses: Addresses) -> dict[str, Any]:
    """The study as an ImagingStudy of the golden Patient; the local patient id stands beside the reference."""
    identifiers: list[dict[str, Any]] = [uid_identifier(study.study_uid)]
    if study.accession:
        identifiers.append(write_accession(study))
    found: dict[str, Any] = {
        "resourceType": "ImagingStudy",
        "id": study.study_uid,
        "identifier": identifiers,
        "status": "available",
        "subject": {"reference": f"Patient/{golden_id}"} | _local_id(study, addresses),
        "modality": [{"system": DICOM_MODALITY, "code": code} for code in study.modalities],
        "started": study.started_at.isoformat() if study.started_at else None,
        "description": study.description,
        "basedOn": based_on(study),
        "procedureCode": [concept(coded) for coded in procedures_of(study)],
        "numberOfSeries": study.series,
        "numberOfInstances": study.instances,
        "endpoint": [{"reference": f"Endpoint/{study.archive}"}] if study.archive else None,
    }
    return {name: value for name, value in found.items() if value}


def based_on(study: Study) -> list[dict[str, str]]:
    """The order that the study was made by, if it is known."""
    return [{"reference": f"ServiceRequest/{study.order}", "type": "ServiceRequest"}] if study.order else []


def _local_id(study: Study, addresses: Addresses) -> dict[str, Any]:
    if study.patient == WITHHELD:
        return {}
    return {"identifier": addresses.identifier(study.patient)}


def parse_uid(text: str) -> str:
    """A Study Instance UID, with or without `urn:oid:`; raises `Refused` (BAD_VALUE)."""
    uid = text.strip().removeprefix("urn:oid:")
    if not _UID.match(uid):
        raise Refused(Fault.BAD_VALUE, "a Study Instance UID is written urn:oid:1.2.3", "ImagingStudy.identifier")
    return uid


def _study_uid(resource: Resource) -> str:
    for one in resource.get("identifier") or ():
        if one.get("system") == DICOM_UID and one.get("value"):
            return parse_uid(one["value"])
    raise Refused(Fault.MISSING_FIELD, f"a study has an identifier of system {DICOM_UID}", "ImagingStudy.identifier")


def _subject(resource: Resource, addresses: Addresses) -> Identifier:
    named = (resource.get("subject") or {}).get("identifier") or {}
    if not (named.get("system") and named.get("value")):
        raise Refused(
            Fault.MISSING_FIELD,
            "the subject is named by the system and value of the patient id in the image",
            "ImagingStudy.subject.identifier",
        )
    patient = addresses.parse(f"{named['system']}|{named['value']}")
    if patient.authority == NHS_AUTHORITY:  # two people may carry one number (NHS-11): a local id is needed
        raise Refused(Fault.BAD_VALUE, "a study hangs on a local patient id", "ImagingStudy.subject.identifier")
    return patient


def _started(resource: Resource) -> datetime | None:
    text = resource.get("started") or ""
    if len(text) <= 10:  # a date alone is no moment
        return None
    try:
        started = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(Fault.BAD_VALUE, "not a date and time", "ImagingStudy.started") from error
    if started.tzinfo is None:
        raise Refused(Fault.BAD_VALUE, "a time has a zone", "ImagingStudy.started")
    return started


def _modalities(resource: Resource) -> tuple[str, ...]:
    listed = list(resource.get("modality") or ())
    listed += [one["modality"] for one in resource.get("series") or () if one.get("modality")]
    return tuple(dict.fromkeys(code for one in listed if (code := (one.get("code") or "").strip())))


def concept(coded: Coded) -> dict[str, Any]:
    """A code as a CodeableConcept. Only SNOMED CT has a system by which FHIR knows it."""
    coding = {
        "system": SNOMED_CT if scheme_of(coded) is Scheme.SNOMED_CT else "",
        "code": coded.code,
        "display": coded.text,
    }
    found = {"coding": [{name: value for name, value in coding.items() if value}] if coded.code else None}
    return {name: value for name, value in (found | {"text": coded.text}).items() if value}


def _anatomy(series: Sequence[Mapping[str, Any]]) -> tuple[Coded, ...]:
    sites = [_coded(site) for one in series if (site := one.get("bodySite")) and site.get("system")]
    return tuple(dict.fromkeys(coded for coded in sites if coded.code))


def _coded(coding: Mapping[str, Any]) -> Coded:
    code, display, system = ((coding.get(name) or "").strip() for name in ("code", "display", "system"))
    return Coded(code, display, system)


def _site(coding: Mapping[str, Any]) -> str:
    return (coding.get("display") or coding.get("code") or "").strip()


def _accession(resource: Resource) -> Mapping[str, Any]:
    for one in resource.get("identifier") or ():
        if any(coding.get("code") == "ACSN" for coding in codings(one.get("type"))):
            return dict(one)
    return {}


def _assigner(accession: Mapping[str, Any]) -> str:
    assigner = (accession.get("assigner") or {}).get("identifier") or {}
    return (assigner.get("value") or "").strip() if assigner.get("system") == ODS_ORGANISATION else ""


def _archive(resource: Resource, addresses: Addresses) -> str:
    known = {archive.id for archive in addresses.network.archives}
    for one in resource.get("endpoint") or ():
        name = (one.get("reference") or "").rpartition("Endpoint/")[2]
        if name in known:
            return name
    return ""


def write_accession(study: Study) -> dict[str, Any]:
    """The accession number as an identifier; its assigner is the trust that acquired the study."""
    shown: dict[str, Any] = {
        "type": {"coding": [{"system": IDENTIFIER_TYPE, "code": "ACSN"}]},
        "value": study.accession,
    }
    if study.organisation:
        shown["assigner"] = {"identifier": {"system": ODS_ORGANISATION, "value": study.organisation}}
    return shown

"""UK Core Patient resources as a trust's FHIR feed PUTs them (ITI-104, NHS-61)."""

from __future__ import annotations

import json
from typing import Any

from mpi.domain.identifiers import NHS_SYSTEM
from mpi.simulate.acts import Act
from mpi.simulate.hospitals import Pas
from mpi.simulate.telling import Telling

_UKCORE = "https://fhir.hl7.org.uk/StructureDefinition"
_CODES = "https://fhir.hl7.org.uk/CodeSystem"
_ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
_GENDERS = {"M": "male", "F": "female", "U": "unknown"}

SILENT = frozenset((Act.LINK, Act.UNLINK, Act.RENUMBER, Act.VISIT, Act.CANCEL_VISIT))
"""Acts that a Patient feed has no way to tell."""


def _coded(url: str, system: str, code: str) -> dict[str, Any]:
    return {
        "url": f"{_UKCORE}/{url}",
        "valueCodeableConcept": {"coding": [{"system": f"{_CODES}/{system}", "code": code}]},
    }


def _identifiers(pas: Pas, told: Telling) -> list[dict[str, Any]]:
    local: dict[str, Any] = {
        "system": pas.system,
        "value": told.value,
        "assigner": {"identifier": {"system": _ODS, "value": pas.authority.owner}},
    }
    if not told.nhs_number:
        return [local]
    status = _coded(
        "Extension-UKCore-NHSNumberVerificationStatus", "UKCore-NHSNumberVerificationStatusEngland", told.nhs_status
    )
    return [local, {"extension": [status], "system": NHS_SYSTEM, "value": told.nhs_number}]


def _names(told: Telling) -> list[dict[str, Any]]:
    given = [part for part in (told.forename, *told.middle_names.split(" ")) if part]
    usual: dict[str, Any] = {
        "use": "temp" if told.unidentified else "official",
        "family": told.surname,
        "given": given,
    }
    if told.title:
        usual["prefix"] = [told.title]
    if told.previous_surname:
        return [usual, {"use": "maiden", "family": told.previous_surname, "given": [told.forename]}]
    return [usual]


def _telecom(told: Telling) -> list[dict[str, Any]]:
    found = (("phone", "home", told.home_phone), ("phone", "mobile", told.mobile), ("email", "home", told.email))
    return [{"system": system, "use": use, "value": value} for system, use, value in found if value]


def _address(told: Telling) -> list[dict[str, Any]]:
    parts = {
        "use": "home",
        "line": [told.line] if told.line else None,
        "city": told.town,
        "postalCode": told.postcode,
    }
    return [{k: v for k, v in parts.items() if v}] if told.line or told.postcode else []


def _extensions(told: Telling) -> list[dict[str, Any]]:
    made = [_coded("Extension-UKCore-EthnicCategory", "UKCore-EthnicCategoryEngland", told.ethnic_category)]
    if told.mothers_maiden_name:
        url = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
        made.append({"url": url, "valueString": told.mothers_maiden_name})
    return made


def _iso(digits: str, zone: str) -> str:
    d = digits
    return f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:14]}{zone[:3]}:{zone[3:]}"


def _patient(pas: Pas, told: Telling) -> dict[str, Any]:
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "meta": {"profile": [f"{_UKCORE}/UKCore-Patient"], "lastUpdated": _iso(told.occurred, told.zones[2])},
        "extension": _extensions(told),
        "identifier": _identifiers(pas, told),
        "active": True,
        "name": _names(told),
        "telecom": _telecom(told),
        "gender": _GENDERS[told.sex],
        "birthDate": told.birth_date,
        "address": _address(told),
        "managingOrganization": {"identifier": {"system": _ODS, "value": pas.feed.organisation}},
    }
    if told.death:
        patient["deceasedDateTime"] = f"{told.death[:4]}-{told.death[4:6]}-{told.death[6:8]}"
    if told.birth_order:
        patient["multipleBirthInteger"] = told.birth_order
    if told.practice:
        practice = {"system": _ODS, "value": told.practice}
        patient["generalPractitioner"] = [{"type": "Organization", "identifier": practice}]
    return {k: v for k, v in patient.items() if v != []}


def _subsumed(pas: Pas, told: Telling) -> dict[str, Any]:
    """The prior patient of a merge: inactive, replaced by the survivor (IHE-42)."""
    surname, forename = told.other_name
    return {
        "resourceType": "Patient",
        "meta": {"profile": [f"{_UKCORE}/UKCore-Patient"], "lastUpdated": _iso(told.occurred, told.zones[2])},
        "identifier": [{"system": pas.system, "value": told.other}],
        "active": False,
        "name": [{"use": "official", "family": surname, "given": [forename]}],
        "link": [
            {
                "other": {"type": "Patient", "identifier": {"system": pas.system, "value": told.value}},
                "type": "replaced-by",
            }
        ],
    }


def render(pas: Pas, told: Telling) -> tuple[str, bytes]:
    """(conditional-update query `system|value`, JSON bytes) for one event of a FHIR feed."""
    merge = told.act is Act.MERGE
    patient = _subsumed(pas, told) if merge else _patient(pas, told)
    query = f"{pas.system}|{told.other if merge else told.value}"
    return query, json.dumps(patient, ensure_ascii=False, separators=(",", ":")).encode()

"""Synthetic patients as their trusts would send them, as wire bytes of each trust's dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count

from linkage.nhs_number import check_digit
from mpi.domain.identifiers import NHS_SYSTEM
from mpi.simulate.wire_hl7 import escape

_serials = count(1)

# feed id: MSH-3, MSH-4, MSH-12, charset, MSH-18, whether the NHS number stands in PID-19
_DIALECTS = {
    "bolton": ("BOLPAS", "RMC", "2.4", "cp1252", "", False),
    "stockport": ("STOPAS", "RWJ", "2.3", "iso8859-1", "8859/1", True),
    "mft": ("MFTEPR", "R0A", "2.5.1", "utf-8", "UNICODE UTF-8", False),
    "ashford": ("ASPPAS", "RTK", "2.4", "cp1252", "", False),
    "east-sussex": ("ESHTPAS", "RXC", "2.3", "cp1252", "", True),
    "queen-victoria": ("QVHEPR", "RPC", "2.5.1", "utf-8", "UNICODE UTF-8", False),
    "wwl": ("WWLHIS", "RRF", "2.5.1", "cp1252", "", False),
}
AUTHORITIES = {"bolton": "BOLTON", "stockport": "STOCKPORT", "mft": "MFT", "wwl": "WWL", "christie": "CHRISTIE"}
CHRISTIE_SYSTEM = "https://fhir.christie.example/Id/patient-number"
BOLTON_SYSTEM = "https://fhir.bolton.example/Id/patient-number"


def nhs_number(serial: int) -> str:
    """A valid NHS number of the 999 test range, another for every serial."""
    stem = 999_500_000 + 3 * serial
    while (digit := check_digit(str(stem))) is None:
        stem += 1
    return f"{stem}{digit}"


@dataclass(frozen=True, slots=True)
class Patient:
    """What one trust says of one person."""

    family: str
    given: str
    born: str = "19540307"
    sex: str = "F"
    line: str = "12 Acceptance Road"
    postcode: str = "BL1 4QT"
    phone: str = "07700900123"
    nhs: str = ""
    verified: bool = True


def control_id() -> str:
    """A message control id never used before in this process."""
    return f"ACC{next(_serials):08d}"


def adt(
    feed: str,
    event: str,
    value: str,
    patient: Patient,
    *,
    control: str = "",
    at: str = "20260301120000",
    prior: str = "",
    authority: str = "",
) -> bytes:
    """An ADT message of `feed` about its own number `value`; with `prior` an MRG segment follows."""
    application, facility, version, codec, charset, in_pid_19 = _DIALECTS[feed]
    namespace = authority or facility
    local = f"{value}^^^{namespace}^PI"
    if patient.nhs and not in_pid_19:
        local += f"~{patient.nhs}^^^NHS^NH"
    sex = {"F": "2", "M": "1"}[patient.sex] if version == "2.3" else patient.sex
    fields = [""] * 33
    fields[0], fields[1], fields[3] = "PID", "1", local
    fields[5] = f"{escape(patient.family)}^{escape(patient.given)}^^^^^L"
    fields[7], fields[8], fields[11] = patient.born, sex, f"{patient.line}^^BOLTON^^{patient.postcode}^GBR^H"
    fields[13] = f"{patient.phone}^PRN^CP" if patient.phone else ""
    fields[19] = patient.nhs if in_pid_19 else ""
    if patient.nhs and patient.verified and version != "2.3":
        fields[32] = "NSTS01"
    tail = f"|||||{charset}".rstrip("|") if charset else ""
    key = control or control_id()
    segments = [
        f"MSH|^~\\&|{application}|{facility}|MPI|REGION|{at}||ADT^{event}|{key}|P|{version}{tail}",
        f"EVN|{event}|{at}||||{at}",
        "|".join(fields).rstrip("|"),
    ]
    segments.append(f"MRG|{prior}^^^{namespace}^PI" if prior else "PV1|1|N")
    return ("\r".join(segments) + "\r").encode(codec)


def patient_json(value: str, patient: Patient, system: str = CHRISTIE_SYSTEM) -> bytes:
    """A FHIR Patient of the Christie."""
    identifiers: list[dict[str, object]] = [{"system": system, "value": value}]
    if patient.nhs:
        url = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
        codes = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
        coded = {"coding": [{"system": codes, "code": "01" if patient.verified else "02"}]}
        status = {"url": url, "valueCodeableConcept": coded}
        identifiers.append({"extension": [status], "system": NHS_SYSTEM, "value": patient.nhs})
    born = f"{patient.born[:4]}-{patient.born[4:6]}-{patient.born[6:]}"
    resource = {
        "resourceType": "Patient",
        "identifier": identifiers,
        "active": True,
        "name": [{"use": "official", "family": patient.family, "given": [patient.given]}],
        "telecom": [{"system": "phone", "use": "mobile", "value": patient.phone}] if patient.phone else [],
        "gender": {"F": "female", "M": "male"}[patient.sex],
        "birthDate": born,
        "address": [{"use": "home", "line": [patient.line], "city": "BOLTON", "postalCode": patient.postcode}],
    }
    return json.dumps({k: v for k, v in resource.items() if v != []}, ensure_ascii=False).encode()

"""One fact, told by HL7 v2 and by the FHIR Patient feed: what a PAS that speaks both would send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.fhir.terminology import (
    CONFIDENTIALITY,
    DATA_ABSENT_REASON,
    ETHNIC_CATEGORY_EXTENSION,
    MOTHERS_MAIDEN_NAME_EXTENSION,
    NHS_STATUS_ENGLAND,
    NHS_STATUS_EXTENSION,
    ODS_ORGANISATION,
)
from mpi.domain.identifiers import NHS_SYSTEM, Identifier
from mpi.simulate.wire_hl7 import escape

START = datetime(2024, 3, 1, 12, tzinfo=UTC)
NULL = "<deleted>"
SYSTEMS = {"BOL": "https://bolton.example/Id/patient", "BOLRIS": "https://bolton.example/Id/ris"}
_ABSENT = {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": "unknown"}]}
_NAME_TYPES = {"official": "L", "usual": "D", "maiden": "M", "nickname": "N", "temp": "S", "old": "BAD"}
_ADDRESS_TYPES = {"home": "H", "work": "B", "temp": "C", "old": "BA"}
_SEXES = {"male": "M", "female": "F", "other": "O", "unknown": "U"}


@dataclass(frozen=True)
class Tell:
    """A patient as registered or revised. `said` has a value or NULL for what is told; what is left out is kept.

    names [(use, family, given, middle)]; born ISO; sex; addresses [(use, line, town, postcode)]; telecom (phones,
    emails); nhs (number, status); mother; twin False, True or the birth order; dead False, "" or ISO; practice;
    ethnic; restricted. `ago` is how many minutes before its telling it became true.
    """

    identifiers: tuple[Identifier, ...]
    said: Mapping[str, Any] = field(default_factory=dict)
    ago: int = 0


@dataclass(frozen=True)
class Merged:
    """`prior` was merged into `survivor`."""

    survivor: Identifier
    prior: Identifier
    ago: int = 0


@dataclass(frozen=True)
class Gone:
    """The patient was registered in error."""

    identifier: Identifier


Fact = Tell | Merged | Gone


def told_at(number: int) -> datetime:
    """When the fact of that number is told."""
    return START + timedelta(minutes=number)


def as_hl7(fact: Fact, number: int) -> bytes:
    """The ADT message."""
    at = told_at(number)
    occurred = at - timedelta(minutes=0 if isinstance(fact, Gone) else fact.ago)
    if isinstance(fact, Tell):
        event, body = ("A28", "A31")[number % 2], [_pid(fact), *_pd1(fact.said), "PV1||N"]
    elif isinstance(fact, Merged):
        event, body = "A40", [f"PID|||{_cx(fact.survivor)}||SOMEBODY^ELSE", f"MRG|{_cx(fact.prior)}"]
    else:
        event, body = "A29", [f"PID|||{_cx(fact.identifier)}", "PV1||N"]
    head = f"MSH|^~\\&|PAS|RMC|MPI|GM|{_ts(at)}||ADT^{event}|F{number}|P|2.5||||||UNICODE UTF-8"
    return ("\r".join([head, f"EVN||{_ts(occurred)}", *body]) + "\r").encode()


def as_fhir(fact: Fact, number: int) -> tuple[str, str, bytes]:
    """The method, the identifier of the condition, and the body."""
    if isinstance(fact, Gone):
        return "DELETE", _token(fact.identifier), b""
    occurred = (told_at(number) - timedelta(minutes=fact.ago)).isoformat()
    patient: dict[str, Any] = {"resourceType": "Patient", "meta": {"lastUpdated": occurred}}
    if isinstance(fact, Merged):
        other = {"identifier": _identifier(fact.survivor)}
        patient |= {
            "identifier": [_identifier(fact.prior)],
            "active": False,
            "link": [{"other": other, "type": "replaced-by"}],
            "name": [{"family": "SOMEBODY", "given": ["ELSE"]}],
        }
        return "PUT", _token(fact.prior), json.dumps(patient).encode()
    patient |= {"active": True, "identifier": [_identifier(one) for one in fact.identifiers]}
    _describe(patient, fact.said)
    return "PUT", _token(fact.identifiers[0]), json.dumps(patient).encode()


def _ts(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S+0000")


def _cx(identifier: Identifier) -> str:
    return f"{escape(identifier.value)}^^^{identifier.authority}^PI"


def _pid(fact: Tell) -> str:
    said = fact.said
    fields = [""] * 34
    fields[0] = "PID"
    fields[3] = "~".join([*map(_cx, fact.identifiers), *_nhs(said)])
    fields[5] = _repeated(said.get("names"), lambda n: f"{_parts(n[1:])}^^^^{_NAME_TYPES[n[0]]}")
    fields[6] = _text(said.get("mother"))
    fields[7] = _text(said.get("born")).replace("-", "")
    fields[8] = NULL_FIELD if said.get("sex") == NULL else _SEXES.get(said.get("sex", ""), "")
    fields[11] = _repeated(
        said.get("addresses"),
        lambda a: f"{escape(a[1])}^^{escape(a[2])}^^{escape(a[3])}^^{_ADDRESS_TYPES[a[0]]}",
    )
    fields[13] = _telecom(said.get("telecom"))
    fields[22] = said.get("ethnic", "")
    twin = said.get("twin")
    if twin is not None:
        fields[24] = "Y" if twin else "N"
        fields[25] = str(twin) if twin is not True and twin else ""
    dead = said.get("dead")
    if dead is not None:
        fields[30] = "N" if dead is False else "Y"
        fields[29] = _death(dead) if dead else ""
    return "|".join(fields)


NULL_FIELD = '""'


def _text(value: str | None) -> str:
    return NULL_FIELD if value == NULL else escape(value or "")


def _parts(texts: tuple[str, ...]) -> str:
    return "^".join(map(escape, texts))


def _repeated(values: Any, write: Any) -> str:
    return NULL_FIELD if values == NULL else "~".join(map(write, values or ()))


def _telecom(told: Any) -> str:
    if told == NULL:
        return NULL_FIELD
    phones, emails = told or ((), ())
    return "~".join([*(f"{escape(p)}^PRN^PH" for p in phones), *(f"^NET^Internet^{escape(e)}" for e in emails)])


def _nhs(said: Mapping[str, Any]) -> list[str]:
    told = said.get("nhs")
    if told is None:
        return []
    # The status in CX.5: PID-32 would also say that nothing else is unreliable, for which FHIR has no element.
    return [f"{NULL_FIELD}^^^NHS^NH" if told == NULL else f"{told[0]}^^^NHS^NH{{status:{told[1]}}}"]


def _death(iso: str) -> str:
    return iso.replace("-", "").replace("T", "").replace(":", "")


def _pd1(said: Mapping[str, Any]) -> list[str]:
    if not {"practice", "restricted"} & said.keys():
        return []
    practice = said.get("practice")
    fields = [""] * 13
    fields[0] = "PD1"
    fields[3] = NULL_FIELD if practice == NULL else f"^^{practice}" if practice else ""
    fields[12] = {True: "Y", False: "N", None: ""}[said.get("restricted")]
    return ["|".join(fields)]


def _token(identifier: Identifier) -> str:
    return f"{SYSTEMS[identifier.authority]}|{identifier.value}"


def _identifier(identifier: Identifier) -> dict[str, Any]:
    return {"system": SYSTEMS[identifier.authority], "value": identifier.value}


def _describe(patient: dict[str, Any], said: Mapping[str, Any]) -> None:
    if "names" in said:
        patient["name"] = [_ABSENT] if said["names"] == NULL else [_name(*one) for one in said["names"]]
    for key, element in (("born", "birthDate"), ("sex", "gender")):
        if key in said:
            patient |= {f"_{element}": _ABSENT} if said[key] == NULL else {element: said[key]}
    if "addresses" in said:
        patient["address"] = [_ABSENT] if said["addresses"] == NULL else [_address(*a) for a in said["addresses"]]
    if "telecom" in said:
        patient["telecom"] = [_ABSENT] if said["telecom"] == NULL else _contacts(*said["telecom"])
    if "nhs" in said:
        patient["identifier"].append(_number(said["nhs"]))
    if "twin" in said:
        order = said["twin"] is not True and said["twin"]
        patient |= {"multipleBirthInteger": order} if order else {"multipleBirthBoolean": bool(said["twin"])}
    if "dead" in said:
        dead = said["dead"]
        patient |= {"deceasedDateTime": dead} if dead else {"deceasedBoolean": dead is not False}
    if "practice" in said:
        by = {"type": "Organization", "identifier": {"system": ODS_ORGANISATION, "value": said["practice"]}}
        patient["generalPractitioner"] = [_ABSENT if said["practice"] == NULL else by]
    if "restricted" in said:
        patient["meta"]["security"] = [{"system": CONFIDENTIALITY, "code": "R" if said["restricted"] else "N"}]
    if extensions := _extensions(said):
        patient["extension"] = extensions


def _name(use: str, family: str, given: str, middle: str) -> dict[str, Any]:
    told = {"use": use, "family": family, "given": [part for part in (given, *middle.split()) if part]}
    return {key: value for key, value in told.items() if value}


def _address(use: str, line: str, town: str, postcode: str) -> dict[str, Any]:
    told = {"use": use, "line": [line] if line else [], "city": town, "postalCode": postcode}
    return {key: value for key, value in told.items() if value}


def _contacts(phones: tuple[str, ...], emails: tuple[str, ...]) -> list[dict[str, Any]]:
    found = [*(("phone", phone) for phone in phones), *(("email", email) for email in emails)]
    return [{"system": system, "value": value} for system, value in found]


def _number(told: Any) -> dict[str, Any]:
    if told == NULL:
        return {"system": NHS_SYSTEM, "_value": _ABSENT}
    coded = {"coding": [{"system": NHS_STATUS_ENGLAND, "code": told[1]}]}
    status = {"url": NHS_STATUS_EXTENSION, "valueCodeableConcept": coded}
    return {"system": NHS_SYSTEM, "value": told[0], "extension": [status]}


def _extensions(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "mother" in said:
        told = _ABSENT if said["mother"] == NULL else {"valueString": said["mother"]}
        found.append({"url": MOTHERS_MAIDEN_NAME_EXTENSION, **told})
    if "ethnic" in said:
        coded = {"coding": [{"code": said["ethnic"]}]}
        found.append({"url": ETHNIC_CATEGORY_EXTENSION, "valueCodeableConcept": coded})
    return found

"""UK Core Patient out: a golden identity as a FHIR Patient (NHS-9, NHS-57, NHS-61; IHE-47, IHE-49)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from adapters.fhir.exchange import Addresses, golden_identifier
from adapters.fhir.terminology import (
    BIRTH_PLACE_EXTENSION,
    CONFIDENTIALITY,
    MOTHERS_MAIDEN_NAME_EXTENSION,
    NAME_USE_CODES,
    NHS_STATUS_DISPLAY,
    NHS_STATUS_ENGLAND,
    NHS_STATUS_EXTENSION,
    ODS_ORGANISATION,
    PATIENT_PROFILE,
)
from linkage import nhs_number
from linkage.record import Address, AddressUse, Demographics, Name, NameUse
from mpi.domain.commands import Death
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_SYSTEM, WITHHELD
from mpi.domain.views import PersonView

Element = tuple[str, Any]

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?\Z")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")


def write_patient(person: PersonView, addresses: Addresses, domains: Collection[str] = ()) -> dict[str, Any]:
    """The person as a UK Core Patient; `domains` (authority ids) limits whose identifiers are told, () all.

    A retired golden id gives an inactive Patient that only points at its successor: no demographics under an id
    that no longer means anybody (IHE-49). What of a restricted person is
    withheld (NHS-57) is left out of `person` by the use cases.
    """
    meta: dict[str, Any] = {
        "versionId": str(int(person.updated_at.timestamp() * 1_000_000)),
        "lastUpdated": person.updated_at.isoformat(timespec="milliseconds"),
        "profile": [PATIENT_PROFILE],
    }
    patient: dict[str, Any] = {"resourceType": "Patient", "id": str(person.requested_id), "meta": meta}
    if person.requested_id != person.golden_id:
        successor = {"reference": f"Patient/{person.golden_id}"}
        return patient | {
            "identifier": [golden_identifier(person.requested_id)],
            "active": False,
            "link": [{"other": successor, "type": "replaced-by"}],
        }
    if person.restricted:
        meta["security"] = [{"system": CONFIDENTIALITY, "code": "R", "display": "restricted"}]
    patient |= {"identifier": _identifiers(person, addresses, domains), "active": True}
    patient |= dict(_elements(person.demographics))
    patient |= dict(_death(person.death))
    sources = [addresses.identifier(i) for i in _local(person, domains)]
    if sources:
        patient["link"] = [{"other": {"type": "Patient", "identifier": one}, "type": "seealso"} for one in sources]
    return patient


def _local(person: PersonView, domains: Collection[str]) -> list[Any]:
    known = [r.identifier for r in person.live if r.identifier != WITHHELD]
    return [one for one in known if not domains or one.authority in domains]


def _identifiers(person: PersonView, addresses: Addresses, domains: Collection[str]) -> list[dict[str, Any]]:
    found = [addresses.identifier(one) for one in _local(person, domains)]
    number = nhs_number.accept(person.demographics.nhs_number)
    if number and (not domains or NHS_AUTHORITY in domains):
        found.insert(0, _nhs_identifier(number, person.demographics.nhs_status))
    return found or [golden_identifier(person.golden_id)]


def _nhs_identifier(number: str, status: str) -> dict[str, Any]:
    code = status if status in NHS_STATUS_DISPLAY else "02"  # NHS-8: a missing status is 02, not 01
    coding = {"system": NHS_STATUS_ENGLAND, "code": code, "display": NHS_STATUS_DISPLAY[code]}
    verified = {"url": NHS_STATUS_EXTENSION, "valueCodeableConcept": {"coding": [coding]}}
    return {"extension": [verified], "system": NHS_SYSTEM, "value": number}


def _elements(told: Demographics) -> Iterator[Element]:
    names = [_name(one) for one in told.names] + [_name(one, NameUse.OLD) for one in told.previous_names]
    if names := [name for name in names if len(name) > 1]:
        yield "name", names
    yield "gender", told.sex.value
    if _is_date(told.birth_date):
        yield "birthDate", told.birth_date
    if told.birth_order:
        yield "multipleBirthInteger", told.birth_order
    elif told.multiple_birth is not None:
        yield "multipleBirthBoolean", told.multiple_birth
    extensions = list(_extensions(told))
    if extensions:
        yield "extension", extensions
    yield from _whereabouts(told)


def _extensions(told: Demographics) -> Iterator[dict[str, Any]]:
    if told.mothers_maiden_name:
        yield {"url": MOTHERS_MAIDEN_NAME_EXTENSION, "valueString": told.mothers_maiden_name}
    for address in told.addresses:
        if address.use is AddressUse.BIRTH:
            yield {"url": BIRTH_PLACE_EXTENSION, "valueAddress": _address(address)}
            return


def _whereabouts(told: Demographics) -> Iterator[Element]:
    addresses = [_address(one) for one in told.addresses if one.use is not AddressUse.BIRTH]
    addresses += [_address(one, AddressUse.OLD) for one in told.previous_addresses]
    if addresses:
        yield "address", addresses
    telecom = [{"system": "phone", "value": one} for one in told.phones]
    telecom += [{"system": "email", "value": one} for one in told.emails]
    if telecom:
        yield "telecom", telecom
    if told.gp_practice:
        practice = {"system": ODS_ORGANISATION, "value": told.gp_practice}
        yield "generalPractitioner", [{"type": "Organization", "identifier": practice}]


def _name(name: Name, use: NameUse | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {"use": NAME_USE_CODES[use or name.use]}
    given = [part for part in (name.given, *name.middle.split()) if part]
    for element, value in (
        ("family", name.family),
        ("given", given),
        ("prefix", [name.title] if name.title else []),
        ("suffix", [name.suffix] if name.suffix else []),
    ):
        if value:
            shown[element] = value
    return shown


def _address(address: Address, use: AddressUse | None = None) -> dict[str, Any]:
    use = use or address.use
    shown: dict[str, Any] = {} if use is AddressUse.BIRTH else {"use": use.value}
    for element, value in (
        ("line", list(address.lines)),
        ("city", address.town),
        ("district", address.county),
        ("postalCode", address.postcode),
    ):
        if value:
            shown[element] = value
    return shown


def _death(death: Death | None) -> Iterator[Element]:
    if death is None:
        return
    if _is_date(death.at) or (_DATE_TIME.match(death.at) and _is_date(death.at[:10])):
        yield "deceasedDateTime", death.at
    elif _is_date(death.at[:10]):  # FHIR allows no time without seconds and zone: tell the day
        yield "deceasedDateTime", death.at[:10]
    else:
        yield "deceasedBoolean", True


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:  # the 30th of February
        return False
    return True

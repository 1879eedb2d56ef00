"""UK Core Patient in: what a FHIR Patient says of a person, as the commands' own `Patch`.

The same fact told by HL7 v2 yields the same patch. An element that is absent says nothing and what is known is kept,
as with an empty HL7 field; an element given with a data-absent-reason such as `unknown` deletes, as `""` does
(V2-22). A list that is given replaces the list (V2-25). Address missing from a restricted patient is therefore not
"address deleted" (NHS-57), and restriction itself ends only by an explicit unrestricted label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.fhir.exchange import Addresses
from adapters.fhir.resource import Resource, absent_reason, codings, extension
from adapters.fhir.terminology import (
    ADDRESS_USES,
    BIRTH_PLACE_EXTENSION,
    CONFIDENTIALITY,
    DEATH_NOTIFICATION_EXTENSION,
    EMPTYING_REASONS,
    ETHNIC_CATEGORIES,
    ETHNIC_CATEGORY_EXTENSION,
    MOTHERS_MAIDEN_NAME_EXTENSION,
    NAME_USES,
    NHS_STATUS_CODES,
    NHS_STATUS_EXTENSION,
    NHS_STATUS_TEXTS,
    ODS_ORGANISATION,
    RESTRICTED_CODES,
    UNRESTRICTED_CODES,
)
from linkage.record import Address, AddressUse, Demographics, Name, NameUse, Sex
from mpi.domain.commands import Death, Field, NhsNumber, Patch, Value

_CURRENT_NAMES = frozenset({NameUse.USUAL, NameUse.OFFICIAL})
_FRACTION = re.compile(r"\.\d+", re.ASCII)
_PRACTICE = re.compile(r"[A-Z]\d{5}\Z", re.ASCII)  # ODS code of a GP practice

Words = Iterator[tuple[Field, Value]]


def read_patch(patient: Resource, addresses: Addresses, now: datetime) -> Patch:
    """What a Patient that passed `resource.check` says of the fields; `now` tells which periods have ended."""
    patch: dict[Field, Value] = {}
    for words in (
        _names(patient, now),
        _birth(patient),
        _addresses(patient, now),
        _telecom(patient, now),
        _nhs_number(patient, addresses),
        _care(patient),
        _death(patient),
        _standing(patient),
    ):
        patch.update(words)
    return patch


def read_demographics(patch: Patch) -> Demographics:
    """The demographics that a patch alone amounts to, for a question about a person who is not yet a record."""
    number = patch.get(Field.NHS_NUMBER)
    given: dict[str, Any] = {
        name.value: patch[name] for name in _DEMOGRAPHIC if name in patch and patch[name] is not None
    }
    if isinstance(number, NhsNumber):
        given |= {"nhs_number": number.value, "nhs_status": number.status}
    return Demographics(**given)


_DEMOGRAPHIC = (
    Field.NAMES,
    Field.BIRTH_DATE,
    Field.SEX,
    Field.ADDRESSES,
    Field.PHONES,
    Field.EMAILS,
    Field.GP_PRACTICE,
    Field.MOTHERS_MAIDEN_NAME,
    Field.MULTIPLE_BIRTH,
    Field.BIRTH_ORDER,
)


def _names(patient: Resource, now: datetime) -> Words:
    sent = patient.get("name") or ()
    names = [name for one in sent if (name := _name(one, now)) is not None]
    names.sort(key=lambda name: name.use not in _CURRENT_NAMES)
    yield from _said(Field.NAMES, tuple(names), sent)


def _name(one: Mapping[str, Any], now: datetime) -> Name | None:
    given = _texts(one.get("given"))
    name = Name(
        family=_text(one.get("family")),
        given=given[0] if given else "",
        middle=" ".join(given[1:]),
        title=" ".join(_texts(one.get("prefix"))),
        suffix=" ".join(_texts(one.get("suffix"))),
        use=NAME_USES.get(one.get("use", ""), NameUse.USUAL),
    )
    if not (name.family or name.given):
        return None
    return replace(name, use=NameUse.OLD) if name.use in _CURRENT_NAMES and _ended(one, now) else name


def _birth(patient: Resource) -> Words:
    if patient.get("birthDate"):
        yield Field.BIRTH_DATE, patient["birthDate"]
    elif _emptied(patient.get("_birthDate")):
        yield Field.BIRTH_DATE, None
    if patient.get("gender"):
        yield Field.SEX, Sex(patient["gender"])
    elif _emptied(patient.get("_gender")):
        yield Field.SEX, None
    if "multipleBirthBoolean" in patient:
        yield Field.MULTIPLE_BIRTH, patient["multipleBirthBoolean"]
    order = patient.get("multipleBirthInteger")
    if order == 8:  # PDS: 8 is not applicable and 9 unknown, neither is an order (NHS-55)
        yield Field.MULTIPLE_BIRTH, False
    elif isinstance(order, int) and 1 <= order <= 7:
        yield Field.MULTIPLE_BIRTH, True
        yield Field.BIRTH_ORDER, order
    yield from _maiden_name(patient)


def _maiden_name(patient: Resource) -> Words:
    maiden = extension(patient, MOTHERS_MAIDEN_NAME_EXTENSION)
    if maiden is None:
        return
    if maiden.get("valueString"):
        yield Field.MOTHERS_MAIDEN_NAME, maiden["valueString"].strip()
    elif _emptied(maiden):
        yield Field.MOTHERS_MAIDEN_NAME, None


def _addresses(patient: Resource, now: datetime) -> Words:
    sent = patient.get("address") or ()
    addresses = [address for one in sent if (address := _address(one, now)) is not None]
    birth_place = (extension(patient, BIRTH_PLACE_EXTENSION) or {}).get("valueAddress")
    if addresses and birth_place and (place := _address({**birth_place, "use": ""}, now, AddressUse.BIRTH)):
        addresses.append(place)
    addresses.sort(key=lambda address: address.use is not AddressUse.HOME)
    yield from _said(Field.ADDRESSES, tuple(addresses), sent)


def _address(one: Mapping[str, Any], now: datetime, default: AddressUse = AddressUse.HOME) -> Address | None:
    if one.get("use") == "billing":  # where the bill goes says nothing of where the patient lives
        return None
    lines = _texts(one.get("line"))
    address = Address(
        lines=lines or _texts([one.get("text")]),
        town=_text(one.get("city")),
        county=_text(one.get("district")) or _text(one.get("state")),
        postcode=_text(one.get("postalCode")),
        use=AddressUse.OLD if _ended(one, now) else ADDRESS_USES.get(one.get("use", ""), default),
    )
    return address if address.lines or address.town or address.county or address.postcode else None


def _telecom(patient: Resource, now: datetime) -> Words:
    sent = sorted(patient.get("telecom") or (), key=lambda one: one.get("rank") or 99)
    live = [one for one in sent if one.get("use") != "old" and not _ended(one, now)]
    for name, systems in ((Field.PHONES, ("phone", "sms")), (Field.EMAILS, ("email",))):
        values = dict.fromkeys(_texts(one.get("value") for one in live if one.get("system") in systems))
        yield from _said(name, tuple(values), [one for one in sent if one.get("system") in (None, *systems)])


def nhs_numbers(patient: Resource, addresses: Addresses) -> tuple[NhsNumber, ...]:
    """The NHS numbers in the order sent, each once; UK Core allows one, and only the first is taken (NHS-9)."""
    numbers = [
        NhsNumber(_text(one["value"]), _status(one))
        for one in _nhs_identifiers(patient, addresses)
        if _text(one.get("value"))
    ]
    return tuple({number.value.replace(" ", ""): number for number in reversed(numbers)}.values())[::-1]


def _nhs_number(patient: Resource, addresses: Addresses) -> Words:
    numbers = nhs_numbers(patient, addresses)
    if numbers:
        yield Field.NHS_NUMBER, numbers[0]
    elif any(_emptied(one) or _emptied(one.get("_value")) for one in _nhs_identifiers(patient, addresses)):
        yield Field.NHS_NUMBER, None


def _nhs_identifiers(patient: Resource, addresses: Addresses) -> list[Mapping[str, Any]]:
    sent = patient.get("identifier") or ()
    return [one for one in sent if addresses.is_nhs(one.get("system") or "") and one.get("use") != "old"]


def _status(identifier: Mapping[str, Any]) -> str:
    concept = (extension(identifier, NHS_STATUS_EXTENSION) or {}).get("valueCodeableConcept")
    codes = [_status_code(coding.get("code") or "") for coding in codings(concept)]
    return next((code for code in codes if code), "")


def _status_code(code: str) -> str:
    texts = (status for text, status in NHS_STATUS_TEXTS.items() if code.startswith(text))
    return NHS_STATUS_CODES.get(code) or next(texts, "")


def _care(patient: Resource) -> Words:
    sent = patient.get("generalPractitioner") or ()
    named = [one.get("identifier") or {} for one in sent]
    codes = [_text(one.get("value")).upper() for one in named if one.get("system") == ODS_ORGANISATION]
    practice = next((code for code in codes if _PRACTICE.match(code)), None)
    if practice or any(_emptied(one) for one in sent):
        yield Field.GP_PRACTICE, practice
    ethnicity = (extension(patient, ETHNIC_CATEGORY_EXTENSION) or {}).get("valueCodeableConcept")
    categories = [_text(coding.get("code")).upper() for coding in codings(ethnicity)]
    category = next((code for code in categories if code in ETHNIC_CATEGORIES), "")
    if category:
        yield Field.ETHNIC_CATEGORY, category


def _death(patient: Resource) -> Words:
    notice = extension(extension(patient, DEATH_NOTIFICATION_EXTENSION), "deathNotificationStatus")
    removed = any(one.get("code") == "U" for one in codings((notice or {}).get("valueCodeableConcept")))
    if removed or patient.get("deceasedBoolean") is False:  # NHS-59: U takes a notified death back
        yield Field.DEATH, None
        yield Field.DISCHARGE_DEATH, None  # an explicit retraction takes back every death
    elif patient.get("deceasedDateTime"):
        at = _FRACTION.sub("", patient["deceasedDateTime"])
        yield Field.DEATH, Death(f"{at[:-1]}+00:00" if at.endswith("Z") else at)
    elif patient.get("deceasedBoolean"):
        yield Field.DEATH, Death()


def _standing(patient: Resource) -> Words:
    yield Field.ACTIVE, patient.get("active") is not False
    labels = {
        one.get("code")
        for one in (patient.get("meta") or {}).get("security") or ()
        if one.get("system") in (None, CONFIDENTIALITY) or one.get("code") == "REDACTED"
    }
    if labels & RESTRICTED_CODES:
        yield Field.RESTRICTED, True
    elif labels & UNRESTRICTED_CODES:
        yield Field.RESTRICTED, False


def _said(name: Field, values: tuple[Any, ...], sent: Iterable[Any]) -> Words:
    if values:
        yield name, values
    elif any(_emptied(one) for one in sent):
        yield name, None


def _emptied(element: Any) -> bool:
    return absent_reason(element) in EMPTYING_REASONS


def _ended(element: Mapping[str, Any], now: datetime) -> bool:
    end = (element.get("period") or {}).get("end") or ""
    # Compared at the precision of the end: a period that ends today has not ended.
    return bool(end) and end[:10] < now.isoformat()[: len(end[:10])]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(values: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(text for value in values or () if (text := _text(value)))

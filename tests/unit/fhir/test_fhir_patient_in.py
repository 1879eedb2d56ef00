"""A UK Core Patient becomes the same patch as the same fact in HL7 v2 (V2-22, NHS-8, NHS-9, NHS-55, NHS-57)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.fhir.patient import read_demographics, read_patch
from adapters.fhir.resource import parse
from adapters.fhir.terminology import (
    BIRTH_PLACE_EXTENSION,
    CONFIDENTIALITY,
    DATA_ABSENT_REASON,
    DEATH_NOTIFICATION_EXTENSION,
    ETHNIC_CATEGORY_EXTENSION,
    MOTHERS_MAIDEN_NAME_EXTENSION,
    NHS_STATUS_ENGLAND,
    NHS_STATUS_EXTENSION,
)
from adapters.hl7v2.commands import to_command
from adapters.hl7v2.message import parse as parse_message
from adapters.hl7v2.message import read_header
from linkage.record import Address, AddressUse, Demographics, Name, NameUse, Sex
from mpi.domain.commands import Death, Field, NhsNumber, Register, Value
from mpi.domain.identifiers import NHS_SYSTEM
from tests.unit.fhir.fhir_builders import ADDRESSES, NETWORK, NHS_NUMBER, NORTH, NOW, patient

ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


def absent(reason: str) -> dict[str, Any]:
    return {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": reason}]}


def patch_of(resource: dict[str, Any]) -> dict[Field, Value]:
    checked = parse(json.dumps(resource).encode(), "Patient")
    return dict(read_patch(checked, ADDRESSES, NOW))


def bare(**elements: Any) -> dict[Field, Value]:
    found = patch_of({"resourceType": "Patient"} | elements)
    found.pop(Field.ACTIVE, None)
    return found


def nhs(value: str | None = NHS_NUMBER, status: str = "", system: str = NHS_STATUS_ENGLAND, **more: Any) -> Any:
    one: dict[str, Any] = {"system": NHS_SYSTEM} | more
    if value:
        one["value"] = value
    if status:
        coding = {"system": system, "code": status}
        one["extension"] = [{"url": NHS_STATUS_EXTENSION, "valueCodeableConcept": {"coding": [coding]}}]
    return one


FHIR_PERSON = patient(
    identifier=[{"system": NORTH, "value": "N1"}, nhs("999 000 0018", "01")],
    name=[
        {"use": "maiden", "family": "Formerly", "given": ["Ann"]},
        {"use": "official", "family": "O'Test-Patient", "given": ["Ann", "Beth"], "prefix": ["Ms"]},
    ],
    address=[
        {"use": "temp", "line": ["Ward Lodge"], "postalCode": "M20 4BX"},
        {"use": "home", "line": ["1 Test Street", "Mill Hill"], "city": "Testford", "postalCode": "M139WL"},
    ],
    telecom=[{"system": "phone", "value": "07700 900123"}, {"system": "email", "value": "ann@post.example"}],
    multipleBirthInteger=2,
    deceasedDateTime="2025-01-02T03:04:05+00:00",
    generalPractitioner=[{"type": "Organization", "identifier": {"system": ODS, "value": "p81001"}}],
    meta={"security": [{"system": CONFIDENTIALITY, "code": "R"}]},
    extension=[
        {"url": MOTHERS_MAIDEN_NAME_EXTENSION, "valueString": "Motherly"},
        {"url": ETHNIC_CATEGORY_EXTENSION, "valueCodeableConcept": {"coding": [{"code": "A"}]}},
    ],
)
HL7_PERSON = "\r".join(
    (
        "MSH|^~\\&|NORTH-PAS|RAA|MPI|X|20260304050607+0000||ADT^A28^ADT_A05|1|P|2.5",
        "EVN||20260304050607+0000",
        "PID|1||N1^^^NORTH^PI~999 000 0018^^^NHS^NH||Formerly^Ann^^^^^M~O'Test-Patient^Ann^Beth^^Ms^^L|Motherly"
        "|19540307|F||A|Ward Lodge^^^^M20 4BX^^C~1 Test Street^Mill Hill^Testford^^M139WL^^H||07700 900123^PRN^PH"
        "~^NET^Internet^ann@post.example|||||||||||Y|2||||20250102030405+0000|Y||NSTS01",
        "PD1||||P81001||||||||Y",
        "PV1|1|N",
    )
)


def test_v2_22_same_fact_by_fhir_and_by_hl7_is_the_same_command() -> None:
    content = HL7_PERSON.encode()
    feed = NETWORK.feed_by_id["north-fhir"]
    message = parse_message(content, read_header(content), feed.charset)
    (command,) = to_command(message, feed, NETWORK)
    assert isinstance(command, Register)
    by_hl7 = dict(command.patch)
    by_hl7.pop(Field.RELIABILITY)  # PID-32 carries the NHS number status, which FHIR hangs on the identifier
    assert patch_of(FHIR_PERSON) == by_hl7


def test_every_element_lands_in_its_field() -> None:
    assert patch_of(FHIR_PERSON) == {
        Field.NAMES: (
            Name("O'Test-Patient", "Ann", "Beth", "Ms", use=NameUse.OFFICIAL),
            Name("Formerly", "Ann", use=NameUse.MAIDEN),
        ),
        Field.BIRTH_DATE: "1954-03-07",
        Field.SEX: Sex.FEMALE,
        Field.ADDRESSES: (
            Address(("1 Test Street", "Mill Hill"), "Testford", "", "M139WL"),
            Address(("Ward Lodge",), postcode="M20 4BX", use=AddressUse.TEMP),
        ),
        Field.PHONES: ("07700 900123",),
        Field.EMAILS: ("ann@post.example",),
        Field.NHS_NUMBER: NhsNumber("999 000 0018", "01"),
        Field.GP_PRACTICE: "P81001",
        Field.MOTHERS_MAIDEN_NAME: "Motherly",
        Field.MULTIPLE_BIRTH: True,
        Field.BIRTH_ORDER: 2,
        Field.DEATH: Death("2025-01-02T03:04:05+00:00"),
        Field.ETHNIC_CATEGORY: "A",
        Field.RESTRICTED: True,
        Field.ACTIVE: True,
    }


def test_v2_22_an_absent_element_says_nothing() -> None:
    assert bare() == {}
    assert patch_of({"resourceType": "Patient"}) == {Field.ACTIVE: True}


@pytest.mark.parametrize(
    ("elements", "field"),
    [
        ({"_birthDate": absent("unknown")}, Field.BIRTH_DATE),
        ({"_gender": absent("asked-declined")}, Field.SEX),
        ({"name": [absent("unknown")]}, Field.NAMES),
        ({"address": [absent("unknown")]}, Field.ADDRESSES),
        ({"telecom": [{"system": "phone"} | absent("unknown")]}, Field.PHONES),
        ({"telecom": [{"system": "email"} | absent("unknown")]}, Field.EMAILS),
        ({"identifier": [nhs(None) | absent("unknown")]}, Field.NHS_NUMBER),
        ({"generalPractitioner": [absent("not-applicable")]}, Field.GP_PRACTICE),
        (
            {"extension": [{"url": MOTHERS_MAIDEN_NAME_EXTENSION} | absent("unknown")]},
            Field.MOTHERS_MAIDEN_NAME,
        ),
    ],
)
def test_v2_22_data_absent_reason_unknown_deletes(elements: dict[str, Any], field: Field) -> None:
    assert bare(**elements) == {field: None}


@pytest.mark.parametrize("reason", ["masked", "error", "unsupported", "not-permitted", "temp-unknown"])
def test_nhs_57_masked_values_delete_nothing(reason: str) -> None:
    assert bare(address=[absent(reason)], telecom=[absent(reason)], _birthDate=absent(reason)) == {}


@pytest.mark.parametrize("date", ["1954", "1954-03", "1954-03-07"])
def test_pid_7_birth_date_keeps_its_precision(date: str) -> None:
    assert bare(birthDate=date) == {Field.BIRTH_DATE: date}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("01", "01"),
        ("08", "08"),
        ("number-present-and-verified", "01"),
        ("trace-in-progress", "06"),
        ("trace-attempted-no-match-or-multiple-match-found", "04"),
        ("nn", "02"),
        ("nonsense", ""),
    ],
)
def test_nhs_9_both_status_vocabularies_are_read(code: str, status: str) -> None:
    assert bare(identifier=[nhs(status=code)]) == {Field.NHS_NUMBER: NhsNumber(NHS_NUMBER, status)}


def test_nhs_8_a_missing_status_is_not_verified() -> None:
    assert bare(identifier=[nhs()]) == {Field.NHS_NUMBER: NhsNumber(NHS_NUMBER, "")}


@pytest.mark.parametrize(
    "system",
    [
        "http://fhir.nhs.net/Id/nhs-number",
        "https://fhir.nhs.uk/Id/nhs-number",
        "urn:oid:2.16.840.1.113883.2.1.4.1",
    ],
)
def test_nhs_6_older_systems_mean_the_nhs_number(system: str) -> None:
    assert bare(identifier=[{"system": system, "value": NHS_NUMBER}]) == {Field.NHS_NUMBER: NhsNumber(NHS_NUMBER)}


def test_an_nhs_number_of_use_old_is_not_the_number() -> None:
    assert bare(identifier=[nhs(use="old")]) == {}


@pytest.mark.parametrize(
    ("elements", "patch"),
    [
        ({"multipleBirthBoolean": True}, {Field.MULTIPLE_BIRTH: True}),
        ({"multipleBirthBoolean": False}, {Field.MULTIPLE_BIRTH: False}),
        ({"multipleBirthInteger": 3}, {Field.MULTIPLE_BIRTH: True, Field.BIRTH_ORDER: 3}),
        ({"multipleBirthInteger": 8}, {Field.MULTIPLE_BIRTH: False}),
        ({"multipleBirthInteger": 9}, {}),
    ],
)
def test_nhs_55_birth_orders_8_and_9_are_no_orders(elements: dict[str, Any], patch: dict[Field, Value]) -> None:
    assert bare(**elements) == patch


RETRACTED = {Field.DEATH: None, Field.DISCHARGE_DEATH: None}


def removed_notice() -> dict[str, Any]:
    status = {"url": "deathNotificationStatus", "valueCodeableConcept": {"coding": [{"code": "U"}]}}
    return {"url": DEATH_NOTIFICATION_EXTENSION, "extension": [status]}


@pytest.mark.parametrize(
    ("elements", "patch"),
    [
        ({"deceasedBoolean": True}, {Field.DEATH: Death()}),
        ({"deceasedBoolean": False}, RETRACTED),
        ({"deceasedDateTime": "2025"}, {Field.DEATH: Death("2025")}),
        ({"deceasedDateTime": "2025-01-02T03:04:05.678Z"}, {Field.DEATH: Death("2025-01-02T03:04:05+00:00")}),
        ({"extension": [removed_notice()], "deceasedDateTime": "2025"}, RETRACTED),
    ],
)
def test_nhs_59_death_told_and_retracted(elements: dict[str, Any], patch: dict[Field, Value]) -> None:
    assert bare(**elements) == patch


@pytest.mark.parametrize(
    ("codes", "patch"),
    [
        (["R"], {Field.RESTRICTED: True}),
        (["V"], {Field.RESTRICTED: True}),
        (["U"], {Field.RESTRICTED: False}),
        (["N", "R"], {Field.RESTRICTED: True}),
        (["XYZ"], {}),
    ],
)
def test_nhs_57_security_labels(codes: list[str], patch: dict[Field, Value]) -> None:
    labels = [{"system": CONFIDENTIALITY, "code": code} for code in codes]
    assert bare(meta={"security": labels}) == patch


def test_a_name_or_address_whose_period_has_ended_is_former() -> None:
    ended, lasting = {"end": "2019-05"}, {"end": "2026-03-04"}
    patch = bare(
        name=[{"family": "Was", "period": ended}, {"family": "Is", "period": lasting}],
        address=[{"city": "There", "period": ended}, {"city": "Here"}],
        telecom=[{"system": "phone", "value": "1", "period": ended}, {"system": "phone", "value": "2"}],
    )
    assert patch[Field.NAMES] == (Name("Is"), Name("Was", use=NameUse.OLD))
    assert patch[Field.ADDRESSES] == (Address(town="Here"), Address(town="There", use=AddressUse.OLD))
    assert patch[Field.PHONES] == ("2",)


def test_telecom_is_ranked_and_fax_is_no_phone() -> None:
    told = [
        {"system": "phone", "value": "2", "rank": 2},
        {"system": "sms", "value": "1", "rank": 1},
        {"system": "fax", "value": "3"},
        {"system": "phone", "value": "2"},
    ]
    assert bare(telecom=told) == {Field.PHONES: ("1", "2")}


def test_a_billing_address_is_not_where_the_patient_lives() -> None:
    assert bare(address=[{"use": "billing", "city": "Elsewhere"}]) == {}


def test_birth_place_stands_after_the_addresses() -> None:
    place = {"url": BIRTH_PLACE_EXTENSION, "valueAddress": {"city": "Born"}}
    assert bare(address=[{"city": "Here"}], extension=[place])[Field.ADDRESSES] == (
        Address(town="Here"),
        Address(town="Born", use=AddressUse.BIRTH),
    )


def test_a_patch_alone_amounts_to_demographics() -> None:
    found = read_demographics(patch_of(FHIR_PERSON))
    assert (found.nhs_number, found.nhs_status, found.birth_order) == ("999 000 0018", "01", 2)
    assert found.names[0].family == "O'Test-Patient"
    assert read_demographics({Field.NAMES: None, Field.ACTIVE: True}) == Demographics()

"""A golden identity as a UK Core Patient (NHS-6, NHS-9, NHS-57, NHS-61; IHE-47, IHE-49)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fhir.demographics import write_patient
from adapters.fhir.patient import read_demographics, read_patch
from adapters.fhir.resource import parse
from adapters.fhir.terminology import NHS_STATUS_ENGLAND, NHS_STATUS_EXTENSION, PATIENT_PROFILE
from linkage.record import Address, AddressUse, Demographics, Name, NameUse, Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Death
from mpi.domain.identifiers import NHS_SYSTEM
from mpi.domain.views import PersonView, RecordState
from mpi.domain.withholding import person_told
from tests.unit.fhir.fhir_builders import (
    ADDRESSES,
    ANN,
    BEN,
    GONE,
    NORTH,
    NOW,
    SOUTH_OID,
    demographics,
    person,
    record,
)
from tests.unit.fhir.fhir_validity import valid

VIEWER = Caller("vera", Role.VIEWER, "RAA")
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


def written(found: PersonView, *domains: str) -> dict[str, Any]:
    shown = write_patient(found, ADDRESSES, domains)
    valid(shown)
    return shown


def test_nhs_61_profile_and_identifiers_with_system_and_assigner() -> None:
    shown = written(person())
    assert shown["meta"]["profile"] == [PATIENT_PROFILE]
    nhs, north, south = shown["identifier"]
    assert nhs["system"] == "https://fhir.nhs.uk/Id/nhs-number"
    assert north["assigner"]["identifier"] == {"system": ODS, "value": "RAA"}
    assert (north["system"], north["value"]) == (NORTH, "N1")
    assert (south["system"], south["value"]) == (f"urn:oid:{SOUTH_OID}", "S1")


def test_nhs_6_number_is_ten_digits_and_nhs_9_status_is_in_the_england_system() -> None:
    (nhs, *_) = written(person())["identifier"]
    assert nhs["value"] == "9990000018"
    (status,) = nhs["extension"]
    assert status["url"] == NHS_STATUS_EXTENSION
    assert status["valueCodeableConcept"]["coding"][0]["system"] == NHS_STATUS_ENGLAND
    assert status["valueCodeableConcept"]["coding"][0]["code"] == "01"


@pytest.mark.parametrize("status", ["", "99"])
def test_nhs_8_a_missing_status_is_02(status: str) -> None:
    (nhs, *_) = written(person(demographics=demographics(nhs_status=status)))["identifier"]
    assert nhs["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "02"


@pytest.mark.parametrize("number", ["", "9999999999", "9990000019", "not known"])
def test_nhs_2_a_number_that_is_none_is_not_told(number: str) -> None:
    shown = written(person(demographics=demographics(nhs_number=number)))
    assert [one["value"] for one in shown["identifier"]] == ["N1", "S1"]


def test_ihe_47_only_live_identifiers_are_told_and_links_imply_active() -> None:
    records = (
        record(),
        record("south", "S2", state=RecordState.SUBSUMED),
        record("south", "S3", state=RecordState.DELETED),
        record("south", "S4", state=RecordState.AWAITED),
    )
    shown = written(person(records=records))
    assert shown["active"] is True
    assert [link["other"]["identifier"]["value"] for link in shown["link"]] == ["N1"]
    assert {link["type"] for link in shown["link"]} == {"seealso"}
    assert not {"S2", "S3", "S4"} & {one["value"] for one in shown["identifier"]}


def test_ihe_49_a_retired_id_is_inactive_and_points_at_its_successor_alone() -> None:
    shown = written(person(requested_id=GONE))
    assert (shown["id"], shown["active"]) == (str(GONE), False)
    assert shown["link"] == [{"other": {"reference": f"Patient/{ANN}"}, "type": "replaced-by"}]
    assert not {"name", "birthDate", "address", "telecom", "gender"} & set(shown)


def test_nhs_57_a_restricted_person_has_the_label_and_no_whereabouts() -> None:
    born = Address(town="Birthplace", use=AddressUse.BIRTH)
    told = demographics(addresses=(*demographics().addresses, born), previous_addresses=(Address(town="Before"),))
    shown = written(person_told(person(restricted=True, demographics=told), VIEWER))
    assert [label["code"] for label in shown["meta"]["security"]] == ["R"]
    assert not {"address", "telecom", "generalPractitioner", "contact", "extension"} & set(shown)
    text = json.dumps(shown)
    assert not any(word in text for word in ("Testford", "M13", "07700", "P81001", "Before", "Birthplace", "@"))
    assert shown["name"][0]["family"] == "Testpatient"
    assert [one["system"] for one in shown["identifier"]] == [NHS_SYSTEM]
    assert "link" not in shown
    urgent = person_told(person(restricted=True, demographics=told), replace(VIEWER, purpose="break-glass"))
    shown = written(urgent)
    assert shown["address"][0]["postalCode"] == "M13 9WL"
    assert shown["link"]
    assert [label["code"] for label in shown["meta"]["security"]] == ["R"]


def test_an_unrestricted_person_shows_where_they_are() -> None:
    shown = written(person())
    assert shown["address"][0]["postalCode"] == "M13 9WL"
    assert shown["generalPractitioner"][0]["identifier"] == {"system": ODS, "value": "P81001"}
    assert "security" not in shown["meta"]


def test_domains_limit_identifiers_and_links() -> None:
    shown = written(person(), "south")
    assert [one["value"] for one in shown["identifier"]] == ["S1"]
    assert [link["other"]["identifier"]["value"] for link in shown["link"]] == ["S1"]


def test_a_person_without_any_identifier_to_tell_still_has_one() -> None:
    lonely = person(BEN, records=(), demographics=Demographics())
    assert written(lonely)["identifier"] == [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{BEN}"}]


@pytest.mark.parametrize(
    ("death", "element"),
    [
        (None, {}),
        (Death(), {"deceasedBoolean": True}),
        (Death("2025"), {"deceasedDateTime": "2025"}),
        (Death("2025-02-30"), {"deceasedBoolean": True}),
        (Death("2025-01-02T03:04"), {"deceasedDateTime": "2025-01-02"}),
        (Death("2025-01-02T03:04:05+00:00"), {"deceasedDateTime": "2025-01-02T03:04:05+00:00"}),
    ],
)
def test_nhs_59_death_at_a_precision_fhir_allows(death: Death | None, element: dict[str, Any]) -> None:
    shown = written(person(death=death))
    assert {name: value for name, value in shown.items() if name.startswith("deceased")} == element


@pytest.mark.parametrize(
    ("date", "shown"), [("1954", "1954"), ("1954-03", "1954-03"), ("1954-13", None), ("3 March", None)]
)
def test_birth_date_is_told_at_its_precision_or_not_at_all(date: str, shown: str | None) -> None:
    assert written(person(demographics=demographics(birth_date=date))).get("birthDate") == shown


def test_former_names_and_addresses_are_old_and_an_alias_has_a_code_fhir_knows() -> None:
    told = demographics(
        names=(Name("Now", "Ann"), Name("Known", "As", use=NameUse.ALIAS)),
        previous_names=(Name("Before", "Ann"),),
        previous_addresses=(Address(town="There"),),
    )
    shown = written(person(demographics=told))
    assert [(name["family"], name["use"]) for name in shown["name"]] == [
        ("Now", "usual"),
        ("Known", "nickname"),
        ("Before", "old"),
    ]
    assert shown["address"][-1] == {"use": "old", "city": "There"}


def test_the_version_changes_with_the_person() -> None:
    later = replace(person(), updated_at=NOW.replace(microsecond=1))
    assert written(person())["meta"]["versionId"] != written(later)["meta"]["versionId"]


TEXT = st.text("abcdefghij ÉÖ'-", min_size=1, max_size=8).map(str.strip)
WORD = st.text("abcdefghijÉÖ'-", min_size=1, max_size=8)
CURRENT = st.sampled_from([NameUse.USUAL, NameUse.OFFICIAL])
NAMES = st.builds(Name, family=WORD, given=WORD, middle=st.just("") | WORD, title=TEXT, suffix=TEXT, use=CURRENT)
PLACES = st.builds(Address, lines=st.tuples(WORD), town=TEXT, county=TEXT, postcode=TEXT)
TOLD = st.builds(
    Demographics,
    names=st.lists(NAMES, max_size=2).map(tuple),
    birth_date=st.dates().map(str) | st.sampled_from(["", "1954", "1954-03"]),
    sex=st.sampled_from(Sex),
    addresses=st.lists(PLACES, max_size=2).map(tuple),
    phones=st.lists(WORD, max_size=2, unique=True).map(tuple),
    nhs_number=st.sampled_from(["", "9990000018"]),
    nhs_status=st.just("01"),
    gp_practice=st.sampled_from(["", "P81001"]),
    mothers_maiden_name=TEXT,
    birth_order=st.none() | st.integers(1, 7),
)


@given(TOLD)
def test_what_is_written_reads_back_the_same(told: Demographics) -> None:
    status = told.nhs_status if told.nhs_number else ""
    multiple = True if told.birth_order else told.multiple_birth
    told = replace(told, nhs_status=status, multiple_birth=multiple)
    body = json.dumps(written(person(demographics=told))).encode()
    assert read_demographics(read_patch(parse(body, "Patient"), ADDRESSES, NOW)) == told

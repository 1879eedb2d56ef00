"""`Patient/$resolve` (IHE-60, IHE-69, SEC-6), and that it answers as `POST /v1/resolve` does."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from linkage.record import Address, Name, Sex
from mpi.api.resolve import KnownDemographics, resolution_json
from mpi.domain.commands import Field, NhsNumber
from mpi.domain.identifiers import NHS_SYSTEM, Identifier
from mpi.domain.network import Archive, Issuer
from tests.unit.fhir.fhir_builders import (
    ADDRESSES,
    ANN,
    CALLERS,
    NETWORK,
    NHS_NUMBER,
    NORTH,
    SOUTH_OID,
    House,
    patient,
)

GATEWAY = Archive("vna", "Regional archive", "RAA", {"N-PACS": "north"}, {"NORTH_GW": "north"})


def request(**parts: Any) -> dict[str, Any]:
    """A request whose parts are told by keyword."""
    types = {"identifier": "valueIdentifier", "patient": "resource"}
    listed = [{"name": name, types.get(name, "valueString"): value} for name, value in parts.items()]
    return {"name": "request", "part": listed}


def ask(house: House, *requests: dict[str, Any], who: str = "archive") -> Any:
    body = {"resourceType": "Parameters", "parameter": list(requests)}
    return house.call(who, "POST", "/Patient/$resolve", json=body)


def by_system(system: str, value: str, **parts: Any) -> dict[str, Any]:
    return request(identifier={"system": system, "value": value}, **parts)


def as_native(result: dict[str, Any]) -> dict[str, Any]:
    """A result in the words of `POST /v1/resolve`."""

    def plain(named: dict[str, Any]) -> dict[str, str]:
        token = ADDRESSES.parse(f"{named['system']}|{named['value']}")
        return {"authority": token.authority, "value": token.value}

    def all_of(name: str, kind: str, parts: list[dict[str, Any]]) -> list[Any]:
        return [part[kind] for part in parts if part["name"] == name]

    parts = result["part"]
    coercion = None
    for inner in all_of("coercion", "part", parts):
        names = {"attributes": "attributes", "otherPatientId": "other_patient_id"}
        names["originalAttributes"] = "original_attributes"
        coercion = {
            ours: json.loads(base64.b64decode(all_of(theirs, "valueAttachment", inner)[0]["data"]))
            for theirs, ours in names.items()
        } | {"replaced": all_of("replaced", "valueString", inner)}
    subsumed = [plain(one) for one in all_of("subsumedBy", "valueIdentifier", parts)]
    return {
        "identifier": plain(*all_of("identifier", "valueIdentifier", parts)),
        "golden_id": all_of("golden", "valueReference", parts)[0]["reference"].removeprefix("Patient/"),
        "state": all_of("state", "valueCode", parts)[0],
        "identifiers": [plain(one) for one in all_of("crossReference", "valueIdentifier", parts)],
        "subsumed_by": subsumed[0] if subsumed else None,
        "task_ids": [int(one) for one in all_of("task", "valueString", parts)],
        "coercion": coercion,
    }


@pytest.mark.parametrize("issuer", [None, Issuer("OURS", "1.2.3.9")])
def test_it_answers_a_batch_as_the_native_resolve_does(issuer: Issuer | None) -> None:
    """Every state, in the order asked; with and without coercion (IHE-61)."""
    house = House(network=replace(NETWORK, issuer=issuer))
    answer = ask(house, by_system(NORTH, "N1"), by_system(f"urn:oid:{SOUTH_OID}", "S1"), by_system(NORTH, "X"))
    assert answer.status_code == 200, answer.text
    told = [as_native(one) for one in answer.json()["parameter"]]
    asked = [Identifier("north", "N1"), Identifier("south", "S1"), Identifier("north", "X")]
    expected = [resolution_json(house.resolve.resolve(one, None, CALLERS["archive"]), house.network) for one in asked]
    for one in expected:
        one["golden_id"] = str(one["golden_id"])  # type: ignore[typeddict-item]
    assert told == expected
    assert [one["state"] for one in told] == ["certain", "ambiguous", "provisional"]


def test_an_image_names_its_issuer_or_comes_from_a_known_title() -> None:
    """IHE-60."""
    house = House(network=replace(NETWORK, archives=(GATEWAY,)))
    asked = [
        request(issuer="N-PACS", patientId=" N1 ", archive="vna"),
        request(aeTitle="NORTH_GW", patientId="N1"),
        request(issuer="NORTH", patientId="N1"),
    ]
    assert ask(house, *asked).status_code == 200
    assert {identifier for identifier, _ in house.resolve.asked} == {Identifier("north", "N1")}


def test_what_the_image_says_is_taken_as_the_native_resolve_takes_it() -> None:
    """NHS-8: an image verifies nothing, whatever its Patient claims."""
    house = House()
    traced = {
        "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
        "valueCodeableConcept": {
            "coding": [
                {
                    "system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland",
                    "code": "01",
                }
            ]
        },
    }
    numbers = [{"system": NHS_SYSTEM, "value": NHS_NUMBER, "extension": [traced]}]
    assert ask(house, by_system(NORTH, "X", patient=patient(identifier=numbers))).status_code == 200
    ((_, patch),) = house.resolve.asked
    native = KnownDemographics(
        family="Testpatient",
        given="Ann",
        middle="Beth",
        birth_date="1954-03-07",
        sex=Sex.FEMALE,
        postcode="M13 9WL",
        phone="07700 900123",
        nhs_number=NHS_NUMBER,
    )
    assert patch == native.to_patch()
    assert patch == {
        Field.NAMES: (Name("Testpatient", "Ann", "Beth"),),
        Field.BIRTH_DATE: "1954-03-07",
        Field.SEX: Sex.FEMALE,
        Field.ADDRESSES: (Address(postcode="M13 9WL"),),
        Field.PHONES: ("07700 900123",),
        Field.NHS_NUMBER: NhsNumber(NHS_NUMBER),
    }


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        (by_system("https://nowhere.example", "1"), 422, "code-invalid"),
        (request(issuer="NOWHERE", patientId="1"), 422, "code-invalid"),
        (request(aeTitle="NOWHERE", patientId="1"), 422, "code-invalid"),
        (request(patientId="1"), 422, "required"),
        (request(issuer="NORTH"), 422, "required"),
        (request(), 422, "required"),
        (by_system(NORTH, "1", issuer="NORTH"), 422, "value"),
        (request(identifier={"system": NORTH}), 422, "value"),
        ({"name": "request", "part": [{"name": "issuer", "valueCode": "NORTH"}]}, 422, "value"),
        ({"name": "request", "part": [{"name": "surname", "valueString": "X"}]}, 422, "value"),
        (by_system(NORTH, "1", patient={"resourceType": "Group", "type": "person", "actual": True}), 422, ""),
    ],
)
def test_ihe_60_nothing_is_guessed_and_no_question_is_put(wrong: dict[str, Any], status: int, code: str) -> None:
    house = House()
    answer = ask(house, by_system(NORTH, "N1"), wrong, wrong)
    assert answer.status_code == status, answer.text
    issues = answer.json()["issue"]
    assert [one["expression"] for one in issues] == [["Parameters.parameter[1]"], ["Parameters.parameter[2]"]]
    assert code in {"", issues[0]["code"]}, issues
    assert house.resolve.asked == []


def test_an_nhs_number_that_nobody_alone_holds_is_named() -> None:
    house = House()
    answer = ask(house, by_system(NORTH, "N1"), by_system(NHS_SYSTEM, NHS_NUMBER))
    assert answer.status_code == 404
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == ["Parameters.parameter[1]"]


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Parameters"},
        {"resourceType": "Parameters", "parameter": [{"name": "question", "valueString": "who?"}]},
        {"resourceType": "Patient"},
    ],
)
def test_a_body_that_asks_nothing_is_refused(body: dict[str, Any]) -> None:
    assert House().call("archive", "POST", "/Patient/$resolve", json=body).status_code == 422


def test_no_more_than_the_native_resolve_takes_at_once() -> None:
    assert ask(House(), *[by_system(NORTH, "N1")] * 501).status_code == 413
    assert ask(House(), *[by_system(NORTH, "N1")] * 500).status_code == 200


def test_resolving_is_a_right() -> None:
    assert ask(House(), by_system(NORTH, "N1"), who="north").status_code == 403
    assert ask(House(), by_system(NORTH, "N1"), who="").status_code == 401


def test_it_is_posted_for_it_may_register() -> None:
    assert House().call("archive", "GET", "/Patient/$resolve").status_code in {404, 405}


def test_the_capability_statement_points_at_its_definition() -> None:
    house = House()
    (patients, *_) = house.call("", "GET", "/metadata").json()["rest"][0]["resource"]
    (url,) = [one["definition"] for one in patients["operation"] if one["name"] == "resolve"]
    definition = house.call("", "GET", url.removeprefix(ADDRESSES.base_url)).json()
    assert (definition["url"], definition["code"], definition["resource"]) == (url, "resolve", ["Patient"])
    answer = ask(house, by_system(NORTH, "N1")).json()
    (result,) = [one for one in definition["parameter"] if one["name"] == "result"]
    assert {part["name"] for part in answer["parameter"][0]["part"]} <= {part["name"] for part in result["part"]}
    assert str(ANN) in str(answer)

"""POST /v1/resolve (IHE-60, IHE-69, SEC-6)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from linkage.record import Address, Name, Sex
from mpi.domain.access import Role
from mpi.domain.commands import Field, NhsNumber
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Issuer
from mpi.errors import Unavailable
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, BOLTON, CHRISTIE, NETWORK, NEW, RETIRED


def ask(live: Live, body: object, role: Role | None = Role.ARCHIVE) -> httpx.Response:
    return live.call("POST", "/v1/resolve", role, json=body)


@pytest.mark.parametrize("issuer", ["BOLTON", "RMC01", "1.2.3.1", "urn:oid:1.2.3.1", "https://bolton/id", "BOL"])
def test_every_name_of_an_authority_and_a_dicom_issuer_resolve(live: Live, issuer: str) -> None:
    """IHE-60: id, namespace, OID, system and Issuer of Patient ID all name the same authority."""
    answer = ask(live, {"issuer": issuer, "patient_id": "1234567"})
    assert answer.status_code == 200
    assert answer.json() == {
        "identifier": {"authority": "BOLTON", "value": "1234567"},
        "golden_id": str(ALPHA),
        "state": "certain",
        "identifiers": [
            {"authority": "CHRISTIE", "value": "C99812"},
            {"authority": "NHS", "value": "9990000018"},
        ],
        "subsumed_by": None,
        "task_ids": [],
        "coercion": None,
    }


def test_ihe_61_what_to_write_into_the_image_comes_with_the_answer(live: Live) -> None:
    live.app.state.services = replace(live.house.services, network=replace(NETWORK, issuer=Issuer("OURS", "1.2.3.9")))
    coercion = ask(live, {"issuer": "BOLTON", "patient_id": "1234567"}).json()["coercion"]
    assert coercion["attributes"]["00100020"] == {"vr": "LO", "Value": [str(ALPHA)]}
    assert coercion["attributes"]["00100021"] == {"vr": "LO", "Value": ["OURS"]}
    assert coercion["other_patient_id"]["00100020"] == {"vr": "LO", "Value": ["1234567"]}
    assert coercion["other_patient_id"]["00100021"] == {"vr": "LO", "Value": ["BOLTONPAS"]}
    assert coercion["replaced"] == ["00100020", "00100021", "00100024"]
    assert "00101000" not in str(coercion)


def test_an_image_without_issuer_is_judged_by_its_ae_title(live: Live) -> None:
    """IHE-60."""
    assert ask(live, {"ae_title": "BOL_CT1", "patient_id": " 1234567 "}).json()["golden_id"] == str(ALPHA)
    assert live.house.resolve.asked == [(BOLTON, None)]


@pytest.mark.parametrize(
    "body",
    [
        {"issuer": "NOWHERE", "patient_id": "1"},
        {"ae_title": "NOWHERE", "patient_id": "1"},
        {"issuer": "NOWHERE", "ae_title": "BOL_CT1", "patient_id": "1"},
        {"issuer": "SHARED", "patient_id": "1"},
        {"ae_title": "CT", "patient_id": "1"},
        {"issuer": "CHR", "archive": "north", "ae_title": "BOL_CT1", "patient_id": "1"},
    ],
)
def test_nothing_is_guessed(live: Live, body: dict[str, str]) -> None:
    """IHE-60: unknown or equivocal issuers are refused and no use case is asked."""
    assert ask(live, body).status_code == 422
    assert live.house.resolve.asked == []


def test_an_unknown_issuer_is_told_as_such(live: Live) -> None:
    answer = ask(live, {"issuer": "NOWHERE", "patient_id": "1"})
    assert as_problem(answer) == (422, "unknown-authority")
    assert answer.json()["location"] == "issuer"


def test_neither_issuer_nor_ae_title_is_a_missing_field(live: Live) -> None:
    assert as_problem(ask(live, {"patient_id": "1"})) == (422, "missing-field")


def test_ambiguity_and_successor_are_told(live: Live) -> None:
    """IHE-69: ambiguous is an answer, not an error."""
    answer = ask(live, {"issuer": "SHARED", "archive": "south", "patient_id": "C99812"}).json()
    assert (answer["state"], answer["task_ids"]) == ("ambiguous", [17])
    assert answer["subsumed_by"] == {"authority": "BOLTON", "value": "1234567"}


def test_what_the_image_says_is_handed_on_and_nothing_else(live: Live) -> None:
    """IHE-69: provisional at once; an image never deletes and never verifies an NHS number (NHS-8)."""
    said = {
        "family": "TESTPERSON",
        "given": "BETA",
        "birth_date": "1954-03",
        "sex": "female",
        "postcode": "BL1 1AA",
        "phone": "07700 900123",
        "nhs_number": "999 000 0026",
    }
    answer = ask(live, {"issuer": "BOL", "patient_id": "new", "demographics": said}).json()
    assert (answer["state"], answer["golden_id"]) == ("provisional", str(NEW))
    assert live.house.resolve.asked == [
        (
            Identifier("BOLTON", "new"),
            {
                Field.NAMES: (Name("TESTPERSON", "BETA"),),
                Field.BIRTH_DATE: "1954-03",
                Field.SEX: Sex.FEMALE,
                Field.ADDRESSES: (Address(postcode="BL1 1AA"),),
                Field.PHONES: ("07700 900123",),
                Field.NHS_NUMBER: NhsNumber("999 000 0026"),
            },
        )
    ]


@pytest.mark.parametrize("said", [{}, {"family": "", "birth_date": None, "sex": None}])
def test_an_image_that_says_nothing_gives_no_patch(live: Live, said: dict[str, object]) -> None:
    ask(live, {"issuer": "BOL", "patient_id": "new", "demographics": said})
    assert live.house.resolve.asked == [(Identifier("BOLTON", "new"), None)]


def test_a_batch_is_answered_in_order(live: Live) -> None:
    body = {"requests": [{"issuer": "CHR", "patient_id": "C99812"}, {"issuer": "BOL", "patient_id": "1234567"}]}
    results = ask(live, body).json()["results"]
    assert [r["identifier"]["authority"] for r in results] == ["CHRISTIE", "BOLTON"]
    assert live.house.resolve.asked == [(CHRISTIE, None), (BOLTON, None)]


def test_a_batch_of_500_is_taken_and_of_501_refused(live: Live) -> None:
    one = {"issuer": "BOL", "patient_id": "1234567"}
    assert len(ask(live, {"requests": [one] * 500}).json()["results"]) == 500
    assert as_problem(ask(live, {"requests": [one] * 501})) == (422, "invalid-request")
    assert as_problem(ask(live, {"requests": []})) == (422, "invalid-request")


def test_a_batch_with_unknown_issuers_names_each_and_applies_nothing(live: Live) -> None:
    """IHE-60: the sender learns at once which images to quarantine."""
    good, bad = {"issuer": "BOL", "patient_id": "1234567"}, {"ae_title": "NOWHERE", "patient_id": "1"}
    answer = ask(live, {"requests": [good, bad, good, {"patient_id": "1"}]})
    assert as_problem(answer) == (422, "unknown-authority")
    pointers = [e["pointer"] for e in answer.json()["errors"]]
    assert pointers == ["/requests/1/ae_title", "/requests/3/issuer"]
    assert live.house.resolve.asked == []


def test_an_nhs_number_that_not_one_person_holds_is_not_found(live: Live) -> None:
    """NHS-11: a number is not a person."""
    assert as_problem(ask(live, {"issuer": "NH", "patient_id": "9990000026"})) == (404, "not-found")


def test_a_batch_names_every_item_that_failed(live: Live) -> None:
    good, bad = {"issuer": "BOL", "patient_id": "1234567"}, {"issuer": "NH", "patient_id": "9990000026"}
    answer = ask(live, {"requests": [bad, good, bad]})
    assert as_problem(answer) == (404, "not-found")
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/requests/0", "/requests/2"]
    assert len(live.house.resolve.asked) == 3


def test_a_batch_is_no_success_when_one_of_it_failed(live: Live) -> None:
    live.house.faults.next = Unavailable("the database is busy")
    answer = ask(live, {"requests": [{"issuer": "BOL", "patient_id": "1234567"}] * 3})
    assert as_problem(answer) == (503, "unavailable")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"issuer": "BOL"}, "/patient_id"),
        ({"issuer": "BOL", "patient_id": ""}, "/patient_id"),
        ({"issuer": "BOL", "patient_id": "  "}, "/patient_id"),
        ({"issuer": "BOL", "patient_id": 1234567}, "/patient_id"),
        ({"issuer": "BOL", "patient_id": None}, "/patient_id"),
        ({"issuer": ["BOL"], "patient_id": "1"}, "/issuer"),
        ({"issuer": "BOL", "patient_id": "1\x00"}, "/patient_id"),
        ({"issuer": "BOL", "patient_id": "1" * 251}, "/patient_id"),
        ({"issuer": "BOL", "patientId": "1", "patient_id": "1"}, "/patientId"),
        (
            {"issuer": "BOL", "patient_id": "1", "demographics": {"birth_date": "1954-02-30"}},
            "/demographics/birth_date",
        ),
        (
            {"issuer": "BOL", "patient_id": "1", "demographics": {"birth_date": "07/03/1954"}},
            "/demographics/birth_date",
        ),
        ({"issuer": "BOL", "patient_id": "1", "demographics": {"sex": "F"}}, "/demographics/sex"),
        (
            {"issuer": "BOL", "patient_id": "1", "demographics": {"nhs_number": "99900000189"}},
            "/demographics/nhs_number",
        ),
        (
            {"issuer": "BOL", "patient_id": "1", "demographics": {"nhs_number_status": "01"}},
            "/demographics/nhs_number_status",
        ),
        ({"requests": [{"issuer": "BOL", "patient_id": 5}]}, "/requests/0/patient_id"),
        ({"requests": {"issuer": "BOL"}}, "/requests"),
    ],
)
def test_a_wrong_shape_is_pointed_at(live: Live, body: object, pointer: str) -> None:
    answer = ask(live, body)
    assert as_problem(answer) == (422, "invalid-request")
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
    assert live.house.resolve.asked == []


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_refused(live: Live, body: object) -> None:
    assert as_problem(ask(live, body)) == (422, "invalid-request")


@pytest.mark.parametrize("role", [Role.FEED])
def test_resolving_is_a_right(live: Live, role: Role) -> None:
    """SEC-5: a feed may assert, not ask."""
    assert as_problem(ask(live, {"issuer": "BOL", "patient_id": "1"}, role)) == (403, "forbidden")


@pytest.mark.parametrize("issuer", ["OURS", "1.2.3.9", "urn:oid:1.2.3.9"])
@pytest.mark.parametrize("golden_id", [ALPHA, RETIRED])
def test_an_archive_may_ask_by_a_golden_id_present_or_retired(live: Live, issuer: str, golden_id: UUID) -> None:
    """An image may carry one and not tell under which id it was acquired."""
    live.app.state.services = replace(live.house.services, network=replace(NETWORK, issuer=Issuer("OURS", "1.2.3.9")))
    told = ask(live, {"issuer": issuer, "patient_id": str(golden_id)}).json()
    assert told["identifier"] == {"authority": "OURS", "value": str(golden_id)}
    assert told["golden_id"] == str(ALPHA)
    assert told["coercion"]["attributes"]["00100020"]["Value"] == [str(ALPHA)]
    batch = {
        "requests": [{"issuer": issuer, "patient_id": str(golden_id)}, {"issuer": "BOL", "patient_id": "1234567"}]
    }
    assert [one["golden_id"] for one in ask(live, batch).json()["results"]] == [str(ALPHA)] * 2


def test_a_golden_id_that_nobody_has_is_not_found(live: Live) -> None:
    live.app.state.services = replace(live.house.services, network=replace(NETWORK, issuer=Issuer("OURS", "1.2.3.9")))
    assert as_problem(ask(live, {"issuer": "OURS", "patient_id": str(NEW)})) == (404, "not-found")


def test_without_an_issuer_in_the_network_file_nobody_asks_by_golden_id(live: Live) -> None:
    assert as_problem(ask(live, {"issuer": "OURS", "patient_id": str(ALPHA)})) == (422, "unknown-authority")

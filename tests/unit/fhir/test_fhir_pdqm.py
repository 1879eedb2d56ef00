"""ITI-78: search and read of Patient (IHE-43, IHE-47, IHE-49, NHS-57)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fhir.exchange import Parameter
from adapters.fhir.outcome import Rejected
from adapters.fhir.patient_search import PARAMETERS, read_search
from linkage.record import Address
from mpi.domain.identifiers import NHS_SYSTEM, Identifier
from mpi.domain.views import SearchCriteria
from mpi.errors import Refused, Unavailable
from tests.unit.fhir.fhir_builders import (
    ADDRESSES,
    ANN,
    BEN,
    GONE,
    NORTH,
    SOUTH_OID,
    House,
    demographics,
    person,
    record,
)

SOUTH = f"urn:oid:{SOUTH_OID}"


def house_finding(*people: Any) -> House:
    house = House()
    house.query.found = people
    return house


def ask(house: House, params: Any, who: str = "viewer", **sent: Any) -> Any:
    return house.call(who, "GET", "/Patient", params=params, **sent)


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.text
    found = [one["resource"] for one in response.json().get("entry", [])]
    return [one["id"] for one in found if one["resourceType"] == "Patient"]


def self_query(response: Any) -> list[tuple[str, str]]:
    (link,) = [one for one in response.json()["link"] if one["relation"] == "self"]
    return parse_qsl(urlsplit(link["url"]).query)


def test_ihe_43_parameters_become_criteria() -> None:
    house = house_finding(person())
    asked = {"family": "Test", "given": "Ann", "birthdate": "1954-03-07", "gender": "female"}
    response = ask(house, asked | {"address-postalcode": "M13 9WL"})
    assert ids(response) == [str(ANN)]
    assert response.json()["total"] == 1
    assert house.query.searches == [SearchCriteria("Test", "Ann", "1954-03-07", "female", "M13 9WL", limit=100)]


@pytest.mark.parametrize("asked", [{"family": "T", "gender": "female"}, {"family": "T", "birthdate": "1954-03-07"}])
def test_ihe_43_required_combinations(asked: dict[str, str]) -> None:
    assert ids(ask(house_finding(person()), asked)) == [str(ANN)]


def test_ihe_43_post_search_finds_the_same() -> None:
    house = house_finding(person())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = house.call("viewer", "POST", "/Patient/_search", content="family=Test&gender=female", headers=headers)
    assert ids(response) == [str(ANN)]
    assert house.query.searches == [SearchCriteria(family="Test", sex="female", limit=100)]


def test_ihe_43_exact() -> None:
    house = house_finding(person())
    ids(ask(house, {"family:exact": "Testpatient", "given:exact": "Ann"}))
    assert house.query.searches[-1].exact
    response = ask(house, {"family": "Test", "given:exact": "Bet"})
    assert not house.query.searches[-1].exact
    assert ids(response) == []  # one exact parameter beside a loose one is still exact
    assert ids(ask(house, {"family": "Test", "given:exact": "Beth"})) == [str(ANN)]


def test_ihe_43_self_link_shows_what_was_honoured() -> None:
    response = ask(house_finding(person()), {"family": "Test", "general-practitioner": "x", "_count": "5"})
    assert self_query(response) == [("family", "Test"), ("_count", "5")]


def test_strict_handling_refuses_what_is_not_supported() -> None:
    response = ask(house_finding(), {"family": "T", "language": "en"}, headers={"Prefer": "handling=strict"})
    assert response.status_code == 400


def test_alternatives_are_each_searched_and_people_told_once() -> None:
    house = house_finding(person())
    assert ids(ask(house, {"family": "Testpatient,O\\,Test", "gender": "female,other"})) == [str(ANN)]
    assert {(one.family, one.sex) for one in house.query.searches} == {
        ("Testpatient", "female"),
        ("Testpatient", "other"),
        ("O,Test", "female"),
        ("O,Test", "other"),
    }


def test_too_many_alternatives_are_refused() -> None:
    many = ",".join(f"n{number}" for number in range(41))
    response = ask(house_finding(), {"family": many})
    assert (response.status_code, response.json()["issue"][0]["code"]) == (400, "too-costly")


def test_ihe_43_identifier_searches() -> None:
    house = house_finding(person())
    ids(ask(house, {"identifier": f"{NORTH}|N1"}))
    assert house.query.searches[-1].identifier == Identifier("north", "N1")
    ids(ask(house, {"identifier": f"{NHS_SYSTEM}|999 000 0018"}))
    assert house.query.searches[-1].identifier == Identifier("NHS", "9990000018")
    ids(ask(house, {"identifier": "N1"}))
    assert {one.identifier for one in house.query.searches[-4:]} == {
        Identifier(authority, "N1") for authority in ("NHS", "north", "south", "old-north")
    }


def test_identifiers_given_twice_must_both_hold() -> None:
    house = house_finding(person(), person(BEN, records=(record(golden_id=BEN),)))
    asked = [("identifier", f"{NORTH}|N1"), ("identifier", f"{SOUTH}|S1")]
    assert ids(ask(house, asked)) == [str(ANN)]


def test_ihe_43_domains_limit_what_is_returned() -> None:
    only_north = person(BEN, records=(record(golden_id=BEN),), demographics=demographics(nhs_number=""))
    response = ask(house_finding(person(), only_north), {"family": "T", "identifier": f"{SOUTH}|,{NHS_SYSTEM}|"})
    assert ids(response) == [str(ANN)]
    shown = response.json()["entry"][0]["resource"]["identifier"]
    assert [one["value"] for one in shown] == ["9990000018", "S1"]


@pytest.mark.parametrize("token", ["urn:oid:1.2.3|", "urn:oid:1.2.3|7", f"{SOUTH}|,urn:oid:1.2.3|"])
def test_ihe_43_an_unknown_domain_is_404_with_a_warning(token: str) -> None:
    response = ask(house_finding(person()), {"family": "T", "identifier": token})
    assert response.status_code == 404
    (issue,) = response.json()["issue"]
    assert (issue["severity"], issue["code"], issue["diagnostics"]) == (
        "warning",
        "not-found",
        "targetSystem not found",
    )


@pytest.mark.parametrize("form", ["xml", "application/fhir+xml", "pdf"])
def test_ihe_43_an_unknown_format_is_406(form: str) -> None:
    response = ask(house_finding(), {"family": "T", "_format": form})
    assert (response.status_code, response.json()["issue"][0]["code"]) == (406, "not-supported")
    assert ask(house_finding(), {"family": "T"}, headers={"Accept": "application/fhir+xml"}).status_code == 406


@pytest.mark.parametrize("form", ["json", "application/fhir+json", "application/json"])
def test_json_by_any_of_its_names(form: str) -> None:
    assert ask(house_finding(), {"family": "T", "_format": form}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"address-city": "Testford"},
        {"gender": "F", "family": "T"},
        {"birthdate": "7 March", "family": "T"},
        {"birthdate": "1954-13", "family": "T"},
        {"active": "perhaps", "family": "T"},
        {"family:contains": "T"},
        {"gender:exact": "female"},
        {"family": ","},
        {"family": "a\x00b"},
        {"_count": "-1", "family": "T"},
        {"identifier": f"{NORTH}|N1,{SOUTH}|"},
    ],
)
def test_a_search_that_cannot_be_meant_is_400(asked: dict[str, str]) -> None:
    assert ask(house_finding(), asked).status_code == 400


@pytest.mark.parametrize(
    ("date", "holds"),
    [
        ("1954", True),
        ("1954-03", True),
        ("eq1954-03-07", True),
        ("ge1954-03-07", True),
        ("gt1954-03-07", False),
        ("lt1955", True),
        ("le1954-03-06", False),
        ("ne1954-03-07", False),
        ("1953,1954", True),
    ],
)
def test_ihe_43_birth_dates_and_ranges(date: str, holds: bool) -> None:
    house = house_finding(person())
    # The record's own date is filtered where the index does not search by it.
    asked = [("family", "T"), ("birthdate", "1954-03-07"), ("birthdate", date)]
    assert ids(ask(house, asked)) == ([str(ANN)] if holds else [])


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"address-city": "testf"}, True),
        ({"address-city": "Elsewhere"}, False),
        ({"address-state": "Testshire"}, True),
        ({"address": "1 Test"}, True),
        ({"address:exact": "1 Test"}, False),
        ({"telecom": "phone|07700 900123"}, True),
        ({"telecom": "07700900124"}, False),
        ({"mothersMaidenName": "Mother"}, True),
        ({"active": "false"}, False),
        ({"address-city": "Before"}, False),  # a former address is not where the person is found
    ],
)
def test_ihe_43_parameters_that_only_filter(asked: dict[str, str], holds: bool) -> None:
    before = (Address(town="Before"),)
    found = person(demographics=demographics(mothers_maiden_name="Motherly", previous_addresses=before))
    assert ids(ask(house_finding(found), {"family": "T"} | asked)) == ([str(ANN)] if holds else [])


@pytest.mark.parametrize(
    "asked",
    [{"address-postalcode": "M13"}, {"address": "M13"}, {"address-city": "Testford"}, {"telecom": "07700 900123"}],
)
def test_nhs_57_whereabouts_find_no_restricted_patient(asked: dict[str, str]) -> None:
    house = house_finding(person(restricted=True))
    assert ids(ask(house, {"family": "T"} | asked)) == []
    assert ids(ask(house, {"family": "T"})) == [str(ANN)]


def test_pages_follow_one_another() -> None:
    house = house_finding(person(ANN), person(BEN))
    first = ask(house, {"family": "T", "_count": "1"})
    assert (ids(first), first.json()["total"]) == ([str(ANN)], 2)
    (following,) = [one["url"] for one in first.json()["link"] if one["relation"] == "next"]
    second = ask(house, parse_qsl(urlsplit(following).query))
    assert ids(second) == [str(BEN)]
    assert [one["relation"] for one in second.json()["link"]] == ["self"]


def test_count_zero_only_counts() -> None:
    response = ask(house_finding(person()), {"family": "T", "_count": "0"})
    assert (ids(response), response.json()["total"]) == ([], 1)


def test_sec_6_a_cut_answer_says_so_and_claims_no_total() -> None:
    people = [person(), *(person(BEN) for _ in range(99))]
    response = ask(house_finding(*people), {"family": "T"})
    assert "total" not in response.json()
    assert response.json()["entry"][-1]["search"]["mode"] == "outcome"


def test_ihe_43_search_by_id_and_ihe_49_by_a_retired_one() -> None:
    house = House()
    house.query.people[GONE] = person(requested_id=GONE)
    assert ids(ask(house, {"_id": str(ANN)})) == [str(ANN)]
    assert ids(ask(house, {"_id": f"{BEN},nonsense"})) == []
    assert ids(ask(house, {"_id": f"{ANN},{GONE}"})) == [str(ANN), str(GONE)]
    assert ids(ask(house, {"_id": f"{ANN},{GONE}", "active": "true"})) == [str(ANN)]
    assert ids(ask(house, [("_id", str(ANN)), ("_id", str(GONE))])) == []
    assert ids(ask(house, {"_id": str(ANN), "family": "Other"})) == []
    assert ids(ask(house, {"_id": str(ANN), "family": "test", "gender": "female"})) == [str(ANN)]
    assert house.query.searches == []


def test_rights_and_outage() -> None:
    house = House()
    assert ask(house, {"family": "T"}, who="archive").status_code == 403
    assert ask(house, {"family": "T"}, who="").status_code == 401
    house.query.fails = Unavailable("down")
    response = ask(house, {"family": "T"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


PIECES = st.lists(st.sampled_from(["1954", "-", "02", "30", "|", NORTH, "ge", "9", "²", "x", " "]), max_size=5)
VALUES = st.lists(PIECES.map("".join), min_size=1, max_size=3).map(tuple)
ASKED = st.builds(
    Parameter,
    st.sampled_from([*PARAMETERS, "_count", "_offset", "x"]),
    st.sampled_from(["", "", "exact", "not"]),
    VALUES,
)


@given(st.lists(ASKED, max_size=4))
def test_any_parameters_are_read_or_refused_but_never_break(asked: list[Parameter]) -> None:
    try:
        search = read_search(asked, ADDRESSES)
        searches = search.wanted.criteria
    except (Refused, Rejected):
        return
    assert all(one.limit == 100 for one in searches)
    assert all(holds(person()) in (True, False) for holds in search.filters)

"""GET /v1/people: demographics, retired ids, entity tags, restricted people (SEC-6, NHS-57)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mpi.domain.access import Role
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, HIDDEN, NEW, RETIRED


def test_a_person_shows_demographics_and_records(live: Live) -> None:
    answer = live.call("GET", f"/v1/people/{ALPHA}", Role.VIEWER)
    person = answer.json()
    assert answer.status_code == 200
    assert person["golden_id"] == person["requested_id"] == str(ALPHA)
    assert person["demographics"]["names"][0]["family"] == "TESTPERSON"
    assert person["demographics"]["reliability"] == ["AL", "UA"]
    assert [i["authority"] for i in person["identifiers"]] == ["BOLTON", "CHRISTIE", "NHS"]
    assert person["records"][0]["died_at"] == "2026-01"
    assert "link" not in answer.headers


def test_a_retired_id_is_answered_with_its_successor(live: Live) -> None:
    """IHE-49: the old id can be followed."""
    answer = live.call("GET", f"/v1/people/{RETIRED}")
    assert (answer.json()["golden_id"], answer.json()["requested_id"]) == (str(ALPHA), str(RETIRED))
    assert answer.headers["link"] == f'</v1/people/{ALPHA}>; rel="canonical"'


def test_an_unknown_golden_id_is_not_found(live: Live) -> None:
    assert as_problem(live.call("GET", f"/v1/people/{NEW}")) == (404, "not-found")


def test_a_malformed_golden_id_is_an_invalid_request(live: Live) -> None:
    answer = live.call("GET", "/v1/people/TESTPERSON-1234567")
    assert as_problem(answer) == (422, "invalid-request")
    assert "TESTPERSON" not in answer.text


@pytest.mark.parametrize("role", [Role.ARCHIVE, Role.FEED])
def test_demographics_are_a_right(live: Live, role: Role) -> None:
    """SEC-6: the archive gets identifiers, never demographics."""
    assert as_problem(live.call("GET", f"/v1/people/{ALPHA}", role)) == (403, "forbidden")
    assert as_problem(live.call("GET", "/v1/people?identifier=BOLTON|1234567", role)) == (403, "forbidden")


@pytest.mark.parametrize(
    "identifier", ["BOLTON|1234567", "RMC01|1234567", "urn:oid:1.2.3.1|1234567", "NH|9990000018"]
)
def test_a_person_is_found_by_identifier(live: Live, identifier: str) -> None:
    answer = live.call("GET", "/v1/people", params={"identifier": identifier})
    assert answer.json()["golden_id"] == str(ALPHA)
    assert answer.headers["content-location"] == f"/v1/people/{ALPHA}"


def test_as_of_reaches_the_use_case_in_utc(live: Live) -> None:
    """Promise 4: who did we think this was on 3 March?"""
    query = {"identifier": "BOLTON|1234567", "as_of": "2026-03-03T01:00:00+01:00"}
    answer = live.call("GET", "/v1/people", params=query)
    assert answer.status_code == 200
    assert live.house.query.as_of == datetime(2026, 3, 3, tzinfo=UTC)
    assert "content-location" not in answer.headers


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({}, (422, "invalid-request")),
        ({"identifier": "1234567"}, (422, "bad-value")),
        ({"identifier": "|1234567"}, (422, "bad-value")),
        ({"identifier": "NOWHERE|1"}, (422, "unknown-authority")),
        ({"identifier": "BOLTON|nobody"}, (404, "not-found")),
        ({"identifier": "BOLTON|1\x00"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "as_of": "2026-03-03T00:00:00"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "as_of": "0001-01-01T00:00:00+14:00"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "as_of": "yesterday"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "as_of": "1764440000"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "as_of": "-1"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "as_of": "2026-03-03"}, (422, "invalid-request")),
        ({"identifier": "BOLTON|1", "asof": "2026-03-03T00:00:00Z"}, (422, "invalid-request")),
    ],
)
def test_a_wrong_question_is_a_problem(live: Live, query: dict[str, str], problem: tuple[int, str]) -> None:
    assert as_problem(live.call("GET", "/v1/people", params=query)) == problem


def test_an_unchanged_person_is_not_sent_twice_but_every_look_is_asked(live: Live) -> None:
    """Promise 8: a 304 is a look too, so the use case, which audits, is still called."""
    tag = live.call("GET", f"/v1/people/{ALPHA}").headers["etag"]
    again = live.call("GET", f"/v1/people/{ALPHA}", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert len(live.house.query.callers) == 2
    assert again.headers["cache-control"] == "private, no-cache"
    assert live.call("GET", f"/v1/people/{ALPHA}", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.SENIOR_REVIEWER])
def test_a_restricted_persons_whereabouts_are_withheld(live: Live, role: Role) -> None:
    """NHS-57: address, contact and GP, in the person and in every record."""
    answer = live.call("GET", f"/v1/people/{HIDDEN}", role)
    person = answer.json()
    assert (person["restricted"], person["location_withheld"]) == (True, True)
    for shown in (person["demographics"], *(r["demographics"] for r in person["records"])):
        assert shown["addresses"] == shown["previous_addresses"] == shown["phones"] == shown["emails"] == []
        assert shown["gp_practice"] == ""
        assert shown["names"]
    assert not any(secret in answer.text for secret in ("BL1", "BL2", "07700900123", "example.org", "Y00001"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_who_treats_a_restricted_person_is_withheld(live: Live, role: Role) -> None:
    """NHS-57: no authority's number for them, but the NHS number; whoever says that it is urgent is told."""
    person = live.call("GET", f"/v1/people/{HIDDEN}", role).json()
    assert [one for one in person["identifiers"] if one["authority"] != "NHS"] == []
    assert person["records"]
    assert {(r["identifier"], r["subsumed_by"]) for r in person["records"]} == {(None, None)}
    assert person["demographics"]["nhs_number"]
    assert not any(name in str(person) for name in ("BOLTON", "CHRISTIE"))
    for purpose in ("emergency", "break-glass"):
        urgent = live.call("GET", f"/v1/people/{HIDDEN}", role, headers={"X-Purpose-Of-Use": purpose}).json()
        assert (urgent["restricted"], urgent["location_withheld"]) == (True, False)
        assert urgent["identifiers"]
        for shown in (urgent, *urgent["records"]):
            assert shown["demographics"]["addresses"][0]["postcode"] == "BL1 1AA"
        assert all(r["identifier"] for r in urgent["records"])


@pytest.mark.parametrize("role", [Role.PRIVACY_OFFICER, Role.ADMINISTRATOR])
def test_the_privacy_right_shows_them(live: Live, role: Role) -> None:
    person = live.call("GET", f"/v1/people/{HIDDEN}", role).json()
    assert (person["restricted"], person["location_withheld"]) == (True, False)
    assert person["demographics"]["addresses"][0]["postcode"] == "BL1 1AA"

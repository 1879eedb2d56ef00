"""Refused messages over HTTP: found, laid open, sent again, settled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mpi.domain.access import Role
from mpi.domain.quarantine import Sought, senders_of
from mpi.errors import Conflict, Fault
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import NETWORK


def test_they_are_read_to_the_end_by_following_next(live: Live) -> None:
    seen, reference = [], "/v1/quarantine?limit=2"
    while reference:
        answer = live.call("GET", reference, Role.SENIOR_REVIEWER)
        assert (answer.status_code, answer.json()["total"]) == (200, 5)
        seen += [message["id"] for message in answer.json()["messages"]]
        reference = answer.json()["next"]
    assert seen == [5, 4, 3, 2, 1]


def test_filters_reach_the_use_case(live: Live) -> None:
    code = NETWORK.feeds[0].organisation
    asked = f"organisation={code}&feed=x&fault=bad-value&since=2026-01-02T03:04:05Z&text=PID&settled=true"
    assert live.call("GET", f"/v1/quarantine?{asked}").status_code == 200
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    (sought,) = live.house.quarantine.asked
    assert sought == Sought(senders_of(NETWORK, code), "x", Fault.BAD_VALUE, since, None, "PID", settled=True)


@pytest.mark.parametrize("query", ["fault=x", "organisation=ZZZ", "since=x", "after=0", "limit=0", "other=1"])
def test_a_wrong_filter_is_a_problem(live: Live, query: str) -> None:
    assert live.call("GET", f"/v1/quarantine?{query}").status_code == 422


def test_a_message_is_laid_open(live: Live) -> None:
    told = live.call("GET", "/v1/quarantine/3").json()
    assert (told["message"]["location"], told["copies"][0]["original"], told["text"]) == ("PID^1^7", 3, "PID|x")
    (entry,) = told["sections"][0]["entries"]
    assert (entry["place"], entry["marked"], entry["parts"][0]["text"]) == ("PID-7", True, "1950-13-41")
    assert as_problem(live.call("GET", "/v1/quarantine/99")) == (404, "not-found")


def test_a_copy_is_accepted_or_refused_anew(live: Live) -> None:
    accepted = live.call("POST", "/v1/quarantine/3/replay", json={})
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    again = live.call("POST", "/v1/quarantine/3/replay", json={"text": "bad"}).json()
    assert (again["status"], again["fault"], again["location"]) == ("refused", "malformed", "MSH")
    assert live.house.quarantine.sent == [None, "bad"]
    live.house.faults.next = Conflict("message 8 is a copy of this one and was accepted")
    assert as_problem(live.call("POST", "/v1/quarantine/3/replay", json={})) == (409, "conflict")


def test_it_is_settled_with_a_reason(live: Live) -> None:
    assert live.call("POST", "/v1/quarantine/3/settlement", json={"reason": " "}).status_code == 422
    assert live.call("POST", "/v1/quarantine/3/settlement", json={"reason": "sent again"}).status_code == 204
    assert as_problem(live.call("POST", "/v1/quarantine/3/settlement", json={"reason": "x"})) == (409, "conflict")


def test_it_needs_the_right_to_mend(live: Live) -> None:
    assert as_problem(live.call("GET", "/v1/quarantine", None)) == (401, "unauthenticated")
    for role in (Role.FEED, Role.REVIEWER, Role.ARCHIVE, Role.VIEWER):
        assert as_problem(live.call("GET", "/v1/quarantine", role)) == (403, "forbidden")
        assert as_problem(live.call("POST", "/v1/quarantine/3/replay", role, json={})) == (403, "forbidden")

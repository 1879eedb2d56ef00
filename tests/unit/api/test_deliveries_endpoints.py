"""What subscribers are owed, over HTTP."""

from __future__ import annotations

from mpi.domain.access import Role
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, RETIRED


def test_everybody_is_told_of_with_the_oldest_event_and_no_secret(live: Live) -> None:
    answer = live.call("GET", "/v1/deliveries")
    stopped, failing = answer.json()["subscribers"]
    assert (stopped["name"], stopped["state"], stopped["next_attempt_at"]) == ("ris/ITI-10", "stopped", None)
    assert (failing["name"], failing["host"], failing["state"]) == ("webhook/2", "x.example", "failing")
    assert "secret" not in answer.text
    assert failing["events"][0]["golden_ids"] == [str(RETIRED), str(ALPHA)]
    assert live.call("GET", "/v1/deliveries/1").json() == stopped
    assert as_problem(live.call("GET", "/v1/deliveries/9")) == (404, "not-found")


def test_one_is_told_again_or_all(live: Live) -> None:
    assert live.call("POST", "/v1/deliveries/2/retry").status_code == 204
    assert live.call("POST", "/v1/deliveries/retry").json() == {"subscribers": 2}
    assert live.house.deliveries.retried == [2]
    assert as_problem(live.call("POST", "/v1/deliveries/9/retry")) == (404, "not-found")


def test_the_oldest_is_set_aside_with_a_reason(live: Live) -> None:
    path = "/v1/deliveries/1/set-aside"
    assert live.call("POST", path, json={"event_id": 70, "reason": " "}).status_code == 422
    assert as_problem(live.call("POST", path, json={"event_id": 71, "reason": "x"})) == (409, "conflict")
    assert live.call("POST", path, json={"event_id": 70, "reason": "known there"}).status_code == 204
    assert live.house.deliveries.aside == [(1, 70, "known there")]


def test_it_needs_the_right_to_operate(live: Live) -> None:
    for role in (Role.ARCHIVE, Role.SENIOR_REVIEWER):
        assert as_problem(live.call("GET", "/v1/deliveries", role)) == (403, "forbidden")
        assert as_problem(live.call("POST", "/v1/deliveries/retry", role)) == (403, "forbidden")

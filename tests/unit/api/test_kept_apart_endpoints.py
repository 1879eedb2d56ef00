"""Do-not-link over HTTP: for privacy officers alone (NHS-56, SEC-3)."""

from __future__ import annotations

from typing import Any

import pytest

from mpi.domain.access import Role
from tests.unit.api.loopback import Live, as_problem

OFFICER = Role.PRIVACY_OFFICER
PAIR: dict[str, Any] = {
    "one": {"authority": "BOLTON", "value": "1234567"},
    "other": {"authority": "CHRISTIE", "value": "C99812"},
    "comment": "adopted",
}


def test_two_records_are_kept_apart_and_freed_by_two(live: Live) -> None:
    made = live.call("POST", "/v1/kept-apart", OFFICER, json=PAIR)
    assert (made.status_code, made.json()) == (201, {"id": 1})
    (told,) = live.call("GET", "/v1/kept-apart", OFFICER).json()["kept_apart"]
    assert (told["reason"], told["made_by"], told["lift_asked_by"]) == ("adopted", "user-privacy-officer", "")
    asked = live.call("POST", "/v1/kept-apart/1/lift", OFFICER, json={"comment": "was wrong"})
    assert asked.json() == {"id": 1, "lifted": False}
    done = live.call("POST", "/v1/kept-apart/1/lift", Role.ADMINISTRATOR, json={"comment": "yes"})
    assert done.json() == {"id": 1, "lifted": True}


def test_it_needs_reasons_and_known_issuers(live: Live) -> None:
    assert as_problem(live.call("POST", "/v1/kept-apart", OFFICER, json=PAIR | {"comment": ""}))[0] == 422
    nowhere = PAIR | {"one": {"authority": "NOWHERE", "value": "1"}}
    assert as_problem(live.call("POST", "/v1/kept-apart", OFFICER, json=nowhere)) == (422, "unknown-authority")
    assert as_problem(live.call("POST", "/v1/kept-apart/1/lift", OFFICER, json={})) == (422, "invalid-request")
    missing = live.call("POST", "/v1/kept-apart/404/lift", OFFICER, json={"comment": "x"})
    assert as_problem(missing) == (404, "not-found")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.SENIOR_REVIEWER, Role.ARCHIVE, Role.FEED])
def test_it_is_for_privacy_officers(live: Live, role: Role) -> None:
    for method, path, body in (("GET", "", None), ("POST", "", PAIR), ("POST", "/1/lift", {"comment": "x"})):
        assert as_problem(live.call(method, f"/v1/kept-apart{path}", role, json=body)) == (403, "forbidden")

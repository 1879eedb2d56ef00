"""Bulk answers over HTTP, from the group to the last task and back (SEC-3)."""

from __future__ import annotations

import pytest

from mpi.domain.access import Role
from tests.unit.api.batch_fakes import PATTERN
from tests.unit.api.loopback import Live, as_problem

OPEN = {"pattern": PATTERN.hex()}


def test_a_batch_goes_its_way(live: Live) -> None:
    (group,) = live.call("GET", "/v1/groups", Role.REVIEWER).json()["groups"]
    assert (group["pattern"], group["tasks"], group["batch"], group["stage"]) == ("01020003", 60, None, None)
    made = live.call("POST", "/v1/batches", Role.REVIEWER, json={"pattern": group["pattern"]})
    assert (made.status_code, made.headers["location"]) == (201, "/v1/batches/3")
    path = made.headers["location"]
    assert live.call("GET", path, Role.REVIEWER).json() == made.json()
    assert as_problem(live.call("POST", "/v1/batches", Role.REVIEWER, json=OPEN))[0] == 409
    assert as_problem(live.call("POST", f"{path}/undo", Role.REVIEWER))[0] == 409
    same = {"decision": "same"}
    assert as_problem(live.call("POST", f"{path}/confirm", Role.REVIEWER, json=same))[0] == 403
    other = live.call("POST", f"{path}/confirm", Role.SENIOR_REVIEWER, json={"decision": "different"})
    assert other.status_code == 409
    going = live.call("POST", f"{path}/confirm", Role.SENIOR_REVIEWER, json=same).json()
    assert (going["stage"], going["decision"], going["rest"]["waiting"]) == ("answering", "same", 30)
    done = live.call("POST", f"{path}/apply", Role.SENIOR_REVIEWER).json()
    assert (done["stage"], done["rest"]["answered"], done["rest"]["left"]) == ("done", 29, 1)
    undone = live.call("POST", f"{path}/undo", Role.SENIOR_REVIEWER).json()
    assert (undone["stage"], undone["rest"]["taken_back"]) == ("undone", 29)


@pytest.mark.parametrize("pattern", ["", "1", "xx", "0A", "01" * 65])
def test_a_pattern_is_bytes_in_hexadecimal(live: Live, pattern: str) -> None:
    assert live.call("POST", "/v1/batches", json={"pattern": pattern}).status_code == 422


def test_what_is_not_there_is_not_found(live: Live) -> None:
    assert as_problem(live.call("POST", "/v1/batches", json={"pattern": "ff"}))[0] == 404
    for method, path in (("GET", ""), ("POST", "/apply"), ("POST", "/undo")):
        assert as_problem(live.call(method, f"/v1/batches/9{path}"))[0] == 404


def test_it_is_for_reviewers(live: Live) -> None:
    assert as_problem(live.call("GET", "/v1/groups", Role.VIEWER)) == (403, "forbidden")
    assert as_problem(live.call("POST", "/v1/batches", Role.VIEWER, json=OPEN)) == (403, "forbidden")

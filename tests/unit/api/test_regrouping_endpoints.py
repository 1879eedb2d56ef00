"""Moving, splitting and merging over HTTP: told first, done with the mark, taken back together (SEC-3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from mpi.domain.access import Role
from mpi.domain.regrouping import Regroup, Wish
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, BOLTON, HIDDEN
from tests.unit.api.usecase_fakes import TAKES_TWO

RECORD: dict[str, Any] = {"authority": BOLTON.authority, "value": BOLTON.value}
CASES: list[tuple[str, dict[str, Any], Wish]] = [
    ("split", {"records": [RECORD]}, Wish(Regroup.SPLIT, ALPHA, (BOLTON,))),
    ("move", {"records": [RECORD], "other": str(HIDDEN)}, Wish(Regroup.MOVE, ALPHA, (BOLTON,), HIDDEN)),
    ("merge", {"other": str(HIDDEN)}, Wish(Regroup.MERGE, ALPHA, (), HIDDEN)),
]


@pytest.mark.parametrize(("act", "body", "wish"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_preview_then_the_act(live: Live, act: str, body: dict[str, Any], wish: Wish) -> None:
    path = f"/v1/people/{ALPHA}/{act}"
    told = live.call("POST", path, Role.REVIEWER, json=body)
    assert told.status_code == 200
    assert (told.json()["assertions"], live.house.acts.done) == ([], [])
    (gone,) = told.json()["departures"]
    assert (gone["old"], gone["studies"]) == (str(ALPHA), ["1.2.1"])
    assert gone["new"] == (None if act == "split" else str(HIDDEN))
    assert told.json()["contradictions"] == ([] if act == "split" else ["sex: different"])
    assert (told.json()["needs_second_person"], told.json()["task"]) == (False, None)
    mark = {"mark": told.json()["mark"], "comment": "checked"}
    done = live.call("POST", path, Role.REVIEWER, json=body | mark)
    assert done.json()["assertions"] == [7, 8]
    assert live.house.acts.done == [(wish, "checked")]
    stale = live.call("POST", path, Role.REVIEWER, json=body | {"mark": "of something else"})
    assert as_problem(stale)[0] == 409


def test_what_takes_two_people_is_proposed(live: Live) -> None:
    """202: nothing is changed yet, and where it waits."""
    for act, body, _ in CASES:
        told = {"mark": f"mark-of-{act}", "comment": TAKES_TWO}
        waits = live.call("POST", f"/v1/people/{ALPHA}/{act}", Role.REVIEWER, json=body | told)
        assert (waits.status_code, waits.headers["location"]) == (202, "/v1/tasks/5")
        assert (waits.json()["task"], waits.json()["assertions"]) == (5, [])
    body = {"assertions": [7], "comment": TAKES_TWO}
    waits = live.call("POST", f"/v1/people/{ALPHA}/undo", Role.REVIEWER, json=body)
    assert (waits.status_code, waits.headers["location"], waits.json()) == (202, "/v1/tasks/5", {"task": 5})
    assert (live.house.acts.done, live.house.acts.undone) == ([], [])


def test_it_is_taken_back_together(live: Live) -> None:
    path = f"/v1/people/{ALPHA}/undo"
    assert live.call("POST", path, Role.REVIEWER, json={"assertions": [7, 8], "comment": "wrong"}).status_code == 204
    assert live.house.acts.undone == [(ALPHA, (7, 8))]
    for wrong in ([], [0], [True], ["7"], [7.0], [2**63]):
        body = {"assertions": wrong, "comment": "x"}
        assert as_problem(live.call("POST", path, Role.REVIEWER, json=body)) == (422, "invalid-request")
    for body in ({"assertions": [7]}, {"comment": "x"}):
        assert as_problem(live.call("POST", path, Role.REVIEWER, json=body)) == (422, "invalid-request")


def test_what_is_wrong_is_said(live: Live) -> None:
    def asked(act: str, body: dict[str, Any], golden_id: object = ALPHA) -> tuple[int, str]:
        return as_problem(live.call("POST", f"/v1/people/{golden_id}/{act}", Role.REVIEWER, json=body))

    assert asked("split", {"records": []}) == (422, "invalid-request")
    assert asked("move", {"records": [RECORD]}) == (422, "invalid-request")
    assert asked("merge", {}) == (422, "invalid-request")
    assert asked("split", {"records": [RECORD | {"authority": "NOWHERE"}]}) == (422, "unknown-authority")
    assert asked("split", {"records": [RECORD]}, uuid4()) == (404, "not-found")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PRIVACY_OFFICER, Role.ARCHIVE, Role.FEED])
def test_it_is_for_reviewers(live: Live, role: Role) -> None:
    for act, body, _ in CASES:
        problem = as_problem(live.call("POST", f"/v1/people/{ALPHA}/{act}", role, json=body))
        assert problem == (403, "forbidden")

"""Tasks, assertions and subscriptions over HTTP (SEC-2, SEC-3, AUD-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mpi.domain.access import Role
from mpi.domain.acts import Act, Proposal, Retraction, Statement, outline
from mpi.domain.interest import Interest
from mpi.domain.regrouping import Regroup, Wish
from mpi.domain.views import Decision, EventType, TaskKind, TaskState
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, BOLTON, CHRISTIE, HIDDEN
from tests.unit.api.usecase_fakes import TAKES_TWO

PAIR = {
    "one": {"authority": "RMC01", "value": "1234567"},
    "other": {"authority": "CHRISTIE", "value": "C99812"},
    "relation": "different",
    "comment": "two letters on file",
}
HOOK = {"url": "https://archive.example.org/events", "secret": "a-secret-of-sixteen-or-more"}


def test_tasks_are_read_to_the_end_by_following_next(live: Live) -> None:
    seen, reference = [], "/v1/tasks?limit=2"
    while reference:
        answer = live.call("GET", reference, Role.REVIEWER)
        seen += [t["id"] for t in answer.json()["tasks"]]
        reference = answer.json()["next"]
        assert answer.headers.get("link", "") == (f'<{reference}>; rel="next"' if reference else "")
    assert seen == [1, 2, 3, 4, 5]


def test_an_exactly_full_page_has_no_next(live: Live) -> None:
    page = live.call("GET", "/v1/tasks?limit=5").json()
    assert (len(page["tasks"]), page["next"]) == (5, None)


def test_task_filters_reach_the_use_case(live: Live) -> None:
    live.call("GET", "/v1/tasks?state=decided&state=deferred&kind=overlay&authority=1.2.3.1")
    assert live.house.review.filters == ((TaskState.DECIDED, TaskState.DEFERRED), (TaskKind.OVERLAY,), "BOLTON")


def test_without_filters_what_is_to_be_done_is_listed(live: Live) -> None:
    live.call("GET", "/v1/tasks")
    assert live.house.review.filters == ((TaskState.OPEN, TaskState.CLAIMED), (), "")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("state=new", (422, "invalid-request")),
        ("kind=x", (422, "invalid-request")),
        ("limit=201", (422, "invalid-request")),
        ("after=-1", (422, "invalid-request")),
        (f"after={2**63}", (422, "invalid-request")),
        ("authority=NOWHERE", (422, "unknown-authority")),
    ],
)
def test_a_wrong_task_filter_is_a_problem(live: Live, query: str, problem: tuple[int, str]) -> None:
    assert as_problem(live.call("GET", f"/v1/tasks?{query}")) == problem


def test_a_task_is_given_to_a_colleague(live: Live) -> None:
    given = live.call("POST", "/v1/tasks/3/assign", Role.REVIEWER, json={"assignee": "rita"})
    assert (given.status_code, given.json()["claimed_by"]) == (200, "rita")
    assert live.call("POST", "/v1/tasks/3/assign", Role.REVIEWER, json={}).status_code == 422
    assert live.call("POST", "/v1/tasks/3/assign", Role.VIEWER, json={"assignee": "rita"}).status_code == 403


def test_a_task_is_claimed_decided_and_undone(live: Live) -> None:
    """SEC-2: every act can be taken back."""

    def call(method: str, path: str, **request: Any) -> Any:
        answer = live.call(method, f"/v1/tasks/3{path}", Role.REVIEWER, **request)
        assert answer.status_code == 200
        return answer.json()

    assert call("GET", "")["state"] == "open"
    assert call("GET", "/explanation") == {"task_id": 3, "sentences": ["Surname agrees exactly: +7.1"]}
    assert call("POST", "/claim")["claimed_by"] == "user-reviewer"
    assert as_problem(live.call("POST", "/v1/tasks/3/claim", Role.SENIOR_REVIEWER)) == (409, "conflict")
    assert call("POST", "/release")["claimed_by"] == ""
    decided = call("POST", "/decision", json={"decision": "same", "comment": "same person"})
    assert (decided["decision"], decided["comment"], decided["decided_by"]) == (
        "same",
        "same person",
        "user-reviewer",
    )
    again = live.call("POST", "/v1/tasks/3/decision", json={"decision": "different", "comment": "no"})
    assert as_problem(again) == (409, "conflict")
    assert call("POST", "/undo", json={"comment": "misread"})["decision"] is None


def test_a_deferral_carries_its_date(live: Live) -> None:
    body = {"decision": "defer", "comment": "asked the trust", "due": "2026-04-01"}
    assert live.call("POST", "/v1/tasks/1/decision", json=body).json()["due"] == "2026-04-01"
    assert live.house.review.board[1].due == date(2026, 4, 1)
    assert live.house.review.board[1].decision is Decision.DEFER


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "same"},
        {"decision": "same", "comment": "  "},
        {"decision": "maybe", "comment": "x"},
        {"decision": "same", "comment": "x", "due": "2026-04-01"},
        {"decision": "same", "comment": "x" * 2001},
        {"decision": "same", "comment": "x\x00"},
    ],
)
def test_a_decision_says_what_and_why(live: Live, body: dict[str, str]) -> None:
    """AUD-3."""
    assert as_problem(live.call("POST", "/v1/tasks/1/decision", json=body)) == (422, "invalid-request")
    assert live.house.review.board[1].state is TaskState.OPEN


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/explanation"), ("POST", "/claim"), ("POST", "/release"), ("POST", "/undo")],
)
def test_an_unknown_task_is_not_found(live: Live, method: str, path: str) -> None:
    body: dict[str, Any] = {"json": {"comment": "x"}} if path == "/undo" else {}
    assert as_problem(live.call(method, f"/v1/tasks/404{path}", **body)) == (404, "not-found")


@pytest.mark.parametrize("task_id", ["0", "-1", "x", str(2**63)])
def test_a_task_id_that_cannot_be_is_refused_before_the_database(live: Live, task_id: str) -> None:
    assert as_problem(live.call("GET", f"/v1/tasks/{task_id}")) == (422, "invalid-request")


def test_an_assertion_that_takes_two_people_is_proposed(live: Live) -> None:
    body = PAIR | {"comment": TAKES_TWO}
    for waits in (
        live.call("POST", "/v1/assertions", Role.REVIEWER, json=body),
        live.call("DELETE", "/v1/assertions/1", Role.REVIEWER, json={"comment": TAKES_TWO}),
    ):
        assert (waits.status_code, waits.headers["location"], waits.json()) == (202, "/v1/tasks/5", {"task": 5})
    assert live.house.review.standing == {}


def test_a_task_names_its_studies(live: Live) -> None:
    live.house.review.board[1] = replace(live.house.review.board[1], study_uids=("1.2.3", "1.2.4"))
    assert live.call("GET", "/v1/tasks/1", Role.REVIEWER).json()["study_uids"] == ["1.2.3", "1.2.4"]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (
            Wish(Regroup.MOVE, ALPHA, (BOLTON,), HIDDEN),
            {"act": "move", "golden_id": str(ALPHA), "other": str(HIDDEN)},
        ),
        (Statement(BOLTON, CHRISTIE, same=False), {"act": "different", "golden_id": None, "other": None}),
        (Retraction((7, 8), ALPHA), {"act": "undo", "golden_id": str(ALPHA), "assertions": [7, 8]}),
    ],
    ids=["move", "different", "undo"],
)
def test_a_task_tells_what_is_proposed(live: Live, act: Act, told: dict[str, object]) -> None:
    board = live.house.review.board
    board[1] = replace(board[1], kind=TaskKind.PROPOSED_CHANGE, proposal=Proposal(act, "rita", "a mark"))
    shown = live.call("GET", "/v1/tasks/1", Role.REVIEWER).json()["proposal"]
    records = [{"authority": one.authority, "value": one.value} for one in outline(act).records]
    assert shown["by"] == "rita"
    assert [{name: one[name] for name in ("authority", "value")} for one in shown["records"]] == records
    assert {name: shown[name] for name in told} == told
    assert live.call("GET", "/v1/tasks/2", Role.REVIEWER).json()["proposal"] is None
    done = live.call("POST", "/v1/tasks/1/decision", Role.REVIEWER, json={"decision": "accept", "comment": "yes"})
    assert done.json()["decision"] == "accept"


def test_an_assertion_is_made_and_withdrawn(live: Live) -> None:
    made = live.call("POST", "/v1/assertions", Role.REVIEWER, json=PAIR)
    assert (made.status_code, made.json()) == (201, {"id": 1})
    assert live.house.review.standing == {1: (BOLTON, CHRISTIE, False, "two letters on file")}
    listed = live.call("GET", "/v1/assertions", Role.REVIEWER, params={"identifier": str(BOLTON)})
    (standing,) = listed.json()["assertions"]
    assert (standing["id"], standing["relation"], standing["rank"]) == (1, "different", "reviewer")
    gone = live.call("DELETE", made.headers["location"], Role.REVIEWER, json={"comment": "wrong letter"})
    assert (gone.status_code, gone.content) == (204, b"")
    again = live.call("DELETE", made.headers["location"], Role.REVIEWER, json={"comment": "wrong letter"})
    assert as_problem(again) == (404, "not-found")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"relation": "perhaps"}, (422, "invalid-request")),
        ({"one": "RMC01|1"}, (422, "invalid-request")),
        ({"one": {"authority": "NOWHERE", "value": "1"}}, (422, "unknown-authority")),
        ({"comment": ""}, (422, "invalid-request")),
    ],
)
def test_a_wrong_assertion_is_refused(live: Live, change: dict[str, object], problem: tuple[int, str]) -> None:
    assert as_problem(live.call("POST", "/v1/assertions", json=PAIR | change)) == problem
    assert live.house.review.standing == {}


def test_withdrawing_needs_a_reason(live: Live) -> None:
    """AUD-3: proxies drop the body of a DELETE, so the query may say it."""
    told = live.call("DELETE", "/v1/assertions/1", json={})
    assert as_problem(told) == (422, "invalid-request")
    assert told.json()["errors"][0]["pointer"] == "/comment"
    for query in ({}, {"comment": " "}):
        told = live.call("DELETE", "/v1/assertions/1", params=query)
        assert as_problem(told) == (422, "invalid-request")
        assert told.json()["errors"][0]["parameter"] == "comment"
    made = live.call("POST", "/v1/assertions", Role.REVIEWER, json=PAIR)
    gone = live.call("DELETE", made.headers["location"], Role.REVIEWER, params={"comment": "wrong letter"})
    assert (gone.status_code, live.house.review.standing) == (204, {})


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ARCHIVE, Role.FEED, Role.PRIVACY_OFFICER])
def test_reviewing_is_a_right(live: Live, role: Role) -> None:
    assert as_problem(live.call("GET", "/v1/tasks", role)) == (403, "forbidden")
    assert as_problem(live.call("POST", "/v1/assertions", role, json=PAIR)) == (403, "forbidden")


def test_a_subscription_never_shows_its_secret(live: Live) -> None:
    wanted = {"types": ["identity-merged"], "modalities": ["ct", "CT"], "body_sites": ["C spine", "CHEST"]}
    made = live.call("POST", "/v1/subscriptions", Role.ARCHIVE, json=HOOK | wanted)
    assert made.status_code == 201
    assert live.house.subscriptions.made[1].secret == HOOK["secret"]
    assert live.house.subscriptions.made[1].types == (EventType.IDENTITY_MERGED,)
    assert live.house.subscriptions.made[1].interest == Interest(("CT",), ("CSPINE", "CHEST"))
    assert (made.json()["modalities"], made.json()["body_sites"]) == (["CT"], ["CSPINE", "CHEST"])
    listed = live.call("GET", "/v1/subscriptions", Role.ARCHIVE)
    assert listed.json()["subscriptions"] == [made.json()]
    assert HOOK["secret"] not in made.text + listed.text
    assert live.call("DELETE", made.headers["location"], Role.ARCHIVE).status_code == 204
    assert as_problem(live.call("DELETE", made.headers["location"], Role.ARCHIVE)) == (404, "not-found")


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ftp://archive.example.org/"},
        {"url": "file:///etc/passwd"},
        {"url": "//archive.example.org/"},
        {"url": "https:///events"},
        {"url": "https://user:word@archive.example.org/"},
        {"url": "https://archive.example.org/#part"},
        {"url": "https://archive.example.org:99999/"},
        {"url": "http://169.254.169.254/latest"},
        {"url": "http://[fe80::1]/"},
        {"url": "http://0.0.0.0/"},
        {"url": "https://archive.example.org/\r\nHost: x"},
        {"url": "https://[archive/"},
        {"secret": "short"},
        {"secret": 1234567890123456789},
        {"types": ["everything"]},
        {"modalities": ["C/T"]},
        {"modalities": ["CT"] * 21},
        {"body_sites": ["7"]},
        {"body_sites": "CHEST"},
    ],
)
def test_a_wrong_webhook_is_refused_without_repeating_it(live: Live, change: dict[str, object]) -> None:
    answer = live.call("POST", "/v1/subscriptions", json=HOOK | change)
    assert as_problem(answer) == (422, "invalid-request")
    assert live.house.subscriptions.made == {}
    assert HOOK["secret"] not in answer.text
    assert "user:word" not in answer.text


def test_subscribing_is_a_right(live: Live) -> None:
    assert as_problem(live.call("POST", "/v1/subscriptions", Role.VIEWER, json=HOOK)) == (403, "forbidden")
    assert as_problem(live.call("GET", "/v1/subscriptions", Role.REVIEWER)) == (403, "forbidden")

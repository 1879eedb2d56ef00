"""The work list over HTTP: filters, pages, the next task, and what an answer would do (SEC-2)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mpi.domain.access import Role
from mpi.domain.views import TaskKind
from mpi.domain.worklist import Position, Wanted
from tests.unit.api.loopback import Live, as_problem


def test_the_work_list_is_read_to_the_end_by_following_next(live: Live) -> None:
    seen, reference = [], "/v1/worklist?limit=2"
    while reference:
        answer = live.call("GET", reference, Role.REVIEWER)
        assert (answer.status_code, answer.json()["total"]) == (200, 5)
        seen += [task["id"] for task in answer.json()["tasks"]]
        reference = answer.json()["next"]
    assert seen == [1, 2, 3, 4, 5]
    assert live.house.worklist.asked[-1][1] == Position(-9, 8.25, 4)


def test_filters_reach_the_use_case(live: Live) -> None:
    asked = (
        "kind=overlay&organisation=RMC&weight_from=-2.5&before=2026-01-02T03:04:05Z&assignee=-&text=oko&deferred=true"
    )
    assert live.call("GET", f"/v1/worklist?{asked}").status_code == 200
    wanted, after = live.house.worklist.asked[-1]
    before = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (wanted, after) == (
        Wanted((TaskKind.OVERLAY,), ("BOLTON",), (-2.5, None), before, "-", "oko", deferred=True),
        None,
    )


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("kind=x", (422, "invalid-request")),
        ("organisation=ZZZ", (422, "bad-value")),
        ("weight_from=nan", (422, "invalid-request")),
        ("after=1", (422, "invalid-request")),
        ("after=-9~8.25~4~5", (422, "invalid-request")),
        ("limit=0", (422, "invalid-request")),
    ],
)
def test_a_wrong_filter_is_a_problem(live: Live, query: str, problem: tuple[int, str]) -> None:
    assert as_problem(live.call("GET", f"/v1/worklist?{query}")) == problem


def test_next_is_a_task_or_nothing(live: Live) -> None:
    assert live.call("POST", "/v1/worklist/next", Role.REVIEWER).json()["id"] == 1
    assert live.call("POST", "/v1/worklist/next?text=nobody", Role.REVIEWER).status_code == 204
    assert as_problem(live.call("POST", "/v1/worklist/next", Role.VIEWER)) == (403, "forbidden")


def test_what_an_answer_would_do(live: Live) -> None:
    told = live.call("GET", "/v1/tasks/3/preview?decision=different", Role.REVIEWER).json()
    (gone,) = told["departures"]
    assert (told["task_id"], told["decision"], told["needs_two"], told["told"]) == (3, "different", True, ["RMC"])
    assert (gone["new"], gone["retires"], gone["studies"]) == (None, False, ["1.2.1"])
    assert as_problem(live.call("GET", "/v1/tasks/99/preview?decision=same", Role.REVIEWER)) == (404, "not-found")

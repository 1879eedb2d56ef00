"""A trust's correction list over HTTP (NHS-11)."""

from __future__ import annotations

import pytest

from mpi.domain.access import Role
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA


def test_it_is_read_to_the_end_by_following_next(live: Live) -> None:
    first = live.call("GET", "/v1/corrections?organisation=RMC&limit=1", Role.REVIEWER).json()
    (found,) = first["corrections"]
    assert (found["golden_id"], found["keep"]["identifier"]["value"], found["keep"]["studies"]) == (
        str(ALPHA),
        "2",
        2,
    )
    assert [(one["identifier"]["value"], one["differs"]) for one in found["merge"]] == [("1", [])]
    assert found["because"] == "most studies were acquired under it"
    assert live.call("GET", first["next"], Role.REVIEWER).json()["next"] is None
    assert live.house.corrections.asked == [("RMC", 1, None), ("RMC", 1, (ALPHA, "BOLTON"))]


@pytest.mark.parametrize("query", ["", "organisation=", "organisation=RMC&after=x", "organisation=RMC&limit=0"])
def test_a_wrong_question_is_a_problem(live: Live, query: str) -> None:
    assert live.call("GET", f"/v1/corrections?{query}").status_code == 422


def test_it_is_for_reviewers_of_what_there_is(live: Live) -> None:
    assert as_problem(live.call("GET", "/v1/corrections?organisation=RMC", Role.VIEWER)) == (403, "forbidden")
    assert as_problem(live.call("GET", "/v1/corrections?organisation=XXX")) == (404, "not-found")

"""GET /v1/feeds/{feed}/conformance."""

from __future__ import annotations

from mpi.domain.access import Role
from mpi.domain.network import Network
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import AT, NETWORK


def path(network: Network = NETWORK) -> str:
    return f"/v1/feeds/{network.feeds[0].id}/conformance"


def test_tells_place_way_and_count(live: Live) -> None:
    told = live.call("GET", path() + "?days=1").json()
    assert (told["feed"], told["strictness"], told["messages"], told["validated"]) == (
        NETWORK.feeds[0].id,
        "lenient",
        200,
        2,
    )
    assert told["since"] == AT.date().isoformat()
    (fault,) = told["faults"]
    assert (fault["place"], fault["found_by"], fault["messages"]) == ("PID-7", "reader", 3)


def test_needs_the_right_to_operate(live: Live) -> None:
    assert as_problem(live.call("GET", path(), None)) == (401, "unauthenticated")
    for role in (Role.FEED, Role.REVIEWER, Role.ARCHIVE):
        assert as_problem(live.call("GET", path(), role)) == (403, "forbidden")


def test_a_feed_that_is_not_there_and_days_that_make_no_sense(live: Live) -> None:
    assert live.call("GET", "/v1/feeds/nobody/conformance").status_code == 404
    assert live.call("GET", path() + "?days=0").status_code == 422

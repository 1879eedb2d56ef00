"""Orders over HTTP (issue 5.1, 5.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import pytest

from mpi.domain.access import Role
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import Coded, OrderStatus, ReportStatus
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, BOLTON, RETIRED

PLANNED = ImagingOrder(
    BOLTON,
    filler="F1",
    accession="A1",
    placer="P1",
    procedure="RP1",
    study_uid="1.2.3",
    codes=(Coded("CCHES", "CT Thorax", "99BOL"),),
    modality="CT",
    body_site="CHEST",
    starts_at=datetime(2026, 3, 5, 9, tzinfo=UTC),
    status=OrderStatus.SCHEDULED,
    organisation="RMC",
    stated_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    id=7,
)
MADE = ImagingOrder(
    BOLTON, filler="F2", status=OrderStatus.COMPLETED, report_status=ReportStatus.FINAL, id=6, stored="1.2.4"
)


def test_an_order_is_told_with_all_that_is_known_of_it(live: Live) -> None:
    live.house.imaging.ordered = [PLANNED]
    answer = live.call("GET", f"/v1/people/{ALPHA}/orders", Role.ARCHIVE)
    assert answer.status_code == 200
    assert answer.json()["orders"] == [
        {
            "id": 7,
            "patient": {"authority": "BOLTON", "value": BOLTON.value},
            "filler": "F1",
            "placer": "P1",
            "accession": "A1",
            "procedure": "RP1",
            "codes": [{"code": "CCHES", "text": "CT Thorax", "system": "99BOL"}],
            "description": "CT Thorax",
            "modality": "CT",
            "body_site": "CHEST",
            "starts_at": "2026-03-05T09:00:00Z",
            "status": "scheduled",
            "report_status": None,
            "organisation": "RMC",
            "study_uid": "1.2.3",
            "stored": False,
            "stated_at": "2026-03-01T12:00:00Z",
        }
    ]


def test_pages_and_the_filter_go_together(live: Live) -> None:
    live.house.imaging.ordered = [PLANNED, MADE]
    first = live.call("GET", f"/v1/people/{ALPHA}/orders?limit=1", Role.ARCHIVE)
    assert (first.json()["total"], len(first.json()["orders"])) == (2, 1)
    second = live.call("GET", first.json()["next"], Role.ARCHIVE)
    assert [(o["study_uid"], o["stored"], o["report_status"]) for o in second.json()["orders"]] == [
        ("1.2.4", True, "final")
    ]
    assert second.json()["next"] is None
    awaited = live.call("GET", f"/v1/people/{ALPHA}/orders?awaited=true", Role.ARCHIVE)
    assert [order["id"] for order in awaited.json()["orders"]] == [7]


def test_as_of_reaches_the_use_case_in_utc(live: Live) -> None:
    asked = {"as_of": "2026-03-03T01:00:00+01:00"}
    assert live.call("GET", f"/v1/people/{ALPHA}/orders?{urlencode(asked)}", Role.ARCHIVE).status_code == 200
    assert live.house.imaging.as_of == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_retired_id_is_answered_with_its_successors(live: Live) -> None:
    answer = live.call("GET", f"/v1/people/{RETIRED}/orders", Role.ARCHIVE)
    assert (answer.json()["golden_id"], answer.json()["requested_id"]) == (str(ALPHA), str(RETIRED))
    assert f'</v1/people/{ALPHA}/orders>; rel="canonical"' in answer.headers["link"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (f"/v1/people/{UUID(int=9)}/orders", (404, "not-found")),
        (f"/v1/people/{ALPHA}/orders?after=x", (422, "bad-value")),
        (f"/v1/people/{ALPHA}/orders?limit=0", (422, "invalid-request")),
        (f"/v1/people/{ALPHA}/orders?as_of=yesterday", (422, "invalid-request")),
        (f"/v1/people/{ALPHA}/orders?awaited=perhaps", (422, "invalid-request")),
    ],
)
def test_what_cannot_be_answered_is_a_problem(live: Live, path: str, problem: tuple[int, str]) -> None:
    assert as_problem(live.call("GET", path, Role.ARCHIVE)) == problem


def test_a_feed_may_not_look(live: Live) -> None:
    assert as_problem(live.call("GET", f"/v1/people/{ALPHA}/orders", Role.FEED))[0] == 403

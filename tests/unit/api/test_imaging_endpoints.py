"""Studies and histories over HTTP (IHE-60, IHE-64; promise 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from mpi.domain.access import Role
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import Coded
from mpi.domain.views import HistoryFilter, Study
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA, AT, BOLTON, CHRISTIE, NEW, RETIRED

STUDY = {"study_uid": "1.2.826.0.1.99", "issuer": "BOL", "patient_id": "1234567"}


def register(live: Live, body: object, role: Role = Role.ARCHIVE) -> httpx.Response:
    return live.call("POST", "/v1/studies", role, json=body)


def test_a_study_is_registered_once_and_then_updated(live: Live) -> None:
    body = STUDY | {
        "started_at": "2026-03-03T10:30:00+01:00",
        "modalities": ["CT", "SR", "CT"],
        "body_site": "CHEST",
        "organisation": "RMC",
        "archive": "north",
        "series": 3,
        "instances": 400,
    }
    first = register(live, body)
    assert first.status_code == 201
    assert first.headers["location"] == "/v1/studies/1.2.826.0.1.99"
    assert first.json() == {"study_uid": "1.2.826.0.1.99", "golden_id": str(ALPHA), "created": True}
    again = register(live, body)
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert live.house.imaging.studies[-1] == Study(
        study_uid="1.2.826.0.1.99",
        patient=Identifier("BOLTON", "1234567"),
        started_at=datetime(2026, 3, 3, 9, 30, tzinfo=UTC),
        modalities=("CT", "SR"),
        body_site="CHEST",
        organisation="RMC",
        archive="north",
        series=3,
        instances=400,
    )


def test_a_study_under_another_patient_is_a_conflict(live: Live) -> None:
    register(live, STUDY)
    answer = register(live, STUDY | {"patient_id": "7654321"})
    assert as_problem(answer) == (409, "conflict")
    assert answer.json()["location"] == "patient_id"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"issuer": "NOWHERE"}, (422, "unknown-authority")),
        ({"archive": "west"}, (422, "bad-value")),
        ({"study_uid": "1.02.3"}, (422, "invalid-request")),
        ({"study_uid": "1." + "2" * 64}, (422, "invalid-request")),
        ({"study_uid": "nonsense"}, (422, "invalid-request")),
        ({"started_at": "2026-03-03T10:30:00"}, (422, "invalid-request")),
        ({"started_at": "9999-12-31T23:59:59-12:00"}, (422, "invalid-request")),
        ({"modalities": ["c/t"]}, (422, "invalid-request")),
        ({"modalities": "CT"}, (422, "invalid-request")),
        ({"series": -1}, (422, "invalid-request")),
        ({"series": "3"}, (422, "invalid-request")),
        ({"instances": 2**31}, (422, "invalid-request")),
        ({"organisation": "rmc"}, (422, "invalid-request")),
        ({"patient_name": "TESTPERSON"}, (422, "invalid-request")),
    ],
)
def test_a_wrong_study_is_refused_and_not_registered(
    live: Live, change: dict[str, object], problem: tuple[int, str]
) -> None:
    before = list(live.house.imaging.studies)
    answer = register(live, STUDY | change)
    assert as_problem(answer) == problem
    assert live.house.imaging.studies == before
    assert "TESTPERSON" not in answer.text


def test_one_study_tells_whose_history_it_is_in(live: Live) -> None:
    answer = live.call("GET", "/v1/studies/1.2.3", Role.VIEWER).json()
    assert (answer["golden_id"], answer["study"]["study_uid"]) == (str(ALPHA), "1.2.3")
    assert as_problem(live.call("GET", "/v1/studies/1.2.404")) == (404, "not-found")
    assert as_problem(live.call("GET", "/v1/studies/x")) == (422, "invalid-request")


@pytest.mark.parametrize(
    "start",
    [f"/v1/people/{ALPHA}/imaging?limit=2", "/v1/imaging?identifier=urn:oid:1.2.3.1|1234567&limit=2&modality=CT"],
)
def test_a_history_is_read_to_its_end_by_following_next(live: Live, start: str) -> None:
    """IHE-64: the union, each study once."""
    seen, reference = [], start
    while reference:
        answer = live.call("GET", reference, Role.ARCHIVE)
        page = answer.json()
        assert page["total"] == 5
        seen += [s["study_uid"] for s in page["studies"]]
        reference = page["next"]
        assert (f'<{reference}>; rel="next"' in answer.headers.get("link", "")) == bool(reference)
    assert seen == ["1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5"]


def test_filters_reach_the_use_case(live: Live) -> None:
    query = "modality=CT&modality=MR&body_site=CHEST&organisation=RMC&since=2025-01-01&until=2025-12-31"
    assert live.call("GET", f"/v1/people/{ALPHA}/imaging?{query}").status_code == 200
    assert live.house.imaging.wanted == HistoryFilter(
        ("CT", "MR"), "CHEST", "RMC", date(2025, 1, 1), date(2025, 12, 31)
    )


def test_a_retired_id_reads_its_successors_history(live: Live) -> None:
    answer = live.call("GET", f"/v1/people/{RETIRED}/imaging")
    assert (answer.json()["golden_id"], answer.json()["requested_id"]) == (str(ALPHA), str(RETIRED))
    assert answer.headers["link"] == f'</v1/people/{ALPHA}/imaging>; rel="canonical"'


def test_a_history_changes_its_tag_with_its_content(live: Live) -> None:
    tag = live.call("GET", f"/v1/people/{ALPHA}/imaging").headers["etag"]
    same = live.call("GET", f"/v1/people/{ALPHA}/imaging", headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    register(live, STUDY)
    assert live.call("GET", f"/v1/people/{ALPHA}/imaging", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("limit=0", (422, "invalid-request")),
        ("limit=501", (422, "invalid-request")),
        ("limit=many", (422, "invalid-request")),
        ("after=forged", (422, "bad-value")),
        ("since=2025-13-01", (422, "invalid-request")),
        ("since=2025-02-01&until=2025-01-01", (422, "invalid-request")),
        ("modality=ct%00", (422, "invalid-request")),
        ("modalities=CT", (422, "invalid-request")),
    ],
)
def test_a_wrong_filter_is_never_ignored(live: Live, query: str, problem: tuple[int, str]) -> None:
    """A filter silently dropped would show a history that is not the one asked for."""
    assert as_problem(live.call("GET", f"/v1/people/{ALPHA}/imaging?{query}")) == problem


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.FEED, 403), (Role.ARCHIVE, 201)])
def test_registering_is_a_right(live: Live, role: Role, status: int) -> None:
    assert register(live, STUDY, role).status_code == status


def test_reading_histories_is_a_right(live: Live) -> None:
    for path in (f"/v1/people/{ALPHA}/imaging", "/v1/imaging?identifier=BOLTON|1234567", "/v1/studies/1.2.1"):
        assert as_problem(live.call("GET", path, Role.FEED)) == (403, "forbidden")


def test_priors_say_why_they_matter_and_which_may_be_repeated(live: Live) -> None:
    live.house.imaging.studies[:] = [
        Study("1.2.1", BOLTON, AT, ("CT",), "CHEST"),
        Study("1.2.2", BOLTON, AT - timedelta(days=90), ("DX",), "CHEST"),
        Study("1.2.3", BOLTON, AT - timedelta(days=400), ("MR",), "KNEE"),
    ]
    ordered = ImagingOrder(CHRISTIE, filler="F1", modality="CT", body_site="CHEST", starts_at=AT, id=3)
    live.house.imaging.ordered = [ordered, replace(ordered, filler="F2", modality="MR", id=4)]
    body = live.call("GET", "/v1/studies/1.2.1/priors", params={"repeat_days": 10}).json()
    assert [(o["id"], o["patient"]["authority"]) for o in body["planned"]] == [(3, "CHRISTIE")]
    assert (body["golden_id"], body["total"], body["possible_repeats"]) == (str(ALPHA), 1, 0)
    planned = {"identifier": "BOLTON|1234567", "modality": "ct", "body_site": "Chest", "limit": 1}
    body = live.call("GET", "/v1/imaging/priors", params=planned).json()
    (prior,) = body["priors"]
    assert (prior["study"]["study_uid"], prior["days"], prior["possible_repeat"]) == ("1.2.1", 7, True)
    assert prior["reason"] == "same part of the body, same kind of imaging"
    assert prior["study"]["link"] == "certain"
    assert body["total"] == 2
    coded = replace(ordered, body_site="", codes=(Coded("CCHES", "CT Thorax", "NICIP"),))
    live.house.imaging.ordered = [coded]
    path = "/v1/imaging/priors?identifier=BOLTON|1234567&modality=CT&procedure=NICIP|CCHES&procedure=SCT|169069000"
    (told,) = live.call("GET", path).json()["planned"]
    assert told["codes"] == [{"code": "CCHES", "text": "CT Thorax", "system": "NICIP"}]
    assert live.call("GET", path.replace("NICIP|", "NICIP")).status_code == 422
    assert as_problem(live.call("GET", "/v1/studies/1.2.9/priors")) == (404, "not-found")
    assert live.call("GET", "/v1/imaging/priors", params={"identifier": "BOLTON|1234567"}).status_code == 422


def test_a_study_is_told_with_its_codes_as_they_were_given(live: Live) -> None:
    code = {"code": "816094009", "text": "Chest", "system": "SCT"}
    own = {"code": "C1", "text": "", "system": ""}
    sent = STUDY | {"procedures": [own, {"code": "CCHES", "system": "NICIP"}], "anatomy": [code]}
    assert register(live, sent).status_code == 201
    told = live.call("GET", f"/v1/studies/{STUDY['study_uid']}").json()["study"]
    assert told["procedures"] == [own, {"code": "CCHES", "text": "", "system": "NICIP"}]
    assert told["anatomy"] == [code]
    assert register(live, STUDY | {"anatomy": [{"code": ""}]}).status_code == 422


def test_what_changed_in_a_history_is_told_with_its_cause(live: Live) -> None:
    body = live.call("GET", f"/v1/people/{RETIRED}/imaging/changes").json()
    assert body["golden_id"] == str(RETIRED)
    assert body["changes"] == [
        {
            "at": AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "step": "joined",
            "identifier": {"authority": "BOLTON", "value": "1234567"},
            "studies": ["1.2.1"],
            "cause": "ADT^A40",
            "message": 12,
            "model": "f00d",
            "assertions": [3],
        }
    ]
    assert live.call("GET", f"/v1/people/{NEW}/imaging/changes").status_code == 404
    assert live.call("GET", f"/v1/people/{ALPHA}/imaging/changes", Role.FEED).status_code == 403


def test_an_archive_reads_what_it_is_believed_to_hold_page_by_page(live: Live) -> None:
    for number in (3, 1, 2):
        assert register(live, STUDY | {"study_uid": f"1.9.{number}", "archive": "north"}).status_code == 201
    register(live, STUDY | {"study_uid": "1.9.9"})
    path = "/v1/archives/north/studies"
    first = live.call("GET", path, Role.ARCHIVE, params={"limit": 2}).json()
    assert first == {"studies": [{"study_uid": f"1.9.{n}", "golden_id": str(ALPHA)} for n in (1, 2)], "next": "1.9.2"}
    second = live.call("GET", path, Role.ARCHIVE, params={"limit": 2, "after": first["next"]}).json()
    assert second == {"studies": [{"study_uid": "1.9.3", "golden_id": str(ALPHA)}], "next": None}
    assert as_problem(live.call("GET", "/v1/archives/nowhere/studies", Role.ARCHIVE)) == (404, "not-found")
    assert as_problem(live.call("GET", path, Role.FEED)) == (403, "forbidden")
    assert as_problem(live.call("GET", path, Role.ARCHIVE, params={"after": "no uid"})) == (422, "invalid-request")

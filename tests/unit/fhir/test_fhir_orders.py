"""ServiceRequest and DiagnosticReport, and what of an order its study tells (issue 5.1, 5.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mpi.domain.coding import national
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import OrderFilter
from mpi.domain.orders import Coded, OrderStatus, ReportStatus
from mpi.domain.withholding import order_withheld
from tests.unit.fhir.fhir_builders import ANN, BASE, BEN, NORTH, House, order, study

KINDS = ("ServiceRequest", "DiagnosticReport")


@pytest.fixture
def house() -> House:
    house = House()
    house.imaging.ordered = {7: order(), 8: order(id=8, report_status=ReportStatus.FINAL, stored="2.25.77")}
    return house


def search(house: House, kind: str, params: Any, who: str = "viewer") -> Any:
    return house.call(who, "GET", f"/{kind}", params=params)


def read(house: House, path: str, who: str = "viewer") -> Any:
    return house.call(who, "GET", f"/{path}")


def test_an_order_is_a_service_request(house: House) -> None:
    found = read(house, "ServiceRequest/7").json()
    numbers = {one["type"]["coding"][0]["code"]: one["value"] for one in found["identifier"]}
    assert numbers == {"PLAC": "P7", "FILL": "F7", "ACSN": "ACC7"}
    assert found["subject"]["reference"] == f"Patient/{ANN}"
    assert found["subject"]["identifier"]["value"] == "N1"
    assert found["code"] == {"coding": [{"code": "CCHES", "display": "CT Thorax"}], "text": "CT Thorax"}
    assert found["orderDetail"][0]["coding"][0]["code"] == "CT"
    assert found["occurrenceDateTime"] == "2025-12-24T10:30:00+00:00"
    assert found["performer"][0]["identifier"]["value"] == "RAA"
    (entry, _) = search(house, "ServiceRequest", {"patient": str(ANN)}).json()["entry"]
    assert (entry["resource"], entry["fullUrl"]) == (found, f"{BASE}/ServiceRequest/7")


@pytest.mark.parametrize("status", OrderStatus)
def test_every_status_has_a_code_of_the_required_binding(house: House, status: OrderStatus) -> None:
    codes = {"completed": "completed", "cancelled": "revoked", "discontinued": "revoked"}
    house.imaging.ordered = {7: order(status=status, codes=())}
    assert read(house, "ServiceRequest/7").json()["status"] == codes.get(status, "active")


@pytest.mark.parametrize(
    ("report", "status", "document"),
    [
        (None, "", None),
        (ReportStatus.PRELIMINARY, "preliminary", "preliminary"),
        (ReportStatus.FINAL, "final", "final"),
        (ReportStatus.CORRECTED, "corrected", "amended"),
        (ReportStatus.CANCELLED, "cancelled", None),
    ],
)
def test_where_a_report_stands(house: House, report: ReportStatus | None, status: str, document: str | None) -> None:
    """Its text is nowhere; a study whose report is not known has no document status."""
    house.imaging.ordered = {8: order(id=8, report_status=report, stored="2.25.77", codes=())}
    house.imaging.studies = {"2.25.77": study(report_status=report, order=8)}
    answer = read(house, "DiagnosticReport/8")
    assert answer.status_code == (200 if report else 404)
    if report:
        found = answer.json()
        assert (found["status"], found["code"]["coding"][0]["code"]) == (status, "18748-4")
        assert found["basedOn"][0]["reference"] == "ServiceRequest/8"
        assert found["imagingStudy"][0]["reference"] == "ImagingStudy/2.25.77"
        assert not {"conclusion", "presentedForm", "result"} & set(found)
    told = read(house, "DocumentReference/2.25.77").json()
    assert told.get("docStatus") == document
    assert told["context"]["related"][1]["reference"] == "ServiceRequest/8"
    assert read(house, "ImagingStudy/2.25.77").json()["basedOn"][0]["reference"] == "ServiceRequest/8"


def test_codes_of_the_examination_are_told_and_taken(house: House) -> None:
    """Only SNOMED CT has a system in FHIR; R4 has a place for the part of the body in series alone."""
    snomed, local = Coded("169069000", "CT of chest", "SCT"), Coded("C1", "CT Thorax", "99RAA")
    house.imaging.studies = {"2.25.77": study(procedures=(snomed,), order_codes=(local,))}
    told = read(house, "ImagingStudy/2.25.77").json()
    assert told["procedureCode"] == [
        {
            "coding": [{"system": "http://snomed.info/sct", "code": "169069000", "display": "CT of chest"}],
            "text": "CT of chest",
        },
        {"coding": [{"code": "C1", "display": "CT Thorax"}], "text": "CT Thorax"},
    ]
    site = {"system": "http://snomed.info/sct", "code": "816094009", "display": "Chest"}
    sent = told | {"series": [{"uid": "2.25.78", "modality": {"code": "CT"}, "bodySite": site}]}
    house.imaging.studies = {}
    assert house.call("archive", "POST", "/ImagingStudy", json=sent).status_code == 201
    (taken,) = house.imaging.studies.values()
    assert national(taken.procedures) == national([snomed])
    assert taken.anatomy == (Coded("816094009", "Chest", "http://snomed.info/sct"),)


def test_searches_ask_for_what_they_say(house: House) -> None:
    house.imaging.next = "cursor-2"
    wanted = [("patient.identifier", f"{NORTH}|N1"), ("identifier", f"{NORTH}|F7"), ("status", "active,revoked")]
    answer = search(house, "ServiceRequest", [*wanted, ("_count", "5"), ("_after", "cursor-1"), ("x", "y")])
    ended = (OrderStatus.CANCELLED, OrderStatus.DISCONTINUED)
    open_ = (OrderStatus.ORDERED, OrderStatus.SCHEDULED, OrderStatus.IN_PROGRESS)
    asked = OrderFilter(number="F7", authority="north", statuses=(*open_, *ended))
    assert house.imaging.asked_orders == [(Identifier("north", "N1"), asked, 5, "cursor-1")]
    links = {one["relation"]: parse_qsl(urlsplit(one["url"]).query) for one in answer.json()["link"]}
    assert links["next"] == [*wanted, ("_count", "5"), ("_after", "cursor-2")]
    assert links["self"][-1] == ("_after", "cursor-1")
    for token, number, authority in (("F7", "F7", ""), ("|F7", "F7", ""), ("urn:any|F7", "F7", "urn:any")):
        search(house, "ServiceRequest", {"patient": f"Patient/{ANN}", "identifier": token})
        assert house.imaging.asked_orders[-1][:2] == (ANN, OrderFilter(number=number, authority=authority))
    reports = search(house, "DiagnosticReport", {"patient": f"Patient/{ANN}"}).json()
    assert [one["resource"]["id"] for one in reports["entry"]] == ["8"]
    assert house.imaging.asked_orders[-1][:2] == (ANN, OrderFilter(reported=True))


def test_nhs_57_what_is_withheld_is_in_neither(house: House) -> None:
    house.imaging.ordered = {8: order_withheld(replace(house.imaging.ordered[8]))}
    for kind in KINDS:
        told = read(house, f"{kind}/8")
        assert told.status_code == 200
        assert not any(secret in told.text for secret in ("N1", "RAA", "F7", "P7", "ACC7"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"patient": f"{ANN},{BEN}"}, 400),
        ({"patient.identifier": "urn:unknown|1"}, 400),
        ({"patient": str(ANN), "_count": "0"}, 400),
        ({"patient:missing": "true"}, 400),
        ({"patient": str(BEN)}, 404),
        ({"patient": "nobody"}, 404),
    ],
)
def test_an_unknown_person_is_never_an_empty_list(
    house: House, kind: str, params: dict[str, str], status: int
) -> None:
    assert search(house, kind, params).status_code == status


def test_what_cannot_be_answered_says_so(house: House) -> None:
    for params in ({"status": "draft"}, {"identifier": "F7,F8"}):
        assert search(house, "ServiceRequest", {"patient": str(ANN)} | params).status_code == 400
    for missing in ("9", "nonsense", "9" * 30, "²"):
        for kind in KINDS:
            assert read(house, f"{kind}/{missing}").status_code == 404
    assert read(house, "ServiceRequest/7", "north").status_code == 403
    assert read(house, "ServiceRequest/7", "").status_code == 401

"""ITI-67: a person's imaging studies as DocumentReferences, for neighbours (IHE-64, IHE-66)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mpi.domain.identifiers import Identifier
from mpi.domain.network import Archive
from mpi.domain.views import HistoryFilter
from tests.unit.fhir.fhir_builders import ANN, BASE, BEN, NETWORK, NORTH, House, study

WHOSE = {"patient.identifier": f"{NORTH}|N1", "status": "current"}


@pytest.fixture
def house() -> House:
    archive = Archive("vna", "Regional archive", "RAA", retrieve="https://vna.example/dicom-web")
    house = House(network=replace(NETWORK, archives=(archive,)))
    house.imaging.studies = {"2.25.77": study(), "2.25.78": study(study_uid="2.25.78", archive="", accession="")}
    return house


def search(house: House, params: Any, who: str = "viewer") -> Any:
    return house.call(who, "GET", "/DocumentReference", params=params)


def test_a_study_is_told_with_where_it_is_retrieved(house: House) -> None:
    """IHE-66: patientId is the golden id, sourcePatientId the local one; R4B as all resources are."""
    answer = search(house, WHOSE)
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert (bundle["type"], bundle["total"]) == ("searchset", 2)
    first, second = (one["resource"] for one in bundle["entry"])
    assert first["masterIdentifier"]["value"] == "urn:oid:2.25.77"
    assert first["subject"]["reference"] == f"Patient/{ANN}"
    assert first["context"]["sourcePatientInfo"]["identifier"]["value"] == "N1"
    assert first["content"][0]["attachment"] == {
        "contentType": "application/dicom",
        "url": "https://vna.example/dicom-web/studies/2.25.77",
        "creation": "2025-12-24T10:30:00+00:00",
    }
    assert first["context"]["event"][0]["coding"][0]["code"] == "CT"
    assert first["custodian"]["identifier"]["value"] == "RAA"
    assert second["content"][0]["attachment"]["url"] == f"{BASE}/ImagingStudy/2.25.78"
    assert len(second["identifier"]) == 1
    assert bundle["entry"][0]["fullUrl"] == f"{BASE}/DocumentReference/2.25.77"


def test_filters_are_those_of_a_history(house: House) -> None:
    asked = WHOSE | {"date": "ge2025-01-01", "period": "lt2026-01-01", "event": "http://x|CT,MR", "type": "18748-4"}
    answer = search(house, [*asked.items(), ("setting", "394914008"), ("_count", "7"), ("unknown", "x")])
    assert answer.json()["total"] == 2
    wanted = HistoryFilter(("CT", "MR"), since=date(2025, 1, 1), until=date(2025, 12, 31))
    assert house.imaging.asked == [(Identifier("north", "N1"), wanted, 7, "")]
    self_link = answer.json()["link"][0]["url"]
    assert "unknown" not in self_link
    assert dict(parse_qsl(urlsplit(self_link).query))["event"] == "http://x|CT,MR"


@pytest.mark.parametrize(
    "none", [{"status": "superseded"}, {"status": "entered-in-error"}, {"type": "34133-9"}, {"setting": "1"}]
)
def test_what_no_study_has_finds_none(house: House, none: dict[str, str]) -> None:
    answer = search(house, WHOSE | none)
    assert (answer.status_code, answer.json()["total"], "entry" in answer.json()) == (200, 0, False)


def test_a_page_leads_to_the_next(house: House) -> None:
    house.imaging.next = "here~2.25.78"
    links = {one["relation"]: one["url"] for one in search(house, WHOSE).json()["link"]}
    following = dict(parse_qsl(urlsplit(links["next"]).query))
    assert following == WHOSE | {"_after": "here~2.25.78"}
    search(house, following)
    assert house.imaging.asked[-1][3] == "here~2.25.78"


def test_ihe_66_nothing_is_told_under_an_id_that_was_merged_away(house: House) -> None:
    answer = search(house, {"patient.identifier": f"{NORTH}|MERGED", "status": "current"})
    assert (answer.status_code, answer.json()["total"]) == (200, 0)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"status": "current"}, 400),
        ({"patient": f"Patient/{BEN}"}, 404),
        ({"patient": "Patient/1"}, 404),
        (WHOSE | {"status": "lost"}, 400),
        (WHOSE | {"date": "yesterday"}, 400),
        (WHOSE | {"_count": "0"}, 400),
        ({"patient.identifier:exact": f"{NORTH}|N1"}, 400),
        ({"patient.identifier": "https://nowhere.example|1"}, 400),
    ],
)
def test_a_search_that_cannot_be_answered_says_so(house: House, asked: dict[str, str], status: int) -> None:
    """An unknown person is 404, never an empty list that looks like "no studies"."""
    answer = search(house, asked)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome"), answer.text


def test_a_search_may_be_posted_and_a_document_read(house: House) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = house.call("viewer", "POST", "/DocumentReference/_search", data=WHOSE, headers=form)
    assert posted.json() == search(house, WHOSE).json()
    read = house.call("viewer", "GET", "/DocumentReference/2.25.77")
    assert read.json() == posted.json()["entry"][0]["resource"]
    assert house.call("viewer", "GET", "/DocumentReference/2.25.404").status_code == 404
    assert house.call("viewer", "GET", "/DocumentReference/x").status_code == 404


def test_studies_are_for_those_who_may_read_them(house: House) -> None:
    assert search(house, WHOSE, "north").status_code == 403
    assert search(house, WHOSE, "").status_code == 401

"""A DICOMweb client that nobody here wrote reads one history of two trusts (IHE-61, IHE-63, IHE-64)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from tests.acceptance.archive_client import Region
from tests.acceptance.conftest import StartService
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service

PERSON = Patient("BRAMHALL", "Zoë", nhs=nhs_number(1))


@pytest.fixture(scope="module")
def service(start_service: StartService, new_database: Callable[[], str], network: Network) -> Iterator[Service]:
    started = start_service(database_url=new_database())
    with started.mllp() as client:
        for feed, value in (("bolton", "B1"), ("stockport", "S1")):
            assert code_of(client.send(adt(feed, "A28", value, PERSON))) == "AA"
    region = Region(started, network)
    for number, (patient, day) in enumerate((("BOLTON|B1", 3), ("STOCKPORT|S1", 9), ("BOLTON|B1", 12)), 1):
        region.register_study(patient, f"1.2.826.{number}", started_at=f"2026-03-{day:02}T10:00:00Z", series=number)
    yield started
    region.close()


def client(service: Service, role: str = "viewer") -> DICOMwebClient:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {service.tokens[role]}"
    return DICOMwebClient(f"{service.target.http}/dicom-web", session=session)


def search(service: Service, role: str = "viewer", **asked: str) -> list[Dataset]:
    return [Dataset.from_json(one) for one in client(service, role).search_for_studies(search_filters=asked)]


@pytest.mark.parametrize(
    ("patient", "issuer"),
    [("B1", "RMC"), ("S1", "STOCKPORT"), (PERSON.nhs, "NHS"), (PERSON.nhs, "2.16.840.1.113883.2.1.4.1")],
)
def test_any_identifier_finds_the_studies_of_every_trust(service: Service, patient: str, issuer: str) -> None:
    found = search(service, PatientID=patient, IssuerOfPatientID=issuer)
    assert [str(study.StudyInstanceUID) for study in found] == [f"1.2.826.{n}" for n in (3, 2, 1)]
    assert {(study.PatientID, study.IssuerOfPatientID) for study in found} == {(patient, issuer)}
    assert {str(study.PatientName) for study in found} == {"BRAMHALL^Zoë"}
    assert {(study.PatientBirthDate, study.PatientSex) for study in found} == {("19540307", "F")}
    others = [study.OtherPatientIDsSequence[0] for study in found]
    assert [(o.PatientID, o.IssuerOfPatientID) for o in others] == [
        ("B1", "BOLTON"),
        ("S1", "STOCKPORT"),
        ("B1", "BOLTON"),
    ]
    assert [study.NumberOfStudyRelatedSeries for study in found] == [3, 2, 1]


def test_a_golden_id_finds_them_as_coercion_writes_it(service: Service, network: Network) -> None:
    with service.http("archive") as http:
        golden_id = http.post("/v1/resolve", json={"issuer": "BOLTON", "patient_id": "B1"}).json()["golden_id"]
    assert network.issuer is not None
    assert len(search(service, PatientID=golden_id)) == 3
    assert len(search(service, PatientID=golden_id, IssuerOfPatientID=network.issuer.namespace)) == 3


def test_filters_and_pages(service: Service) -> None:
    whose = {"PatientID": "B1", "IssuerOfPatientID": "BOLTON"}
    assert len(search(service, **whose, StudyDate="20260309-")) == 2
    assert len(search(service, **whose, StudyDate="20260309")) == 1
    assert [s.StudyInstanceUID for s in search(service, **whose, StudyInstanceUID="1.2.826.1")] == ["1.2.826.1"]
    page = client(service).search_for_studies(limit=1, offset=1, search_filters=whose)
    assert [Dataset.from_json(one).StudyInstanceUID for one in page] == ["1.2.826.2"]
    assert search(service, PatientID="B9", IssuerOfPatientID="BOLTON") == []
    assert len(search(service, StudyInstanceUID="1.2.826.2")) == 1


def test_promise_8_an_archive_is_told_studies_and_no_names(service: Service) -> None:
    found = search(service, "archive", PatientID="B1", IssuerOfPatientID="BOLTON")
    assert len(found) == 3
    assert {str(study.PatientName) for study in found} == {""}
    assert {study.PatientBirthDate for study in found} == {""}


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"PatientID": "B1"}, 422, "name the issuer"),
        ({"PatientName": "BRAMHALL*"}, 422, "is required"),
        ({}, 422, "is required"),
        ({"PatientID": "B1", "IssuerOfPatientID": "NOWHERE"}, 422, "is not in this network"),
        ({"PatientID": "B1", "IssuerOfPatientID": "BOLTON", "StudyDate": "20260230"}, 422, "no such day"),
        ({"PatientID": "B1", "IssuerOfPatientID": "BOLTON", "limit": "many"}, 422, "whole number"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    service: Service, asked: dict[str, str], status: int, words: str
) -> None:
    """IHE-60: nothing is guessed."""
    with service.http("viewer") as http:
        answer = http.get("/dicom-web/studies", params=asked)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_what_is_not_supported_is_told_in_a_warning(service: Service) -> None:
    """PS3.18 8.3.4: and it does not restrict."""
    asked = {"00100020": "B1", "00100021": "BOLTON", "PatientSex": "M", "includefield": "all", "limit": "1"}
    with service.http("viewer") as http:
        answer = http.get("/dicom-web/studies", params=asked)
        assert answer.headers["content-type"] == "application/dicom+json"
        assert "PatientSex" in answer.headers["warning"]
        assert "offset" in answer.headers["warning"]
        odd = "f%E2%82%ACo=1&f%0d%0aX:y=1&f%22oo=1&a%00b=1"
        answer = http.get(f"/dicom-web/studies?PatientID=B1&IssuerOfPatientID=BOLTON&{odd}")
        assert (answer.status_code, len(answer.json())) == (200, 3)
        assert "one that is no attribute" in answer.headers["warning"]
        refused = http.get("/dicom-web/studies", params=asked, headers={"Accept": "application/dicom+xml"})
        assert (refused.status_code, "application/dicom+json" in refused.json()["detail"]) == (406, True)
        nothing = http.get("/dicom-web/studies", params=asked | {"limit": "0"})
        assert (nothing.status_code, nothing.content) == (204, b"")
        assert "offset" in nothing.headers["warning"]
    assert httpx.get(f"{service.target.http}/dicom-web/studies", params=asked, trust_env=False).status_code == 401

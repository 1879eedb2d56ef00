"""Three trusts send images by dcmtk: one history, and nothing wrong is guessed at (IHE-60)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from adapters.hl7v2.ack import code_of
from tests.acceptance.conftest import StartService
from tests.acceptance.dicom_senders import echoscu, statuses, storescu, write_image
from tests.acceptance.index_state import count, reading, verify
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service, mpi
from tests.unit.dicom.dicom_builders import STUDY

pytestmark = pytest.mark.timeout(240)
PERSON = Patient("TESTPERSON", "Alpha", nhs=nhs_number(77))


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def service(database: str, start_service: StartService) -> Service:
    return start_service(database_url=database, dicom_port=0, workers=2)


def history(service: Service, identifier: str) -> list[str]:
    with service.http("viewer") as client:
        answer = client.get("/v1/imaging", params={"identifier": identifier})
    return [study["study_uid"] for study in answer.json()["studies"]] if answer.status_code == 200 else []


def test_ihe_60_three_trusts_one_history(service: Service, database: str, tmp_path: Path) -> None:
    """Bolton names its issuer, Stockport's gateway is mapped, MFT's images come with another trust's issuer."""
    with service.mllp() as client:
        for feed, value in (("bolton", "B1"), ("stockport", "S1"), ("mft", "M1")):
            assert code_of(client.send(adt(feed, "A28", value, PERSON))) == "AA"
    sent = [
        storescu(service, "BOLTON_GW", *(write_image(tmp_path, n, PatientID="B1") for n in range(3))),
        storescu(
            service,
            "STOCKPORT_GW",
            write_image(tmp_path, 10, PatientID="S1", IssuerOfPatientID=None, StudyInstanceUID=f"{STUDY}.2"),
        ),
        storescu(
            service,
            "BOLTON_GW",
            write_image(tmp_path, 20, PatientID="M1", IssuerOfPatientID="R0A", StudyInstanceUID=f"{STUDY}.3"),
        ),
    ]
    assert [done.returncode for done in sent] == [0, 0, 0], sent
    expected = {STUDY, f"{STUDY}.2", f"{STUDY}.3"}
    for identifier in ("BOLTON|B1", "STOCKPORT|S1", "MFT|M1", f"NHS|{PERSON.nhs}"):
        assert set(history(service, identifier)) == expected
    assert verify(database).differences == ()


def test_ihe_67_an_image_comes_before_its_patient(service: Service, tmp_path: Path) -> None:
    early = write_image(tmp_path, 1, PatientID="T1", StudyInstanceUID=f"{STUDY}.4", PatientName="UNKNOWN^MALE")
    assert storescu(service, "BOLTON_GW", early).returncode == 0
    with service.http("archive") as client:
        answer = client.post("/v1/resolve", json={"issuer": "RMC", "patient_id": "T1"}).json()
    assert answer["state"] == "provisional"
    assert answer["coercion"]["attributes"]["00100020"]["Value"] == [answer["golden_id"]]
    assert history(service, "BOLTON|T1") == [f"{STUDY}.4"]


def test_ihe_60_what_has_no_identity_is_taken_into_quarantine(
    service: Service, database: str, tmp_path: Path
) -> None:
    files = [
        write_image(tmp_path, 1, PatientID=""),
        write_image(tmp_path, 2, IssuerOfPatientID="NOWHERE", PatientID="Q2"),
        write_image(tmp_path, 3, PatientID="B1", StudyInstanceUID=f"{STUDY}.2"),  # Stockport's study
    ]
    done = storescu(service, "BOLTON_GW", *files)
    assert statuses(done) == ["Success"] * 3, done
    listed = mpi("quarantine", cwd=tmp_path, database_url=database)
    assert listed.returncode == 0, listed.stderr
    for fault in ("missing-field", "unknown-authority", "conflict"):
        assert fault in listed.stdout
    assert "TESTPERSON" not in listed.stdout
    with service.http("reviewer") as client:
        tasks = client.get("/v1/tasks", params={"kind": "study-conflict"}).json()["tasks"]
    (task,) = tasks
    assert {task["one"]["value"], task["other"]["value"]} == {"B1", "S1"}
    assert count(database, "select count(*) from source_record where value = 'Q2'") == 0
    assert f"{STUDY}.2" in history(service, "STOCKPORT|S1")


def test_only_the_network_s_senders_may_call(service: Service) -> None:
    assert echoscu(service, "BOLTON_GW")
    assert not echoscu(service, "SOMEBODY")


@contextmanager
def closed(url: str) -> Iterator[None]:
    """The database takes no writes."""
    name = make_url(url).database
    with reading(url) as connection:
        try:
            connection.execute(f'alter database "{name}" set default_transaction_read_only = on')
            connection.execute(_END)
            yield
        finally:
            connection.execute(f'alter database "{name}" reset default_transaction_read_only')
            connection.execute(_END)


_END = """select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()"""


def test_promise_7_while_the_index_is_away_the_sender_keeps_the_image(
    service: Service, database: str, tmp_path: Path
) -> None:
    other = {"PatientName": "SOMEBODY^ELSE", "PatientBirthDate": "19720229", "PatientSex": "M"}
    file = write_image(tmp_path, 1, PatientID="B9", StudyInstanceUID=f"{STUDY}.9", **other)
    with closed(database):
        done = storescu(service, "BOLTON_GW", file)
        assert "OutOfResources" in (done.stdout + done.stderr).replace(" ", ""), done
    assert storescu(service, "BOLTON_GW", file).returncode == 0
    assert history(service, "BOLTON|B9") == [f"{STUDY}.9"]


def test_no_log_line_tells_who_a_patient_is(service: Service) -> None:
    assert "TESTPERSON" not in service.log.read_text()


def test_it_stops_by_pid_and_the_port_is_closed(new_database: Callable[[], str], start_service: StartService) -> None:
    service = start_service(database_url=new_database(), dicom_port=0)
    assert echoscu(service, "BOLTON_GW")
    assert service.stop() == 0
    assert not echoscu(service, "BOLTON_GW")

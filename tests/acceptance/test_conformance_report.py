"""What arrives wrong from a feed, as an operator sees it; never a value of a field (promise 8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.hl7v2.ack import code_of
from tests.acceptance.conftest import StartService
from tests.acceptance.patients import CHRISTIE_SYSTEM, Patient, adt, patient_json
from tests.acceptance.service_process import mpi

pytestmark = pytest.mark.timeout(120)


def test_the_report_survives_a_stop_and_names_places_only(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    url = new_database()
    service = start_service(database_url=url)
    with service.mllp() as client:
        for number in range(3):
            frame = adt("bolton", "A28", f"F{number}", Patient("FAULTY", "Ottilie", born="7 MARCH"))
            assert code_of(client.send(frame)) == "AA"
    assert service.stop() == 0
    settings = {"database_url": url, "data_dir": tmp_path}
    told = mpi("conformance", "bolton", cwd=tmp_path, **settings)
    assert told.returncode == 0, told.stderr
    heading, *faults = told.stdout.splitlines()
    assert heading.startswith("bolton (lenient): 3 messages since ")
    (line,) = [line for line in faults if "PID-7 is not a date and was ignored" in line]
    assert line.split()[:3] == ["3", "reader", "PID-7"]
    assert "MARCH" not in told.stdout
    assert "FAULTY" not in told.stdout

    service.start()
    path = "/v1/feeds/bolton/conformance"
    with service.http("admin") as client:
        shown = client.get(path).json()
    assert (shown["messages"], shown["faults"][0]["messages"]) == (3, 3)
    with service.http("reviewer") as client:
        assert client.get(path).status_code == 403
    assert service.stop() == 0


def test_a_fhir_feed_is_counted_as_an_hl7_feed_is(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    """IHE-42: and what the sender made up, such as an element's name, is not repeated."""
    url = new_database()
    service = start_service(database_url=url)
    said: list[dict[str, object]] = [
        {},
        {"gender": "QQ"},
        {"birthDate": "7 MARCH"},
        {"Ottilie": "here"},
        {"link": [{"type": "seealso", "other": {"display": "a sister"}}]},
    ]
    statuses = []
    with service.http("christie") as client:
        client.headers["Content-Type"] = "application/fhir+json"
        for number, more in enumerate(said):
            body = json.loads(patient_json(f"C{number}", Patient("FAULTY", "Ottilie"))) | more
            asked = {"identifier": f"{CHRISTIE_SYSTEM}|C{number}"}
            answer = client.put("/fhir/Patient", params=asked, content=json.dumps(body))
            statuses.append(answer.status_code)
    assert statuses == [201, 422, 422, 422, 201]
    assert service.stop() == 0
    told = mpi("conformance", "christie", cwd=tmp_path, database_url=url, data_dir=tmp_path)
    heading, *faults = told.stdout.splitlines()
    assert heading.startswith("christie (lenient): 5 messages since ")
    assert heading.endswith("5 of them validated")
    places = {line.split()[2]: line for line in faults}
    assert "refused: bad-value" in places["Patient.gender"]
    assert "refused: bad-value" in places["Patient.birthDate"]
    assert "refused: bad-value" in places["message"]
    assert "is not applied" in places["Patient.link"]
    assert "Ottilie" not in told.stdout
    assert "MARCH" not in told.stdout


def test_a_feed_that_is_not_there_is_a_sentence(tmp_path: Path, new_database: Callable[[], str]) -> None:
    told = mpi("conformance", "nobody", cwd=tmp_path, database_url=new_database(), data_dir=tmp_path)
    assert (told.returncode, told.stderr) == (2, "mpi: no feed of this network has this id\n")

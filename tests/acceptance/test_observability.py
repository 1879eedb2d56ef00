"""What an operator sees: health, metrics, and logs that tell everything but who the patients are (promise 8)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from mpi.domain.views import TaskKind
from mpi.embedded import EmbeddedPostgres
from tests.acceptance.archive_client import Region
from tests.acceptance.index_state import reading
from tests.acceptance.patients import CHRISTIE_SYSTEM, Patient, adt, nhs_number, patient_json
from tests.acceptance.service_process import Service, running, wait_for

PERSON = Patient(
    "QUIXHARBOUR",
    "Zebedina",
    born="19310829",
    line="77 Xylophone Crescent",
    postcode="ZE3 9QX",
    phone="07700900876",
    nhs=nhs_number(77),
)
SECRETS = [
    PERSON.family,
    PERSON.given,
    PERSON.born,
    "1931-08-29",
    "Xylophone",
    "ZE3 9QX",
    "ZE39QX",
    PERSON.phone,
    PERSON.nhs,
    "ZZLOCAL",  # of a local patient number
]

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def service(cluster_directory: Path, tokens: tuple[Path, dict[str, str]]) -> Iterator[Service]:
    """Two workers that log everything, over a PostgreSQL of their own."""
    with running(Service(cluster_directory, tokens, workers=2, log_level="debug", pool_size=4)) as service:
        yield service


@pytest.fixture(scope="module")
def answers(service: Service, network: Network) -> dict[str, int]:
    """Everything that could go wrong with a distinctive person has gone wrong once; counts by answer."""
    url = EmbeddedPostgres(service.folder).url
    good = adt("bolton", "A28", "ZZLOCAL1", PERSON)
    codes: list[str] = []
    with service.mllp() as client:
        for message in (
            good,
            good,
            adt("mft", "A28", "ZZLOCAL2", PERSON),
            adt("bolton", "A28", "ZZLOCAL3", PERSON, authority="RWJ"),
            adt("bolton", "A40", "ZZLOCAL1", PERSON, prior="ZZLOCAL1"),
            good.replace(b"ADT^A28", b"ADT^Z99"),
            good.replace(b"MSH|", b"MSH"),
            adt("mft", "A28", "ZZLOCAL4", PERSON).replace(b"Zebedina", b"Zeb\xffedina"),
            good.replace(b"BOLPAS", b"QUIXHARBOUR"),  # even where a sender's name should be
        ):
            codes.append(code_of(client.send(message)))
        with reading(url) as connection:
            # A failing statement's message would repeat the row.
            connection.execute("alter table source_record add constraint spoilt check (value <> 'ZZLOCAL9')")
            codes.append(code_of(client.send(adt("bolton", "A28", "ZZLOCAL9", PERSON))))
            connection.execute("alter table source_record drop constraint spoilt")
    assert codes == ["AA", "AA", "AA", "AE", "AE", "AR", "AE", "AE", "AR", "AR"]
    with service.http("christie") as client:
        headers = {"Content-Type": "application/fhir+json"}
        for value, body in (("ZZLOCAL5", patient_json("ZZLOCAL5", PERSON)), ("ZZLOCAL6", b"{QUIXHARBOUR")):
            token = f"{CHRISTIE_SYSTEM}|{value}"
            client.put("/fhir/Patient", params={"identifier": token}, content=body, headers=headers)
    region = Region(service, network)
    for identifier in ("BOLTON|ZZLOCAL1", f"NHS|{PERSON.nhs}"):
        region.pixm(identifier)
        region.person(identifier)
    region.register_study("BOLTON|ZZLOCAL1", "1.2.3")
    assert region.match(patient_json("ZZLOCAL7", PERSON))
    viewer = region.as_("viewer")
    assert viewer.get("/fhir/Patient", params={"family": PERSON.family, "birthdate": "1931-08-29"}).is_success
    assert viewer.get("/fhir/Patient", params={"nonsense": PERSON.family}).status_code < 500
    assert viewer.get("/v1/people", params={"identifier": f"NOWHERE|{PERSON.family}"}).is_client_error
    assert viewer.get(f"/v1/{PERSON.family}/{PERSON.nhs}").status_code == 404
    assert region.as_("archive").post("/v1/resolve", json={"issuer": PERSON.family}).is_client_error
    region.close()
    return {code: codes.count(code) for code in codes}


def scrape(service: Service) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    told = httpx.get(f"{service.target.http}/metrics", trust_env=False)
    assert told.status_code == 200
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(told.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def total(samples: dict[tuple[tuple[str, str], ...], float], **labels: str) -> float:
    return sum(value for key, value in samples.items() if set(labels.items()) <= set(key))


def test_the_metrics_of_all_workers_count_every_answer(service: Service, answers: dict[str, int]) -> None:
    found = scrape(service)
    messages = found["mpi_messages_total"]
    assert total(messages, protocol="mllp", ack="accepted") == answers["AA"]
    assert total(messages, protocol="mllp", feed="bolton", ack="accepted") == 2
    assert total(messages, protocol="mllp", ack="refused") >= answers["AE"]
    assert total(found["mpi_messages_refused_total"], fault="foreign-authority") == 1
    assert total(found["mpi_messages_refused_total"], feed="unknown", fault="unknown-feed") == 1
    assert total(messages, protocol="fhir", feed="christie") == 2
    assert total(found["mpi_ack_seconds_count"], protocol="mllp") == total(messages, protocol="mllp")
    assert not [label for key in messages for _, label in key if "QUIX" in label]


def test_the_review_tasks_that_wait_are_told_by_kind(service: Service) -> None:
    """Counted at the start of a worker, and each minute; a kind of which there is none is told as 0."""
    wait_for(lambda: "mpi_review_tasks_open" in scrape(service), "the tasks are counted")
    told = scrape(service)["mpi_review_tasks_open"]
    assert {dict(key)["kind"] for key in told} == set(TaskKind)


@pytest.mark.usefixtures("answers")
def test_sec_8_no_demographics_reach_any_log(service: Service) -> None:
    """SEC-8, promise 8: the service's standard error and PostgreSQL's own log."""
    postgres = service.folder / "postgres" / "server.log"
    logs = {"service": service.log.read_text(), "postgresql": postgres.read_text()}
    assert all(logs.values())
    leaked = [(name, secret) for name, text in logs.items() for secret in SECRETS if secret.lower() in text.lower()]
    assert leaked == []


@pytest.mark.usefixtures("answers")
def test_the_service_logs_json_lines(service: Service) -> None:
    lines = [line for line in service.log.read_text().splitlines() if not line.startswith("mpi: ")]
    told = [json.loads(line) for line in lines]
    assert all({"event", "level", "timestamp"} <= entry.keys() for entry in told)
    assert not re.search(r"\bTraceback\b", "".join(lines))


@pytest.mark.usefixtures("answers")
def test_readiness_follows_the_database_and_liveness_does_not(service: Service) -> None:
    """An instance without its database takes itself out; it comes back by itself, without a restart."""
    pid = service.pid
    assert service.ready()
    EmbeddedPostgres(service.folder).stop()
    wait_for(lambda: not service.ready(), "readiness goes")
    told = httpx.get(f"{service.target.http}/health/ready", trust_env=False)
    assert (told.status_code, told.json()["status"]) == (503, "unready")
    assert told.json()["reasons"]
    assert httpx.get(f"{service.target.http}/health/live", trust_env=False).status_code == 200
    assert httpx.get(f"{service.target.http}/metrics", trust_env=False).status_code == 200
    with service.mllp() as client:
        assert code_of(client.send(adt("bolton", "A28", "ZZLOCAL8", PERSON))) == "AR"
    with EmbeddedPostgres(service.folder):
        wait_for(service.ready, "readiness comes back")
    with service.mllp() as client:
        assert code_of(client.send(adt("bolton", "A28", "ZZLOCAL8", PERSON))) == "AA"
    assert service.pid == pid
    assert len(service.workers()) == 2

"""When the database refuses, the sender hears AR or 5xx, never an accept (V2-11, V2-12, SEC-10)."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from mpi.embedded import EmbeddedPostgres
from mpi.simulate import SimMessage, simulate
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import OBSERVER, count, read_state, reading, verify
from tests.acceptance.patients import CHRISTIE_SYSTEM, Patient, adt, control_id, patient_json
from tests.acceptance.service_process import Service, wait_for
from tests.acceptance.trust_feeds import Answers, by_feed, play
from tests.unit.hl7v2.wire_builders import condition, fields

PERSON = Patient("REFUSENIK", "Ottilie")

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server(cluster_directory: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this module's own, to be stopped and started."""
    with EmbeddedPostgres(cluster_directory, durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def service(start_service: StartService, server: EmbeddedPostgres) -> Service:
    return start_service(database_url=server.url, workers=2)


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """The database takes no writes; connections that think otherwise are ended."""
    name = make_url(url).database
    with reading(url) as connection:
        try:
            connection.execute(f'alter database "{name}" set default_transaction_read_only = on')
            _end_connections(url)
            yield
        finally:
            connection.execute(f'alter database "{name}" reset default_transaction_read_only')
            _end_connections(url)


@contextmanager
def stopped(server: EmbeddedPostgres, directory: Path) -> Iterator[None]:
    """PostgreSQL is down."""
    server.stop()
    try:
        yield
    finally:
        with EmbeddedPostgres(directory, durable=False):  # brings it up again for everybody
            pass


def _end_connections(url: str) -> None:
    with reading(url) as connection:
        connection.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and application_name <> %s""",
            [OBSERVER],
        )


def put(service: Service, value: str, control: str) -> httpx.Response:
    with service.http("christie") as client:
        return client.put(
            "/fhir/Patient",
            params={"identifier": f"{CHRISTIE_SYSTEM}|{value}"},
            content=patient_json(value, PERSON),
            headers={"Content-Type": "application/fhir+json", "X-Request-Id": control},
        )


@pytest.mark.parametrize(
    ("name", "breaking"),
    [("readonly", lambda server, directory: read_only(server.url)), ("stopped", stopped)],
    ids=["a read-only database", "a stopped PostgreSQL"],
)
def test_v2_12_no_commit_no_accept_and_sending_again_works(
    name: str,
    breaking: Callable[[EmbeddedPostgres, Path], AbstractContextManager[None]],
    server: EmbeddedPostgres,
    service: Service,
    cluster_directory: Path,
) -> None:
    key = control_id()
    messages = [adt(feed, "A28", name, PERSON) for feed in ("bolton", "stockport", "mft")]
    broken = [b"\x00\x01 garbage", messages[0].replace(b"BOLPAS", b"NOBODY"), adt("bolton", "Z99", name, PERSON)]
    with service.mllp() as mllp:
        with breaking(server, cluster_directory):
            assert not service.ready()
            for message in messages:
                reply = mllp.send(message)
                assert (code_of(reply), condition(reply)) == ("AR", "207")
                assert fields(reply, "ERR")[1].split("^")[0] == "", "V2-12: no place in the message is at fault"
            for message in broken:
                assert code_of(mllp.send(message)) == "AR", "what cannot be quarantined is to come again"
            answer = put(service, name, key)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            assert answer.json()["resourceType"] == "OperationOutcome"
            with service.http("archive") as archive:
                study = {"issuer": "BOLTON", "patient_id": name, "study_uid": "1.2.3.4", "archive": "gm-vna"}
                assert archive.post("/v1/studies", json=study).status_code == 503
                asked = archive.post("/v1/resolve", json={"issuer": "BOLTON", "patient_id": f"new-{name}"})
                assert asked.status_code == 503
        assert count(server.url, "select count(*) from source_record where value = %s", name) == 0
        wait_for(service.ready, "the service is ready again")
        assert [code_of(mllp.send(message)) for message in messages] == ["AA"] * 3
        assert [code_of(mllp.send(message)) for message in broken] == ["AE", "AR", "AR"]
        assert put(service, name, key).status_code == 201
    blocks = read_state(server.url).partition
    assert frozenset(f"{a}|{name}" for a in ("BOLTON", "STOCKPORT", "MFT", "CHRISTIE")) in {
        frozenset(i for i in block if i.endswith(f"|{name}")) for block in blocks
    }


def test_connections_ended_under_load_cost_answers_and_nothing_else(
    service: Service, server: EmbeddedPostgres, network: Network
) -> None:
    """Every answer is true whatever happens to the connections: accepted messages are there, once."""
    messages: list[SimMessage] = list(simulate(network, 80, 5).messages())
    answers = Answers()
    lines = by_feed(messages, 4, random.Random(3))
    feeding = threading.Thread(target=play, args=(lines, [lambda: service.target], answers))
    feeding.start()
    for moment in range(20, len(messages) - 20, 25):
        wait_for(lambda moment=moment: len(answers.acknowledged) >= moment, "load")  # type: ignore[misc]
        _end_connections(server.url)
    feeding.join()
    controls = [message.control_id for message in messages]
    assert len(answers.acknowledged) == len(messages)
    assert set(answers.codes) <= {"AA", "200", "201", "AR", "503"}
    assert answers.codes["AR"] + answers.codes["503"] > 0
    assert count(server.url, "select count(*) from message where control_id = any(%s)", controls) == len(messages)
    assert max(Counter(read_state(server.url).updates).values()) <= 2, "an A28 with two identifiers has two updates"
    assert verify(server.url).differences == ()

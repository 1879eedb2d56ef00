"""Bad input on the wire: the right answer, the bytes in quarantine, nothing applied, everybody else goes on."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx
import pytest

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.mllp import wrap
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import count, rows
from tests.acceptance.patients import BOLTON_SYSTEM, CHRISTIE_SYSTEM, Patient, adt, patient_json
from tests.acceptance.service_process import Service, wait_for
from tests.unit.hl7v2.wire_builders import condition, fields

PERSON = Patient("WIRELESS", "Ottilie")
LIMIT = 1 << 20
IDLE = 3.0

pytestmark = pytest.mark.timeout(120)

_APPLIED = """select (select count(*) from source_record) + (select count(*) from source_update)
              + (select count(*) from event) + (select count(*) from link) + (select count(*) from assertion)"""


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def service(start_service: StartService, database: str) -> Service:
    return start_service(database_url=database, workers=2, idle_timeout=IDLE)


@pytest.fixture
def neighbour(service: Service) -> Iterator[Callable[[], str]]:
    """Another sender's connection, open all the while: sends a good message and gives its answer."""
    with service.mllp() as client:
        serial = iter(range(1_000_000))

        def send() -> str:
            return code_of(client.send(adt("wwl", "A28", f"N{next(serial)}", PERSON)))

        assert send() == "AA"
        yield send


def raw(service: Service, timeout: float = 20) -> socket.socket:
    return socket.create_connection(service.target.mllp, timeout=timeout)


def read_reply(sock: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\x1c\r"):
        chunk = sock.recv(4096)
        if not chunk:
            break
        data += chunk
    return data.removeprefix(b"\x0b").removesuffix(b"\x1c\r")


def good(value: str) -> bytes:
    return adt("bolton", "A28", value, PERSON)


class Bad(NamedTuple):
    """A frame's content and what must come of it."""

    content: bytes
    answer: str
    condition: str
    fault: str


GOOD = good("G1")
CASES = {
    "empty": Bad(b"", "AE", "100", "malformed"),
    "binary garbage": Bad(bytes(range(128, 256)) * 40, "AE", "100", "malformed"),
    "text garbage": Bad(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", "AE", "100", "malformed"),
    "cut in the header": Bad(b"MSH|^~\\&|BOLPAS", "AR", "204", "unknown-feed"),
    "no PID": Bad(GOOD[: GOOD.index(b"PID|")], "AE", "101", "missing-field"),
    "undecodable": Bad(
        adt("mft", "A28", "G1", PERSON).replace(b"WIRELESS", b"WIR\xff\xfeLESS"), "AE", "102", "encoding"
    ),
    "wrong type": Bad(GOOD.replace(b"ADT^A28", b"ORU^R01"), "AR", "200", "unsupported-type"),
    "wrong event": Bad(GOOD.replace(b"ADT^A28", b"ADT^Z99"), "AR", "201", "unsupported-event"),
    "test message to live": Bad(GOOD.replace(b"|P|2.4", b"|T|2.4"), "AR", "202", "wrong-processing-id"),
    "wrong version": Bad(GOOD.replace(b"|P|2.4", b"|P|2.9"), "AR", "203", "unsupported-version"),
    "unknown sender": Bad(GOOD.replace(b"BOLPAS", b"NOBODY"), "AR", "204", "unknown-feed"),
    "unknown authority": Bad(
        adt("bolton", "A28", "G1", PERSON, authority="NOWHERE"), "AE", "204", "unknown-authority"
    ),
    "another trust's number": Bad(
        adt("bolton", "A28", "G1", PERSON, authority="RWJ"), "AE", "204", "foreign-authority"
    ),
    "another trust's merge": Bad(
        adt("bolton", "A40", "G1", PERSON, authority="RWJ", prior="G2"), "AE", "204", "foreign-authority"
    ),
    "merged into itself": Bad(adt("bolton", "A40", "G1", PERSON, prior="G1"), "AE", "205", "self-merge"),
    "no identifier": Bad(GOOD.replace(b"G1^^^RMC^PI", b""), "AE", "101", "missing-field"),
}


@pytest.mark.parametrize("name", CASES)
def test_v2_12_a_bad_message_is_answered_kept_and_not_applied(
    name: str, service: Service, database: str, neighbour: Callable[[], str]
) -> None:
    """V2-12, V2-13, V2-49, promise 8: and the connection it came on goes on."""
    bad = CASES[name]
    applied, newest = count(database, _APPLIED), count(database, "select max(id) from message")
    with service.mllp() as client:
        reply = client.send(bad.content)
        assert (code_of(reply), condition(reply)) == (bad.answer, bad.condition)
        ((content, fault, reason),) = rows(database, "select raw, fault, reason from message where id > %s", newest)
        assert (bytes(content), fault) == (bad.content, bad.fault)
        assert reason
        assert PERSON.family not in reason
        assert count(database, _APPLIED) == applied
        assert code_of(client.send(good(f"after-{name.replace(' ', '-')}"))) == "AA"
    assert neighbour() == "AA"


def test_v2_23_a_date_that_is_none_is_left_out_and_remarked_upon(service: Service, database: str) -> None:
    """One bad field does not cost the patient; "not said" never blocks care (promise 7)."""
    with service.mllp() as client:
        assert code_of(client.send(good("NODAY").replace(b"|19540307|", b"|19541399|"))) == "AA"
    ((flags, born),) = rows(
        database,
        """select m.flags, r.registers -> 'birth_date' from message m join source_update u on u.message_id = m.id
           join source_record r on r.id = u.record_id where r.value = 'NODAY'""",
    )
    assert flags
    assert "1399" not in " ".join(flags)
    assert born is None


def test_the_same_bad_message_again_is_kept_once(service: Service, database: str) -> None:
    """V2-16: and gets the same answer."""
    bad = adt("bolton", "A28", "G1", PERSON, authority="NOWHERE")
    with service.mllp() as client:
        replies = [client.send(bad) for _ in range(3)]
    assert [(code_of(r), condition(r)) for r in replies] == [("AE", "204")] * 3
    assert count(database, "select count(*) from message where raw = %s", bad) == 1


@pytest.mark.parametrize("ended", [True, False], ids=["oversized", "endless"])
def test_a_frame_over_the_limit_is_answered_once_and_the_connection_goes_on(
    ended: bool, service: Service, database: str, neighbour: Callable[[], str]
) -> None:
    """V2-1: memory stays bounded; what is kept is enough to tell whose it was."""
    head = good("TOO-LONG")[:-1] + b"|" * 10
    newest = count(database, "select max(id) from message")
    with raw(service) as sock:
        sock.sendall(b"\x0b" + head + b"x" * (3 * LIMIT))
        reply = read_reply(sock)
        assert (code_of(reply), condition(reply)) == ("AE", "207")
        assert fields(reply, "MSA")[2] == fields(head, "MSH")[9]
        assert neighbour() == "AA"
        sock.sendall((b"\x1c\r" if ended else b"") + wrap(good(f"after-{ended}")))
        assert code_of(read_reply(sock)) == "AA"
    quarantined = rows(database, "select raw, fault from message where id > %s and fault <> ''", newest)
    ((kept, fault),) = quarantined
    assert fault == "oversized"
    assert bytes(kept).startswith(head)
    assert len(kept) < LIMIT


def test_bytes_that_are_no_frame_are_not_answered(
    service: Service, database: str, neighbour: Callable[[], str]
) -> None:
    """V2-1: HTTP, noise, a frame that never ends when the sender goes; nothing is parsed and nobody is hurt."""
    before = count(database, "select count(*) from message")
    for noise in (
        b"GET /v1/people HTTP/1.1\r\nHost: here\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32, 250)),
        os.urandom(200_000).replace(b"\x0b", b""),
        b"\x1c\r" * 1000,
        b"\x0b" + good("CUT")[:-40],
    ):
        with raw(service) as sock:
            sock.sendall(noise)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(4096) == b""
    assert count(database, "select count(*) from message") == before
    assert neighbour() == "AA"


def test_v2_1_noise_between_frames_does_not_cost_a_frame(service: Service) -> None:
    with raw(service) as sock:
        sock.sendall(b"noise" + wrap(good("NOISY-1")) + b"\r\n\x00more noise\x1c\r" + wrap(good("NOISY-2")))
        assert [code_of(read_one(sock)) for _ in range(2)] == ["AA", "AA"]


def read_one(sock: socket.socket) -> bytes:
    """One reply, byte by byte, because the next may follow at once."""
    data = b""
    while not data.endswith(b"\x1c\r"):
        data += sock.recv(1)
    return data.removeprefix(b"\x0b")


def test_slow_senders_hold_nobody_up_and_silent_ones_are_parted_with(
    service: Service, neighbour: Callable[[], str]
) -> None:
    """V2-5: thirty connections that trickle a message byte by byte, thirty that say nothing."""
    message = wrap(good("SLOW"))
    slow = [raw(service) for _ in range(30)]
    silent = [raw(service) for _ in range(30)]
    try:
        for byte in message[:60]:
            for sock in slow:
                sock.sendall(bytes([byte]))
        for _ in range(10):
            assert neighbour() == "AA"
        slow[0].sendall(message[60:])
        assert code_of(read_reply(slow[0])) == "AA"
        for sock in silent:
            assert sock.recv(1) == b"", "closed by the service, without a word"
    finally:
        for sock in (*slow, *silent):
            sock.close()


def fhir_put(
    service: Service, name: str, token: str, body: bytes, *, media: str = "application/fhir+json"
) -> httpx.Response:
    with service.http(name) as client:
        return client.put(
            "/fhir/Patient", params={"identifier": token}, content=body, headers={"Content-Type": media}
        )


C1 = patient_json("C1", PERSON)
FOREIGN = patient_json("F1", PERSON, BOLTON_SYSTEM)


@pytest.mark.parametrize(
    ("token", "body", "status", "fault"),
    [
        (f"{BOLTON_SYSTEM}|F1", FOREIGN, 403, "foreign-authority"),
        ("https://nowhere.example|F1", FOREIGN, 422, "unknown-authority"),
        (f"{CHRISTIE_SYSTEM}|C1", C1[:-30], 400, "malformed"),
        (f"{CHRISTIE_SYSTEM}|C1", b"", 400, "malformed"),
        (f"{CHRISTIE_SYSTEM}|C1", b"\xff\xfe\x00", 400, "encoding"),
        (f"{CHRISTIE_SYSTEM}|C1", b"[" * 50_000, 400, "malformed"),
        (f"{CHRISTIE_SYSTEM}|C1", C1.replace(b"Patient", b"Practitioner"), 422, "unsupported-type"),
        (f"{CHRISTIE_SYSTEM}|C1", C1.replace(b"1954-03-07", b"1954-13-99"), 422, "bad-value"),
        (f"{CHRISTIE_SYSTEM}|C2", C1, 400, "malformed"),
    ],
    ids=["foreign", "unknown system", "cut", "empty", "binary", "deep", "wrong type", "no such day", "other patient"],
)
def test_ihe_42_a_bad_resource_is_answered_kept_and_not_applied(
    token: str, body: bytes, status: int, fault: str, service: Service, database: str, neighbour: Callable[[], str]
) -> None:
    applied, newest = count(database, _APPLIED), count(database, "select max(id) from message")
    answer = fhir_put(service, "christie", token, body)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome"), answer.text
    assert PERSON.family not in answer.text
    ((content, found, reason),) = rows(database, "select raw, fault, reason from message where id > %s", newest)
    assert found == fault
    assert reason
    assert bytes(content).partition(b"\n")[2] == body
    assert count(database, _APPLIED) == applied
    assert neighbour() == "AA"


def test_sec_5_strangers_and_wrong_roles_change_nothing(service: Service, database: str) -> None:
    """A feed's word needs that feed's token; nothing a stranger sends is kept."""
    before = count(database, "select count(*) from message")
    target = f"{CHRISTIE_SYSTEM}|C1"
    assert fhir_put(service, "", target, C1).status_code == 401
    for name in ("archive", "viewer", "reviewer", "admin"):
        assert fhir_put(service, name, target, C1).status_code == 403
    forged = {"Authorization": "Bearer " + "x" * 43, "Content-Type": "application/fhir+json"}
    with service.http("") as client:
        assert (
            client.put("/fhir/Patient", params={"identifier": target}, content=C1, headers=forged).status_code == 401
        )
        assert client.get("/v1/tasks").status_code == 401
    assert count(database, "select count(*) from message") == before


def test_an_oversized_body_is_refused_before_it_is_read(service: Service, database: str) -> None:
    before = count(database, _APPLIED)
    big = fhir_put(service, "christie", f"{CHRISTIE_SYSTEM}|C1", b" " * (2 * LIMIT) + C1)
    assert (big.status_code, big.json()["resourceType"]) == (413, "OperationOutcome")
    wrong = fhir_put(service, "christie", f"{CHRISTIE_SYSTEM}|C1", C1, media="text/plain")
    assert wrong.status_code == 415
    with raw_http(service) as sock:
        endless = b"PUT /fhir/Patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        token = f"Authorization: Bearer {service.tokens['christie']}\r\nContent-Type: application/json\r\n\r\n"
        sock.sendall(endless + token.encode())
        answered = b""
        try:
            for _ in range(64):
                sock.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        except OSError:
            pass
        answered = sock.recv(200)
        assert b" 413 " in answered
    assert count(database, _APPLIED) == before


def raw_http(service: Service) -> socket.socket:
    host, port = service.target.http.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def test_after_all_this_the_service_is_ready_and_no_worker_died(service: Service) -> None:
    wait_for(service.ready, "readiness")
    assert len(service.workers()) == 2
    assert b"worker died" not in service.log.read_bytes()

"""The API against hostile and busy callers, over real sockets to a real uvicorn."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from linkage.record import Name
from mpi.api.edge import BODY_LIMIT_BYTES
from mpi.domain.access import Role
from mpi.domain.commands import Field
from mpi.domain.identifiers import Identifier
from tests.unit.api.loopback import Live, as_problem, live, server
from tests.unit.api.synthetic import ALPHA, RETIRED, bearer

__all__ = ["live", "server"]

HEAD = b"POST /v1/resolve HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer token-archive\r\n"
JSON = {"Content-Type": "application/json"}
ASKED = {"issuer": "BOL", "patient_id": "1234567"}


def post(live: Live, content: bytes, headers: dict[str, str] = JSON) -> httpx.Response:
    return live.call("POST", "/v1/resolve", Role.ARCHIVE, headers, content=content)


def padded(size: int) -> bytes:
    body = json.dumps(ASKED).encode()
    return body + b" " * (size - len(body))


def test_a_body_of_exactly_the_limit_is_read(live: Live) -> None:
    assert post(live, padded(BODY_LIMIT_BYTES)).status_code == 200


def test_a_body_one_byte_over_the_limit_is_413(live: Live) -> None:
    assert as_problem(post(live, padded(BODY_LIMIT_BYTES + 1))) == (413, "oversized")
    assert live.house.resolve.asked == []
    assert post(live, json.dumps(ASKED).encode()).status_code == 200


def test_a_chunked_body_cannot_hide_its_size(live: Live) -> None:
    chunks = (b" " * 65536 for _ in range(17))
    answer = live.call("POST", "/v1/resolve", Role.ARCHIVE, JSON, content=chunks)
    assert as_problem(answer) == (413, "oversized")


def test_a_chunked_body_within_the_limit_is_read(live: Live) -> None:
    answer = live.call(
        "POST", "/v1/resolve", Role.ARCHIVE, JSON, content=iter([b'{"issuer":"BOL",', b'"patient_id":"1234567"}'])
    )
    assert answer.json()["golden_id"] == str(ALPHA)


def test_a_declared_size_is_refused_before_a_byte_of_it_is_sent(live: Live) -> None:
    answer = live.send_raw(HEAD + b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"\x00",
        b"{'issuer': 'BOL'}",
        b'{"issuer":"BOL","patient_id":"\xff"}',
        b"[" * 200_000,
        b"1" * 10_000,
        b"nonsense",
    ],
)
def test_what_is_not_json_is_the_senders_fault(live: Live, content: bytes) -> None:
    status, code = as_problem(post(live, content))
    assert (status, code) in {(400, "malformed"), (422, "invalid-request")}
    assert live.house.resolve.asked == []


@pytest.mark.parametrize("value", [r"\ud800", r"\u0000", r"1\n2", r"\u007f"])
def test_text_no_database_can_hold_is_refused_at_the_edge(live: Live, value: str) -> None:
    answer = post(live, b'{"issuer":"BOL","patient_id":"%s"}' % value.encode())
    assert as_problem(answer) == (422, "invalid-request")
    assert live.house.resolve.asked == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "json", "multipart/form-data"]
)
def test_a_body_not_declared_as_json_is_415(live: Live, kind: str) -> None:
    answer = post(live, json.dumps(ASKED).encode(), {"Content-Type": kind})
    assert as_problem(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"]
)
def test_json_by_any_of_its_names_is_read(live: Live, kind: str) -> None:
    assert post(live, json.dumps(ASKED).encode(), {"Content-Type": kind}).status_code == 200


def test_names_beyond_ascii_survive_the_journey(live: Live) -> None:
    body = {"issuer": "BOL", "patient_id": "Ł-1", "demographics": {"family": "O’Brien-Żółć", "given": "李"}}
    assert post(live, json.dumps(body, ensure_ascii=False).encode()).json()["identifier"]["value"] == "Ł-1"
    [(identifier, patch)] = live.house.resolve.asked
    assert identifier == Identifier("BOLTON", "Ł-1")
    assert patch == {Field.NAMES: (Name("O’Brien-Żółć", "李"),)}


def test_a_broken_request_line_does_not_stop_the_server(live: Live) -> None:
    assert live.send_raw(b"\x0bMSH|^~\\&|MLLP\x1c\r\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert live.call("GET", "/health/live").status_code == 200


def test_a_body_cut_short_is_not_a_request(live: Live) -> None:
    live.send_raw(HEAD + b'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"issuer":')
    assert live.house.resolve.asked == []
    assert live.call("GET", "/health/live").status_code == 200


def test_the_request_id_is_echoed_in_header_and_problem(live: Live) -> None:
    sent = {"X-Request-Id": "ris-2026-03-03:42"}
    assert live.call("GET", "/v1/tasks", headers=sent).headers["x-request-id"] == "ris-2026-03-03:42"
    assert live.call("GET", "/v1/tasks?limit=0", headers=sent).json()["request_id"] == "ris-2026-03-03:42"
    one, other = (live.call("GET", "/v1/tasks").headers["x-request-id"] for _ in range(2))
    assert one != other


def test_callers_at_once_each_get_their_own_answer(live: Live) -> None:
    """400 requests on 16 connections as four kinds of caller: no answer, id or right of one reaches another."""

    def ask(n: int) -> None:
        identity = {"X-Request-Id": f"request-{n}"}
        match n % 4:
            case 0:
                body = {"issuer": "BOL", "patient_id": f"P{n}"}
                answer = live.client.post("/v1/resolve", json=body, headers=bearer(Role.ARCHIVE) | identity)
                assert answer.json()["identifier"]["value"] == f"P{n}"
            case 1:
                answer = live.client.get(f"/v1/people/{RETIRED}", headers=bearer(Role.VIEWER) | identity)
                assert answer.json()["requested_id"] == str(RETIRED)
            case 2:
                answer = live.client.get(f"/v1/people/{ALPHA}", headers=bearer(Role.FEED) | identity)
                assert answer.status_code == 403
            case _:
                answer = live.client.get("/v1/tasks", headers={"Authorization": f"Bearer guess-{n}"} | identity)
                assert answer.status_code == 401
        assert answer.headers["x-request-id"] == f"request-{n}"

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(400)))
    asked = {identifier.value for identifier, _ in live.house.resolve.asked}
    assert asked == {f"P{n}" for n in range(0, 400, 4)}

"""The outermost layer, driven as bare ASGI: ids, size, the unexpected (promise 8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mpi.api.edge import Edge
from mpi.api.problems import Problem, choose_renderer, render


class Run:
    """One request through an `Edge` around `app`."""

    def __init__(
        self, app: Any, headers: Iterable[tuple[bytes, bytes]] = (), chunks: Iterable[bytes] = (b"",), limit: int = 10
    ) -> None:
        self.sent: list[dict[str, Any]] = []
        self.observed: list[tuple[str, str, int]] = []
        self._chunks = list(chunks)
        edge = Edge(
            app,
            render,
            lambda: "made",
            lambda method, route, status, _: self.observed.append((method, route, status)),
            limit,
        )
        scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": list(headers)}
        asyncio.run(edge(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        body = self._chunks.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self._chunks)}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await Response(await Request(scope, receive).body())(scope, receive, send)


async def fail(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("patient TESTPERSON 9990000018")


async def fail_late(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError("patient TESTPERSON 9990000018")


@pytest.mark.parametrize(
    ("given_id", "used"),
    [
        (b"abc-DEF_1.2:3", b"abc-DEF_1.2:3"),
        (b"x" * 64, b"x" * 64),
        (b"x" * 65, b"made"),
        (b"", b"made"),
        (b"a b", b"made"),
        (b"\xe9", b"made"),
        (b"a\nb", b"made"),
    ],
)
def test_a_plain_request_id_is_taken_over_and_any_other_replaced(given_id: bytes, used: bytes) -> None:
    """AUD-2; and nothing a caller writes there can forge a log line."""
    assert Run(echo, [(b"x-request-id", given_id)]).headers[b"x-request-id"] == used


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=6))
def test_a_body_passes_whole_or_not_at_all_however_it_is_cut(chunks: list[bytes]) -> None:
    async def read(scope: Any, receive: Any, send: Any) -> None:
        try:
            await echo(scope, receive, send)
        except HTTPException as error:
            await Response(status_code=error.status_code)(scope, receive, send)

    run = Run(read, chunks=chunks)
    body = b"".join(chunks)
    status = 200 if len(body) <= 10 else 413
    assert (run.sent[0]["status"], run.sent[1]["body"]) == (status, body if status == 200 else b"")


def test_a_declared_size_is_believed_when_it_is_too_large() -> None:
    run = Run(fail, [(b"content-length", b"11")])
    assert run.sent[0]["status"] == 413
    assert run.observed == [("POST", "", 413)]


def test_an_unexpected_error_is_a_bare_500_and_a_log_line_without_its_text() -> None:
    with structlog.testing.capture_logs() as logs:
        run = Run(fail)
    assert run.sent[0]["status"] == 500
    assert json.loads(run.sent[1]["body"])["type"] == "/problems/internal"
    assert [(log["request_id"], log["error"], log["log_level"]) for log in logs] == [("made", "ValueError", "error")]
    assert logs[0]["frames"][-1].endswith(":fail")
    assert "TESTPERSON" not in repr(logs) + repr(run.sent)
    assert run.observed == [("POST", "", 500)]


def test_an_error_after_the_start_breaks_the_connection_without_its_text() -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(ConnectionAbortedError) as broken:
        Run(fail_late)
    assert "TESTPERSON" not in repr(logs) + repr(broken.value)
    assert broken.value.__suppress_context__


def test_answers_are_not_kept_unless_they_say_so_themselves() -> None:
    assert Run(echo).headers[b"cache-control"] == b"no-store"
    assert Run(echo).headers[b"x-content-type-options"] == b"nosniff"


def test_another_protocol_tells_problems_its_own_way_under_its_prefix() -> None:
    choose = choose_renderer({"/fhir": lambda request, problem: Response(f"outcome {problem.status}")})

    def told(path: str) -> bytes:
        request = Request({"type": "http", "path": path, "headers": [], "query_string": b"", "server": ("h", 1)})
        return bytes(choose(request, Problem("not-found", 404)).body)

    assert told("/fhir/Patient/1") == b"outcome 404"
    assert json.loads(told("/v1/people"))["type"] == "/problems/not-found"

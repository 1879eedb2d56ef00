"""The plugin's HTTP: what the index says, and what it means when it says nothing. A real server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mpi_orthanc.failures import Refusal, Unavailable
from mpi_orthanc.index import Answer, Index
from tests.unit.orthanc.plugin_builders import PaperIndex

Script = Callable[[str, Any], tuple[int, Any] | None]


@contextmanager
def serving(script: Script, *, hang_up: bool = False) -> Iterator[Index]:
    """An index that answers by `script`; None is never an answer. `hang_up` closes each connection unasked."""
    waiting = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = script(self.path, json.loads(content) if content else None)
            if told is None:
                waiting.wait(10)
                self.close_connection = True
                return
            body = json.dumps(told[1]).encode()
            self.send_response(told[0])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = hang_up

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Index(f"http://127.0.0.1:{server.server_port}", "token", 0.5)
    finally:
        waiting.set()
        server.shutdown()
        server.server_close()
        thread.join()


def told(questions: list[Any]) -> dict[str, Any]:
    answers = PaperIndex().resolve(questions)
    results = []
    for one in answers:
        assert isinstance(one, Answer)
        identifier = {"authority": one.identifier[0], "value": one.identifier[1]}
        results.append({"identifier": identifier, "golden_id": one.golden_id, "coercion": one.coercion})
    return {"results": results}


def question(value: str, issuer: str = "RMC") -> dict[str, str]:
    return {"patient_id": value, "issuer": issuer}


def test_a_refused_question_fails_no_other() -> None:
    def script(path: str, body: Any) -> tuple[int, Any]:
        bad = [at for at, one in enumerate(body["requests"]) if one["issuer"] == "NOWHERE"]
        if bad:
            errors = [{"detail": "no", "pointer": f"/requests/{at}/issuer"} for at in bad]
            return 422, {"type": "/problems/unknown-authority", "errors": errors}
        return 200, told(body["requests"])

    with serving(script) as index:
        first, second, third = index.resolve([question("1"), question("2", "NOWHERE"), question("3")])
    assert isinstance(second, Refusal)
    assert second.reason == "unknown-authority"
    assert [one.identifier for one in (first, third) if isinstance(one, Answer)] == [("BOLTON", "1"), ("BOLTON", "3")]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_says_nothing_of_the_patient_is_no_answer(status: int) -> None:
    """A token that has expired must not send every image into quarantine."""
    with (
        serving(lambda path, body: (status, {"type": "/problems/unavailable"})) as index,
        pytest.raises(Unavailable),
    ):
        index.resolve([question("1")])


def test_silence_is_no_answer() -> None:
    with serving(lambda path, body: None) as index, pytest.raises(Unavailable, match="Timeout"):
        index.resolve([question("1")])
    with pytest.raises(Unavailable, match="ConnectionRefused"):
        index.resolve([question("1")])


def test_a_connection_that_the_index_has_closed_is_made_anew() -> None:
    with serving(lambda path, body: (200, told(body["requests"])), hang_up=True) as index:
        for _ in range(3):
            assert isinstance(index.resolve([question("1")])[0], Answer)


def test_studies_come_page_by_page_and_a_conflict_is_a_refusal() -> None:
    pages = {
        "/v1/archives/gm-vna/studies?limit=500": {"studies": [{"study_uid": "1.1", "golden_id": "a"}], "next": "1.1"},
        "/v1/archives/gm-vna/studies?limit=500&after=1.1": {
            "studies": [{"study_uid": "1.2", "golden_id": "b"}],
            "next": None,
        },
    }

    def script(path: str, body: Any) -> tuple[int, Any]:
        if path == "/v1/studies":
            return 409, {"type": "/problems/conflict"}
        return (200, pages[path]) if path in pages else (404, {"type": "/problems/not-found"})

    with serving(script) as index:
        assert list(index.studies("gm-vna")) == [("1.1", "a"), ("1.2", "b")]
        assert index.home("1.9") == ""
        with pytest.raises(Refusal, match="knows no archive"):
            list(index.studies("elsewhere"))
        with pytest.raises(Refusal) as refused:
            index.register({"study_uid": "1.1"})
    assert refused.value.reason == "conflict"

"""Delivery to subscribers over a real socket (promise 8: ids only; old and new golden ids in every event)."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from mpi.api.webhook import Webhook, event_body, sign
from mpi.domain.identifiers import Identifier
from mpi.domain.interest import Interest
from mpi.domain.views import Event, EventType, Study
from mpi.usecases.subscribers.subscriptions import Subscription
from tests.unit.api.synthetic import ALPHA, AT, BOLTON, CHRISTIE, NEW

EVENT = Event(
    7, EventType.IDENTITY_MERGED, AT, (NEW, ALPHA), (ALPHA,), (BOLTON, CHRISTIE), ("1.2.3",), "A40", {"x": "y"}
)
SUBSCRIPTION = Subscription(1, "http://127.0.0.1:9/", (), "a-secret-of-sixteen-or-more", "archive", True, AT)


@dataclass
class Subscriber:
    """A subscriber that answers `status` and keeps what it was sent."""

    port: int = 0
    status: int = 204
    body: bytes = b""
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)

    def url(self, path: str = "/events") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    state = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            state.connections.add(self.client_address[1])
            content = self.rfile.read(int(self.headers["Content-Length"]))
            state.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, content))
            self.send_response(state.status)
            if 300 <= state.status < 400:
                self.send_header("Location", state.url("/elsewhere"))
            if state.status != 204:
                self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as open_webhook:
        yield open_webhook


def test_an_event_arrives_signed_and_whole(webhook: Webhook, subscriber: Subscriber) -> None:
    webhook.deliver(replace(SUBSCRIPTION, url=subscriber.url()), EVENT)
    [(path, headers, body)] = subscriber.received
    assert path == "/events"
    assert headers["content-type"] == "application/json"
    assert headers["x-mpi-event-id"] == "7"
    expected = hmac.new(b"a-secret-of-sixteen-or-more", body, hashlib.sha256).hexdigest()
    assert headers["x-mpi-signature"] == f"sha256={expected}"
    assert json.loads(body) == {
        "id": 7,
        "type": "identity-merged",
        "at": "2026-03-03T09:30:00Z",
        "old_golden_ids": [str(NEW), str(ALPHA)],
        "new_golden_ids": [str(ALPHA)],
        "identifiers": [
            {"authority": "BOLTON", "value": "1234567"},
            {"authority": "CHRISTIE", "value": "C99812"},
        ],
        "studies": ["1.2.3"],
        "reason": "A40",
    }


def test_who_subscribes_to_studies_is_told_them_and_all_ids_of_the_person(subscriber: Subscriber) -> None:
    shown = Study("1.2.3", BOLTON, AT, ("CT",), "CHEST", "a name may stand here", "ACC1", "RMC", "north")
    event = replace(
        EVENT, studies=("1.2.3", "1.2.4"), about=(shown, replace(shown, study_uid="1.2.4", modalities=()))
    )
    asked: list[tuple[object, ...]] = []

    def identify(*question: object) -> list[Identifier]:
        asked.append(question)
        return [CHRISTIE, Identifier("NHS", "9990000018")]

    lung = replace(SUBSCRIPTION, url=subscriber.url(), interest=Interest(("CT",), ("CHEST",)))
    with Webhook(identify=identify) as webhook:
        webhook.deliver(lung, event)
    told = json.loads(subscriber.received[0][2])
    assert told["study_details"] == [
        {
            "study_uid": "1.2.3",
            "patient": {"authority": "BOLTON", "value": "1234567"},
            "started_at": "2026-03-03T09:30:00Z",
            "modalities": ["CT"],
            "body_site": "CHEST",
            "accession": "ACC1",
            "organisation": "RMC",
            "archive": "north",
        }
    ]
    assert told["cross_references"] == [
        {"authority": "CHRISTIE", "value": "C99812"},
        {"authority": "NHS", "value": "9990000018"},
    ]
    assert asked == [(ALPHA, AT, "archive")]


def test_an_event_of_an_order_tells_its_number_and_where_it_stands() -> None:
    detail = {"order": "filler F1", "status": "completed", "report": "final"}
    told = json.loads(event_body(replace(EVENT, type=EventType.REPORT_CHANGED, detail=detail)))
    assert told["type"] == "report-changed"
    assert told["order"] == {"number": "filler F1", "status": "completed", "report_status": "final"}
    assert "order" not in json.loads(event_body(EVENT))


def test_a_known_signature() -> None:
    """RFC 4231 4.3, test case 2."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("Jefe", b"what do ya want for nothing?") == f"sha256={digest}"


def test_a_repeated_delivery_is_the_same_bytes(webhook: Webhook, subscriber: Subscriber) -> None:
    """At least once: the receiver tells a repeat by its id and body."""
    for _ in range(2):
        webhook.deliver(replace(SUBSCRIPTION, url=subscriber.url()), EVENT)
    assert subscriber.received[0][2] == subscriber.received[1][2] == event_body(EVENT)


def test_without_a_secret_nothing_pretends_to_be_signed(webhook: Webhook, subscriber: Subscriber) -> None:
    webhook.deliver(replace(SUBSCRIPTION, url=subscriber.url(), secret=""), EVENT)
    assert "x-mpi-signature" not in subscriber.received[0][1]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_delivered_over_one_connection(webhook: Webhook, subscriber: Subscriber, status: int) -> None:
    subscriber.status, subscriber.body = status, b"" if status == 204 else b"thanks"
    for _ in range(5):
        webhook.deliver(replace(SUBSCRIPTION, url=subscriber.url()), EVENT)
    assert (len(subscriber.received), len(subscriber.connections)) == (5, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_anything_else_is_not_and_no_redirect_is_followed(
    webhook: Webhook, subscriber: Subscriber, status: int
) -> None:
    subscriber.status = status
    with pytest.raises(ValueError, match=str(status)):
        webhook.deliver(replace(SUBSCRIPTION, url=subscriber.url()), EVENT)
    assert [path for path, *_ in subscriber.received] == ["/events"]


def test_a_long_answer_does_not_hold_the_relay(webhook: Webhook, subscriber: Subscriber) -> None:
    subscriber.status, subscriber.body = 200, b"x" * 5_000_000
    webhook.deliver(replace(SUBSCRIPTION, url=subscriber.url()), EVENT)
    assert len(subscriber.received) == 1


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://[x/"])
def test_a_url_that_cannot_be_called_is_a_failure_the_relay_knows(webhook: Webhook, url: str) -> None:
    with pytest.raises((ValueError, OSError)):
        webhook.deliver(replace(SUBSCRIPTION, url=url), EVENT)


def test_nobody_listening_is_an_os_error_without_the_url(webhook: Webhook) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/secret-path"
        with pytest.raises(OSError, match="could not be reached") as failed:
            webhook.deliver(replace(SUBSCRIPTION, url=url), EVENT)
    assert "secret-path" not in str(failed.value)


def test_silence_ends_with_the_timeout_as_an_os_error() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Webhook(httpx.Client(timeout=0.2, trust_env=False)) as short,
    ):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(OSError, match="Timeout"):
            short.deliver(replace(SUBSCRIPTION, url=url), EVENT)


def test_the_timeout_is_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    client = httpx.Client

    def make(**options: Any) -> httpx.Client:
        made.append(options)
        return client(**options)

    monkeypatch.setattr(httpx, "Client", make)
    Webhook().close()
    assert made == [{"timeout": 5.0, "follow_redirects": False, "trust_env": False}]

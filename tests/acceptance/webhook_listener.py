"""An archive's webhook: a real HTTP server that keeps what it is told and follows it."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a-secret-of-the-acceptance-tests"


@dataclass(slots=True)
class Listener:
    """`events` in the order received; `refusing` makes it answer 503."""

    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0
    refusals: int = 0
    refusing: bool = False

    def golden_ids(self) -> dict[str, str]:
        """The golden id of each identifier, as somebody knows who only ever read these events."""
        known: dict[str, str] = {}
        for event in self.events:
            for identifier in event["identifiers"]:
                known[f"{identifier['authority']}|{identifier['value']}"] = event["new_golden_ids"][0]
        return known

    def study_homes(self) -> dict[str, str]:
        """The same for each study."""
        return {uid: event["new_golden_ids"][0] for event in self.events for uid in event["studies"]}


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener on loopback while inside."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            if self.headers["X-MPI-Signature"] != signature:
                listener.forged += 1
            if listener.refusing:
                listener.refusals += 1
            else:
                listener.events.append(json.loads(body))
            self.send_response(503 if listener.refusing else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.url = f"http://127.0.0.1:{server.server_port}/events"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

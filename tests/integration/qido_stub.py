"""An archive that answers QIDO-RS as badly as archives do."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.dicom.dicom_builders import STUDY, header

Json = dict[str, Any]


@dataclass
class Manners:
    """How the server behaves; the defaults are good."""

    cap: int = 1000  # studies in one answer, whatever is asked
    most: int = 1000  # studies of one search, on all pages together, as Orthanc's LimitFindResults
    offset: bool = True
    warns: bool = False
    too_broad: int = 10_000  # more studies than this are 413
    dies_after: int = 10_000  # answers
    content_type: str = "application/dicom+json"
    token: str = ""
    body: bytes | None = None
    status: int = 0
    times: bool = True  # whether it heeds StudyTime


@dataclass
class QidoStub:
    """Serves `studies` from `start` until `stop`; `asked` are the parameters of every request."""

    studies: list[Json] = field(default_factory=list)
    manners: Manners = field(default_factory=Manners)
    asked: list[dict[str, str]] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stub.answer(self)

            def log_message(self, format: str, *words: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if self.tls is not None:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://localhost:{self.server.server_address[1]}/dicom-web"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def add(self, number: int, day: date, more: Json | None = None, **overrides: str | None) -> None:
        told = {"PatientID": f"P{number}", "StudyInstanceUID": f"{STUDY}.{number}", "StudyDate": f"{day:%Y%m%d}"}
        names = {"PatientName": f"FAMILY{chr(65 + number % 26)}^GIVEN", "StudyTime": f"{number % 24:02d}1500"}
        self.studies.append(header(**(told | names | overrides)).to_json_dict() | (more or {}))

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = {name: " ".join(values) for name, values in parse_qs(parts.query).items()}
        self.asked.append(asked)
        manners = self.manners
        if len(self.asked) > manners.dies_after:
            request.close_connection = True
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n[{")
            return
        if manners.token and request.headers["Authorization"] != f"Bearer {manners.token}":
            return _send(request, 401, b"", "text/plain")
        if manners.status or parts.path != "/dicom-web/studies":
            return _send(request, manners.status or 404, b"", "text/plain")
        found = [study for study in self.studies if self._is_asked(study, asked)]
        if len(found) > manners.too_broad:
            return _send(request, 413, b"", "text/plain")
        first = int(asked.get("offset", 0)) if manners.offset else 0
        page = found[: manners.most][first : first + min(manners.cap, int(asked["limit"]))]
        warning = "299 stub: There are 7 additional results that can be requested" if manners.warns else ""
        body = json.dumps(page).encode() if page else b""
        _send(request, 200 if page else 204, manners.body or body, manners.content_type, warning)

    def _is_asked(self, study: Json, asked: dict[str, str]) -> bool:
        day, time = (study.get(tag, {}).get("Value", [""])[0] for tag in ("00080020", "00080030"))
        first, _, last = (asked.get("StudyTime", "") if self.manners.times else "").partition("-")
        return asked.get("StudyDate", day) == day and (not first or first <= time <= last)


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, warning: str = "") -> None:
    request.send_response(status)
    if warning:
        request.send_header("Warning", warning)
    if status != 204:
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if status != 204:
        request.wfile.write(body)

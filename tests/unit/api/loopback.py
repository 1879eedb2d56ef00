"""The API over a real uvicorn on a loopback port, every 2xx held to what OpenAPI says of it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import TypeAdapter

from mpi.api.app import PARTS, create_app
from mpi.domain.access import Role
from tests.unit.api.synthetic import bearer
from tests.unit.api.usecase_fakes import FakeHouse

ROUTES = {route.name: route for module in PARTS for route in module.router.routes}


def check_documented(document: dict[str, Any], response: httpx.Response, template: str) -> None:
    """The status of `response` is documented for its operation; its JSON has exactly the documented shape."""
    operation = document["paths"][template][response.request.method.lower()]
    documented = operation["responses"]
    assert str(response.status_code) in documented
    content = documented[str(response.status_code)].get("content", {})
    if not response.content:
        assert content == {}
        return
    assert response.headers["content-type"] in content
    model = ROUTES[operation["operationId"]].responses[response.status_code].get("model")
    if model is not None:
        adapter = TypeAdapter(model)
        # A member that is not documented would be dropped here and make the two differ.
        assert adapter.dump_python(adapter.validate_json(response.content), mode="json") == response.json()


class Live:
    """A running server, the fakes behind it, and a client with a connection pool."""

    def __init__(self) -> None:
        self.house = FakeHouse()
        self.app = create_app(self.house.services, observe=self._observe)
        self.document = self.app.openapi()
        config = uvicorn.Config(self.app, "127.0.0.1", 0, log_level="critical", access_log=False)
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=20)

    def _observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self.house.observe(method, route, status, seconds)

    def refurnish(self) -> FakeHouse:
        """New fakes behind the running server."""
        self.house = FakeHouse()
        self.app.state.services = self.house.services
        return self.house

    def call(
        self,
        method: str,
        path: str,
        role: Role | None = Role.ADMINISTRATOR,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Call as `role` (None: without a token) and hold the answer to the documentation."""
        sent = {**(bearer(role) if role else {}), **(headers or {})}
        response = self.client.request(method, path, headers=sent, **request)
        assert response.headers["x-request-id"]
        template = self.house.observed[-1][1] if self.house.observed else ""
        if method.lower() in self.document["paths"].get(template, {}):
            check_documented(self.document, response, template)
        if response.status_code >= 400 and "reasons" not in response.json():
            assert response.headers["content-type"] == "application/problem+json"
            problem = response.json()
            assert problem["status"] == response.status_code
            assert problem["request_id"] == response.headers["x-request-id"]
        return response

    def send_raw(self, data: bytes) -> bytes:
        """Write bytes to a socket of their own; everything the server answers until it closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer

    def stop(self) -> None:
        """Stop the server and wait for it."""
        self.client.close()
        self.server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    """One server for a module."""
    running = Live()
    yield running
    running.stop()


@pytest.fixture
def live(server: Live) -> Live:
    """The server with fresh fakes."""
    server.refurnish()
    return server


def as_problem(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return response.status_code, json.loads(response.content)["type"].removeprefix("/problems/")

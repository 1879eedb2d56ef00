"""The outermost layer around every request: its id, its size, its outcome.

Pure ASGI, so that it sees a body before any framework buffers it and an error before any server prints it.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mpi.api.problems import Problem, Renderer

REQUEST_ID_HEADER = "X-Request-Id"
BODY_LIMIT_BYTES = 1024 * 1024

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

Observe = Callable[[str, str, int, float], None]
"""Called after each request with method, route template, status (0: connection broken off) and seconds."""


class _Exchange:
    """One request and its response, watched while they pass."""

    def __init__(self, receive: Receive, send: Send, request_id: str, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._left = limit
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            # An HTTPException, because FastAPI turns anything else raised while it reads a body into a 400.
            raise HTTPException(413)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID_HEADER] = self._request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def _frames(error: BaseException) -> list[str]:
    # Places only: the text of an unexpected error may quote the SQL parameters, which are demographics.
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in frames]


class Edge:
    """ASGI middleware: gives every request an id, refuses oversized bodies, turns the unexpected into a bare 500."""

    def __init__(
        self,
        app: ASGIApp,
        render: Renderer,
        new_request_id: Callable[[], str],
        observe: Observe,
        limit: int = BODY_LIMIT_BYTES,
    ) -> None:
        self._app = app
        self._render = render
        self._new_request_id = new_request_id
        self._observe = observe
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope; anything but HTTP passes untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = self._request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        exchange = _Exchange(receive, send, request_id, self._limit)
        started = time.perf_counter()
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._serve(scope, headers, exchange)
        finally:
            route = getattr(scope.get("route"), "path", "")
            self._observe(scope["method"], route, exchange.status, time.perf_counter() - started)

    def _request_id(self, headers: Headers) -> str:
        given = headers.get(REQUEST_ID_HEADER, "")
        return given if _REQUEST_ID.fullmatch(given) else self._new_request_id()

    async def _serve(self, scope: Scope, headers: Headers, exchange: _Exchange) -> None:
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > self._limit:
            await self._tell(scope, Problem("oversized", 413), exchange)
            return
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # the server's loop: whatever it is, no detail may leave and nothing may hang
            self._log(scope, error)
            if exchange.status:
                # Too late for a 500; break the connection off, without the error's own text in the server's log.
                raise ConnectionAbortedError("the response was broken off by an error") from None
            await self._tell(scope, Problem("internal", 500), exchange)

    async def _tell(self, scope: Scope, problem: Problem, exchange: _Exchange) -> None:
        await self._render(Request(scope), problem)(scope, exchange.receive, exchange.send)

    def _log(self, scope: Scope, error: Exception) -> None:
        route = getattr(scope.get("route"), "path", "")
        structlog.get_logger("mpi.api").error(
            "request failed",
            request_id=scope["state"]["request_id"],
            method=scope["method"],
            route=route,
            error=type(error).__name__,
            frames=_frames(error),
        )

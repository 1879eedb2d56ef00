"""OperationOutcome for every error, and the one place where an error becomes an HTTP answer (never a 2xx)."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.fhir.terminology import FAULTS
from mpi.errors import Conflict, Fault, Forbidden, MpiError, NotFound, Refused, Unavailable

MEDIA_TYPE = "application/fhir+json"
RETRY_AFTER = "5"  # seconds; the index's own retries have been spent by then

_FHIRPATH = re.compile(r"[A-Z][A-Za-z]*(\.[A-Za-z]+(\[\d+\])?)*\Z")
_BY_STATUS = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 413: "too-long"}

_PLAIN: tuple[tuple[type[MpiError], int, str], ...] = (
    (Forbidden, 403, "forbidden"),
    (NotFound, 404, "not-found"),
    (Conflict, 409, "conflict"),
    (Unavailable, 503, "transient"),
)


class FhirResponse(JSONResponse):
    """A response in FHIR's JSON."""

    media_type = MEDIA_TYPE


class Rejected(Exception):
    """An HTTP answer that FHIR or an IHE profile prescribes word for word, which no `MpiError` stands for."""

    def __init__(self, status: int, code: str, diagnostics: str, severity: str = "error") -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.severity = severity


def outcome(severity: str, code: str, diagnostics: str, location: str = "") -> dict[str, Any]:
    """An OperationOutcome with one issue; `location` becomes its expression when it is a FHIRPath."""
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": diagnostics}
    if _FHIRPATH.match(location):
        issue["expression"] = [location]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def refusal(fault: Fault, text: str, location: str = "", *, query: bool = False) -> FhirResponse:
    """The answer to a refused request. FHIR answers bad content with 422, but bad search parameters with 400."""
    status, code = FAULTS[fault]
    return FhirResponse(
        outcome("error", code, text, location), status_code=400 if query and status == 422 else status
    )


def answer(error: MpiError | Rejected | HTTPException, *, query: bool = False) -> FhirResponse:
    """The HTTP answer to `error`; `query` when the request carried search parameters rather than a resource."""
    if isinstance(error, Refused):
        return refusal(error.fault, error.text, error.location, query=query)
    if isinstance(error, Rejected):
        return _error(error.status, error.code, error.diagnostics, severity=error.severity)
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code, "processing")
        return _error(error.status_code, code, str(error.detail), error.headers)
    for kind, status, code in _PLAIN:
        if isinstance(error, kind):
            retry = {"Retry-After": RETRY_AFTER} if status == 503 else None
            return _error(status, code, str(error), retry)
    return _error(500, "exception", "the index could not answer this request")


def _error(
    status: int, code: str, text: str, headers: Mapping[str, str] | None = None, severity: str = "error"
) -> FhirResponse:
    body = outcome(severity, code, text or "the request could not be answered")
    return FhirResponse(body, status_code=status, headers=dict(headers) if headers else None)


class FhirRoute(APIRoute):
    """A route that answers errors in FHIR, so that the router can live beside an API with other error bodies."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, with every deliberate error translated."""
        handle = super().get_route_handler()

        async def handle_or_answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except (MpiError, Rejected, HTTPException) as error:
                query = request.method == "GET" or request.url.path.endswith("/_search")
                response = answer(error, query=query)
            response.headers.setdefault("Cache-Control", "no-store")  # people's data, and answers that may change
            return response

        return handle_or_answer

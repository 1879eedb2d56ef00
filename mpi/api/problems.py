"""Every failure as RFC 9457 problem details, translated in one place.

A problem never carries demographics: validation problems say where and what kind, and never repeat the input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict

from mpi.errors import Conflict, Fault, Forbidden, MpiError, NotFound, Refused, Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
TYPE_PREFIX = "/problems/"

_STATUS_OF_FAULT: Mapping[Fault, int] = {
    Fault.MALFORMED: 400,
    Fault.ENCODING: 400,
    Fault.UNKNOWN_FEED: 403,
    Fault.FOREIGN_AUTHORITY: 403,
    Fault.ALREADY_SUBSUMED: 409,
    Fault.IDENTIFIER_IN_USE: 409,
    Fault.CONFLICT: 409,
    Fault.OVERSIZED: 413,
}

TITLES: Mapping[str, str] = {
    **{fault.value: fault.value.replace("-", " ").capitalize() for fault in Fault},
    "unauthenticated": "A valid bearer token is needed",
    "forbidden": "This caller may not do this",
    "not-found": "There is no such thing, or none this caller may see",
    "method-not-allowed": "This method is not offered here",
    "not-acceptable": "It cannot be told in a form that this client accepts",
    "conflict": "It contradicts what the index holds now; read it again",
    "oversized": "The body is larger than this service accepts",
    "unsupported-media-type": "The body must be JSON, declared as application/json",
    "invalid-request": "The request does not have the documented shape",
    "unavailable": "The index cannot answer now; nothing was applied; try again",
    "internal": "The index failed to answer; the fault is on this side",
}


@dataclass(frozen=True, slots=True)
class Fix:
    """One place in the request and what is wrong there: a JSON pointer into the body, or a parameter's name."""

    detail: str
    pointer: str = ""
    parameter: str = ""

    def to_json(self) -> dict[str, str]:
        """The members that are set."""
        place = {"pointer": self.pointer, "parameter": self.parameter}
        return {"detail": self.detail, **{name: value for name, value in place.items() if value}}


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure ready to be told: `code` is a key of `TITLES`, `location` is in the sender's own terms."""

    code: str
    status: int
    detail: str = ""
    fixes: tuple[Fix, ...] = ()
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Renderer = Callable[[Request, Problem], Response]


class FixJson(TypedDict, total=False):
    """One place in the request and what is wrong there."""

    detail: Annotated[str, Field(description="What is wrong, without the value that was sent.")]
    pointer: Annotated[str, Field(description="JSON pointer into the body.", examples=["/requests/3/issuer"])]
    parameter: Annotated[str, Field(description="Query, path or header parameter.", examples=["limit"])]


class ProblemJson(TypedDict, total=False):
    """RFC 9457 problem details. No member ever carries demographics."""

    type: Annotated[str, Field(description="Stable code as a URI.", examples=["/problems/unknown-authority"])]
    title: Annotated[str, Field(examples=["Unknown authority"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=["assigning authority 'XYZ' is not in this network"])]
    request_id: Annotated[str, Field(description="Quote it when reporting a fault.")]
    location: Annotated[str, Field(description="Where in the message, in the sender's terms.")]
    errors: Annotated[list[FixJson], Field(description="Every place that needs mending.")]


class Invalid(Exception):
    """Some named places in the request cannot be accepted; `code` is a key of `TITLES`."""

    def __init__(self, code: str, fixes: Sequence[Fix], status: int = 422) -> None:
        super().__init__(code)
        self.code = code
        self.fixes = tuple(fixes)
        self.status = status


class Unauthenticated(HTTPException):
    """No bearer token, or one nobody holds; `challenge` is the WWW-Authenticate value (RFC 6750 3).

    An HTTPException, so that routers of other protocols, which cannot know this class, can tell it in their own way.
    """

    def __init__(self, challenge: str) -> None:
        super().__init__(401, headers={"WWW-Authenticate": challenge})


def _of_mpi_error(error: MpiError) -> Problem:
    match error:
        case Refused():
            status = _STATUS_OF_FAULT.get(error.fault, 422)
            return Problem(error.fault.value, status, error.text, location=error.location)
        case Forbidden():
            return Problem("forbidden", 403, str(error))
        case NotFound():
            return Problem("not-found", 404, str(error))
        case Conflict():
            return Problem("conflict", 409, str(error))
        case Unavailable():
            return Problem("unavailable", 503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return Problem("internal", 500)


_CODE_OF_STATUS: Mapping[int, str] = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "oversized",
    415: "unsupported-media-type",
    503: "unavailable",
}


def _of_http(error: HTTPException) -> Problem:
    code = _CODE_OF_STATUS.get(error.status_code, "internal" if error.status_code >= 500 else "invalid-request")
    # The framework's own detail is the status in words, which the title already says better.
    detail = "" if any(error.detail == status.phrase for status in HTTPStatus) else error.detail
    return Problem(code, error.status_code, detail, headers=dict(error.headers or {}))


def _fix_of(error: Mapping[str, Any]) -> Fix:
    # `input` and `ctx` of a pydantic error repeat what was sent and are left behind on purpose (promise 8).
    where, *rest = [str(part) for part in error["loc"]] or [""]
    if where == "body":
        # A union's tag stands in the path as "[one]"; it is no member of the document.
        steps = [step.replace("~", "~0").replace("/", "~1") for step in rest if not step.startswith("[")]
        return Fix(error["msg"], pointer="".join(f"/{step}" for step in steps))
    return Fix(error["msg"], parameter=rest[0] if rest else where)


def _of_validation(error: RequestValidationError) -> Problem:
    errors = error.errors()
    status, code = (400, "malformed") if errors[0]["type"] == "json_invalid" else (422, "invalid-request")
    return Problem(code, status, fixes=tuple(_fix_of(e) for e in errors))


def problem_of(error: Exception) -> Problem:
    """What to tell of `error`; anything not raised on purpose becomes a bare 500."""
    match error:
        case MpiError():
            return _of_mpi_error(error)
        case Invalid():
            return Problem(error.code, error.status, fixes=error.fixes)
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            return _of_http(error)
    return Problem("internal", 500)


def render(request: Request, problem: Problem) -> Response:
    """`problem` as application/problem+json."""
    body: dict[str, object] = {
        "type": TYPE_PREFIX + problem.code,
        "title": TITLES[problem.code],
        "status": problem.status,
        "request_id": getattr(request.state, "request_id", ""),
    }
    optional: dict[str, object] = {
        "detail": problem.detail,
        "location": problem.location,
        "errors": [fix.to_json() for fix in problem.fixes],
    }
    body |= {name: value for name, value in optional.items() if value}
    return Response(to_json(body), problem.status, dict(problem.headers), MEDIA_TYPE)


def choose_renderer(renderers: Mapping[str, Renderer]) -> Renderer:
    """A renderer that lets another protocol mounted under a path prefix tell problems its own way."""

    def choose(request: Request, problem: Problem) -> Response:
        for prefix, renderer in renderers.items():
            if request.url.path.startswith(prefix):
                return renderer(request, problem)
        return render(request, problem)

    return choose

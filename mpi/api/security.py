"""Who is calling: a bearer token becomes a `Caller`. What the caller may do is for `mpi.domain.access` alone."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from mpi.api.problems import Unauthenticated
from mpi.domain.access import Caller
from mpi.errors import Fault, Refused

PURPOSE_HEADER = "X-Purpose-Of-Use"
PURPOSES = frozenset(
    {"direct-care", "emergency", "break-glass", "data-quality", "safety-investigation", "subject-access"}
)
"""What a caller may give as the purpose of one request; written to the audit row (SEC-6)."""

_MISSING = 'Bearer realm="mpi"'
_INVALID = 'Bearer realm="mpi", error="invalid_token"'


def hash_token(token: str) -> str:
    """SHA-256 of a token in lower-case hex: the only form in which tokens are configured and kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_lookup(callers: Mapping[str, Caller]) -> Callable[[str], Caller | None]:
    """A look-up of callers by token over `callers`, keyed by `hash_token`.

    Every digest is compared, each in constant time, so that the time taken says nothing of how near a guess came.
    """
    known = [(digest.lower().encode(), caller) for digest, caller in callers.items()]

    def caller_of(token: str) -> Caller | None:
        digest = hash_token(token).encode()
        found: Caller | None = None
        for candidate, caller in known:
            if hmac.compare_digest(candidate, digest):
                found = caller
        return found

    return caller_of


class Authenticator:
    """Finds the caller of a request; raises `Unauthenticated`, or `Refused` for a purpose not on the list."""

    def __init__(self, caller_of: Callable[[str], Caller | None], purposes: frozenset[str] = PURPOSES) -> None:
        self._caller_of = caller_of
        self._purposes = purposes

    def __call__(self, request: Request) -> Caller:
        """The caller, with the purpose of use this request states."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated(_MISSING)
        caller = self._caller_of(token.strip())
        if caller is None:
            raise Unauthenticated(_INVALID)
        return self._with_purpose(caller, request.headers.get(PURPOSE_HEADER))

    def _with_purpose(self, caller: Caller, purpose: str | None) -> Caller:
        if purpose is None or purpose == caller.purpose:
            return caller
        if purpose not in self._purposes:
            # To ignore it would write a purpose to the audit that the caller never stated.
            said = f"the purpose of use must be one of {', '.join(sorted(self._purposes))}"
            raise Refused(Fault.BAD_VALUE, said, PURPOSE_HEADER)
        return replace(caller, purpose=purpose)


def authenticator_of(request: Request) -> Authenticator:
    """The authenticator of the application that serves `request`."""
    return cast(Authenticator, request.app.state.authenticator)


def _require_json(request: Request) -> None:
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return  # without a body there is nothing of a wrong type; that it is missing, validation will say
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise HTTPException(415)


class SecuredRoute(APIRoute):
    """A route that knows its caller before it reads the body: a stranger learns nothing from validation."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, with authentication and the media type checked ahead of it."""
        handle = super().get_route_handler()

        async def authenticate_first(request: Request) -> Response:
            request.state.caller = authenticator_of(request)(request)
            if self.body_field is not None:
                _require_json(request)
            return await handle(request)

        return authenticate_first


_bearer = HTTPBearer(auto_error=False, description="A token issued to one system or person.")


async def _caller(
    request: Request,
    _token: Annotated[object, Security(_bearer)],
    _purpose: Annotated[
        str | None,
        Header(
            alias=PURPOSE_HEADER,
            description=f"Why this request is made, for the audit: {', '.join(sorted(PURPOSES))}. "
            "Left out, the caller's usual purpose stands.",
        ),
    ] = None,
    _request_id: Annotated[
        str | None,
        Header(alias="X-Request-Id", description="Taken over when it has 1 to 64 of A-Z a-z 0-9 . _ : -; echoed."),
    ] = None,
) -> Caller:
    # The parameters are there for OpenAPI; the route itself has read the headers before the body.
    return cast(Caller, request.state.caller)


Calling = Annotated[Caller, Depends(_caller)]
"""The authenticated caller of a `SecuredRoute`."""

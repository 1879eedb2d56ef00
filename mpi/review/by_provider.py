"""Signing in at an OpenID provider, coming back from it, and being signed out by it (SEC-5)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from mpi.domain.provider import Person
from mpi.errors import SignInRefused
from mpi.ports import Leaving
from mpi.review.bench import ProviderDoor
from mpi.review.cookies import forget_cookie, read_cookie, set_cookie
from mpi.review.pages import Pages
from mpi.review.places import SIGN_IN, STRONGER, local
from mpi.review.route import PageRoute, Paging
from mpi.review.sign_in import refuse

public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False, route_class=PageRoute)
AWAY = f"{SIGN_IN}/provider"
_LEFT = "mpi-left"  # the cookie of who is away at the provider
_PATIENCE = 600  # seconds that somebody may be away
_LONGEST = 20_000  # characters of a logout token
_LOST = "This sign-in was not begun in this browser, or another one was begun since. Sign in again."
_LATE = "You were away for longer than ten minutes. Sign in again."
_DENIED = "The sign-in service did not sign you in: it was cancelled, or you may not use it for this. Sign in again."
_ANOTHER = "You signed in as somebody else than before. Sign out first to change who you are."
_PROVED = "You have proved who you are. Now do again what you wanted to do: nothing has been changed yet."
_Word = Annotated[str, Query(max_length=8000)]
_Wanted = Annotated[str, Query(alias="next")]


def _door(pages: Paging) -> ProviderDoor:
    if pages.bench.provider is None:
        raise HTTPException(404)
    return pages.bench.provider


Door = Annotated[ProviderDoor, Depends(_door)]


@public.get(AWAY)
def go(
    request: Request,
    pages: Paging,
    door: Door,
    wanted: _Wanted = "",
    strong: bool = False,
) -> Response:
    """To the provider."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    leaving = Leaving(state, nonce, verifier, strong)
    try:
        place = door.service.door(leaving)
    except SignInRefused as refused:
        return refuse(pages, request, wanted, refused)
    asking = pages.sessions.visitor_of(request) if strong else None
    who = _who(asking.visit.person) if asking is not None and asking.visit is not None else None
    left = {**asdict(leaving), "wanted": local(wanted), "at": _now(pages), "who": who}
    response = pages.redirect(request, place)
    sealed = pages.seal.close("left", left)
    set_cookie(request, response, _LEFT, sealed)
    return response


@public.get(f"{SIGN_IN}/callback")
def come_back(
    request: Request,
    pages: Paging,
    door: Door,
    code: _Word = "",
    state: _Word = "",
    iss: _Word = "",
    error: _Word = "",
) -> Response:
    """From the provider, with its answer (OpenID Connect Core 1.0 3.1.2.5)."""
    left = pages.seal.open("left", read_cookie(request, _LEFT))
    if left is None or not hmac.compare_digest(str(left["state"]).encode(), state.encode()):
        return refuse(pages, request, "", SignInRefused(_LOST))
    try:
        response = _arrive(request, pages, door, left, code, iss, error)
    except SignInRefused as refused:
        response = refuse(pages, request, left["wanted"], refused)
    forget_cookie(request, response, _LEFT)
    return response


def _arrive(
    request: Request, pages: Pages, door: ProviderDoor, left: Mapping[str, Any], code: str, iss: str, error: str
) -> Response:
    until = left["at"] + _PATIENCE
    if _now(pages) > until:
        raise SignInRefused(_LATE)
    door.visiting.spend_question(left["state"], datetime.fromtimestamp(until, UTC))
    if error or not code:
        raise SignInRefused(_DENIED)
    leaving = Leaving(left["state"], left["nonce"], left["verifier"], left["strong"])
    person = door.service.person(code, iss, leaving)
    # As sealed on leaving: by now their session may be over, and whoever comes back must not take their place.
    again = left["who"] is not None
    if again and left["who"] != _who(person):
        raise SignInRefused(_ANOTHER)
    session, former = pages.sessions.new_by_provider(), pages.sessions.last_of(request)
    door.visiting.welcome(person, session.id, pages.sessions.latest_of(session), former, again=again)
    response = pages.redirect(request, left["wanted"], _PROVED if again else "")
    pages.sessions.keep(request, response, session, renew=True)
    return response


@router.get(STRONGER)
def stronger(request: Request, pages: Paging, door: Door, wanted: _Wanted = "") -> Response:
    """Why somebody has to prove again who they are."""
    return pages.page(request, "stronger.jinja", away=AWAY, wanted=local(wanted))


@public.post(f"{SIGN_IN}/ended")
def ended(door: Door, logout_token: Annotated[str, Form()] = "") -> Response:
    """The provider has signed somebody out (OpenID Connect Back-Channel Logout 1.0 2.5)."""
    try:
        # What is too long is taken for none.
        door.visiting.end(door.service.ended(logout_token if len(logout_token) <= _LONGEST else ""))
    except SignInRefused as refused:
        status = 503 if refused.away else 400
        return JSONResponse({"error": "invalid_request"}, status, {"Cache-Control": "no-store"})
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


@public.get(f"{SIGN_IN}/keys")
def keys(door: Door) -> Response:
    """Our public keys, for the provider (RFC 7517)."""
    return JSONResponse(door.service.keys(), media_type="application/jwk-set+json")


def _who(person: Person) -> list[str]:
    return [person.issuer, person.subject]


def _now(pages: Pages) -> int:
    return int(pages.bench.clock.now().timestamp())

"""The sign-in page, signing in with a token, and signing out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from mpi.errors import SignInRefused
from mpi.review.cookies import forget_cookie, read_cookie, set_cookie
from mpi.review.forms import check_form
from mpi.review.pages import Pages
from mpi.review.places import SIGN_IN, local
from mpi.review.route import PageRoute, Paging, Visiting

public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False, route_class=PageRoute)
_VISIT = "mpi-visit"  # a cookie that ties the form of signing in to the browser it was shown in
_REFUSED = "mpi-refused"  # the cookie of why nobody was signed in
_NOBODY = "Enter a token that was issued to you. It is spelt as it was given out, capitals included"
_LONGEST = 500  # characters of a token


def show(pages: Pages, request: Request, wanted: str, status: int = 200, errors: Mapping[str, str] = {}) -> Response:
    """The page, with what went wrong by the id of where it is mended."""
    visit = read_cookie(request, _VISIT) or secrets.token_urlsafe(16)
    request.state.visitor = None  # whoever is signed in sees no navigation here
    response = pages.page(
        request,
        "sign_in.jinja",
        status,
        form_token=pages.seal.word("visit", visit),
        wanted=local(wanted),
        errors=errors,
        provider=pages.bench.provider.provider if pages.bench.provider else None,
        by_token=pages.bench.token_sign_in,
    )
    set_cookie(request, response, _VISIT, visit, same_site="strict")
    return response


@public.get(SIGN_IN)
def ask(request: Request, pages: Paging, wanted: Annotated[str, Query(alias="next")] = "") -> Response:
    """How one may sign in, and why the provider's sign-in came to nothing just now."""
    refused = pages.seal.open("refused", read_cookie(request, _REFUSED))
    if refused is None:
        return show(pages, request, wanted)
    response = show(pages, request, wanted, refused["status"], {"provider": refused["text"]})
    forget_cookie(request, response, _REFUSED)
    return response


def refuse(pages: Pages, request: Request, wanted: str, refused: SignInRefused) -> Response:
    """To the sign-in page, which says why: the address of the provider's answer holds its code."""
    status = 503 if refused.away else 403
    structlog.get_logger("mpi.review").warning("a sign-in was refused", status=status)
    response = pages.redirect(request, f"{SIGN_IN}?{urlencode({'next': local(wanted)})}")
    sealed = pages.seal.close("refused", {"text": str(refused), "status": status})
    set_cookie(request, response, _REFUSED, sealed)
    return response


@public.post(SIGN_IN)
async def enter(
    request: Request,
    pages: Paging,
    token: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Begin a session by a token."""
    if not pages.bench.token_sign_in:
        raise HTTPException(404)
    visit = read_cookie(request, _VISIT)
    await check_form(request, pages.seal.word("visit", visit) if visit else "")
    begun = pages.sessions.begin(token.strip()) if 0 < len(token) <= _LONGEST else None
    if begun is None:
        structlog.get_logger("mpi.review").warning("a sign-in was refused")
        return show(pages, request, wanted, 422, {"token": _NOBODY})
    caller, session = begun
    await run_in_threadpool(pages.bench.admission.enter, caller)
    response = pages.redirect(request, local(wanted))
    pages.sessions.keep(request, response, session, renew=True)
    return response


@router.post("/review/sign-out")
def leave(request: Request, pages: Paging, visitor: Visiting) -> Response:
    """End the session, at once and for good; then at the provider, where it has a door for that."""
    response = pages.redirect(request, pages.sessions.way_out(visitor) or SIGN_IN, "You have signed out.")
    pages.sessions.end(request, response, visitor)
    return response

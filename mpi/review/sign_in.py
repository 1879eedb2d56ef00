"""Signing in with a token, and out."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from mpi.review.cookies import read_cookie, set_cookie
from mpi.review.forms import check_form
from mpi.review.pages import SIGN_IN, START, Pages
from mpi.review.route import PageRoute, Paging, Visiting

public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False, route_class=PageRoute)
_VISIT = "mpi-visit"  # a cookie that ties the form of signing in to the browser it was shown in
_NOBODY = "Enter a token that was issued to you. It is spelt as it was given out, capitals included"
_ODD = re.compile(r"//|/\.|\\")  # what a browser would read as another place than it seems
_LONGEST = 500  # characters of a token


def _form(pages: Pages, request: Request, wanted: str, status: int = 200, error: str = "") -> Response:
    visit = read_cookie(request, _VISIT) or secrets.token_urlsafe(16)
    request.state.visitor = None  # whoever is signed in sees no navigation here
    response = pages.page(
        request,
        "sign_in.jinja",
        status,
        form_token=pages.seal.word("visit", visit),
        wanted=local(wanted),
        error=error,
    )
    set_cookie(request, response, _VISIT, visit, same_site="strict")
    return response


def local(wanted: str) -> str:
    """`wanted` when it is one of our pages, else the start: nobody is sent elsewhere by a crafted link."""
    ours = wanted == START or wanted.startswith((f"{START}/", f"{START}?"))
    plain = wanted.isascii() and wanted.isprintable() and not _ODD.search(wanted.partition("?")[0])
    return wanted if ours and plain and not wanted.startswith(SIGN_IN) else START


@public.get(SIGN_IN)
def ask(request: Request, pages: Paging, wanted: Annotated[str, Query(alias="next")] = "") -> Response:
    """The form."""
    return _form(pages, request, wanted)


@public.post(SIGN_IN)
async def enter(
    request: Request,
    pages: Paging,
    token: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Begin a session."""
    visit = read_cookie(request, _VISIT)
    await check_form(request, pages.seal.word("visit", visit) if visit else "")
    begun = pages.sessions.begin(token.strip()) if 0 < len(token) <= _LONGEST else None
    if begun is None:
        structlog.get_logger("mpi.review").warning("a sign-in was refused")
        return _form(pages, request, wanted, 422, _NOBODY)
    caller, session = begun
    await run_in_threadpool(pages.bench.admission.enter, caller)
    response = pages.redirect(request, local(wanted))
    pages.sessions.keep(request, response, session, renew=True)
    return response


@router.post("/review/sign-out")
def leave(request: Request, pages: Paging, visitor: Visiting) -> Response:
    """End the session, at once and for good."""
    response = pages.redirect(request, SIGN_IN, "You have signed out.")
    pages.sessions.end(request, response, visitor)
    return response

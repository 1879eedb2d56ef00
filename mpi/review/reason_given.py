"""The reason that somebody has given for seeing a restricted person: kept for the session, in a cookie per person."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from fastapi import Request, Response

from mpi.domain.access import Caller
from mpi.review.cookies import read_cookie, set_cookie
from mpi.review.pages import Pages, pages_of
from mpi.usecases.reading.reasons import ReasonNeeded

_PEOPLE = "/review/people"
_WANTED = "mpi-wanted"


def place_of(golden_id: object) -> str:
    """The person's page."""
    return f"{_PEOPLE}/{golden_id}"


def stated(request: Request, caller: Caller, golden_id: object = None) -> Caller:
    """The caller with the reason they have given for a person, by default whose page this is; without, if none."""
    whom = golden_id or request.path_params.get("golden_id")
    if whom is None:
        return caller
    pages = pages_of(request)
    content = pages.seal.open(_purpose(caller, whom), read_cookie(request, _name(whom), _PEOPLE))
    if not content or _now(pages) - content["given"] > pages.bench.session_idle:
        return replace(caller, reason="")
    return replace(caller, reason=content["reason"])


def keep(request: Request, response: Response, caller: Caller, golden_id: UUID, reason: str) -> None:
    """Have the browser bring the reason along."""
    pages = pages_of(request)
    sealed = pages.seal.close(_purpose(caller, golden_id), {"reason": reason, "given": _now(pages)})
    set_cookie(request, response, _name(golden_id), sealed, _PEOPLE)


def ask(request: Request, needed: ReasonNeeded) -> Response:
    """To the question, and from there back to what was wanted."""
    here = place_of(request.path_params.get("golden_id", ""))
    rest = request.url.path.removeprefix(here) if request.method == "GET" else ""
    query = f"?{request.url.query}" if rest and request.url.query else ""
    pages = pages_of(request)
    response = pages.redirect(request, f"{place_of(needed.golden_id)}/reason")
    set_cookie(request, response, _WANTED, pages.seal.close("wanted", {"rest": rest + query}))
    return response


def wanted(request: Request, golden_id: UUID) -> str:
    """The page of the person that was wanted before the question."""
    content = pages_of(request).seal.open("wanted", read_cookie(request, _WANTED)) or {"rest": ""}
    return place_of(golden_id) + str(content["rest"])


def _name(golden_id: object) -> str:
    return f"mpi-reason-{golden_id}"


def _purpose(caller: Caller, golden_id: object) -> str:
    return f"reason {caller.user} {golden_id}"


def _now(pages: Pages) -> int:
    return int(pages.bench.clock.now().timestamp())

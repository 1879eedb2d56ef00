"""The start page: where one may go from here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from mpi.domain.access import Caller, Right
from mpi.domain.views import TaskKind
from mpi.review import deliveries, quarantine
from mpi.review.bench import Bench
from mpi.review.places import START
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.words import count
from mpi.usecases.refused.quarantine import COUNTED

_IDENTITIES = (TaskKind.OVERLAY, TaskKind.NHS_NUMBER_CONFUSION, TaskKind.NHS_NUMBER_DUPLICATE)
public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False, route_class=PageRoute)


@public.get("/")
def root(request: Request, pages: Paging) -> Response:
    """A browser is sent to the pages; to a program there is nothing at this address."""
    if "text/html" not in request.headers.get("accept", ""):
        raise HTTPException(404)
    return pages.redirect(request, START)


@public.get(f"{START}/")
def written_with_a_slash(request: Request, pages: Paging) -> Response:
    """The start page by the address that people type."""
    return pages.redirect(request, START)


@router.get(START)
def start(request: Request, pages: Paging, caller: Calling) -> Response:
    """The pages this visitor may go to, with how much waits on them where that is cheap to know."""
    return pages.page(
        request, "start.jinja", waiting=_waiting(pages.bench, caller), questions=_questions(pages.bench, caller)
    )


def _waiting(bench: Bench, caller: Caller) -> dict[str, str]:
    """What waits, in words, by the path of its page."""
    found = {}
    if caller.may(Right.MEND) and (refused := bench.quarantine.waiting(caller)):
        found[quarantine.PATH] = _many(refused, "message")
    if caller.may(Right.OPERATE) and (troubled := bench.deliveries.troubled(caller)):
        found[deliveries.PATH] = f"{count(troubled, 'subscriber')} not told"
    return found


def _questions(bench: Bench, caller: Caller) -> list[tuple[TaskKind, int]]:
    """The kinds of questions on the work list, those of a wrong identity first, with how many are unanswered."""
    if not caller.may(Right.REVIEW):
        return []
    waiting = bench.worklist.waiting(caller)
    kinds = (*_IDENTITIES, *(kind for kind in TaskKind if kind not in _IDENTITIES))
    return [(kind, waiting[kind]) for kind in kinds if kind in waiting]


def _many(number: int, one: str) -> str:
    return f"{COUNTED:,} {one}s or more wait" if number >= COUNTED else f"{count(number, one)} waiting"

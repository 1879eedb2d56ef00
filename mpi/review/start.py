"""The start page: where one may go from here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mpi.domain.access import Caller, Right
from mpi.review import deliveries, quarantine
from mpi.review.bench import Bench
from mpi.review.pages import START
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.words import count
from mpi.usecases.quarantine import COUNTED

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(START)
def start(request: Request, pages: Paging, caller: Calling) -> Response:
    """The pages this visitor may go to, with how much waits on them where that is cheap to know."""
    return pages.page(request, "start.jinja", waiting=_waiting(pages.bench, caller))


def _waiting(bench: Bench, caller: Caller) -> dict[str, str]:
    """What waits, in words, by the path of its page."""
    found = {}
    if caller.may(Right.MEND) and (refused := bench.quarantine.waiting(caller)):
        found[quarantine.PATH] = _many(refused, "message")
    if caller.may(Right.OPERATE) and (troubled := bench.deliveries.troubled(caller)):
        found[deliveries.PATH] = f"{count(troubled, 'subscriber')} not told"
    return found


def _many(number: int, one: str) -> str:
    return f"{COUNTED:,} {one}s or more wait" if number >= COUNTED else f"{count(number, one)} waiting"

"""Routes of pages: the visitor is known before anything else is looked at, and every form is checked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from mpi.domain.access import Caller
from mpi.errors import StrongerNeeded
from mpi.review.forms import check_form
from mpi.review.pages import Pages, pages_of
from mpi.review.places import stronger
from mpi.review.reason_given import ask, stated
from mpi.review.sessions import Visitor
from mpi.usecases.reading.reasons import ReasonNeeded

_SAFE = frozenset({"GET", "HEAD"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A page for who has signed in. `HTTPException` 401 for anybody else: they are asked to sign in."""

    def get_route_handler(self) -> Handler:
        """The framework's handler, with the session and a form's token checked ahead of it."""
        handle = super().get_route_handler()

        async def visit(request: Request) -> Response:
            sessions = pages_of(request).sessions
            visitor = await run_in_threadpool(sessions.visitor_of, request)
            if visitor is None or visitor.session is None:
                raise HTTPException(401)
            request.state.visitor = replace(visitor, caller=stated(request, visitor.caller))
            if request.method not in _SAFE:
                await check_form(request, visitor.csrf)
            try:
                response = await handle(request)
            except ReasonNeeded as needed:
                response = ask(request, needed)
            except StrongerNeeded:
                response = pages_of(request).redirect(request, stronger(request))
            if request.url.path != "/review/sign-out":
                sessions.keep(request, response, visitor.session)
            return response

        return visit


async def _visitor(request: Request) -> Visitor:
    return cast(Visitor, request.state.visitor)


async def _caller(request: Request) -> Caller:
    return (await _visitor(request)).caller


async def _pages(request: Request) -> Pages:
    return pages_of(request)


Visiting = Annotated[Visitor, Depends(_visitor)]
"""Who is signed in, in a `PageRoute`."""
Calling = Annotated[Caller, Depends(_caller)]
"""The same as use cases know them."""
Paging = Annotated[Pages, Depends(_pages)]
"""The pages, to answer with."""

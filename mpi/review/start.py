"""The start page: where one may go from here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mpi.review.pages import START
from mpi.review.route import PageRoute, Paging

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(START)
def start(request: Request, pages: Paging) -> Response:
    """The pages this visitor may go to."""
    return pages.page(request, "start.jinja")

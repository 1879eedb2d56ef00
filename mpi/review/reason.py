"""Why somebody needs to see a restricted person: asked before their pages open, where the network file says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from mpi.domain.access import Right
from mpi.review.comments import Comment, overlong
from mpi.review.pages import Pages
from mpi.review.reason_given import keep, wanted
from mpi.review.route import Calling, PageRoute, Paging

router = APIRouter(include_in_schema=False, route_class=PageRoute)
REASONS = ("Direct care", "Answering a task", "A complaint or incident", "Asked by the patient", "Other")


@router.get("/review/people/{golden_id}/reason")
def form(request: Request, golden_id: UUID, pages: Paging, caller: Calling) -> Response:
    """The question; who the person is, is not told yet."""
    caller.require(Right.READ_PERSON)
    return _page(pages, request, golden_id)


def _page(
    pages: Pages,
    request: Request,
    golden_id: UUID,
    errors: Mapping[str, str] = {},
    entered: Mapping[str, str] = {},
) -> Response:
    told = {"golden_id": golden_id, "reasons": REASONS, "errors": errors, "entered": entered}
    return pages.page(request, "reason.jinja", 422 if errors else 200, **told)


@router.post("/review/people/{golden_id}/reason")
def give(
    request: Request,
    golden_id: UUID,
    pages: Paging,
    caller: Calling,
    reason: Annotated[str, Form(max_length=60)] = "",
    comment: Comment = "",
) -> Response:
    """Note the reason and open the page."""
    caller.require(Right.READ_PERSON)
    errors = {}
    if reason not in REASONS:
        errors["reason"] = "Choose a reason"
    elif reason == "Other" and not comment.strip():
        errors["comment"] = "Say what the reason is"
    if long := overlong(comment, 500):
        errors["comment"] = long
    if errors:
        return _page(pages, request, golden_id, errors, {"reason": reason, "comment": comment})
    said = ": ".join(part for part in (reason, comment.strip()) if part)
    pages.bench.portraits.break_glass(golden_id, replace(caller, reason=said))
    response = pages.redirect(request, wanted(request, golden_id))
    keep(request, response, caller, golden_id, said)
    return response

"""Records that must never be linked: what stands, a form for two more, and taking one back (NHS-56, SEC-3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.errors import Conflict, NotFound, Refused
from mpi.review.comments import Comment, overlong
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/kept-apart"
_Word = Annotated[str, Form(max_length=200)]


@router.get(PATH)
def kept_apart(request: Request, pages: Paging, caller: Calling) -> Response:
    """The pairs, and the form."""
    return _page(request, pages, caller)


def _page(
    request: Request,
    pages: Pages,
    caller: Caller,
    errors: Mapping[str, str] = {},
    status: int = 200,
    entered: Mapping[str, str] = {},
) -> Response:
    caller.require(Right.PRIVACY)
    network = pages.bench.network
    return pages.page(
        request,
        "kept_apart.jinja",
        status,
        pairs=pages.bench.keeping_apart.standing(caller),
        issuers=[(a.id, a.name) for a in network.authorities if not network.is_nhs(a.id)],
        errors=errors,
        entered=entered,
    )


@router.post(PATH)
def keep_apart(
    request: Request,
    pages: Paging,
    caller: Calling,
    issuer: _Word = "",
    number: _Word = "",
    other_issuer: _Word = "",
    other_number: _Word = "",
    reason: Comment = "",
) -> Response:
    """Keep two records apart."""
    caller.require(Right.PRIVACY)
    entered = {"issuer": issuer, "number": number, "other_issuer": other_issuer, "other_number": other_number}
    entered |= {"reason": reason}
    errors: dict[str, str] = {}
    network = pages.bench.network
    one = _identifier(network, issuer, number, "number", errors)
    other = _identifier(network, other_issuer, other_number, "other_number", errors)
    if not reason.strip():
        errors["reason"] = "Say why they must not be linked"
    if long := overlong(reason):
        errors["reason"] = long
    if one is None or other is None or errors:
        return _page(request, pages, caller, errors, 422, entered)
    try:
        pages.bench.keeping_apart.keep_apart(one, other, reason.strip(), caller)
    except (Refused, Conflict, NotFound) as refused:
        text = str(refused)
        return _page(request, pages, caller, {"other_number": text[:1].upper() + text[1:]}, 422, entered)
    return pages.redirect(request, PATH, "They are kept apart from now on.")


def _identifier(network: Network, issuer: str, number: str, field: str, errors: dict[str, str]) -> Identifier | None:
    if not number.strip():
        errors[field] = "Enter the hospital number"
        return None
    try:
        return Identifier(network.authority(issuer).id, number.strip())
    except Refused:
        errors[field] = "Choose who issued the number"
        return None


@router.post(PATH + "/{statement}/lift")
def lift(
    request: Request,
    pages: Paging,
    caller: Calling,
    statement: Annotated[int, Path(ge=1, le=2**63 - 1)],
    reason: Comment = "",
) -> Response:
    """Ask for two records to be free to link again, or confirm it."""
    if not reason.strip():
        return _page(request, pages, caller, {f"lift-{statement}": "Say why they may be linked again"}, 422)
    if long := overlong(reason):
        field = f"lift-{statement}"
        return _page(request, pages, caller, {field: long}, 422, {field: reason})
    lifted = pages.bench.keeping_apart.lift(statement, reason.strip(), caller)
    said = "They may be linked again." if lifted else "Noted: another privacy officer has to confirm it."
    return pages.redirect(request, PATH, said)

"""Finding a person by one of their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mpi.domain.access import Right
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.errors import NotFound, Refused
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_MISSING = "Enter a hospital number or NHS number"
_UNKNOWN = "No person has this number. Check the number, and who issued it"
_LONGEST = 200  # characters of a number


def issuers(network: Network) -> list[tuple[str, str]]:
    """Whoever numbers patients, by id and name; the NHS number first."""
    named = sorted((not network.is_nhs(one.id), one.name, one.id) for one in network.authorities)
    return [(authority, name) for _, name, authority in named]


def _form(
    pages: Pages, request: Request, issuer: str, number: str, errors: Mapping[str, str] = {}, status: int = 200
) -> Response:
    return pages.page(
        request,
        "find.jinja",
        status,
        issuers=issuers(pages.bench.network),
        issuer=issuer,
        number=number,
        errors=errors,
    )


@router.get("/review/find")
def find(
    request: Request,
    pages: Paging,
    caller: Calling,
    issuer: Annotated[str, Query(max_length=_LONGEST)] = "NHS",
    number: Annotated[str | None, Query(max_length=_LONGEST)] = None,
) -> Response:
    """The form; with a number, the person's imaging history, or what is wrong with the number."""
    caller.require(Right.READ_PERSON)
    if number is None:
        return _form(pages, request, issuer, "")
    if not number.strip():
        return _form(pages, request, issuer, "", {"number": _MISSING}, 422)
    network = pages.bench.network
    try:
        authority = network.authority(issuer).id
        value = "".join(number.split()).replace("-", "") if network.is_nhs(authority) else number.strip()
        golden_id = pages.bench.query.person_of(Identifier(authority, value), caller).golden_id
    except NotFound:
        return _form(pages, request, issuer, number, {"number": _UNKNOWN}, 404)
    except Refused as refused:
        return _form(pages, request, issuer, number, {"number": refused.text[:1].upper() + refused.text[1:]}, 422)
    return pages.redirect(request, f"/review/people/{golden_id}/imaging")

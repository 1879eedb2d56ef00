"""Finding people: by one of their numbers, or by name with date of birth or postcode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from mpi.domain.access import Caller, Right
from mpi.domain.network import Network
from mpi.domain.withholding import may_know_whereabouts
from mpi.errors import Refused
from mpi.review.days import written_day
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging
from mpi.usecases.reading.seeking import MOST, Details, Hits

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/find"
_MISSING = "Enter a hospital number, NHS number or golden id"
_UNKNOWN = "No person has this number. Check the number, and who issued it"
_NOBODY = "Nobody was found who resembles this. Check the spelling and the date, or leave the postcode out"
_Word = Annotated[str, Field(max_length=200)]


class Sought(BaseModel):
    """What the two forms send; all of it text, so that what is wrong can be said beside its field. `number` is None
    when that form was not sent, `family` when the other was not."""

    issuer: _Word = "NHS"
    number: _Word | None = None
    family: _Word | None = None
    given: _Word = ""
    day: _Word = ""
    month: _Word = ""
    year: _Word = ""
    postcode: _Word = ""
    page: Annotated[str, Field(max_length=3)] = "1"

    @property
    def query(self) -> str:
        """What the second form sent, without the page."""
        told = self.model_dump(exclude={"issuer", "number", "page"}, exclude_none=True)
        return urlencode({name: value for name, value in told.items() if value})


def issuers(network: Network) -> list[tuple[str, str]]:
    """Whoever numbers patients, by id and name; the NHS number first."""
    named = sorted((not network.is_nhs(one.id), one.name, one.id) for one in network.authorities)
    return [(authority, name) for _, name, authority in named]


def person_page(golden_id: UUID) -> str:
    """Where a person found is shown."""
    return f"/review/people/{golden_id}"


def _page(
    pages: Pages,
    request: Request,
    caller: Caller,
    asked: Sought,
    hits: Hits | None = None,
    errors: Mapping[str, str] = {},
    status: int = 200,
) -> Response:
    return pages.page(
        request,
        "find.jinja",
        status,
        issuers=issuers(pages.bench.network),
        asked=asked,
        hits=hits,
        most=MOST,
        errors=errors,
        person_page=person_page,
        entitled=may_know_whereabouts(caller),
    )


@router.get(PATH)
def find(request: Request, pages: Paging, caller: Calling, asked: Annotated[Sought, Query()]) -> Response:
    """The forms; with something entered the people found, or what is wrong with it."""
    caller.require(Right.READ_PERSON)
    if asked.number is not None:
        return _by_number(pages, request, caller, asked, asked.number)
    if asked.family is not None:
        return _by_details(pages, request, caller, asked)
    return _page(pages, request, caller, asked)


def _by_number(pages: Pages, request: Request, caller: Caller, asked: Sought, number: str) -> Response:
    """The one person who has the number, or all of them to choose from."""
    if not number.strip():
        return _page(pages, request, caller, asked, None, {"number": _MISSING}, 422)
    try:
        authority = pages.bench.network.authority(asked.issuer).id if asked.issuer else ""
        hits = pages.bench.seeking.by_number(number, authority, caller)
    except Refused as refused:
        said = refused.text[:1].upper() + refused.text[1:]
        return _page(pages, request, caller, asked, None, {"number": said}, 422)
    if not hits.total:
        return _page(pages, request, caller, asked, None, {"number": _UNKNOWN}, 404)
    if hits.total == 1:
        return pages.redirect(request, person_page(hits.shown[0].person.golden_id))
    return _page(pages, request, caller, asked, hits)


def _by_details(pages: Pages, request: Request, caller: Caller, asked: Sought) -> Response:
    errors: dict[str, str] = {}
    details = _details(asked, errors)
    if errors:
        return _page(pages, request, caller, asked, None, errors, 422)
    page = int(asked.page) if asked.page.isascii() and asked.page.isdigit() else 1
    hits = pages.bench.seeking.by_details(details, caller, page)
    if not hits.total:
        return _page(pages, request, caller, asked, None, {"family": _NOBODY}, 404)
    return _page(pages, request, caller, asked, hits)


def _details(asked: Sought, errors: dict[str, str]) -> Details:
    """What was entered; faults are added to `errors`."""
    day = None
    try:
        day = written_day(asked.year, asked.month, asked.day)
    except ValueError:
        errors["born-day"] = "Enter a real date of birth, such as 27 3 1954"
    family, postcode = (asked.family or "").strip(), asked.postcode.strip()
    if not family:
        errors["family"] = "Enter a surname, or the beginning of it"
    if not errors and day is None and not postcode:
        errors["born-day"] = "Enter a date of birth, or a postcode: too many people have one surname"
    return Details(family, asked.given.strip(), day.isoformat() if day else "", postcode)

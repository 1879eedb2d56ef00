"""One person's imaging history as a page: by year and region, with what is not sure about it said in words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import Identifier
from mpi.domain.timeline import Filter, awaited, kept, region_of, regions_told, timeline, year_of
from mpi.domain.views import LinkState
from mpi.domain.withholding import is_protected, may_know_whereabouts
from mpi.review.days import written_day
from mpi.review.pages import Pages
from mpi.review.person import followed
from mpi.review.route import Calling, PageRoute, Paging
from mpi.usecases.imaging.timelines import Timeline

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_LONDON = ZoneInfo("Europe/London")
_Word = Annotated[str, Field(max_length=100)]


class Asked(BaseModel):
    """What the page's form sends; all of it text, so that what is wrong can be said beside its field."""

    modality: _Word = ""
    region: _Word = ""
    trust: _Word = ""
    first: _Word = ""
    last: _Word = ""
    day: _Word = ""
    month: _Word = ""
    year: _Word = ""

    @property
    def filters(self) -> bool:
        """Whether anything restricts what is shown."""
        return any((self.modality, self.region, self.trust, self.first, self.last))


def as_of(asked: Asked, today: date, errors: dict[str, str]) -> datetime | None:
    """The end of the day asked for, None for now; a fault is added to `errors`."""
    try:
        wanted = written_day(asked.year, asked.month, asked.day)
    except ValueError:
        errors["as-of-day"] = "Enter a real date, such as 27 3 2024, or leave all three boxes empty"
        return None
    if wanted is None:
        return None
    if wanted > today:
        errors["as-of-day"] = "Enter today's date or an earlier one"
        return None
    return datetime.combine(wanted + timedelta(days=1), time(), _LONDON)


def filter_of(asked: Asked, errors: dict[str, str]) -> Filter:
    """What to show; faults are added to `errors`."""
    first, last = (_year(name, getattr(asked, name), errors) for name in ("first", "last"))
    if first and last and first > last:
        errors["first"] = "The first year must not be later than the last"
    return Filter(asked.modality, asked.region, asked.trust, first, last)


def _year(name: str, written: str, errors: dict[str, str]) -> int | None:
    written = written.strip()
    if not written:
        return None
    if written.isascii() and written.isdigit() and len(written) == 4:
        return int(written)
    errors[name] = f"Enter the {name} year in four digits, such as 2024"
    return None


def show(request: Request, pages: Pages, caller: Caller, whom: UUID | Identifier, asked: Asked) -> Response:
    """The page; a golden id that was retired sends the browser to its successor's."""
    errors: dict[str, str] = {}
    today = pages.bench.clock.now().astimezone(_LONDON).date()
    at = as_of(asked, today, errors)
    wanted = filter_of(asked, errors)
    read = pages.bench.timelines.of(whom, caller, at)
    person = read.person
    if isinstance(whom, UUID) and person.golden_id != whom:
        return pages.redirect(request, f"/review/people/{person.golden_id}/imaging", followed(person))
    shown = kept(read.studies, Filter() if errors else wanted)
    return pages.page(
        request,
        "timeline.jinja",
        422 if errors else 200,
        person=person,
        today=today,
        withheld=is_protected(person) and not may_know_whereabouts(caller),  # NHS-57
        reviews=caller.may(Right.REVIEW),
        asked=asked,
        errors=errors,
        at=None if at is None else at - timedelta(days=1),
        read=read,
        shown=len(shown),
        years=timeline(shown, read.repeated),
        path=request.url.path,
        awaited=awaited(read.awaited, read.repeated, Filter() if errors else wanted),
        **_told(read),
    )


def _told(read: Timeline) -> dict[str, object]:
    """What there is to choose from, and what is to be said of the whole."""
    studies = read.studies
    years = [year for year in map(year_of, studies) if year is not None]
    return {
        "modalities": sorted({code for study in studies for code in study.modalities}),
        "regions": sorted({region for study in studies for region in regions_told(study)}),
        "trusts": sorted({study.organisation for study in studies if study.organisation}),
        "first_year": min(years, default=None),
        "last_year": max(years, default=None),
        "contested": sum(study.link is LinkState.CONTESTED for study in studies),
        "provisional": sum(study.link is LinkState.PROVISIONAL for study in studies),
        "region_of": region_of,
    }


@router.get("/review/people/{golden_id}/imaging")
def imaging(
    request: Request, golden_id: UUID, pages: Paging, caller: Calling, asked: Annotated[Asked, Query()]
) -> Response:
    """The imaging history of a golden identity."""
    return show(request, pages, caller, golden_id, asked)

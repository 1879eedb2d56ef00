"""One person: what the index believes of them and why, how they were built step by step, and who has looked."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response

from mpi.domain.access import Caller, Right
from mpi.domain.views import PersonView
from mpi.domain.withholding import is_protected, may_know_whereabouts
from mpi.review.golden_rows import CHOICES, golden_rows
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging, Visiting
from mpi.usecases.reading.portraits import LOOKS, Building

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_LONDON = ZoneInfo("Europe/London")
_NEWEST = 5  # steps on the person's own page


def about(pages: Pages, person: PersonView, caller: Caller) -> dict[str, Any]:
    """What every page of a person needs: who they are, and what is kept back from this reader (NHS-57). The numbers
    of a restricted person are also where they were treated: those who review need them, those who read do not."""
    restricted = is_protected(person)
    withheld = restricted and not may_know_whereabouts(caller)
    return {
        "person": person,
        "today": pages.bench.clock.now().astimezone(_LONDON).date(),
        "place": f"/review/people/{person.golden_id}",
        "restricted": restricted,
        "withheld": withheld,
        "numbers_withheld": withheld and not caller.may(Right.REVIEW),
        "reviews": caller.may(Right.REVIEW),
        "protects": caller.may(Right.PRIVACY),
    }


def followed(person: PersonView) -> str:
    """What to say to who asked for a retired golden id."""
    if person.renewed:
        return (
            "The golden id you asked for was given up in a merge, which was taken back since: this is the same "
            "person, under a new golden id."
        )
    return "The identity you asked for has been merged into this one."


def undoing(building: Building, caller: Caller, csrf: str) -> dict[str, Any]:
    """What of a building this reviewer may take back, and how."""
    reviews, any_ = caller.may(Right.REVIEW), caller.may(Right.UNDO_ANY)
    may = [
        saying.id
        for saying in building.standing
        if reviews and saying.id in building.retractable and (any_ or saying.made_by == caller.user)
    ]
    return {"may": frozenset(may), "tasks": building.tasks or {}, "csrf": csrf}


@router.get("/review/people/{golden_id}")
def show(request: Request, golden_id: UUID, pages: Paging, visitor: Visiting) -> Response:
    """The person; a golden id that was retired sends the browser to its successor's page."""
    caller = visitor.caller
    portrait = pages.bench.portraits.of(golden_id, caller)
    told = about(pages, portrait.person, caller)
    if portrait.person.golden_id != golden_id:
        return pages.redirect(request, told["place"], followed(portrait.person))
    numbered = list(enumerate(portrait.building.steps, 1))
    return pages.page(
        request,
        "person_page.jinja",
        portrait=portrait,
        building=portrait.building,
        rows=golden_rows(portrait, withheld=told["withheld"]),
        choices=CHOICES,
        steps=numbered[::-1][:_NEWEST],
        undo=undoing(portrait.building, caller, visitor.csrf),
        total=len(numbered),
        **told,
    )


@router.get("/review/people/{golden_id}/history")
def history(
    request: Request,
    golden_id: UUID,
    pages: Paging,
    visitor: Visiting,
    order: Annotated[str, Query(max_length=10)] = "newest",
) -> Response:
    """Every step of how the person was built, newest or oldest first."""
    caller = visitor.caller
    if not caller.may(Right.PRIVACY):
        caller.require(Right.REVIEW)
    portrait = pages.bench.portraits.of(golden_id, caller)
    told = about(pages, portrait.person, caller)
    if portrait.person.golden_id != golden_id:
        return pages.redirect(request, f"{told['place']}/history", followed(portrait.person))
    numbered = list(enumerate(portrait.building.steps, 1))
    return pages.page(
        request,
        "person_history.jinja",
        building=portrait.building,
        steps=numbered if order == "oldest" else numbered[::-1],
        oldest=order == "oldest",
        undo=undoing(portrait.building, caller, visitor.csrf),
        total=len(numbered),
        **told,
    )


@router.get("/review/people/{golden_id}/history/{number}")
def step(
    request: Request,
    golden_id: UUID,
    number: Annotated[int, Path(ge=1, le=100_000)],
    pages: Paging,
    caller: Calling,
) -> Response:
    """The person as they were after one step."""
    person, building = pages.bench.portraits.after(golden_id, number, caller)
    told = about(pages, person, caller)
    if person.golden_id != golden_id:
        return pages.redirect(request, f"{told['place']}/history", followed(person))
    return pages.page(
        request,
        "person_step.jinja",
        building=building,
        step=building.steps[number - 1],
        number=number,
        total=len(building.steps),
        **told,
    )


@router.get("/review/people/{golden_id}/looks")
def looks(
    request: Request,
    golden_id: UUID,
    pages: Paging,
    caller: Calling,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Who has looked at the person or done anything to them."""
    person, found = pages.bench.portraits.looks(golden_id, caller, before)
    told = about(pages, person, caller)
    if person.golden_id != golden_id:
        return pages.redirect(request, f"{told['place']}/looks", followed(person))
    shown = found[:LOOKS]
    return pages.page(
        request,
        "person_looks.jinja",
        looks=shown,
        first=before is None,
        following=shown[-1].id if len(found) > LOOKS else None,
        **told,
    )

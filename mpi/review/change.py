"""Moving records to another person, splitting a person, merging two: chosen, previewed, confirmed, and taken back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field

from mpi.domain.access import Caller, Right
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import Regroup, Wish
from mpi.domain.views import PersonView
from mpi.errors import Conflict, Forbidden, MpiError, NotFound, Refused
from mpi.review.comments import Comment, overlong
from mpi.review.compare import REASONS
from mpi.review.find import issuers
from mpi.review.pages import Pages
from mpi.review.person import about
from mpi.review.reason_given import stated
from mpi.review.route import Calling, PageRoute, Paging
from mpi.usecases.deciding.acting import Opposed
from mpi.usecases.deciding.acts import Outcome, Preview
from mpi.usecases.reading.reasons import ReasonNeeded

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_Word = Annotated[str, Field(max_length=200)]
_DONE = {
    Regroup.SPLIT: "The records are a person of their own now.",
    Regroup.MOVE: "The records have moved to the other person.",
    Regroup.MERGE: "The two people are one now.",
}
WAITS = "It is proposed. Nothing has been changed yet: it is done when a second person accepts it."
_HOW_BACK = " It can be taken back under “How this person was built”."


class Chosen(BaseModel):
    """What the form sends; all of it text, so that what is wrong can be said beside its field."""

    record: Annotated[list[_Word], Field(max_length=500)] = []
    to: _Word = ""
    issuer: _Word = ""
    other: _Word = ""

    @property
    def query(self) -> str:
        """The same as a query, for the way back from the preview."""
        return urlencode(self.model_dump(), doseq=True)


class Confirmed(Chosen):
    """The same with what a preview adds; `other` is a golden id then."""

    mark: _Word = ""
    reason: _Word = ""
    comment: Annotated[str, Field(max_length=200_000)] = ""  # see `comments`


@router.get("/review/people/{golden_id}/change")
def choose(
    request: Request, golden_id: UUID, pages: Paging, caller: Calling, chosen: Annotated[Chosen, Query()]
) -> Response:
    """Which records shall go, and where."""
    caller.require(Right.REVIEW)
    return _form(pages, request, caller, pages.bench.portraits.whom(golden_id, caller), chosen)


def _form(
    pages: Pages,
    request: Request,
    caller: Caller,
    person: PersonView,
    chosen: Chosen,
    errors: Mapping[str, str] = {},
    status: int = 200,
) -> Response:
    told = about(pages, person, caller)
    if person.golden_id != person.requested_id:
        return pages.redirect(request, told["place"] + "/change")
    numberers = issuers(pages.bench.network)
    return pages.page(request, "change.jinja", status, chosen=chosen, issuers=numberers, errors=errors, **told)


@router.get("/review/people/{golden_id}/change/preview")
def preview(
    request: Request, golden_id: UUID, pages: Paging, caller: Calling, chosen: Annotated[Chosen, Query()]
) -> Response:
    """What the choice would do, or what is wrong with it."""
    caller.require(Right.REVIEW)
    person = pages.bench.portraits.whom(golden_id, caller)
    errors: dict[str, str] = {}
    wish, other = _wish(request, pages, person, caller, chosen, errors)
    if wish is None:
        return _form(pages, request, caller, person, chosen, errors, 422)
    return _preview(pages, request, caller, person, other, wish, Confirmed(**chosen.model_dump()))


def _preview(
    pages: Pages,
    request: Request,
    caller: Caller,
    person: PersonView,
    other: PersonView | None,
    wish: Wish,
    entered: Confirmed,
    errors: Mapping[str, str] = {},
    status: int = 200,
) -> Response:
    found, against, problem = _effect(pages, wish, caller)
    return pages.page(
        request,
        "change_preview.jinja",
        status,
        wish=wish,
        other=other,
        found=found,
        against=against,
        problem=problem,
        takes_id=found is not None and wish.kind is Regroup.SPLIT and not _goes(found) <= set(wish.records),
        proposes=found is not None and found.needs_two and not caller.may(Right.UNDO_ANY),
        reasons=REASONS,
        entered=entered,
        errors=errors,
        **about(pages, person, caller),
    )


def _goes(found: Preview) -> set[Identifier]:
    """The records that get another golden id."""
    return {identifier for gone in found.consequence.departures for identifier in gone.identifiers}


def _effect(pages: Pages, wish: Wish, caller: Caller) -> tuple[Preview | None, tuple[Pair, ...], str]:
    """What it would do; or who stands against it, and why it cannot be."""
    try:
        return pages.bench.acts.preview(wish, caller), (), ""
    except Opposed as opposed:
        return None, opposed.pairs, _sentence(opposed)
    except (Conflict, Refused, Forbidden, NotFound) as error:
        return None, (), _sentence(error)


@router.post("/review/people/{golden_id}/change")
def confirm(
    request: Request, golden_id: UUID, pages: Paging, caller: Calling, sent: Annotated[Confirmed, Form()]
) -> Response:
    """Do it, and go to the person's page."""
    caller.require(Right.REVIEW)
    person = pages.bench.portraits.whom(golden_id, caller)
    errors: dict[str, str] = {}
    wish, other = _wish(request, pages, person, caller, sent, errors)
    if wish is None:
        return _form(pages, request, caller, person, sent, errors, 422)
    if sent.reason not in REASONS:
        errors["reason"] = "Choose a reason"
    elif sent.reason == "Other" and not sent.comment.strip():
        errors["comment"] = "Say what the reason is"
    if long := overlong(sent.comment):
        errors["comment"] = long
    if errors:
        return _preview(pages, request, caller, person, other, wish, sent, errors, 422)
    said = ": ".join(part for part in (sent.reason, sent.comment.strip()) if part)
    try:
        done = pages.bench.acts.apply(wish, sent.mark, said, caller)
    except Conflict as conflict:
        errors["confirm"] = _sentence(conflict)
        return _preview(pages, request, caller, person, other, wish, sent, errors, 409)
    return _done(request, pages, caller, golden_id, done, _DONE[wish.kind] + _HOW_BACK)


def _done(request: Request, pages: Pages, caller: Caller, golden_id: UUID, done: Outcome, said: str) -> Response:
    """Back to the person, under the golden id they have now; or to the task under which it waits."""
    if done.task is None:
        living = pages.bench.portraits.whom(golden_id, caller).golden_id
        return pages.redirect(request, f"/review/people/{living}", said)
    return pages.redirect(request, f"/review/tasks/{done.task}", WAITS)


@router.post("/review/people/{golden_id}/undo")
def undo(
    request: Request,
    golden_id: UUID,
    pages: Paging,
    caller: Calling,
    assertion: Annotated[list[_Word], Form(max_length=500)],
    comment: Comment = "",
) -> Response:
    """Take back what was stated: identities are exactly as without it."""
    caller.require(Right.REVIEW)
    if not all(re.fullmatch("[0-9]{1,18}", one) for one in assertion):
        raise NotFound("this person's page offers nothing of that number to be taken back; open it again")
    numbers = list(map(int, assertion))
    if long := overlong(comment):
        told = about(pages, pages.bench.portraits.whom(golden_id, caller), caller)
        entered = {"assertions": numbers, "comment": comment, "errors": {"comment": long}}
        return pages.page(request, "undo.jinja", 422, **entered, **told)
    done = pages.bench.acts.undo(golden_id, numbers, comment.strip() or "taken back", caller)
    return _done(request, pages, caller, golden_id, done, "It has been taken back.")


def _wish(
    request: Request, pages: Pages, person: PersonView, caller: Caller, chosen: Chosen, errors: dict[str, str]
) -> tuple[Wish | None, PersonView | None]:
    """What is wished, with the other person when there is one; faults are added to `errors`."""
    known = {str(record.identifier): record.identifier for record in person.records}
    if chosen.to not in set(Regroup):
        errors["to"] = "Choose what shall happen"
    elif chosen.to != Regroup.MERGE and not any(record in known for record in chosen.record):
        errors["record"] = "Choose the records that shall leave"
    elif chosen.to != Regroup.MERGE and set(known) <= set(chosen.record):
        errors["record"] = "Leave at least one record; to move them all, merge the two people"
    other = _other(request, pages, caller, chosen, errors) if not errors and chosen.to != Regroup.SPLIT else None
    if other is not None and other.golden_id == person.golden_id:
        errors["other"] = "This is the same person. Enter a number of somebody else"
    if errors:
        return None, None
    records = tuple(known[record] for record in chosen.record if record in known)
    kind = Regroup(chosen.to)
    leaving = () if kind is Regroup.MERGE else records
    return Wish(kind, person.golden_id, leaving, other.golden_id if other else None), other


def _other(
    request: Request, pages: Pages, caller: Caller, chosen: Chosen, errors: dict[str, str]
) -> PersonView | None:
    """The person that a number or golden id means."""
    number = chosen.other.strip()
    if not number:
        errors["other"] = "Enter a number or the golden id of the other person"
        return None
    try:
        golden_id = _meant(pages, caller, number, chosen.issuer)
        return pages.bench.portraits.whom(golden_id, stated(request, caller, golden_id))
    except ReasonNeeded:
        errors["other"] = "This person is restricted. Open their page first and say why you need to see them"
    except (NotFound, Refused):
        errors["other"] = "No one person has this number. Check the number, and who issued it"
    return None


def _meant(pages: Pages, caller: Caller, number: str, issuer: str) -> UUID:
    """The golden id, or that of whom the number belongs to. Raises NotFound, Refused."""
    try:
        return UUID(number)
    except ValueError:  # a hospital's number, then
        network = pages.bench.network
        authority = network.authority(issuer).id
        value = "".join(number.split()).replace("-", "") if network.is_nhs(authority) else number
        return pages.bench.query.cross_references(Identifier(authority, value), caller).golden_id


def _sentence(error: MpiError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]

"""Moving records to another person, splitting a person and merging two over HTTP (needs REVIEW; decisions 25, 34)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.fields import Comment, IdentifierIn, Text
from mpi.api.issuers import find_authority
from mpi.api.proposals import PROPOSED, done_or_proposed
from mpi.api.responses import failures, name_operation, no_content, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import IdentifierJson, identifier_json
from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import MOST, Regroup, Wish
from mpi.usecases.deciding.acts import Outcome

router = APIRouter(
    route_class=SecuredRoute, tags=["review"], generate_unique_id_function=name_operation, prefix="/v1/people"
)
_Records = Annotated[list[IdentifierIn], Field(min_length=1, max_length=MOST)]

_AssertionId = Annotated[int, Field(strict=True, ge=1, le=fields.BIGINT)]


class ChangeRequest(fields.Request):
    """A change without `mark` is a preview. With the mark of a preview it is done, if the people still have the same
    records; where it takes two people and the caller is no senior reviewer, it is proposed."""

    mark: Annotated[Text, Field(description="What the preview gave; without it nothing is changed.")] = ""
    comment: Annotated[str, Field(max_length=2_000, description="Why; for the record.")] = ""


class SplitRequest(ChangeRequest):
    """Records that are to be a person of their own."""

    records: _Records


class MoveRequest(SplitRequest):
    """Records that are to go to another person."""

    other: UUID


class MergeRequest(ChangeRequest):
    """Another person who is the same."""

    other: UUID


class UndoActRequest(fields.Request):
    """What is taken back, and why. Each statement brings along all that was stated in one act with it."""

    assertions: Annotated[list[_AssertionId], Field(min_length=1, max_length=MOST)]
    comment: Comment


class DepartureJson(TypedDict):
    """Records that come under another golden id, with their studies. `new` is null while it is not known."""

    old: UUID
    new: UUID | None
    identifiers: list[IdentifierJson]
    studies: list[str]


class ChangeJson(TypedDict):
    """What a change has done, or would do while `assertions` is empty."""

    task: Annotated[
        int | None, Field(description="The task under which it waits for a second person; nothing is changed yet.")
    ]

    mark: Annotated[str, Field(description="To be sent with the same request to have it done.")]
    assertions: Annotated[list[int], Field(description="What it rests on, and is taken back by; empty: a preview.")]
    needs_second_person: Annotated[bool, Field(description="A senior reviewer does it alone.")]
    departures: list[DepartureJson]
    contradictions: Annotated[
        list[str],
        Field(
            description="What speaks against those that would be joined. Where it is a conflict, or not even the"
            " likest records are a possible match, `needs_second_person` is true.",
            examples=[["two different verified NHS numbers", "sex: different"]],
        ),
    ]
    unmerged: Annotated[list[IdentifierJson], Field(description="Their source's merges of these no longer count.")]


_ANSWERS = (
    success(ChangeJson, "What it does, or has done.")
    | success(ChangeJson, "It is proposed, and waits for a second person.", 202, Location="The task.")
    | failures(400, 404, 409, 413, 415)
)


@router.post("/{golden_id}/split", response_model=None, responses=_ANSWERS)
def split_person(golden_id: UUID, body: SplitRequest, services: Provided, caller: Calling) -> Response:
    """Make records a person of their own. Without `mark` only what it would do is told."""
    return _change(services, Wish(Regroup.SPLIT, golden_id, _identifiers(services, body.records)), body, caller)


@router.post("/{golden_id}/move", response_model=None, responses=_ANSWERS)
def move_records(golden_id: UUID, body: MoveRequest, services: Provided, caller: Calling) -> Response:
    """Move records to another person. Without `mark` only what it would do is told."""
    wish = Wish(Regroup.MOVE, golden_id, _identifiers(services, body.records), body.other)
    return _change(services, wish, body, caller)


@router.post("/{golden_id}/merge", response_model=None, responses=_ANSWERS)
def merge_people(golden_id: UUID, body: MergeRequest, services: Provided, caller: Calling) -> Response:
    """Make two people one. Without `mark` only what it would do is told."""
    return _change(services, Wish(Regroup.MERGE, golden_id, (), body.other), body, caller)


@router.post(
    "/{golden_id}/undo",
    response_model=None,
    status_code=204,
    responses=no_content("Taken back.") | PROPOSED | failures(400, 404, 409, 413, 415),
)
def undo_change(golden_id: UUID, body: UndoActRequest, services: Provided, caller: Calling) -> Response:
    """Take back all that a change of this person stated, whichever part of it is given: identities are exactly as
    without it. One's own, or any for a senior reviewer. Where it takes two people it is proposed, but for a senior
    reviewer. A feed's merges are not taken back here."""
    return done_or_proposed(services.acts.undo(golden_id, body.assertions, body.comment, caller))


def _change(services: Provided, wish: Wish, body: ChangeRequest, caller: Caller) -> Response:
    previewed = services.acts.preview(wish, caller)
    done = services.acts.apply(wish, body.mark, body.comment, caller) if body.mark else Outcome()
    found = previewed.consequence
    content: ChangeJson = {
        "mark": previewed.mark,
        "assertions": list(done.assertions),
        "task": done.task,
        "needs_second_person": previewed.needs_two,
        "departures": [
            {
                "old": gone.old,
                # A rehearsal's new golden id is never the one that is given in the end.
                "new": None if gone.new in found.minted else gone.new,
                "identifiers": [identifier_json(one) for one in gone.identifiers],
                "studies": list(gone.studies),
            }
            for gone in found.departures
        ],
        "contradictions": list(previewed.against.told),
        "unmerged": [identifier_json(one) for one in previewed.unmerged],
    }
    return answer(content) if done.task is None else answer(content, 202, {"Location": f"/v1/tasks/{done.task}"})


def _identifiers(services: Provided, given: list[IdentifierIn]) -> tuple[Identifier, ...]:
    return tuple(Identifier(find_authority(services.network, one.authority), one.value) for one in given)

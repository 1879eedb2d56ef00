"""Records that must never be linked, over HTTP (needs PRIVACY; NHS-56)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.fields import Comment, IdentifierIn
from mpi.api.issuers import find_authority
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import AssertionJson, IdentifierJson, identifier_json
from mpi.domain.identifiers import Identifier

router = APIRouter(
    route_class=SecuredRoute, tags=["privacy"], generate_unique_id_function=name_operation, prefix="/v1"
)
StatementId = Annotated[int, Path(ge=1, le=fields.BIGINT, examples=[17])]


class KeepApartRequest(fields.Request):
    """Two records that must not be linked, and why."""

    one: IdentifierIn
    other: IdentifierIn
    comment: Comment


class LiftRequest(fields.Request):
    """Why two records need no longer be kept apart."""

    comment: Comment


class KeptApartJson(TypedDict):
    """Two records that must not be linked."""

    id: int
    one: IdentifierJson
    other: IdentifierJson
    made_by: str
    made_at: datetime
    reason: str
    lift_asked_by: Annotated[str, Field(description="Who has asked to lift it; empty: nobody.")]
    lift_reason: Annotated[str, Field(description="Why they asked.")]


class KeptApartListJson(TypedDict):
    """All pairs of records that must not be linked, the newest first."""

    kept_apart: list[KeptApartJson]


class LiftedJson(TypedDict):
    """What asking to lift has done."""

    id: int
    lifted: Annotated[bool, Field(description="False: a second privacy officer has to ask for it too.")]


@router.post(
    "/kept-apart",
    response_model=None,
    status_code=201,
    responses=success(AssertionJson, "They are parted, and stay so.", 201) | failures(400, 404, 409, 413, 415),
)
def keep_apart(body: KeepApartRequest, services: Provided, caller: Calling) -> Response:
    """Keep two records apart for good: no weight, feed or reviewer links them or their people any more. The links say
    no more than that they are kept apart; the reason is for privacy officers."""
    one, other = (Identifier(find_authority(services.network, i.authority), i.value) for i in (body.one, body.other))
    content: AssertionJson = {"id": services.keeping_apart.keep_apart(one, other, body.comment, caller)}
    return answer(content, 201)


@router.get("/kept-apart", response_model=None, responses=success(KeptApartListJson, "All of them.") | failures())
def kept_apart(services: Provided, caller: Calling) -> Response:
    """All pairs of records that must not be linked."""
    content: KeptApartListJson = {
        "kept_apart": [
            {
                "id": one.id,
                "one": identifier_json(one.pair.one),
                "other": identifier_json(one.pair.other),
                "made_by": one.made_by,
                "made_at": one.made_at,
                "reason": one.reason,
                "lift_asked_by": one.lift_asked_by,
                "lift_reason": one.lift_reason,
            }
            for one in services.keeping_apart.standing(caller)
        ]
    }
    return answer(content)


@router.post(
    "/kept-apart/{statement_id}/lift",
    response_model=None,
    responses=success(LiftedJson, "Asked for, or done.") | failures(400, 404, 409, 413, 415),
)
def lift(statement_id: StatementId, body: LiftRequest, services: Provided, caller: Calling) -> Response:
    """Let two records be linked again, when two privacy officers have asked for it (SEC-3)."""
    lifted = services.keeping_apart.lift(statement_id, body.comment, caller)
    content: LiftedJson = {"id": statement_id, "lifted": lifted}
    return answer(content)

"""What an archive compares itself with: the studies that the index believes it holds."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.fields import Named, StudyUid
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.errors import NotFound

router = APIRouter(
    route_class=SecuredRoute, tags=["imaging"], generate_unique_id_function=name_operation, prefix="/v1/archives"
)


class HeldStudyJson(TypedDict):
    """A study and the golden identity whose history it is in."""

    study_uid: str
    golden_id: UUID


class HeldStudiesJson(TypedDict):
    """Some of an archive's studies, in the order of their UIDs."""

    studies: list[HeldStudyJson]
    next: Annotated[str | None, Field(description="`after` of the next page; null on the last.")]


class HeldQuery(fields.Request):
    """Paging."""

    after: Annotated[StudyUid | None, Field(description="The last UID of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 500


@router.get(
    "/{archive}/studies",
    response_model=None,
    responses=success(HeldStudiesJson, "One page.") | failures(404),
)
def studies_of_archive(
    archive: Annotated[Named, Path()], asked: Annotated[HeldQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """Which studies does this archive hold, and under which golden id should each be? Ids only."""
    if archive not in {known.id for known in services.network.archives}:
        raise NotFound("no archive has this id")
    found = services.imaging.held(archive, caller, asked.after or "", asked.limit)
    content: HeldStudiesJson = {
        "studies": [{"study_uid": uid, "golden_id": golden_id} for uid, golden_id in found],
        "next": found[-1][0] if len(found) == asked.limit else None,
    }
    return answer(content)

"""Earlier studies worth opening beside a new one, and possible repeats, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.fields import IdentifierText, Instant, Modality, StudyUid, Text
from mpi.api.imaging import study_json
from mpi.api.imaging_shapes import PriorJson, PriorsJson
from mpi.api.issuers import parse_identifier
from mpi.api.orders import order_json
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import Coded
from mpi.domain.priors import Prior
from mpi.domain.views import Study
from mpi.usecases.imaging.imaging import REPEAT_DAYS

router = APIRouter(
    route_class=SecuredRoute, tags=["imaging"], generate_unique_id_function=name_operation, prefix="/v1"
)


Code = Annotated[Text, Field(pattern=r"^[^|]+\|[^|]+$")]


class PriorsQuery(fields.Request):
    """How many to tell, and what counts as a repeat."""

    limit: Annotated[int, Field(ge=1, le=200)] = 20
    repeat_days: Annotated[
        int, Field(ge=0, le=3650, description="The same examination within so many days is a possible repeat.")
    ] = REPEAT_DAYS


class PlannedQuery(PriorsQuery):
    """An examination that is only planned, as an order names it."""

    identifier: IdentifierText
    modality: Annotated[tuple[Modality, ...], Field(min_length=1, max_length=20, description="May be repeated.")]
    body_site: Annotated[Text, Field(examples=["CHEST"])] = ""
    procedure: Annotated[
        tuple[Code, ...],
        Field(max_length=20, description="SCT|code or NICIP|code; may be repeated.", examples=[["NICIP|CCHES"]]),
    ] = ()
    at: Annotated[Instant | None, Field(description="When it is to begin; now by default.")] = None


def _prior_json(prior: Prior) -> PriorJson:
    return {
        "study": study_json(prior.study),
        "reason": prior.relevance.value,
        "days": prior.days,
        "possible_repeat": prior.repeat,
    }


def _answer(golden_id: UUID, found: Sequence[Prior], planned: Sequence[ImagingOrder], limit: int) -> Response:
    content: PriorsJson = {
        "golden_id": golden_id,
        "total": len(found),
        "possible_repeats": sum(prior.repeat for prior in found),
        "priors": [_prior_json(prior) for prior in found[:limit]],
        "planned": [order_json(order) for order in planned[:limit]],
    }
    return answer(content)


_PRIORS = success(PriorsJson, "The most relevant first.") | failures(404)


@router.get("/studies/{study_uid}/priors", response_model=None, responses=_PRIORS)
def priors_of_study(
    study_uid: Annotated[StudyUid, Path()],
    asked: Annotated[PriorsQuery, Query()],
    services: Provided,
    caller: Calling,
) -> Response:
    """Earlier studies of the same person, at any trust, that matter beside this one; the best reason first."""
    told = services.imaging.priors(study_uid, caller, repeat_days=asked.repeat_days)
    return _answer(*told, asked.limit)


@router.get("/imaging/priors", response_model=None, responses=_PRIORS)
def priors_of_planned(asked: Annotated[PlannedQuery, Query()], services: Provided, caller: Calling) -> Response:
    """The same beside an examination that is only planned: ask before it is made, and it need not be made twice."""
    patient = parse_identifier(services.network, asked.identifier)
    codes = (told.partition("|") for told in asked.procedure)
    procedures = tuple(Coded(code, "", system) for system, _, code in codes)
    planned = Study("", patient, modalities=asked.modality, body_site=asked.body_site, procedures=procedures)
    told = services.imaging.priors(planned, caller, asked.at, asked.repeat_days)
    return _answer(*told, asked.limit)

"""Answering many low-risk tasks alike, over HTTP (needs REVIEW): a sample one by one, a second person, the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.tasks import task_json
from mpi.api.tasks_shapes import TaskJson
from mpi.domain.batches import Outcome, Stage, Standing
from mpi.domain.views import Decision

router = APIRouter(
    route_class=SecuredRoute, tags=["review"], generate_unique_id_function=name_operation, prefix="/v1"
)
BatchId = Annotated[int, Path(ge=1, le=fields.BIGINT, examples=[3])]
_Pattern = Annotated[
    str, StringConstraints(pattern=r"^([0-9a-f]{2}){1,64}$"), Field(description="From the list of groups.")
]


class OpenRequest(fields.Request):
    """Which group to draw a batch of."""

    pattern: _Pattern


class ConfirmRequest(fields.Request):
    """The answer that a second person agrees to."""

    decision: Annotated[Literal["same", "different"], Field(description="The one that the whole sample has.")]


class GroupJson(TypedDict):
    """Open low-risk tasks whose comparison levels are identical."""

    pattern: Annotated[str, Field(description="One byte a comparison of the model, hexadecimal.")]
    tasks: int
    weight_from: Annotated[float, Field(description="Least match weight, bits.")]
    weight_to: Annotated[float, Field(description="Greatest match weight, bits.")]
    batch: Annotated[int | None, Field(description="The newest batch of it. Another opens when that one is done.")]
    stage: Stage | None


class GroupsJson(TypedDict):
    """The groups with at least two samples' worth of tasks, the largest first."""

    groups: list[GroupJson]


class RestJson(TypedDict):
    """What the tasks besides the sample have come to."""

    waiting: int
    answered: int
    left: Annotated[int, Field(description="Open still: they had changed since they were drawn.")]
    taken_back: int
    kept: Annotated[int, Field(description="Answered anew since, so not taken back with the batch.")]


class BatchJson(TypedDict):
    """A batch as it stands."""

    id: int
    pattern: str
    stage: Annotated[
        Stage,
        Field(
            description="sampling: answer the sample; agreed: a second person has to confirm; answering: `apply` "
            "goes on; closed: the sample differs, every task is for single review; undoing: `undo` goes on."
        ),
    ]
    opened_by: str
    opened_at: datetime
    seed: Annotated[int, Field(description="What the order was drawn by.")]
    agreed: Annotated[Decision | None, Field(description="The answer that all of the sample have.")]
    decision: Annotated[Decision | None, Field(description="The answer that was confirmed.")]
    confirmed_by: str
    confirmed_at: datetime | None
    undone_by: str
    sample: list[TaskJson]
    bound: Annotated[
        float, Field(description="The share of the rest that would be answered otherwise, at most (one-sided 95 %).")
    ]
    rest: RestJson
    reasons: Annotated[dict[str, int], Field(description="Why tasks were left or kept, and how many.")]


def _batch_json(found: Standing) -> BatchJson:
    batch = found.batch
    return {
        "id": batch.id,
        "pattern": batch.pattern.hex(),
        "stage": found.stage,
        "opened_by": batch.opened_by,
        "opened_at": batch.opened_at,
        "seed": batch.seed,
        "agreed": found.agreed,
        "decision": batch.decision,
        "confirmed_by": batch.confirmed_by,
        "confirmed_at": batch.confirmed_at,
        "undone_by": batch.undone_by,
        "sample": [task_json(task) for task in found.sample],
        "bound": found.bound,
        "rest": {
            "waiting": found.rest.get(Outcome.WAITING, 0),
            "answered": found.rest.get(Outcome.ANSWERED, 0),
            "left": found.rest.get(Outcome.LEFT, 0),
            "taken_back": found.rest.get(Outcome.TAKEN_BACK, 0),
            "kept": found.rest.get(Outcome.KEPT, 0),
        },
        "reasons": dict(found.reasons),
    }


_BATCH = success(BatchJson, "The batch as it now stands.")


@router.get("/groups", response_model=None, responses=success(GroupsJson, "The groups.") | failures())
def groups(services: Provided, caller: Calling) -> Response:
    """Open possible matches with identical comparison levels, no guard, no studies, of two authorities, that nobody
    holds: what may be answered alike by a sample."""
    content: GroupsJson = {
        "groups": [
            {
                "pattern": one.pattern.hex(),
                "tasks": one.tasks,
                "weight_from": one.least,
                "weight_to": one.greatest,
                "batch": one.batch.id if one.batch else None,
                "stage": one.stage,
            }
            for one in services.batches.groups(caller)
        ]
    }
    return answer(content)


@router.post(
    "/batches",
    response_model=None,
    status_code=201,
    responses=success(BatchJson, "The batch, with its sample.", 201, Location="The batch.")
    | failures(400, 404, 409, 413, 415),
)
def open_batch(body: OpenRequest, services: Provided, caller: Calling) -> Response:
    """Draw a batch of a group, and of the batch a random sample, whose tasks are answered one by one like any other.
    A 409 while the newest batch of the group is not done: one whose sample differed closes the group for good."""
    made = services.batches.open(bytes.fromhex(body.pattern), caller)
    return answer(_batch_json(made), 201, {"Location": f"/v1/batches/{made.batch.id}"})


@router.get("/batches/{batch_id}", response_model=None, responses=_BATCH | failures(404))
def batch(batch_id: BatchId, services: Provided, caller: Calling) -> Response:
    """One batch."""
    return answer(_batch_json(services.batches.standing(batch_id, caller)))


@router.post("/batches/{batch_id}/confirm", response_model=None, responses=_BATCH | failures(400, 404, 409, 413, 415))
def confirm_batch(batch_id: BatchId, body: ConfirmRequest, services: Provided, caller: Calling) -> Response:
    """Agree, as a second person who has answered none of the sample, that the rest is answered as the sample was."""
    return answer(_batch_json(services.batches.confirm(batch_id, Decision(body.decision), caller)))


@router.post("/batches/{batch_id}/apply", response_model=None, responses=_BATCH | failures(404, 409))
def apply_batch(batch_id: BatchId, services: Provided, caller: Calling) -> Response:
    """Answer the next 25 of the rest, each like any other task; call it until none waits. What has changed since it
    was drawn is left open and counted. For who has confirmed the batch, or a senior reviewer."""
    return answer(_batch_json(services.batches.apply(batch_id, caller)))


@router.post("/batches/{batch_id}/undo", response_model=None, responses=_BATCH | failures(404, 409))
def undo_batch(batch_id: BatchId, services: Provided, caller: Calling) -> Response:
    """Take the next 25 answers of the batch back; call it until the stage is undone. The sample is left as it is."""
    return answer(_batch_json(services.batches.undo(batch_id, caller)))

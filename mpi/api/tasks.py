"""Review tasks and assertions over HTTP (needs REVIEW)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, model_validator

from mpi.api import fields
from mpi.api.answers import answer, link, next_page
from mpi.api.fields import Comment, IdentifierIn, IdentifierText, Text
from mpi.api.issuers import find_authority, parse_identifier
from mpi.api.problems import Fix, Invalid
from mpi.api.proposals import PROPOSED, done_or_proposed, proposal_json, proposed
from mpi.api.responses import failures, name_operation, no_content, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import (
    AssertionJson,
    ExplanationJson,
    StandingJson,
    StandingsJson,
    identifier_json,
)
from mpi.api.tasks_shapes import TaskJson, TaskOrderJson, TasksJson
from mpi.domain.evidence import AssertionView
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.orders import TaskOrder
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView

router = APIRouter(
    route_class=SecuredRoute, tags=["review"], generate_unique_id_function=name_operation, prefix="/v1"
)

TaskId = Annotated[int, Path(ge=1, le=fields.BIGINT, examples=[17])]


class TasksQuery(fields.Request):
    """Which tasks to list."""

    state: Annotated[tuple[TaskState, ...], Field(max_length=5, description="May be repeated.")] = (
        TaskState.OPEN,
        TaskState.CLAIMED,
    )
    kind: Annotated[
        tuple[TaskKind, ...], Field(max_length=len(TaskKind), description="May be repeated; none means all.")
    ] = ()
    authority: Annotated[Text, Field(description="Only tasks about a record of this assigning authority.")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    after: Annotated[int, Field(ge=0, le=fields.BIGINT, description="The last task id of the page before.")] = 0


class DecisionRequest(fields.Request):
    """A reviewer's answer."""

    decision: Decision
    comment: Comment
    due: Annotated[
        date | None, Field(description="When to look again, after today and within two years; only with `defer`.")
    ] = None

    @model_validator(mode="after")
    def _check_due(self) -> Self:
        if self.due and self.decision is not Decision.DEFER:
            raise ValueError("due goes with the decision defer alone")
        return self


class UndoRequest(fields.Request):
    """Why a decision or assertion is taken back."""

    comment: Comment


class WithdrawalQuery(fields.Request):
    """Why an assertion is taken back, when no body says it."""

    comment: Comment | None = None


class AssertionRequest(fields.Request):
    """Two records are, or are not, one person."""

    one: IdentifierIn
    other: IdentifierIn
    relation: Annotated[Literal["same", "different"], Field(examples=["different"])]
    comment: Comment


def order_json(order: TaskOrder) -> TaskOrderJson:
    """An order that a task is about as JSON."""
    return {
        "patient": identifier_json(order.patient),
        "filler": order.filler,
        "placer": order.placer,
        "accession": order.accession,
        "study_uid": order.study_uid,
        "withheld": order.withheld,
    }


def task_json(task: TaskView) -> TaskJson:
    """A task as JSON."""
    return {
        "id": task.id,
        "kind": task.kind,
        "state": task.state,
        "one": identifier_json(task.one),
        "other": identifier_json(task.other),
        "golden_ids": list(task.golden_ids),
        "weight": task.weight,
        "guards": list(task.guards),
        "reason": task.reason,
        "created_at": task.created_at,
        "claimed_by": task.claimed_by,
        "held_until": task.held_until,
        "proposed": task.proposed,
        "proposed_by": task.proposed_by,
        "studies": task.studies,
        "study_uids": list(task.study_uids),
        "orders": [order_json(order) for order in task.orders],
        "proposal": proposal_json(task.proposal) if task.proposal else None,
        "decision": task.decision,
        "comment": task.comment,
        "decided_by": task.decided_by,
        "decided_at": task.decided_at,
        "due": task.due,
    }


@router.get(
    "/tasks",
    response_model=None,
    responses=success(TasksJson, "One page of tasks.", Link="rel=next: the next page.") | failures(),
)
def tasks(request: Request, asked: Annotated[TasksQuery, Query()], services: Provided, caller: Calling) -> Response:
    """Review tasks by id; open and claimed ones unless states are named."""
    authority = find_authority(services.network, asked.authority) if asked.authority else ""
    # One more than asked for tells whether there is a next page.
    found = services.review.tasks(caller, asked.state, asked.kind, authority, asked.limit + 1, asked.after)
    shown = found[: asked.limit]
    following = next_page(request, str(shown[-1].id)) if len(found) > asked.limit else None
    content: TasksJson = {"tasks": [task_json(t) for t in shown], "next": following}
    return answer(content, headers={"Link": link(following, "next")} if following else None)


_TASK = success(TaskJson, "The task as it now stands.")


@router.get("/tasks/{task_id}", response_model=None, responses=_TASK | failures(404))
def task(task_id: TaskId, services: Provided, caller: Calling) -> Response:
    """One review task."""
    return answer(task_json(services.review.task(task_id, caller)))


@router.get(
    "/tasks/{task_id}/explanation",
    response_model=None,
    responses=success(ExplanationJson, "One sentence per comparison.") | failures(404),
)
def explanation(task_id: TaskId, services: Provided, caller: Calling) -> Response:
    """Why the pair of a task scored as it did, by the same kernel that scored it. Who asks about a blind sample
    leaves it to somebody else to answer."""
    content: ExplanationJson = {
        "task_id": task_id,
        "sentences": list(services.review.explain(task_id, caller)),
    }
    return answer(content)


@router.post("/tasks/{task_id}/claim", response_model=None, responses=_TASK | failures(404, 409))
def claim_task(task_id: TaskId, services: Provided, caller: Calling) -> Response:
    """Take a task; a 409 when another reviewer has it."""
    return answer(task_json(services.review.claim(task_id, caller)))


class AssignmentRequest(fields.Request):
    """Who shall answer a task."""

    assignee: Text


@router.post("/tasks/{task_id}/assign", response_model=None, responses=_TASK | failures(400, 404, 409, 413, 415))
def assign_task(task_id: TaskId, body: AssignmentRequest, services: Provided, caller: Calling) -> Response:
    """Give a task to another reviewer, for three days; one that somebody else holds needs a senior reviewer."""
    return answer(task_json(services.worklist.assign(task_id, body.assignee, caller)))


@router.post("/tasks/{task_id}/release", response_model=None, responses=_TASK | failures(404, 409))
def release_task(task_id: TaskId, services: Provided, caller: Calling) -> Response:
    """Give a task back."""
    return answer(task_json(services.review.release(task_id, caller)))


@router.post("/tasks/{task_id}/decision", response_model=None, responses=_TASK | failures(400, 404, 409, 413, 415))
def decide_task(task_id: TaskId, body: DecisionRequest, services: Provided, caller: Calling) -> Response:
    """Answer a task. When this returns, the identities have changed accordingly, unless the answer is `proposed`:
    one that parts a verified NHS number or moves many studies stands when a second person gives it too."""
    decided = services.review.decide(task_id, body.decision, body.comment, caller, body.due)
    return answer(task_json(decided))


@router.post("/tasks/{task_id}/undo", response_model=None, responses=_TASK | failures(400, 404, 409, 413, 415))
def undo_task(task_id: TaskId, body: UndoRequest, services: Provided, caller: Calling) -> Response:
    """Take a decision back; identities are exactly as without it."""
    return answer(task_json(services.review.undo(task_id, body.comment, caller)))


def _identifier(network: Network, given: IdentifierIn) -> Identifier:
    return Identifier(find_authority(network, given.authority), given.value)


class AssertionsQuery(fields.Request):
    """Which record to tell the assertions of."""

    identifier: IdentifierText


@router.get(
    "/assertions",
    summary="The standing assertions about a record, a feed's merges included",
    responses=success(StandingsJson, "What stands.") | failures(404),
)
def assertions(wanted: Annotated[AssertionsQuery, Query()], services: Provided, caller: Calling) -> Response:
    """What reviewers and feeds have said of a record and nobody has taken back."""
    identifier = parse_identifier(services.network, wanted.identifier)
    standing = services.review.assertions(identifier, caller)
    content: StandingsJson = {"assertions": [standing_json(made) for made in standing]}
    return answer(content)


def standing_json(made: AssertionView) -> StandingJson:
    """An assertion as JSON."""
    return {
        "id": made.id,
        "one": identifier_json(made.one),
        "other": identifier_json(made.other),
        "relation": "same" if made.same else "different",
        "rank": made.rank,
        "occurred": made.occurred,
        "subsumed": identifier_json(made.subsumed) if made.subsumed else None,
    }


@router.post(
    "/assertions",
    response_model=None,
    status_code=201,
    responses=success(AssertionJson, "The assertion stands.", 201, Location="What to DELETE to withdraw it.")
    | PROPOSED
    | failures(400, 404, 409, 413, 415),
)
def assert_pair(body: AssertionRequest, services: Provided, caller: Calling) -> Response:
    """Assert that two records are, or are not, one person, without a task. Where it takes two people it is proposed,
    but for a senior reviewer."""
    one, other = _identifier(services.network, body.one), _identifier(services.network, body.other)
    done = services.review.assert_pair(one, other, body.relation == "same", body.comment, caller)
    if done.task is not None:
        return proposed(done.task)
    (made,) = done.assertions
    content: AssertionJson = {"id": made}
    return answer(content, 201, {"Location": f"/v1/assertions/{made}"})


@router.delete(
    "/assertions/{assertion_id}",
    response_model=None,
    status_code=204,
    responses=no_content("Withdrawn.") | PROPOSED | failures(400, 404, 409, 413, 415),
)
def withdraw_assertion(
    assertion_id: Annotated[int, Path(ge=1, le=fields.BIGINT)],
    services: Provided,
    caller: Calling,
    asked: Annotated[WithdrawalQuery, Query()],
    body: UndoRequest | None = None,
) -> Response:
    """Take an assertion back, with all that was stated in one act with it. The reason is best in the body, because
    what stands in a URL reaches logs; it may be in the query, because proxies drop the body of a DELETE. Of two the
    body's counts."""
    comment = body.comment if body else asked.comment
    if comment is None:
        fix = Fix("comment is missing: say why, in a JSON body or in the query", parameter="comment")
        raise Invalid("invalid-request", [fix])
    return done_or_proposed(services.review.withdraw(assertion_id, comment, caller))

"""The work list over HTTP (needs REVIEW): the most urgent first, the next task, and what an answer would do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mpi.api import fields
from mpi.api.answers import answer, link, next_page
from mpi.api.fields import Instant, OdsCode, Text
from mpi.api.problems import Fix, Invalid
from mpi.api.responses import failures, name_operation, no_content, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import ConsequenceJson, DepartureJson, identifier_json
from mpi.api.tasks import TaskId, task_json
from mpi.api.tasks_shapes import TaskJson, WorklistJson
from mpi.domain.consequence import Departure
from mpi.domain.network import Network
from mpi.domain.views import Decision, TaskKind
from mpi.domain.worklist import Position, Wanted, owned
from mpi.errors import Fault

router = APIRouter(
    route_class=SecuredRoute, tags=["review"], generate_unique_id_function=name_operation, prefix="/v1"
)


class Filters(fields.Request):
    """Which unanswered tasks; filters left out do not restrict."""

    kind: Annotated[tuple[TaskKind, ...], Field(max_length=len(TaskKind), description="May be repeated.")] = ()
    organisation: Annotated[OdsCode, Field(description="ODS code of the trust of one of the records.")] = ""
    weight_from: Annotated[float | None, Field(description="Least match weight, bits.", allow_inf_nan=False)] = None
    weight_to: Annotated[float | None, Field(description="Greatest match weight, bits.", allow_inf_nan=False)] = None
    before: Annotated[Instant | None, Field(description="Asked before then.")] = None
    assignee: Annotated[Text, Field(description="Who holds it; - for nobody.")] = ""
    text: Annotated[Text, Field(description="A patient id, or the beginning of a surname.")] = ""
    deferred: Annotated[bool, Field(description="Also those deferred to a later day.")] = False

    def to_wanted(self, network: Network) -> Wanted:
        """The filters as the use case knows them."""
        authorities = owned(network, self.organisation)
        if self.organisation and not authorities:
            fix = Fix("no assigning authority of this network belongs to it", parameter="organisation")
            raise Invalid(Fault.BAD_VALUE, [fix])
        weight = (self.weight_from, self.weight_to)
        return Wanted(self.kind, authorities, weight, self.before, self.assignee, self.text, self.deferred)


class WorklistQuery(Filters):
    """Filters and paging."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[
        str, Field(pattern=r"^(-?[0-9]{1,5}~-?[0-9]{1,5}(\.[0-9]{1,12})?~[0-9]{1,18})?$", description="From `next`.")
    ] = ""

    def position(self) -> Position | None:
        """Where the page before ended."""
        if not self.after:
            return None
        place, weight, number = self.after.split("~")
        return Position(int(place), float(weight), int(number))


@router.get(
    "/worklist",
    response_model=None,
    responses=success(WorklistJson, "One page of tasks.", Link="rel=next: the next page.") | failures(),
)
def worklist(
    request: Request, asked: Annotated[WorklistQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """Unanswered tasks: NHS number confusions and overlays first, then where imaging is affected, then the surest,
    then the oldest."""
    page = services.worklist.page(caller, asked.to_wanted(services.network), asked.limit, asked.position())
    at = page.following
    following = next_page(request, f"{at.place}~{at.weight:f}~{at.id}") if at else None
    content: WorklistJson = {"tasks": [task_json(t) for t in page.tasks], "total": page.total, "next": following}
    return answer(content, headers={"Link": link(following, "next")} if following else None)


@router.post(
    "/worklist/next",
    response_model=None,
    responses=success(TaskJson, "The task, now claimed.") | no_content("Nothing is left.") | failures(404, 409),
)
def next_task(asked: Annotated[Filters, Query()], services: Provided, caller: Calling) -> Response:
    """Claim the most urgent task that nobody holds. Two who ask at once get two tasks."""
    found = services.worklist.next(caller, asked.to_wanted(services.network))
    return Response(None, 204) if found is None else answer(task_json(found))


@router.get(
    "/tasks/{task_id}/preview",
    response_model=None,
    responses=success(ConsequenceJson, "What the answer would do.") | failures(404, 409),
)
def preview(task_id: TaskId, decision: Decision, services: Provided, caller: Calling) -> Response:
    """What an answer would do: golden identities joined and split, studies that change histories, trusts to be told.
    It is done and taken back in one transaction, by the code that would do it."""
    found, needs_two = services.review.preview(task_id, decision, caller)
    content: ConsequenceJson = {
        "task_id": task_id,
        "decision": decision,
        "needs_two": needs_two,
        "breaks_verified": found.breaks_verified,
        "departures": [_departure_json(one, one.new in found.minted) for one in found.departures],
        "contested": [identifier_json(i) for i in found.contested],
        "confirmed": [identifier_json(i) for i in found.confirmed],
        "told": list(found.told),
    }
    return answer(content)


def _departure_json(one: Departure, minted: bool) -> DepartureJson:
    return {
        "old": one.old,
        "new": None if minted else one.new,
        "identifiers": [identifier_json(i) for i in one.identifiers],
        "studies": list(one.studies),
        "retires": one.retires,
    }

"""What subscribers are owed, over HTTP (needs OPERATE): who is not being told, trying again, setting aside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.fields import Comment
from mpi.api.responses import failures, name_operation, no_content, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.domain.views import Event, EventType
from mpi.usecases.subscribers.deliveries import Condition, Owed, host_of, name_of

router = APIRouter(
    route_class=SecuredRoute,
    tags=["subscriptions"],
    generate_unique_id_function=name_operation,
    prefix="/v1/deliveries",
)
SubscriptionId = Annotated[int, Path(ge=1, le=fields.BIGINT, examples=[17])]


class SetAsideRequest(fields.Request):
    """Why an event need not be told."""

    event_id: Annotated[int, Field(ge=1, le=fields.BIGINT, description="The oldest event that is owed.")]
    reason: Comment


class OwedEventJson(TypedDict):
    """An event that is still owed."""

    id: int
    type: EventType
    at: datetime
    golden_ids: Annotated[list[UUID], Field(description="The golden ids that the event speaks of.")]


class OwedJson(TypedDict):
    """A subscriber and what it is owed."""

    id: int
    name: Annotated[str, Field(examples=["ris/ITI-10", "webhook/3"])]
    host: Annotated[str, Field(description="Of a webhook, where it is; its address may hold a secret.")]
    owner: str
    state: Annotated[
        Condition,
        Field(
            description="stopped: it refused an event for good; failing: it is tried again by itself; set-aside: "
            "what it refused was set aside, and it has been told nothing since."
        ),
    ]
    pending: int
    lag: Annotated[float, Field(description="Seconds that the oldest event has waited.")]
    failures: Annotated[int, Field(description="Attempts that failed one after another.")]
    next_attempt_at: datetime | None
    last_error: str
    events: Annotated[list[OwedEventJson], Field(description="The oldest that are owed, in their order.")]


class DeliveriesJson(TypedDict):
    """Every subscriber, those first that are not being told."""

    subscribers: list[OwedJson]


class RetriedJson(TypedDict):
    """How many subscribers are told again."""

    subscribers: int


def _event_json(event: Event) -> OwedEventJson:
    golden_ids = list(dict.fromkeys((*event.old_golden_ids, *event.new_golden_ids)))
    return {"id": event.id, "type": event.type, "at": event.at, "golden_ids": golden_ids}


def _owed_json(owed: Owed) -> OwedJson:
    return {
        "id": owed.subscription.id,
        "name": name_of(owed.subscription),
        "host": host_of(owed.subscription),
        "owner": owed.subscription.owner,
        "state": owed.condition,
        "pending": owed.subscription.pending,
        "lag": owed.lag,
        "failures": owed.failures,
        "next_attempt_at": owed.next_attempt_at if owed.condition is Condition.FAILING else None,
        "last_error": owed.subscription.last_error,
        "events": [_event_json(event) for event in owed.next_events],
    }


@router.get("", response_model=None, responses=success(DeliveriesJson, "Every subscriber.") | failures())
def deliveries(services: Provided, caller: Calling) -> Response:
    """What is still owed to whom: webhooks, and consumers of the network file."""
    content: DeliveriesJson = {"subscribers": [_owed_json(owed) for owed in services.deliveries.list(caller)]}
    return answer(content)


@router.get("/{subscription_id}", response_model=None, responses=success(OwedJson, "The subscriber.") | failures(404))
def delivery(subscription_id: SubscriptionId, services: Provided, caller: Calling) -> Response:
    """One subscriber with the oldest 50 events it is owed."""
    return answer(_owed_json(services.deliveries.open(subscription_id, caller)))


@router.post("/retry", response_model=None, responses=success(RetriedJson, "They are told again.") | failures())
def retry_all_deliveries(services: Provided, caller: Calling) -> Response:
    """Go on telling everybody who is not being told."""
    content: RetriedJson = {"subscribers": services.deliveries.retry_all(caller)}
    return answer(content)


@router.post(
    "/{subscription_id}/retry",
    response_model=None,
    status_code=204,
    responses=no_content("It is told again.") | failures(404),
)
def retry_deliveries(subscription_id: SubscriptionId, services: Provided, caller: Calling) -> Response:
    """Go on telling a subscriber now, from the oldest event it is owed: events are never told out of their order."""
    services.deliveries.retry(subscription_id, caller)
    return Response(None, 204)


@router.post(
    "/{subscription_id}/set-aside",
    response_model=None,
    status_code=204,
    responses=no_content("It is left out, and the next one is told.") | failures(400, 404, 409, 413, 415),
)
def set_aside_delivery(
    subscription_id: SubscriptionId, body: SetAsideRequest, services: Provided, caller: Calling
) -> Response:
    """Leave out the event that a subscriber refuses: the oldest that it is owed, and no other."""
    services.deliveries.set_aside(subscription_id, body.event_id, body.reason, caller)
    return Response(None, 204)

"""Webhook subscriptions over HTTP (needs SUBSCRIBE)."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from mpi.api import fields
from mpi.api.answers import answer
from mpi.api.responses import failures, name_operation, no_content, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import SubscriptionJson, SubscriptionsJson
from mpi.domain.interest import Interest
from mpi.domain.views import EventType
from mpi.usecases.subscribers.subscriptions import Subscription

router = APIRouter(
    route_class=SecuredRoute,
    tags=["subscriptions"],
    generate_unique_id_function=name_operation,
    prefix="/v1/subscriptions",
)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it is what checks it
    except ValueError:
        raise ValueError("the URL cannot be read") from None
    return parts


def _is_unsafe_address(host: str) -> bool:
    # Link-local addresses carry the metadata services of hosting platforms, which answer anybody on the machine.
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_link_local or address.is_multicast or address.is_unspecified


def check_webhook_url(url: str) -> str:
    """`url` when it may be called: http or https, a host, no credentials, no fragment. Raises ValueError."""
    parts = _split(url)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("only http and https URLs can be called")
    if not parts.hostname or _is_unsafe_address(parts.hostname):
        raise ValueError("the URL names no host that may be called")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("the URL must carry neither credentials nor a fragment")
    return url


# As `examination.site_of` spells it: whatever the blanks between its words.
BodySite = Annotated[
    str,
    StringConstraints(max_length=64, pattern=r"^[A-Za-z][A-Za-z _-]*$"),
    AfterValidator(lambda text: re.sub("[^A-Z]", "", text.upper())),
]


class SubscriptionRequest(fields.Request):
    """A webhook to call with every identity change from now on, or with those of some studies."""

    url: Annotated[
        str,
        StringConstraints(min_length=8, max_length=2000, pattern=r"^[\x21-\x7e]+$"),
        AfterValidator(check_webhook_url),
        Field(examples=["https://archive.example.nhs.uk/mpi-events"]),
    ]
    types: Annotated[tuple[EventType, ...], Field(max_length=20, description="None means all.")] = ()
    modalities: Annotated[
        tuple[fields.Modality, ...],
        Field(max_length=20, description="Tell only what touches a study of one of them.", examples=[["CT"]]),
    ] = ()
    body_sites: Annotated[
        tuple[BodySite, ...],
        Field(max_length=50, description="Tell only what touches a study of one of them.", examples=[["CHEST"]]),
    ] = ()
    secret: Annotated[
        SecretStr,
        Field(
            min_length=16,
            max_length=200,
            description="Signs each body: X-MPI-Signature is sha256= and the HMAC-SHA256 in hex. Never shown again.",
            examples=["a-long-random-secret-of-your-own"],
        ),
    ]


def subscription_json(subscription: Subscription) -> SubscriptionJson:
    """A subscription as JSON, without its secret."""
    return {
        "id": subscription.id,
        "url": subscription.url,
        "types": [event_type.value for event_type in subscription.types],
        "modalities": list(subscription.interest.modalities),
        "body_sites": list(subscription.interest.body_sites),
        "owner": subscription.owner,
        "active": subscription.active,
        "created_at": subscription.created_at,
        "pending": subscription.pending,
        "last_error": subscription.last_error,
    }


@router.post(
    "",
    response_model=None,
    status_code=201,
    responses=success(SubscriptionJson, "Subscribed.", 201, Location="What to DELETE to stop.")
    | failures(400, 409, 413, 415),
)
def subscribe(body: SubscriptionRequest, services: Provided, caller: Calling) -> Response:
    """Be told of every identity change, with old and new golden ids, at least once and in order per person.

    With `modalities` or `body_sites` only of what touches such a study: that it is registered, that more is known of
    it (study-changed: its first image may not have told all), and whose it is. What these are told has the studies
    that match, under `study_details`, and all identifiers of the person under `cross_references`.
    """
    types = tuple(dict.fromkeys(body.types))
    interest = Interest(tuple(dict.fromkeys(body.modalities)), tuple(dict.fromkeys(body.body_sites)))
    made = services.subscriptions.add(body.url, types, body.secret.get_secret_value(), caller, interest)
    return answer(subscription_json(made), 201, {"Location": f"/v1/subscriptions/{made.id}"})


@router.get("", response_model=None, responses=success(SubscriptionsJson, "The subscriptions.") | failures())
def subscriptions(services: Provided, caller: Calling) -> Response:
    """The caller's own subscriptions; all of them for an administrator."""
    found = services.subscriptions.list(caller)
    content: SubscriptionsJson = {"subscriptions": [subscription_json(s) for s in found]}
    return answer(content)


@router.delete(
    "/{subscription_id}",
    response_model=None,
    status_code=204,
    responses=no_content("Stopped; what was pending is forgotten.") | failures(404),
)
def unsubscribe(
    subscription_id: Annotated[int, Path(ge=1, le=fields.BIGINT)], services: Provided, caller: Calling
) -> Response:
    """Stop a subscription."""
    services.subscriptions.remove(subscription_id, caller)
    return Response(None, 204)

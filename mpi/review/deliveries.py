"""What subscribers are owed: who is not being told and why, telling them again, setting the oldest event aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from mpi.domain.access import Caller
from mpi.review.comments import Comment, overlong
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.words import CONDITIONS, count
from mpi.usecases.subscribers.deliveries import Condition, host_of, name_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/deliveries"
SubscriptionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_SHOWN = 50  # events


@router.get(PATH)
def subscribers(request: Request, pages: Paging, caller: Calling) -> Response:
    """Every subscriber, those first that are not being told."""
    found = pages.bench.deliveries.list(caller)
    return pages.page(
        request,
        "deliveries.jinja",
        subscribers=[(owed, name_of(owed.subscription), host_of(owed.subscription)) for owed in found],
        conditions=CONDITIONS,
        troubled=sum(owed.condition in (Condition.STOPPED, Condition.FAILING) for owed in found),
    )


@router.post(f"{PATH}/retry")
def retry_all(request: Request, pages: Paging, caller: Calling) -> Response:
    """Tell everybody again who is not being told."""
    told = pages.bench.deliveries.retry_all(caller)
    said = (
        f"{count(told, 'subscriber')} {'is' if told == 1 else 'are'} told again." if told else "All are being told."
    )
    return pages.redirect(request, PATH, said)


@router.get(PATH + "/{subscription_id}")
def subscriber(request: Request, pages: Paging, caller: Calling, subscription_id: SubscriptionId) -> Response:
    """One subscriber with what it is owed."""
    return _page(request, pages, caller, subscription_id)


def _page(
    request: Request,
    pages: Pages,
    caller: Caller,
    subscription_id: int,
    errors: Mapping[str, str] = {},
    status: int = 200,
    reason: str = "",
) -> Response:
    owed = pages.bench.deliveries.open(subscription_id, caller, _SHOWN)
    return pages.page(
        request,
        "subscriber.jinja",
        status,
        owed=owed,
        name=name_of(owed.subscription),
        host=host_of(owed.subscription),
        conditions=CONDITIONS,
        errors=errors,
        reason=reason,
    )


@router.post(PATH + "/{subscription_id}/retry")
def retry(request: Request, pages: Paging, caller: Calling, subscription_id: SubscriptionId) -> Response:
    """Tell the subscriber again now, from the oldest event it is owed."""
    pages.bench.deliveries.retry(subscription_id, caller)
    said = "It is told again now. Open this page again in a moment to see whether it takes what it is owed."
    return pages.redirect(request, f"{PATH}/{subscription_id}", said)


@router.post(PATH + "/{subscription_id}/set-aside")
def set_aside(
    request: Request,
    pages: Paging,
    caller: Calling,
    subscription_id: SubscriptionId,
    event: Annotated[int, Form(ge=1, le=2**63 - 1)],
    reason: Comment = "",
) -> Response:
    """Leave out the oldest event that the subscriber is owed."""
    if not reason.strip():
        errors = {"reason": "Say why the subscriber need not be told"}
        return _page(request, pages, caller, subscription_id, errors, 422)
    if long := overlong(reason):
        return _page(request, pages, caller, subscription_id, {"reason": long}, 422, reason)
    pages.bench.deliveries.set_aside(subscription_id, event, reason, caller)
    said = f"Event {event} is set aside, and the subscriber is told what comes after it."
    return pages.redirect(request, f"{PATH}/{subscription_id}", said)

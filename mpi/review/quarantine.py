"""Refused messages: the list of those that wait, one laid open, a mended copy sent again, and settling without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response

from mpi.domain.access import Caller
from mpi.domain.commands import Receipt
from mpi.domain.network import Network
from mpi.domain.quarantine import Sought, senders_of, sending
from mpi.errors import Fault, Refused
from mpi.review.comments import Comment, overlong
from mpi.review.dates import whole_day
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.words import FAULTS, location
from mpi.usecases.refused.quarantine import COUNTED

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/quarantine"
MessageId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_SIZE = 25
_LONGEST = 1 << 20  # characters of a message


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form of the list says, as it says it; what means nothing here does not restrict."""

    trust: str = ""
    feed: str = ""
    fault: str = ""
    day: str = ""
    text: str = ""
    settled: str = ""

    def sought(self, network: Network) -> Sought:
        """The filters as the use case knows them."""
        since, until = whole_day(self.day)
        fault = self.fault if self.fault in set(Fault) else ""
        senders = senders_of(network, self.trust) if self.trust else None
        return Sought(senders, self.feed, fault, since, until, self.text.strip(), bool(self.settled))

    @property
    def query(self) -> str:
        """The filters as a query, without those that say nothing."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


def filters_of(
    trust: Annotated[str, Query(max_length=10)] = "",
    feed: Annotated[str, Query(max_length=60)] = "",
    fault: Annotated[str, Query(max_length=40)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    settled: Annotated[str, Query(max_length=5)] = "",
) -> Filters:
    """The filters in the address of a page."""
    return Filters(trust, feed, fault, day, text, settled)


Filtered = Annotated[Filters, Depends(filters_of)]


@router.get(PATH)
def refused_messages(
    request: Request,
    pages: Paging,
    caller: Calling,
    filters: Filtered,
    before: Annotated[str, Query(max_length=20, pattern="^[0-9]*$")] = "",
) -> Response:
    """One page of the messages that wait, the newest first."""
    bench = pages.bench
    position = min(int(before), 2**63 - 1) if before else None
    page = bench.quarantine.list(caller, filters.sought(bench.network), _SIZE, position)
    own = caller.bounds
    return pages.page(
        request,
        "quarantine.jinja",
        page=page,
        counted=COUNTED,
        filters=filters,
        faults=FAULTS,
        trusts=[(one.code, one.name) for one in sending(bench.network)] if own is None else [],
        feeds=sorted(feed.id for feed in bench.network.feeds if own in (None, feed.organisation)),
        first=not before,
    )


@router.get(PATH + "/{message_id}")
def refused_message(
    request: Request, pages: Paging, caller: Calling, message_id: MessageId, filters: Filtered
) -> Response:
    """One message laid open."""
    return _page(request, pages, caller, message_id, filters)


def _page(
    request: Request,
    pages: Pages,
    caller: Caller,
    message_id: int,
    filters: Filters,
    errors: Mapping[str, str] = {},
    status: int = 200,
    entered: Mapping[str, str] = {},
) -> Response:
    opened = pages.bench.quarantine.open(message_id, caller)
    return pages.page(
        request,
        "quarantined.jinja",
        status,
        opened=opened,
        kept=opened.kept,
        reading=opened.reading,
        filters=filters,
        errors=errors,
        entered=entered,
    )


@router.post(PATH + "/{message_id}/replay")
def replay(request: Request, pages: Paging, caller: Calling, message_id: MessageId, filters: Filtered) -> Response:
    """Send the message again as it came."""
    receipt = pages.bench.quarantine.replay(message_id, None, caller)
    return _after(request, pages, receipt, message_id, filters)


@router.post(PATH + "/{message_id}/edit")
def edit(
    request: Request,
    pages: Paging,
    caller: Calling,
    message_id: MessageId,
    filters: Filtered,
    content: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Send an edited copy."""
    if not content.strip():
        errors = {"content": "Enter the message"}
        return _page(request, pages, caller, message_id, filters, errors, 422, {"content": content})
    try:
        receipt = pages.bench.quarantine.replay(message_id, content, caller)
    except Refused as refused:
        errors = {"content": refused.text[:1].upper() + refused.text[1:]}
        return _page(request, pages, caller, message_id, filters, errors, 422, {"content": content})
    return _after(request, pages, receipt, message_id, filters)


@router.post(PATH + "/{message_id}/settle")
def settle(
    request: Request,
    pages: Paging,
    caller: Calling,
    message_id: MessageId,
    filters: Filtered,
    reason: Comment = "",
) -> Response:
    """Settle the message without sending it again."""
    if not reason.strip():
        errors = {"reason": "Say why the message need not be sent again"}
        return _page(request, pages, caller, message_id, filters, errors, 422)
    if long := overlong(reason):
        return _page(request, pages, caller, message_id, filters, {"reason": long}, 422, {"reason": reason})
    pages.bench.quarantine.settle(message_id, reason, caller)
    return pages.redirect(request, _list(filters), f"Message {message_id} is settled. It is under the settled ones.")


def _after(request: Request, pages: Pages, receipt: Receipt, message_id: int, filters: Filters) -> Response:
    """To the list when the copy was accepted, else to the copy, which can be mended further."""
    number = receipt.message_id
    if not receipt.fault:
        what = "had been accepted before; nothing was applied now" if receipt.repeat else "was accepted and applied"
        said = f"Message {number} {what}. Message {message_id} is settled."
        return pages.redirect(request, _list(filters), said)
    where = f", at {location(receipt.location)}" if receipt.location else ""
    said = (
        f"The copy was refused{where}: {receipt.text[:300]}. It is kept as message {number}, which this page shows."
    )
    query = f"?{filters.query}" if filters.query else ""
    return pages.redirect(request, f"{PATH}/{number}{query}", said)


def _list(filters: Filters) -> str:
    return PATH + (f"?{filters.query}" if filters.query else "")

"""Refused messages over HTTP (needs MEND): what is wrong, the message laid open, and sending a copy again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from mpi.api import fields
from mpi.api.answers import answer, link, next_page
from mpi.api.fields import Comment, Instant, OdsCode, Text
from mpi.api.problems import Fix, Invalid
from mpi.api.responses import failures, name_operation, no_content, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.domain.commands import Receipt, Status
from mpi.domain.network import Network
from mpi.domain.quarantine import Kept, Sought, senders_of
from mpi.domain.reading import Section
from mpi.errors import Fault

router = APIRouter(
    route_class=SecuredRoute, tags=["operations"], generate_unique_id_function=name_operation, prefix="/v1/quarantine"
)
MessageId = Annotated[int, Path(ge=1, le=fields.BIGINT, examples=[17])]


class RefusedQuery(fields.Request):
    """Which refused messages; filters left out do not restrict."""

    organisation: Annotated[OdsCode, Field(description="ODS code of the trust that sent it.")] = ""
    feed: Annotated[Text, Field(description="A feed of the network, by its id.")] = ""
    fault: Annotated[Fault | None, Field(description="Why it was refused.")] = None
    since: Annotated[Instant | None, Field(description="Received then or later.")] = None
    until: Annotated[Instant | None, Field(description="Received before then.")] = None
    text: Annotated[Text, Field(description="Part of the reason.")] = ""
    settled: Annotated[bool, Field(description="Those that are settled, instead of those that wait.")] = False
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[int | None, Field(ge=1, le=fields.BIGINT, description="From `next`.")] = None

    def to_sought(self, network: Network) -> Sought:
        """The filters as the use case knows them."""
        senders = senders_of(network, self.organisation) if self.organisation else None
        if senders is not None and not (senders.feeds or senders.archives):
            raise Invalid(Fault.BAD_VALUE, [Fix("it sends nothing in this network", parameter="organisation")])
        return Sought(senders, self.feed, self.fault or "", self.since, self.until, self.text, self.settled)


class ReplayRequest(fields.Request):
    """How the copy differs."""

    text: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=1 << 20)] | None,
        Field(description="The message's `text` as edited; left out, the message is sent again as it came."),
    ] = None


class SettleRequest(fields.Request):
    """Why the message need not be sent again."""

    reason: Comment


class RefusedJson(TypedDict):
    """A message without its content."""

    id: int
    feed: Annotated[str, Field(description="Empty when its sender is not known.", examples=["bolton"])]
    application: str
    facility: str
    control_id: str
    event: Annotated[str, Field(examples=["ADT^A08"])]
    received_at: datetime
    fault: Annotated[str, Field(description="Empty when it was accepted.", examples=["bad-value"])]
    reason: str
    location: Annotated[str, Field(description="In the sender's terms.", examples=["PID^1^7"])]
    original: Annotated[int | None, Field(description="The refused message that it is a copy of.")]
    made_by: Annotated[str, Field(description="Who made the copy.")]
    settled_at: datetime | None
    settled_by: str
    settlement: str


class RefusedMessagesJson(TypedDict):
    """Refused messages, the newest first. `total` counts no further than 1,000."""

    messages: list[RefusedJson]
    total: int
    next: str | None


class PartJson(TypedDict):
    """A component of a value."""

    name: str
    text: str


class EntryJson(TypedDict):
    """A field or attribute."""

    place: Annotated[str, Field(examples=["PID-3"])]
    name: str
    marked: Annotated[bool, Field(description="The refusal speaks of it.")]
    parts: list[PartJson]


class SectionJson(TypedDict):
    """A segment, or a whole data set."""

    name: str
    title: str
    entries: list[EntryJson]


class OpenedJson(TypedDict):
    """A message laid open; it holds demographics."""

    message: RefusedJson
    protocol: str
    sections: list[SectionJson]
    document: str
    answer: Annotated[str, Field(description="What a FHIR sender was told.")]
    text: Annotated[str | None, Field(description="What a copy is edited from.")]
    obstacle: Annotated[str, Field(description="Why it cannot be sent again; empty when it can.")]
    copies: list[RefusedJson]


class ReceiptJson(TypedDict):
    """What became of the copy."""

    status: Literal["accepted", "refused"]
    message_id: int
    repeat: Annotated[bool, Field(description="It had been accepted before, and nothing was applied now.")]
    fault: str
    reason: str
    location: str


def _refused_json(kept: Kept) -> RefusedJson:
    return {
        "id": kept.id,
        "feed": kept.feed,
        "application": kept.application,
        "facility": kept.facility,
        "control_id": kept.control_id,
        "event": kept.event,
        "received_at": kept.received_at,
        "fault": kept.fault,
        "reason": kept.reason,
        "location": kept.location,
        "original": kept.original,
        "made_by": kept.made_by,
        "settled_at": kept.settled_at,
        "settled_by": kept.settled_by,
        "settlement": kept.settlement,
    }


def _section_json(section: Section) -> SectionJson:
    entries: list[EntryJson] = [
        {
            "place": entry.place,
            "name": entry.name,
            "marked": entry.marked,
            "parts": [{"name": name, "text": text} for name, text in entry.parts],
        }
        for entry in section.entries
    ]
    return {"name": section.name, "title": section.title, "entries": entries}


@router.get(
    "",
    response_model=None,
    responses=success(RefusedMessagesJson, "One page.", Link="rel=next: the next page.") | failures(),
)
def refused_messages(
    request: Request, asked: Annotated[RefusedQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """Refused messages that wait, the newest first. Whoever does not operate the network sees their own trust's."""
    page = services.quarantine.list(caller, asked.to_sought(services.network), asked.limit, asked.after)
    following = next_page(request, str(page.following)) if page.following else None
    content: RefusedMessagesJson = {
        "messages": [_refused_json(kept) for kept in page.messages],
        "total": page.total,
        "next": following,
    }
    return answer(content, headers={"Link": link(following, "next")} if following else None)


@router.get("/{message_id}", response_model=None, responses=success(OpenedJson, "The message.") | failures(404))
def refused_message(message_id: MessageId, services: Provided, caller: Calling) -> Response:
    """One message by segment and field, attribute, or as a document, with the copies of it that were sent again."""
    opened = services.quarantine.open(message_id, caller)
    content: OpenedJson = {
        "message": _refused_json(opened.kept),
        "protocol": opened.reading.protocol,
        "sections": [_section_json(section) for section in opened.reading.sections],
        "document": opened.reading.document,
        "answer": opened.reading.answer,
        "text": opened.reading.text,
        "obstacle": opened.obstacle,
        "copies": [_refused_json(kept) for kept in opened.copies],
    }
    return answer(content)


@router.post(
    "/{message_id}/replay",
    response_model=None,
    responses=success(ReceiptJson, "Accepted and committed, or refused anew.") | failures(400, 404, 409, 413, 415),
)
def replay_message(message_id: MessageId, body: ReplayRequest, services: Provided, caller: Calling) -> Response:
    """Send a refused message again, as it came or edited, through what takes in its feed's messages. The original
    stays as it is. Nothing is applied twice: of all copies of a message one is accepted, and bytes that the sender
    has had accepted itself are not applied again."""
    return answer(_receipt_json(services.quarantine.replay(message_id, body.text, caller)))


def _receipt_json(receipt: Receipt) -> ReceiptJson:
    return {
        "status": "accepted" if receipt.status is Status.ACCEPTED else "refused",
        "message_id": receipt.message_id,
        "repeat": receipt.repeat,
        "fault": receipt.fault,
        "reason": receipt.text,
        "location": receipt.location,
    }


@router.post(
    "/{message_id}/settlement",
    response_model=None,
    status_code=204,
    responses=no_content("Settled.") | failures(400, 404, 409, 413, 415),
)
def settle_message(message_id: MessageId, body: SettleRequest, services: Provided, caller: Calling) -> Response:
    """Settle a refused message that need not be sent again; it leaves the list and can still be found."""
    services.quarantine.settle(message_id, body.reason, caller)
    return Response(None, 204)

"""What arrives wrong from a feed (needs OPERATE). Places, ways and counts; never a value of a field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from typing_extensions import TypedDict

from mpi.api.answers import answer
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided

router = APIRouter(
    route_class=SecuredRoute, tags=["operations"], generate_unique_id_function=name_operation, prefix="/v1/feeds"
)


class FeedFaultJson(TypedDict):
    """One way of being wrong at one place."""

    place: Annotated[
        str,
        Field(
            description="Segment, field, component, or the element of a FHIR Patient; empty: the message.",
            examples=["PID-3.4", "Patient.birthDate"],
        ),
    ]
    fault: Annotated[str, Field(examples=["PID-7 is not a date and was ignored"])]
    found_by: Annotated[
        Literal["reader", "validator"],
        Field(description="The reader sees every message, the validator as many as `validated` says."),
    ]
    messages: Annotated[int, Field(description="How many messages showed it.")]
    first_seen: datetime
    last_seen: datetime


class FeedConformanceJson(TypedDict):
    """What arrived wrong from one feed, the most frequent first."""

    feed: Annotated[str, Field(examples=["bolton"])]
    strictness: Literal["lenient", "strict"]
    since: date
    messages: int
    validated: Annotated[int, Field(description="How many of the messages the validator was shown.")]
    faults: list[FeedFaultJson]


@router.get(
    "/{feed}/conformance",
    response_model=None,
    responses=success(FeedConformanceJson, "The report.") | failures(404),
)
def conformance(
    feed: Annotated[str, Path(max_length=40, description="The feed's id in the network file.", examples=["bolton"])],
    services: Provided,
    caller: Calling,
    days: Annotated[int, Query(ge=1, le=3650, description="How many days back, today (UTC) among them.")] = 30,
) -> Response:
    """What arrives wrong from a feed: where, in which way, how often, first and last."""
    found = services.conformance.report(feed, days, caller)
    content: FeedConformanceJson = {
        "feed": found.feed,
        "strictness": services.network.feed_by_id[feed].strictness.value,
        "since": found.since,
        "messages": found.messages,
        "validated": found.validated,
        "faults": [
            {
                "place": finding.place,
                "fault": finding.fault,
                "found_by": finding.found_by.value,
                "messages": seen.messages,
                "first_seen": seen.first_seen,
                "last_seen": seen.last_seen,
            }
            for finding, seen in found.faults
        ],
    }
    return answer(content)

"""What is ordered for a person, and where it stands, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mpi.api import fields
from mpi.api.answers import answer_tagged, link, next_page
from mpi.api.fields import Instant, Text
from mpi.api.orders_shapes import CodedJson, OrderJson, OrdersJson
from mpi.api.responses import NOT_MODIFIED, failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided
from mpi.api.shapes import identifier_json
from mpi.domain.order_fold import ImagingOrder, OrderFilter
from mpi.domain.orders import Coded

router = APIRouter(
    route_class=SecuredRoute, tags=["imaging"], generate_unique_id_function=name_operation, prefix="/v1"
)


class OrdersQuery(fields.Request):
    """Which orders, and paging."""

    awaited: Annotated[
        bool, Field(description="Only those of which no study is known yet, cancelled ones left out.")
    ] = False
    as_of: Annotated[
        Instant | None, Field(description="The orders as they were shown at that time, linked as they were then.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    after: Annotated[Text, Field(description="From `next` of the page before; do not build it.")] = ""


def codes_json(codes: Iterable[Coded]) -> list[CodedJson]:
    """Codes as JSON."""
    return [{"code": coded.code, "text": coded.text, "system": coded.system} for coded in codes]


def order_json(order: ImagingOrder) -> OrderJson:
    """An order as JSON."""
    return {
        "id": order.id,
        "patient": identifier_json(order.patient),
        "filler": order.filler,
        "placer": order.placer,
        "accession": order.accession,
        "procedure": order.procedure,
        "codes": codes_json(order.codes),
        "description": order.description,
        "modality": order.modality,
        "body_site": order.body_site,
        "starts_at": order.starts_at,
        "status": order.status,
        "report_status": order.report_status,
        "organisation": order.organisation,
        "study_uid": order.stored or order.study_uid,
        "stored": bool(order.stored),
        "stated_at": order.stated_at,
    }


@router.get(
    "/people/{golden_id}/orders",
    response_model=None,
    responses=success(
        OrdersJson,
        "One page of the orders.",
        ETag="Changes whenever the page does.",
        Link="rel=next: the next page; rel=canonical: the orders under the present golden id.",
    )
    | NOT_MODIFIED
    | failures(404),
)
def orders_of_person(
    request: Request, golden_id: UUID, asked: Annotated[OrdersQuery, Query()], services: Provided, caller: Calling
) -> Response:
    """What is ordered for a golden identity at any trust, and where it stands: the study may be stored or still to
    come. A retired id is answered with its successor's, but with `as_of`, which asks who was under it then."""
    wanted = OrderFilter(awaited=asked.awaited, as_of=asked.as_of)
    page = services.imaging.orders(golden_id, caller, wanted, asked.limit, asked.after)
    following = next_page(request, page.next) if page.next else None
    content: OrdersJson = {
        "golden_id": page.golden_id,
        "requested_id": golden_id,
        "total": page.total,
        "orders": [order_json(order) for order in page.orders],
        "next": following,
    }
    links = [link(following, "next")] if following else []
    if golden_id != page.golden_id:
        links.append(link(f"/v1/people/{page.golden_id}/orders", "canonical"))
    return answer_tagged(request, content, links)

"""What the API answers with about orders (see `shapes`)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from mpi.api.shapes import GoldenId, IdentifierJson
from mpi.domain.orders import OrderStatus, ReportStatus


class CodedJson(TypedDict):
    """A code as its trust gave it."""

    code: Annotated[str, Field(examples=["CCHES"])]
    text: Annotated[str, Field(examples=["CT Thorax"])]
    system: Annotated[str, Field(description="As the message calls it: the trust's own, SNOMED CT, NICIP.")]


class OrderJson(TypedDict):
    """An ordered examination and the patient id it was ordered for."""

    id: Annotated[int, Field(description="The index's own; `order` of a study names it.")]
    patient: IdentifierJson
    filler: Annotated[str, Field(description="Number of who makes it; empty: not said.")]
    placer: Annotated[str, Field(description="Number of who asked for it; empty: not said.")]
    accession: str
    procedure: Annotated[str, Field(description="Requested procedure id.")]
    codes: list[CodedJson]
    description: str
    modality: Annotated[str, Field(examples=["CT"])]
    body_site: str
    starts_at: Annotated[datetime | None, Field(description="For when it is planned; once made, when that was.")]
    status: OrderStatus
    report_status: Annotated[ReportStatus | None, Field(description="Null: no report yet.")]
    organisation: Annotated[str, Field(description="ODS code of the trust that makes it.", examples=["RMC"])]
    study_uid: Annotated[str, Field(description="Study Instance UID; empty: it is not known yet.")]
    stored: Annotated[bool, Field(description="Whether that study is known by its images.")]
    stated_at: Annotated[datetime | None, Field(description="When the latest of all that was said became true.")]


class OrdersJson(TypedDict):
    """Part of one person's orders, newest first, undated last."""

    golden_id: GoldenId
    requested_id: Annotated[
        UUID, Field(description="The id asked for; differs from golden_id when it has been retired.")
    ]
    total: Annotated[int, Field(description="Orders that meet the filter, on all pages.")]
    orders: list[OrderJson]
    next: Annotated[str | None, Field(description="Reference of the next page; null on the last.")]

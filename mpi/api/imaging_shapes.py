"""What the API answers with about studies and histories (see `shapes`)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from mpi.api.orders_shapes import CodedJson, OrderJson
from mpi.api.shapes import GoldenId, IdentifierJson
from mpi.domain.availability import Availability
from mpi.domain.orders import ReportStatus
from mpi.domain.views import LinkState


class StudyJson(TypedDict):
    """An imaging study and the patient id it was acquired under."""

    study_uid: Annotated[str, Field(examples=["1.2.826.0.1.3680043.2.1125.1"])]
    patient: Annotated[
        IdentifierJson,
        Field(description="Empty, as are trust, accession and archive, where a restricted person's are withheld."),
    ]
    started_at: datetime | None
    modalities: Annotated[tuple[str, ...], Field(examples=[["CT"]])]
    body_site: Annotated[str, Field(examples=["CHEST"])]
    description: str
    accession: str
    organisation: Annotated[str, Field(description="ODS code of the trust that acquired it.", examples=["RMC"])]
    archive: Annotated[str, Field(description="Id of the archive that holds it.")]
    series: int
    instances: int
    link: Annotated[
        LinkState | None,
        Field(description="How sure it is that the study is this person's, by its record's link; null with as_of."),
    ]
    availability: Annotated[
        Availability | None,
        Field(description="How soon its archive says that it can be had, null: it has not said."),
    ]
    retrieve_ae_title: Annotated[str, Field(description="The application entity that C-MOVE asks; empty: not said.")]
    report_status: Annotated[
        ReportStatus | None,
        Field(description="Where its report stands; null: no report is known; and with as_of."),
    ]
    order: Annotated[
        int | None, Field(description="The order it was made by (`id`); null: not known; and with as_of.")
    ]
    procedures: Annotated[
        list[CodedJson],
        Field(description="What was examined, as its images and its order code it: SNOMED CT, NICIP, a trust's own."),
    ]
    anatomy: Annotated[list[CodedJson], Field(description="The part of the body, as its images code it.")]


class StudyOfPersonJson(TypedDict):
    """One study and the person whose history it is in."""

    golden_id: GoldenId
    study: StudyJson


class RegisteredJson(TypedDict):
    """Where a study now belongs."""

    study_uid: str
    golden_id: GoldenId
    created: Annotated[bool, Field(description="False when the study was known and has been updated.")]


class HistoryJson(TypedDict):
    """Part of one person's imaging history, newest first, undated studies last; each study once (IHE-64)."""

    golden_id: GoldenId
    requested_id: Annotated[
        UUID | None, Field(description="The id asked for; differs from golden_id when it has been retired.")
    ]
    total: Annotated[int, Field(description="Studies that meet the filters, on all pages.")]
    studies: list[StudyJson]
    next: Annotated[str | None, Field(description="Reference of the next page; null on the last.")]


class PriorJson(TypedDict):
    """An earlier study and why it matters."""

    study: StudyJson
    reason: Annotated[str, Field(examples=["same region, another kind of imaging"])]
    days: Annotated[int, Field(description="Whole days between the two.")]
    possible_repeat: bool


class PriorsJson(TypedDict):
    """Earlier studies worth opening, the best reason first and then newest first."""

    golden_id: GoldenId
    total: int
    possible_repeats: Annotated[int, Field(description="Of all, those that the examination may be repeating.")]
    priors: list[PriorJson]
    planned: Annotated[
        list[OrderJson],
        Field(description="Orders for the same examination near it, at any trust: one of them need not be made."),
    ]


class HistoryChangeJson(TypedDict):
    """Studies of one record that joined a history or left it."""

    at: datetime
    step: Annotated[str, Field(examples=["joined"], description="registered, joined or left.")]
    identifier: IdentifierJson
    studies: list[str]
    cause: Annotated[str, Field(description="The event, or the reviewer's words.", examples=["ADT^A40"])]
    message: Annotated[int | None, Field(description="The message that brought it.")]
    model: Annotated[str, Field(description="Fingerprint of the model whose weights it rests on.")]
    assertions: Annotated[list[int], Field(description="Ids of the assertions it rests on.")]


class HistoryChangesJson(TypedDict):
    """How a history came to be what it is, newest change first."""

    golden_id: GoldenId
    changes: list[HistoryChangeJson]

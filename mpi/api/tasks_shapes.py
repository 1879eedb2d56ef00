"""What the API answers with about review tasks (see `shapes`)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from mpi.api.shapes import IdentifierJson
from mpi.domain.views import Decision, TaskKind, TaskState


class TaskOrderJson(TypedDict):
    """An order that came under two patients; empty: no such number was said, or it is withheld (NHS-57)."""

    patient: IdentifierJson
    filler: str
    placer: str
    accession: str
    study_uid: str
    withheld: bool


class ProposalJson(TypedDict):
    """A change of people that somebody would make who was not asked, and that takes two."""

    act: Annotated[str, Field(description="split, move, merge, same, different or undo.")]
    by: str
    records: Annotated[
        list[IdentifierJson], Field(description="Those that are to leave their person, or that are spoken of.")
    ]
    golden_id: Annotated[UUID | None, Field(description="The person it was proposed for.")]
    other: Annotated[UUID | None, Field(description="The other person of a move or merge.")]
    assertions: Annotated[list[int], Field(description="What is to be taken back.")]


class TaskJson(TypedDict):
    """A question for a reviewer about two source records."""

    id: Annotated[int, Field(examples=[17])]
    kind: TaskKind
    state: TaskState
    one: IdentifierJson
    other: IdentifierJson
    golden_ids: Annotated[list[UUID], Field(description="None while blind samples wait for answers.")]
    weight: Annotated[
        float,
        Field(description="Match weight, log2 of the Bayes factor; 0 while blind samples wait.", examples=[8.25]),
    ]
    guards: Annotated[list[str], Field(description="Why the machine may not link by itself.")]
    reason: str
    created_at: datetime
    claimed_by: str
    held_until: datetime | None
    proposed: Annotated[
        Decision | None, Field(description="An answer that stands once another person than `proposed_by` gives it.")
    ]
    proposed_by: str
    studies: Annotated[int, Field(description="Imaging studies that hang on the two records.")]
    study_uids: Annotated[
        list[str],
        Field(
            description="Of a `study-conflict` or `unreadable-image`: the studies it is about.", examples=[["1.2.3"]]
        ),
    ]
    orders: Annotated[list[TaskOrderJson], Field(description="Of an `order-conflict`: the orders it is about.")]
    proposal: Annotated[
        ProposalJson | None,
        Field(
            description="Of a `proposed-change`: what is done when another than its proposer answers `accept`. It is"
            " `withdrawn` by itself when its people have other records, and by its proposer through `undo`."
        ),
    ]
    decision: Decision | None
    comment: str
    decided_by: str
    decided_at: datetime | None
    due: date | None


class WorklistJson(TypedDict):
    """Unanswered tasks, the most urgent first."""

    tasks: list[TaskJson]
    total: Annotated[int, Field(description="Tasks that meet the filters; 1000 means that or more.")]
    next: Annotated[str | None, Field(description="Reference of the next page; null on the last.")]


class TasksJson(TypedDict):
    """One page of review tasks in the order of their ids."""

    tasks: list[TaskJson]
    next: Annotated[str | None, Field(description="Reference of the next page; null on the last.")]

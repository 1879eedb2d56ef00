"""The words of imaging orders and reports: what may be said of one, by whatever protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mpi.domain.identifiers import Identifier


class OrderStatus(StrEnum):
    """Where an ordered examination stands."""

    ORDERED = "ordered"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DISCONTINUED = "discontinued"


ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.DISCONTINUED})
"""Of these no images are to be expected."""


class ReportStatus(StrEnum):
    """Where the report of an examination stands; None wherever there is none is "no report yet"."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"  # there will be none


class NumberKind(StrEnum):
    """The numbers that an order goes by, from the one that names a single examination to the one that may name
    several."""

    FILLER = "filler"  # the imaging department's
    ACCESSION = "accession"  # the study's, as its images carry it (0008,0050)
    PLACER = "placer"  # the number of whoever asked for it


@dataclass(frozen=True, slots=True, order=True)
class OrderNumber:
    """A number of an order, as its trust gave it out for one patient."""

    kind: NumberKind
    number: str

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """An order that a question is about: its patient and its numbers, "" where none was said or all are withheld."""

    patient: Identifier
    filler: str = ""
    placer: str = ""
    accession: str = ""
    study_uid: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Coded:
    """A code as given: the trust's own, SNOMED CT or NICIP; `system` as the message calls it."""

    code: str
    text: str = ""
    system: str = ""


class OrderField(StrEnum):
    """What may be said of an order, each with its own order of events."""

    FILLER = "filler"
    ACCESSION = "accession"
    PLACER = "placer"
    PROCEDURE = "procedure"  # requested procedure id
    STUDY_UID = "study_uid"
    CODES = "codes"
    MODALITY = "modality"
    BODY_SITE = "body_site"
    STARTS_AT = "starts_at"  # for when it is planned, and once it has been made, when that was
    STATUS = "status"
    REPORT = "report"
    ORGANISATION = "organisation"  # ODS code of the trust that makes it


OrderValue = str | datetime | tuple[Coded, ...] | OrderStatus | ReportStatus | None

Statement = Mapping[OrderField, OrderValue]
"""What one message says of one order. A field that is absent is kept; None takes back what was said (V2-22).

STARTS_AT datetime, aware UTC; CODES tuple[Coded, ...], the sender's first; STATUS OrderStatus; REPORT ReportStatus;
the others str. FILLER, ACCESSION and PLACER, of which there is at least one, are never None.
"""


def number_of(said: Statement) -> OrderNumber | None:
    """The most exact number that a statement names its order by, None when it names none."""
    for kind in NumberKind:
        number = said.get(OrderField(kind.value))
        if isinstance(number, str) and number:
            return OrderNumber(kind, number)
    return None

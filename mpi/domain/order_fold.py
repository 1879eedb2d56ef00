"""What is known of a patient's orders, from all that was ever said of them, in whatever order it came.

Whoever asks for an examination numbers it, and so does who makes it; a message may name the one number, the other, or
the accession number of the study. All that was said of one number is told together, field by field the latest by its
own stamp (as records are, decision 0001). What was said of a less exact number is said of the order that goes by it,
of several no more than their end; it is an order by itself only as long as there is none.

Merges move nothing: each told number stays with the record it was said of. The orders of merged records are read
together, and an order hangs on the record it was first told of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from mpi.domain.commands import Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.orders import (
    ENDED,
    Coded,
    NumberKind,
    OrderField,
    OrderNumber,
    OrderStatus,
    OrderValue,
    ReportStatus,
    Statement,
)
from mpi.domain.views import Study

PLACEHOLDER_YEAR = 2200
"""From here on a date is none: nothing is planned so far ahead."""
Said = Mapping[OrderField, tuple[OrderValue, Stamp]]
"""Field by field the latest value and when it became true."""


@dataclass(frozen=True, slots=True)
class ImagingOrder:
    """An ordered examination of one patient as it stands; `description` is the text of its first code.

    `id` is the index's own, 0 until stored. `study_uid` is the UID that was said, "" when none was; `stored` the UID
    of the study that was made of it, "" while that is awaited: told by the store, and never stored.
    """

    patient: Identifier
    filler: str = ""
    accession: str = ""
    placer: str = ""
    procedure: str = ""
    study_uid: str = ""
    codes: tuple[Coded, ...] = ()
    modality: str = ""
    body_site: str = ""
    starts_at: datetime | None = None
    status: OrderStatus = OrderStatus.ORDERED
    report_status: ReportStatus | None = None
    organisation: str = ""
    stated_at: datetime | None = None
    id: int = field(default=0, compare=False)
    stored: str = field(default="", compare=False)

    @property
    def description(self) -> str:
        """What the examination is called."""
        return next((coded.text for coded in self.codes if coded.text), "")

    @property
    def numbers(self) -> dict[OrderField, str]:
        """Every number that no other order of its authority has, the UID of its study included."""
        told = {
            OrderField.FILLER: self.filler,
            OrderField.ACCESSION: self.accession,
            OrderField.PLACER: self.placer,
            OrderField.STUDY_UID: self.study_uid,
        }
        return {kind: number for kind, number in told.items() if number}

    def planned(self) -> Study:
        """The study that is to come of it, as far as it can be told."""
        return Study(
            study_uid=self.stored or self.study_uid,
            patient=self.patient,
            started_at=self.starts_at,
            modalities=(self.modality,) if self.modality else (),
            body_site=self.body_site,
            description=self.description,
            accession=self.accession,
            organisation=self.organisation,
            report_status=self.report_status,
            order=self.id or None,
            order_codes=self.codes,
        )


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What of a person's orders to show; empty fields do not restrict. `awaited`: only those whose study is still to
    come; `reported`: only those of whose report something is known; `number`: filler's, placer's or accession number;
    `authority`: of whose patient ids they are. With `as_of` the links and the orders as they stood at that time."""

    awaited: bool = False
    reported: bool = False
    number: str = ""
    authority: str = ""
    statuses: tuple[OrderStatus, ...] = ()
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Part of one person's orders, newest first, undated last. `next` continues it, or is empty."""

    golden_id: UUID
    orders: tuple[ImagingOrder, ...]
    total: int
    next: str = ""


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """All that was said of one patient's order by one of its numbers. `begun` is the earliest of the statements;
    `shown` is the order that is read under this number, None when it is read under another. `id` as of an order."""

    patient: Identifier
    number: OrderNumber
    said: Said
    begun: Stamp
    shown: ImagingOrder | None = None
    id: int = field(default=0, compare=False)


def tell(
    known: ToldOrder | None, patient: Identifier, number: OrderNumber, statement: Statement, stamp: Stamp
) -> ToldOrder:
    """What is known under a number after one more statement, in any order."""
    fresh: Said = {name: (value, stamp) for name, value in statement.items()}
    if known is None:
        return ToldOrder(patient, number, fresh, stamp)
    return replace(known, said=_latest([known.said, fresh]), begun=min(known.begun, stamp))


def settled(told: Iterable[ToldOrder]) -> list[ToldOrder]:
    """The told numbers of one family of merged records, each with the order to be shown under it, in no order."""
    spread: dict[OrderNumber, list[ToldOrder]] = defaultdict(list)
    for one in told:
        spread[one.number].append(one)
    said = {number: _latest([one.said for one in ones]) for number, ones in sorted(spread.items())}
    orders = _orders(said)
    found = []
    for number, ones in spread.items():
        first, *others = sorted(ones, key=lambda one: (one.begun, one.patient))
        shown = _order(first, orders[number]) if number in orders else None
        found += [replace(first, shown=shown), *(replace(other, shown=None) for other in others)]
    return found


def _orders(said: Mapping[OrderNumber, Said]) -> dict[OrderNumber, Said]:
    """The numbers that are orders, with what was said of each under every number it goes by."""
    orders: dict[OrderNumber, Said] = {}
    for kind in NumberKind:
        for number, told in said.items():
            if number.kind is not kind:
                continue
            hosts = [order for order, known in orders.items() if _goes_by(known, number)]
            shared = told if len(hosts) == 1 else _end(told)
            for host in hosts:
                orders[host] = _latest([orders[host], shared])
            if not hosts:
                orders[number] = told
    return orders


def _end(said: Said) -> Said:
    """What holds for each of several orders: which of them was meant by anything but their end is not known."""
    return {name: told for name, told in said.items() if name is OrderField.STATUS and told[0] in ENDED}


def _goes_by(said: Said, number: OrderNumber) -> bool:
    value, _ = said.get(OrderField(number.kind.value), (None, None))
    return value == number.number


def _latest(all_said: Sequence[Said]) -> Said:
    latest: dict[OrderField, tuple[OrderValue, Stamp]] = {}
    for said in all_said:
        for name, (value, stamp) in said.items():
            if name not in latest or stamp > latest[name][1]:
                latest[name] = (value, stamp)
    return latest


def _order(told: ToldOrder, said: Said) -> ImagingOrder:
    values = {name: value for name, (value, _) in said.items()}

    def text(name: OrderField) -> str:
        return cast(str, values.get(name) or "")

    return ImagingOrder(
        patient=told.patient,
        filler=text(OrderField.FILLER),
        accession=text(OrderField.ACCESSION),
        placer=text(OrderField.PLACER),
        procedure=text(OrderField.PROCEDURE),
        study_uid=text(OrderField.STUDY_UID),
        codes=cast("tuple[Coded, ...]", values.get(OrderField.CODES) or ()),
        modality=text(OrderField.MODALITY),
        body_site=text(OrderField.BODY_SITE),
        starts_at=_dated(cast("datetime | None", values.get(OrderField.STARTS_AT))),
        status=cast("OrderStatus | None", values.get(OrderField.STATUS)) or OrderStatus.ORDERED,
        report_status=cast("ReportStatus | None", values.get(OrderField.REPORT)),
        organisation=text(OrderField.ORGANISATION),
        stated_at=max(stamp for _, stamp in said.values()).occurred,
        id=told.id,
    )


def _dated(at: datetime | None) -> datetime | None:
    """A year such as 9999 stands for no date."""
    return at if at is None or at.year < PLACEHOLDER_YEAR else None

"""Imaging orders: each hangs on the record it was told of; a person's are read through the links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db import locks
from mpi.db.lane import Lane
from mpi.db.ordered import STUDY_OF_ORDER, STUDY_OF_ORDER_THEN, during
from mpi.db.places import UNDATED, read_place, write_place
from mpi.db.prepared import Prepared
from mpi.db.rows import MOST_ID, RecordIds
from mpi.domain.codec import (
    codes_from_json,
    codes_to_json,
    said_from_json,
    said_to_json,
    stamp_from_json,
    stamp_to_json,
)
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder, OrderFilter, ToldOrder
from mpi.domain.orders import ENDED, NumberKind, OrderField, OrderNumber, OrderStatus, ReportStatus

_SHOWN = """o.id, o.stands, o.filler, o.accession, o.placer, o.procedure, o.study_uid, o.codes, o.modality,
       o.body_site, o.starts_at, o.status, o.report_status, o.organisation, o.stated_at, p.authority, p.value"""
_NUMBERS = (OrderField.FILLER, OrderField.ACCESSION, OrderField.PLACER, OrderField.STUDY_UID)
_TEXTS = ("filler", "accession", "placer", "procedure", "study_uid", "modality", "body_site", "organisation")
# What is shown of an order, as it is kept when it changes.
_PAST = """to_jsonb(imaging_order)
         - array['id', 'record_id', 'kind', 'number', 'said', 'begun', 'registered_at']"""
_PUT = Prepared(
    text(
        f"""with was as (select id, {_PAST} as shown from imaging_order
         where record_id = :record_id and kind = :kind and number = :number),
       put as (
       insert into imaging_order (record_id, kind, number, said, begun, stands, filler, accession, placer,
         procedure, study_uid, codes, modality, body_site, starts_at, status, report_status, organisation, stated_at)
       values (:record_id, :kind, :number, :said, :begun, :stands, :filler, :accession, :placer, :procedure,
         :study_uid, :codes, :modality, :body_site, :starts_at, :status, :report_status, :organisation, :stated_at)
       on conflict (record_id, kind, number) do update set said = excluded.said, begun = excluded.begun,
         stands = excluded.stands, filler = excluded.filler, accession = excluded.accession,
         placer = excluded.placer, procedure = excluded.procedure, study_uid = excluded.study_uid,
         codes = excluded.codes, modality = excluded.modality, body_site = excluded.body_site,
         starts_at = excluded.starts_at, status = excluded.status, report_status = excluded.report_status,
         organisation = excluded.organisation, stated_at = excluded.stated_at
       returning id, {_PAST} as shown)
       insert into imaging_order_past (order_id, until, shown)
         select was.id, clock_timestamp(), was.shown from was join put on put.id = was.id
         where put.shown <> was.shown"""
    ).bindparams(bindparam("said", type_=JSONB), bindparam("begun", type_=JSONB), bindparam("codes", type_=JSONB))
)
_OF_RECORDS = Prepared(
    text(
        f"""select {_SHOWN}, o.kind, o.number, o.said, o.begun, {STUDY_OF_ORDER} as stored
       from imaging_order o join source_record p on p.id = o.record_id
       join link l on l.record_id = p.id and l.until is null
       where o.record_id = any(:ids) order by o.id"""
    ).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
)
TOLD = f"""select {_SHOWN}, o.kind, o.number, o.said, o.begun, '' as stored
       from imaging_order o join source_record p on p.id = o.record_id"""
_WANTED = """(not :awaited or (stored is null and not status = any(:ended)))
       and (not :reported or report_status <> '') and (:number = '' or :number in (filler, accession, placer))
       and (:authority = '' or authority = :authority) and (:any_status or status = any(:statuses))"""
_NOW = f"""select * from (
       select {_SHOWN}, {STUDY_OF_ORDER} as stored from link l join imaging_order o on o.record_id = l.record_id
       join source_record p on p.id = o.record_id
       where l.golden_id = :golden and l.until is null and o.stands) found
       where {_WANTED}"""
_GET = Prepared(
    text(
        f"""select {_SHOWN}, {STUDY_OF_ORDER} as stored, l.golden_id from imaging_order o
       join source_record p on p.id = o.record_id join link l on l.record_id = p.id and l.until is null
       where o.id = :id and o.stands"""
    )
)
_THEN = f"""select * from (
       select {_SHOWN}, {STUDY_OF_ORDER_THEN} as stored from link l
       join imaging_order n on n.record_id = l.record_id
       left join lateral (select t.shown from imaging_order_past t
         where t.order_id = n.id and t.until > :as_of order by t.until limit 1) t on true
       cross join lateral jsonb_populate_record(n, coalesce(t.shown, '{{}}')) o
       join source_record p on p.id = o.record_id
       where l.golden_id = :golden and {during("l")} and n.registered_at <= :as_of and o.stands) found
       where {_WANTED}"""


def _statements(source: str) -> tuple[Prepared, Prepared]:
    """The number of the orders, and a page of them."""
    page = f"""{source} and (coalesce(starts_at, '{UNDATED}'), id) < (:after_at, :after_id)
       order by coalesce(starts_at, '{UNDATED}') desc, id desc limit :limit"""
    statuses = bindparam("statuses", type_=ARRAY(Text))
    counted = text(f"select count(*) from ({source}) counted")
    return Prepared(counted.bindparams(statuses)), Prepared(text(page).bindparams(statuses))


_OF_GOLDEN = _statements(_NOW)
_OF_GOLDEN_THEN = _statements(_THEN)
# Each number by an index of its own.
_UNDER_OTHERS = Prepared(
    text(
        """with mine as (select r.id, r.authority, l.golden_id from source_record r
         join link l on l.record_id = r.id and l.until is null where r.id = :id)
       select distinct p.authority, p.value from (
         select record_id, status, false as anywhere from imaging_order
           where stands and filler <> '' and filler = :filler
         union all select record_id, status, false from imaging_order
           where stands and coalesce(nullif(accession, ''), filler) = :accession and accession = :accession
         union all select record_id, status, false from imaging_order
           where stands and placer <> '' and placer = :placer
         union all select record_id, status, true from imaging_order
           where stands and study_uid <> '' and study_uid = :study_uid) o
       join source_record p on p.id = o.record_id join link l on l.record_id = p.id and l.until is null
       join mine on mine.golden_id <> l.golden_id and (o.anywhere or mine.authority = p.authority)
       where not o.status = any(:ended)
       order by p.authority, p.value"""
    )
)


class OrderStore:
    """See `mpi.ports.Orders`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def of_records(self, identifiers: Collection[Identifier]) -> list[ToldOrder]:
        """All that was said of orders under these records."""
        return [to_told(row) for row in self._connection.run(_OF_RECORDS, {"ids": self._ids.list(identifiers)})]

    def put(self, told: Iterable[ToldOrder]) -> None:
        """Insert or update by record and number."""
        for one in told:
            self._connection.run(_PUT, _from_told(one) | {"record_id": self._ids[one.patient]})

    def of_golden(
        self, golden_id: UUID, wanted: OrderFilter, limit: int, after: str
    ) -> tuple[list[ImagingOrder], int, str]:
        """A page newest first, the total, and where it goes on."""
        count, listed = _OF_GOLDEN if wanted.as_of is None else _OF_GOLDEN_THEN
        parameters = _conditions(wanted) | {"golden": golden_id}
        total: int = self._connection.run(count, parameters).scalar_one()
        at, key = _read_after(after)
        page = {"after_at": at, "after_id": key, "limit": limit + 1}
        found = [_to_order(row) for row in self._connection.run(listed, parameters | page)]
        shown = found[:limit]
        return shown, total, write_place(shown[-1].starts_at, str(shown[-1].id)) if len(found) > limit else ""

    def get(self, order_id: int) -> tuple[ImagingOrder, UUID] | None:
        """An order that stands and the golden id it is under."""
        row = self._connection.run(_GET, {"id": order_id}).one_or_none()
        return None if row is None else (_to_order(row), row.golden_id)

    def hold_numbers(self, numbers: Collection[tuple[OrderField, str]]) -> None:
        """Hold these numbers, whoever gave them out, until the transaction ends."""
        locks.hold(self._connection, [locks.lock_number(f"{kind} {number}", b"order") for kind, number in numbers])

    def under_others(self, patient: Identifier, numbers: Mapping[OrderField, str]) -> list[Identifier]:
        """The records of other people with an order that goes by one of these numbers."""
        asked: dict[str, Any] = {kind.value: numbers.get(kind) for kind in _NUMBERS}
        rows = self._connection.run(_UNDER_OTHERS, asked | {"id": self._ids[patient], "ended": sorted(ENDED)})
        return [Identifier(row.authority, row.value) for row in rows]


def to_told(row: Row[Any]) -> ToldOrder:
    """A row of `TOLD` as what was said under one number."""
    return ToldOrder(
        patient=Identifier(row.authority, row.value),
        number=OrderNumber(NumberKind(row.kind), row.number),
        said=said_from_json(row.said),
        begun=stamp_from_json(row.begun),
        shown=_to_order(row) if row.stands else None,
        id=row.id,
    )


def _to_order(row: Row[Any]) -> ImagingOrder:
    return ImagingOrder(
        patient=Identifier(row.authority, row.value),
        filler=row.filler,
        accession=row.accession,
        placer=row.placer,
        procedure=row.procedure,
        study_uid=row.study_uid,
        codes=codes_from_json(row.codes),
        modality=row.modality,
        body_site=row.body_site,
        starts_at=row.starts_at,
        status=OrderStatus(row.status),
        report_status=ReportStatus(row.report_status) if row.report_status else None,
        organisation=row.organisation,
        stated_at=row.stated_at,
        id=row.id,
        stored=row.stored or "",
    )


def _from_told(told: ToldOrder) -> dict[str, Any]:
    order = told.shown or ImagingOrder(told.patient)  # of one that does not stand nothing is shown
    return {
        "kind": told.number.kind,
        "number": told.number.number,
        "said": said_to_json(told.said),
        "begun": stamp_to_json(told.begun),
        "stands": told.shown is not None,
        **{name: getattr(order, name) for name in _TEXTS},
        "codes": codes_to_json(order.codes),
        "starts_at": order.starts_at,
        "status": order.status,
        "report_status": order.report_status or "",
        "stated_at": order.stated_at,
    }


def _conditions(wanted: OrderFilter) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "awaited": wanted.awaited,
        "ended": sorted(ENDED),
        "reported": wanted.reported,
        "number": wanted.number,
        "authority": wanted.authority,
        "any_status": not wanted.statuses,
        "statuses": [str(status) for status in wanted.statuses],
    }
    return asked if wanted.as_of is None else asked | {"as_of": wanted.as_of}


def _read_after(after: str) -> tuple[Any, int]:
    if not after:
        return "infinity", MOST_ID
    at, key = read_place(after)
    return at, int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0

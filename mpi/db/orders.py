"""Imaging orders: each hangs on the record it was told of; a person's are read through the links."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.ordered import STUDY_OF_ORDER
from mpi.db.places import UNDATED, read_place, write_place
from mpi.db.prepared import Prepared
from mpi.db.rows import RecordIds
from mpi.domain.codec import (
    codes_from_json,
    codes_to_json,
    said_from_json,
    said_to_json,
    stamp_from_json,
    stamp_to_json,
)
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder, ToldOrder
from mpi.domain.orders import ENDED, NumberKind, OrderNumber, OrderStatus, ReportStatus

_SHOWN = """o.id, o.stands, o.filler, o.accession, o.placer, o.procedure, o.study_uid, o.codes, o.modality,
       o.body_site, o.starts_at, o.status, o.report_status, o.organisation, o.stated_at, p.authority, p.value"""
_TEXTS = ("filler", "accession", "placer", "procedure", "study_uid", "modality", "body_site", "organisation")
_PUT = Prepared(
    text(
        """insert into imaging_order (record_id, kind, number, said, begun, stands, filler, accession, placer,
         procedure, study_uid, codes, modality, body_site, starts_at, status, report_status, organisation, stated_at)
       values (:record_id, :kind, :number, :said, :begun, :stands, :filler, :accession, :placer, :procedure,
         :study_uid, :codes, :modality, :body_site, :starts_at, :status, :report_status, :organisation, :stated_at)
       on conflict (record_id, kind, number) do update set said = excluded.said, begun = excluded.begun,
         stands = excluded.stands, filler = excluded.filler, accession = excluded.accession,
         placer = excluded.placer, procedure = excluded.procedure, study_uid = excluded.study_uid,
         codes = excluded.codes, modality = excluded.modality, body_site = excluded.body_site,
         starts_at = excluded.starts_at, status = excluded.status, report_status = excluded.report_status,
         organisation = excluded.organisation, stated_at = excluded.stated_at"""
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
_OF_GOLDEN = f"""select * from (
       select {_SHOWN}, {STUDY_OF_ORDER} as stored from link l join imaging_order o on o.record_id = l.record_id
       join source_record p on p.id = o.record_id
       where l.golden_id = :golden and l.until is null and o.stands) found
       where (not :awaited or (stored is null and not status = any(:ended)))"""
_COUNT = Prepared(text(f"select count(*) from ({_OF_GOLDEN}) counted"))
_PAGE = Prepared(
    text(
        f"""{_OF_GOLDEN} and (coalesce(starts_at, '{UNDATED}'), id) < (:after_at, :after_id)
       order by coalesce(starts_at, '{UNDATED}') desc, id desc limit :limit"""
    )
)
_LAST_ID = (1 << 63) - 1


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
        self, golden_id: UUID, limit: int, after: str, *, awaited: bool
    ) -> tuple[list[ImagingOrder], int, str]:
        """A page newest first, the total, and where it goes on."""
        parameters = {"golden": golden_id, "awaited": awaited, "ended": sorted(ENDED)}
        total: int = self._connection.run(_COUNT, parameters).scalar_one()
        at, key = _read_after(after)
        page = {"after_at": at, "after_id": key, "limit": limit + 1}
        found = [_to_order(row) for row in self._connection.run(_PAGE, parameters | page)]
        shown = found[:limit]
        return shown, total, write_place(shown[-1].starts_at, str(shown[-1].id)) if len(found) > limit else ""


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


def _read_after(after: str) -> tuple[Any, int]:
    if not after:
        return "infinity", _LAST_ID
    at, key = read_place(after)
    return at, int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0

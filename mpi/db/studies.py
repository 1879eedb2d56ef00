"""Imaging studies: each hangs on the one record it was acquired under; histories are read through the links."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.ordered import during
from mpi.db.places import UNDATED, read_place, write_place
from mpi.db.prepared import Prepared
from mpi.db.rows import RecordIds
from mpi.db.study_rows import COLUMNS, COLUMNS_NOW, COLUMNS_THEN, to_row, to_studies
from mpi.domain.availability import Notice
from mpi.domain.history import Stay
from mpi.domain.identifiers import Identifier
from mpi.domain.views import HistoryFilter, Study

_PUT = Prepared(
    text(
        """with put as (
       insert into study (study_uid, record_id, started_at, modalities, body_site, description, accession,
                          organisation, archive, series, instances, procedures, anatomy)
       values (:study_uid, :record_id, :started_at, :modalities, :body_site, :description, :accession,
               :organisation, :archive, :series, :instances, :procedures, :anatomy)
       on conflict (study_uid) do update set started_at = excluded.started_at, modalities = excluded.modalities,
         body_site = excluded.body_site, description = excluded.description, accession = excluded.accession,
         organisation = excluded.organisation, archive = excluded.archive, series = excluded.series,
         instances = excluded.instances, procedures = excluded.procedures, anatomy = excluded.anatomy
         where study.record_id = excluded.record_id
       returning record_id, (xmax = 0) as created),
       counted as (
         update task t set studies = t.studies + 1 from put where put.created
           and (t.a_id = put.record_id or t.b_id = put.record_id) and t.state in ('open', 'claimed', 'deferred'))
       select created from put"""
    ).bindparams(bindparam("procedures", type_=JSONB), bindparam("anatomy", type_=JSONB))
)
# In one order everywhere, so that two that add the same studies wait for one another and not in a ring.
_ADD = Prepared(
    text(
        """with added as (
         insert into study (study_uid, record_id, started_at, modalities, body_site, description, accession,
                            organisation, archive, series, instances, procedures, anatomy)
         select s.* from jsonb_to_recordset(:rows) as s (study_uid text, record_id bigint, started_at timestamptz,
           modalities text[], body_site text, description text, accession text, organisation text, archive text,
           series int, instances int, procedures jsonb, anatomy jsonb)
         order by s.study_uid
         on conflict (study_uid) do nothing
         returning study_uid, record_id),
       counted as (
         update task t set studies = t.studies + more.studies from (
           select w.id, count(*) as studies from added a join task w on a.record_id in (w.a_id, w.b_id)
           where w.state in ('open', 'claimed', 'deferred') group by w.id) more
         where t.id = more.id)
       select study_uid from added"""
    ).bindparams(bindparam("rows", type_=JSONB))
)
_NOTE = Prepared(
    text(
        """insert into holding (study_uid, availability, ae_title, archive)
       values (:study_uid, :availability, :ae_title, :archive)
       on conflict (study_uid) do update set availability = excluded.availability, ae_title = excluded.ae_title,
         archive = excluded.archive, at = clock_timestamp()"""
    )
)
_OWNER = Prepared(
    text(
        """select r.authority, r.value from study s join source_record r on r.id = s.record_id
       where s.study_uid = :study_uid"""
    )
)
_GET = Prepared(
    text(
        f"""select l.golden_id, {COLUMNS} from study s join source_record r on r.id = s.record_id
        join link l on l.record_id = r.id and l.until is null where s.study_uid = :study_uid"""
    ),
    plain=True,
)
_AMONG = Prepared(
    text(
        f"""select {COLUMNS} from study s join source_record r on r.id = s.record_id
        join link l on l.record_id = r.id and l.until is null where s.study_uid = any(:uids)"""
    ).bindparams(bindparam("uids", type_=ARRAY(Text))),
    plain=True,
)
_HELD = Prepared(
    text(
        """select s.study_uid, l.golden_id from study s join link l on l.record_id = s.record_id and l.until is null
        where s.archive = :archive and s.study_uid > :after order by s.study_uid limit :limit"""
    )
)
_STAYS = Prepared(
    text(
        """select r.authority, r.value, l.since, l.until, l.reason, n.reason as ended, s.studies, s.registered
       from link l join source_record r on r.id = l.record_id
       cross join lateral (select array_agg(study_uid order by study_uid) as studies,
           array_agg(registered_at order by study_uid) as registered from study where record_id = l.record_id) s
       left join lateral (select reason from link where record_id = l.record_id and since >= l.until
           order by since limit 1) n on true
       where l.golden_id = :golden and s.studies is not null"""
    )
)
_OF_RECORDS = Prepared(text("select study_uid from study where record_id = any(:ids) order by study_uid"))
_OF_ACCESSIONS = Prepared(
    text(
        """select study_uid from study where record_id = any(:ids) and accession = any(:accessions)
       and accession <> '' order by study_uid"""
    ).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("accessions", type_=ARRAY(Text)))
)


class StudyStore:
    """See `mpi.ports.Studies`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def put(self, study: Study) -> tuple[Identifier, bool]:
        """Insert or update by study UID; a study already on another record is left alone."""
        row = to_row(study, self._ids[study.patient])
        created = self._connection.run(_PUT, row).scalar()
        owner = self._connection.run(_OWNER, row).one()
        return Identifier(owner.authority, owner.value), bool(created)

    def add(self, studies: Collection[Study]) -> frozenset[str]:
        """Insert those whose UIDs are not known."""
        ids = self._ids.among({study.patient for study in studies})
        rows = [to_row(study, ids[study.patient]) for study in studies]
        for row in rows:
            row["started_at"] = row["started_at"] and row["started_at"].isoformat()
        return frozenset(self._connection.run(_ADD, {"rows": rows}).scalars()) if rows else frozenset()

    def get(self, study_uid: str) -> tuple[Study, UUID] | None:
        """A study and the golden id it is under."""
        row = self._connection.run(_GET, {"study_uid": study_uid}).one_or_none()
        if row is None:
            return None
        golden_id, *told = row
        (study,) = to_studies([tuple(told)])
        return study, golden_id

    def among(self, study_uids: Collection[str]) -> dict[str, Study]:
        """Those of the studies that are known, by UID."""
        found = self._connection.run(_AMONG, {"uids": list(study_uids)}) if study_uids else ()
        return {study.study_uid: study for study in to_studies(found)}

    def note(self, notice: Notice) -> None:
        """What an archive says of a study now."""
        holding = notice.holding
        row = {"study_uid": notice.study_uid, "archive": notice.archive}
        self._connection.run(_NOTE, row | {"availability": holding.availability, "ae_title": holding.ae_title})

    def history(self, golden_id: UUID, wanted: HistoryFilter, limit: int, after: str) -> tuple[list[Study], int, str]:
        """A page newest first, the total, and where it goes on."""
        clauses, parameters = _conditions(golden_id, wanted)
        source = f"""from link l join study s on s.record_id = l.record_id join source_record r on r.id = s.record_id
                     where {" and ".join(clauses)}"""
        total = self._connection.run(_statement(f"select count(*) {source}"), parameters)
        if after:
            source += f" and (coalesce(s.started_at, '{UNDATED}'), s.study_uid) < (:after_at, :after_uid)"
            parameters["after_at"], parameters["after_uid"] = read_place(after)
        columns = COLUMNS_NOW if wanted.as_of is None else COLUMNS_THEN
        statement = f"""select {columns} {source}
                        order by coalesce(s.started_at, '{UNDATED}') desc, s.study_uid desc limit :limit"""
        rows = self._connection.run(_statement(statement), parameters | {"limit": limit + 1})
        studies = to_studies(rows)
        page = studies[:limit]
        following = write_place(page[-1].started_at, page[-1].study_uid) if len(studies) > limit else ""
        return page, total.scalar_one(), following

    def held(self, archive: str, after: str, limit: int) -> list[tuple[str, UUID]]:
        """The studies that an archive holds from the one after `after` on, with the golden id each is under."""
        rows = self._connection.run(_HELD, {"archive": archive, "after": after, "limit": limit})
        return [(row.study_uid, row.golden_id) for row in rows]

    def stays(self, golden_id: UUID) -> list[Stay]:
        """Every time that a record with studies was linked to a golden id."""
        return [
            Stay(
                Identifier(row.authority, row.value),
                row.since,
                row.until,
                row.reason,
                row.ended,
                tuple(zip(row.studies, row.registered, strict=True)),
            )
            for row in self._connection.run(_STAYS, {"golden": golden_id})
        ]

    def of_records(self, identifiers: Collection[Identifier]) -> list[str]:
        """Study UIDs that hang on these records."""
        return list(self._connection.run(_OF_RECORDS, {"ids": self._ids.list(identifiers)}).scalars())

    def of_accessions(self, identifiers: Collection[Identifier], accessions: Collection[str]) -> list[str]:
        """Those of them with one of these accession numbers."""
        parameters = {"ids": self._ids.list(identifiers), "accessions": list(accessions)}
        return list(self._connection.run(_OF_ACCESSIONS, parameters).scalars())


@lru_cache(maxsize=128)
def _statement(sql: str) -> Prepared:
    """One of the few forms that a filtered statement takes; values are parameters, so their number is bounded."""
    return Prepared(text(sql), plain=True)


def _conditions(golden_id: UUID, wanted: HistoryFilter) -> tuple[list[str], dict[str, Any]]:
    clauses = ["l.golden_id = :golden"]
    parameters: dict[str, Any] = {"golden": golden_id}
    if wanted.as_of is None:
        clauses.append("l.until is null")
    else:
        clauses.append(f"{during('l')} and s.registered_at <= :as_of")
        parameters["as_of"] = wanted.as_of
    if wanted.modalities:
        clauses.append("s.modalities && :modalities")
        parameters["modalities"] = list(wanted.modalities)
    for column, value in (("body_site", wanted.body_site), ("organisation", wanted.organisation)):
        if value:
            clauses.append(f"lower(s.{column}) = lower(:{column})")
            parameters[column] = value
    # Dates are the examination room's own, London.
    for sign, name, day in ((">=", "since", wanted.since), ("<=", "until", wanted.until)):
        if day is not None:
            clauses.append(f"(s.started_at at time zone 'Europe/London')::date {sign} :{name}")
            parameters[name] = day
    return clauses, parameters

"""Golden identities and links, with their time: what is now, and what was believed at any moment before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Uuid

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.rows import RecordIds
from mpi.domain.codec import registers_from_json
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_CURRENT = Prepared(
    text(
        """select r.authority, r.value, l.golden_id from link l join source_record r on r.id = l.record_id
       where l.record_id = any(:ids) and l.until is null"""
    ).bindparams(_IDS)
)
_UNDER_SINCE = Prepared(
    text(
        """select r.authority, r.value, min(h.since) as since from link l
       join link h on h.record_id = l.record_id and h.golden_id = l.golden_id
       join source_record r on r.id = l.record_id
       where l.record_id = any(:ids) and l.until is null group by r.authority, r.value"""
    ).bindparams(_IDS)
)
_RESOLVE = Prepared(
    text(
        """with recursive chain (id, successor) as (
         select id, successor from golden_identity where id = :id
         union select g.id, g.successor from chain c join golden_identity g on g.id = c.successor)
       select id from chain where successor is null"""
    )
)
_CREATE = Prepared(
    text("insert into golden_identity (id) select unnest(:golden)").bindparams(bindparam("golden", type_=ARRAY(Uuid)))
)
_BORN = Prepared(
    text("select id, created_at from golden_identity where id = any(:golden)").bindparams(
        bindparam("golden", type_=ARRAY(Uuid))
    )
)
_RETIRED = Prepared(
    text("select id, retired_at from golden_identity where id = any(:golden) and retired_at is not null").bindparams(
        bindparam("golden", type_=ARRAY(Uuid))
    )
)
_ONCE_UNDER = Prepared(
    text("select distinct golden_id from link where record_id = any(:ids) and until is not null").bindparams(_IDS)
)
_RETIRE = Prepared(
    text("update golden_identity set retired_at = clock_timestamp(), successor = :successor where id = :id")
)
# Of a retired id all of whose records have gone on together: a pointer to anywhere else would name another person.
_FOLLOW = Prepared(
    text(
        """update golden_identity g set successor = n.now from (
         select l.golden_id, min(cast(n.golden_id as text)) as now from link l
         join link n on n.record_id = l.record_id and n.until is null
         where l.golden_id in (select f.golden_id from link f join golden_identity r on r.id = f.golden_id
           where f.record_id = any(:ids) and r.retired_at is not null)
         group by l.golden_id having count(distinct n.golden_id) = 1) as m (id, text_),
         lateral (select cast(m.text_ as uuid) as now) as n
       where g.id = m.id and g.retired_at is not null and g.successor <> n.now"""
    ).bindparams(_IDS)
)
_CLOSE = Prepared(
    text("update link set until = clock_timestamp() where record_id = any(:ids) and until is null").bindparams(_IDS)
)
_OPEN = Prepared(
    text(
        """insert into link (record_id, golden_id, authority, reason)
       select r, g, s.authority, :reason from unnest(:ids, :golden) as n (r, g) join source_record s on s.id = r"""
    ).bindparams(_IDS, bindparam("golden", type_=ARRAY(Uuid)), bindparam("reason", type_=JSONB))
)
_CONTEST = Prepared(
    text(
        """update link set contested = (record_id = any(:contested)) where record_id = any(:ids) and until is null
       and contested <> (record_id = any(:contested)) returning record_id, contested"""
    ).bindparams(_IDS, bindparam("contested", type_=ARRAY(BigInteger)))
)
_AGES = Prepared(
    text(
        """select g.id, g.created_at, max(greatest(g.created_at, l.since, r.updated_at)) as at from golden_identity g
       join link l on l.golden_id = g.id and l.until is null join source_record r on r.id = l.record_id
       where g.id = any(:golden) group by g.id"""
    ).bindparams(bindparam("golden", type_=ARRAY(Uuid)))
)
# Of a large answer nothing else is told but the page that is asked for, and demographics are most of a record.
_OUTLINES = Prepared(
    text(
        """select r.id, r.authority, r.value, l.golden_id, r.registers -> 'active' as active,
         r.registers -> 'nhs_number' as nhs_number, r.registers -> 'restricted' as restricted,
         s.authority as survivor_authority, s.value as survivor_value
       from link l join source_record r on r.id = l.record_id left join source_record s on s.id = r.subsumed_by
       where l.golden_id = any(:golden) and l.until is null
       order by r.authority collate "C", r.value collate "C" """
    ).bindparams(bindparam("golden", type_=ARRAY(Uuid)))
)
_OUTLINED = ("active", "nhs_number", "restricted")
_LINKED_AT = Prepared(
    text(
        """select golden_id from link where record_id = :id and since <= :at and (until is null or until > :at)
       order by since desc limit 1"""
    )
)
_MEMBERS_AT = Prepared(
    text(
        """select r.authority, r.value from link l join source_record r on r.id = l.record_id
       where l.golden_id = :id and l.since <= :at and (l.until is null or l.until > :at)
       order by r.authority collate "C", r.value collate "C" """
    )
)


class IdentityStore:
    """See `mpi.ports.Identities`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def create(self, golden_ids: Collection[UUID]) -> None:
        """New golden identities."""
        if golden_ids:
            self._connection.run(_CREATE, {"golden": list(golden_ids)})

    def retire(self, successors: Mapping[UUID, UUID]) -> None:
        """Retire golden ids, each with a pointer to its successor."""
        for golden_id, successor in successors.items():
            self._connection.run(_RETIRE, {"id": golden_id, "successor": successor})

    def follow(self, moved: Collection[Identifier]) -> None:
        """Point the retired golden ids that these records were once under to where their records are now, if all of
        them are under one."""
        self._connection.run(_FOLLOW, {"ids": self._ids.list(moved)})

    def link(self, moves: Mapping[Identifier, UUID], held: Collection[Identifier], reason: Mapping[str, Any]) -> None:
        """Link records to golden ids from now on, closing the links that those in `held` had."""
        if moves:
            ids = self._ids.among(list(moves))
            records = [ids[identifier] for identifier in moves]
            closing = [ids[identifier] for identifier in moves if identifier in held]
            if closing:
                self._connection.run(_CLOSE, {"ids": closing})
            parameters = {"ids": records, "golden": list(moves.values()), "reason": dict(reason)}
            self._connection.run(_OPEN, parameters)

    def mark_contested(
        self, among: Collection[Identifier], contested: Collection[Identifier]
    ) -> Mapping[Identifier, bool]:
        """Make `contested` the contested links among these records; returns those that changed, and whether they are
        so now."""
        ids = self._ids.among(list(among))
        parameters = {"ids": list(ids.values()), "contested": [ids[identifier] for identifier in contested]}
        changed = {row.record_id: row.contested for row in self._connection.run(_CONTEST, parameters)}
        return {identifier: changed[number] for identifier, number in ids.items() if number in changed}

    def current(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, UUID]:
        """The golden ids these records are linked to now."""
        rows = self._connection.run(_CURRENT, {"ids": self._ids.list(identifiers)})
        return {Identifier(row.authority, row.value): row.golden_id for row in rows}

    def under_since(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, datetime]:
        """When each of these records first came under the golden id it is linked to now."""
        rows = self._connection.run(_UNDER_SINCE, {"ids": self._ids.list(identifiers)})
        return {Identifier(row.authority, row.value): row.since for row in rows}

    def resolve(self, golden_id: UUID) -> UUID | None:
        """The living golden id at the end of the chain of successors; None when never known."""
        found: UUID | None = self._connection.run(_RESOLVE, {"id": golden_id}).scalar()
        return found

    def born(self, golden_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When these golden ids were made."""
        rows = self._connection.run(_BORN, {"golden": list(golden_ids)})
        return {row.id: row.created_at for row in rows}

    def retired(self, golden_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When those of these golden ids were retired that were."""
        rows = self._connection.run(_RETIRED, {"golden": list(golden_ids)})
        return {row.id: row.retired_at for row in rows}

    def once_under(self, identifiers: Collection[Identifier]) -> set[UUID]:
        """The golden ids that these records were under and left."""
        return set(self._connection.run(_ONCE_UNDER, {"ids": self._ids.list(identifiers)}).scalars())

    def ages(self, golden_ids: Collection[UUID]) -> Mapping[UUID, tuple[datetime, datetime]]:
        """When living golden identities were made, and when they, their links or their records last changed."""
        rows = self._connection.run(_AGES, {"golden": list(golden_ids)})
        return {row.id: (row.created_at, row.at) for row in rows}

    def outlines(self, golden_ids: Collection[UUID]) -> list[Record]:
        """The records linked to these golden ids, with no more than tells their identifiers."""
        rows = self._connection.run(_OUTLINES, {"golden": list(golden_ids)}).mappings()
        return [_outline(row) for row in rows]

    def linked_at(self, identifier: Identifier, at: datetime) -> UUID | None:
        """The golden id a record was linked to at a time."""
        record_id = self._ids.among([identifier]).get(identifier)
        if record_id is None:
            return None
        found: UUID | None = self._connection.run(_LINKED_AT, {"id": record_id, "at": at}).scalar()
        return found

    def members_at(self, golden_id: UUID, at: datetime) -> list[Identifier]:
        """The records linked to a golden id at a time."""
        rows = self._connection.run(_MEMBERS_AT, {"id": golden_id, "at": at})
        return [Identifier(row.authority, row.value) for row in rows]


def _outline(row: Mapping[str, Any]) -> Record:
    told = {name: cell for name in _OUTLINED if (cell := row[name]) is not None}
    survivor = (row["survivor_authority"], row["survivor_value"])
    return Record(
        Identifier(row["authority"], row["value"]),
        golden_id=row["golden_id"],
        registers=registers_from_json(told),
        subsumed_by=Identifier(*survivor) if survivor[0] else None,
    )

"""Identifiers and database ids of source records, and records as rows, for the stores of one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.codec import patch_from_json, pending_from_json, registers_from_json, stamp_from_json
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record, Update

MOST_ID = 2**63 - 1
"""The largest id that the database gives; it refuses to look for a larger one."""
_FIND = Prepared(
    text(
        """select r.id, r.authority, r.value from unnest(:authorities, :values) as i (authority, value)
       join source_record r using (authority, value)"""
    ).bindparams(bindparam("authorities", type_=ARRAY(Text)), bindparam("values", type_=ARRAY(Text)))
)

RECORD_COLUMNS = """r.id, r.authority, r.value, r.registers, r.pending, r.borrowed, r.keys, r.encoded, r.updated_at,
       l.golden_id, coalesce(l.contested, false) as contested,
       s.authority as survivor_authority, s.value as survivor_value"""
RECORD_JOINS = """left join link l on l.record_id = r.id and l.until is null
       left join source_record s on s.id = r.subsumed_by"""

UPDATE_COLUMNS = "r.authority, r.value, u.patch, u.stamp, g.accepted"
UPDATE_JOINS = """join source_record r on r.id = u.record_id
       left join ruling g on g.update_id = u.id and g.withdrawn_at is null"""


def to_record(row: Row[Any]) -> Record:
    """A row of `RECORD_COLUMNS` as a record."""
    survivor = Identifier(row.survivor_authority, row.survivor_value) if row.survivor_authority else None
    return Record(
        identifier=Identifier(row.authority, row.value),
        id=row.id,
        golden_id=row.golden_id,
        registers=registers_from_json(row.registers),
        pending=pending_from_json(row.pending),
        subsumed_by=survivor,
        borrowed=row.borrowed,
        keys=tuple(row.keys),
        encoded=row.encoded,
        contested=row.contested,
        updated_at=row.updated_at,
    )


def to_update(row: Row[Any]) -> Update:
    """A row of `UPDATE_COLUMNS` as an update."""
    addressed = Identifier(row.authority, row.value)
    return Update(addressed, patch_from_json(row.patch), stamp_from_json(row.stamp), row.accepted)


class RecordIds:
    """The database ids of identifiers met in this transaction; they never change, so they are asked for once."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection
        self._ids: dict[Identifier, int] = {}

    def learn(self, identifier: Identifier, record_id: int) -> None:
        """Remember an id a query returned."""
        self._ids[identifier] = record_id

    def __getitem__(self, identifier: Identifier) -> int:
        """The id of a stored record. Raises KeyError for an unknown one."""
        return self.among([identifier])[identifier]

    def among(self, identifiers: Collection[Identifier]) -> dict[Identifier, int]:
        """The ids of those that are stored."""
        missing = [i for i in identifiers if i not in self._ids]
        if missing:
            found = self._connection.run(
                _FIND, {"authorities": [i.authority for i in missing], "values": [i.value for i in missing]}
            )
            for row in found:
                self._ids[Identifier(row.authority, row.value)] = row.id
        return {i: self._ids[i] for i in identifiers if i in self._ids}

    def list(self, identifiers: Iterable[Identifier]) -> list[int]:
        """The ids of those that are stored, in no order."""
        return list(self.among(list(identifiers)).values())

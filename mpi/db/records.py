"""Source records, all that was ever said of them, and the blocking keys that find them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, LargeBinary, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Uuid

from linkage.record import Demographics, Name
from mpi.db import locks, searching
from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.rows import RECORD_COLUMNS, RECORD_JOINS, UPDATE_COLUMNS, UPDATE_JOINS, RecordIds, to_record, to_update
from mpi.domain.codec import patch_to_json, pending_to_json, registers_to_json, stamp_to_json
from mpi.domain.commands import Field
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record, Update
from mpi.domain.views import SearchCriteria
from mpi.ports import Candidate, Change

_KEYS = bindparam("keys", type_=ARRAY(BigInteger))
_FAMILY = Prepared(
    text(
        f"""with recursive family (id) as (
          select r.id from unnest(:authorities, :values) as i (authority, value)
            join source_record r using (authority, value)
          union
          select n.id from family f cross join lateral (
            select subsumed_by as id from source_record where id = f.id and subsumed_by is not null
            union all select id from source_record where subsumed_by = f.id) n)
        select {RECORD_COLUMNS} from family join source_record r using (id) {RECORD_JOINS}
        order by r.authority collate "C", r.value collate "C" """
    ).bindparams(bindparam("authorities", type_=ARRAY(Text)), bindparam("values", type_=ARRAY(Text)))
)
_OF_IDENTIFIERS = Prepared(
    text(
        f"""select {RECORD_COLUMNS} from unnest(:authorities, :values) as i (authority, value)
        join source_record r using (authority, value) {RECORD_JOINS}
        order by r.authority collate "C", r.value collate "C" """
    ).bindparams(bindparam("authorities", type_=ARRAY(Text)), bindparam("values", type_=ARRAY(Text)))
)
_OF_GOLDEN = Prepared(
    text(
        f"""select {RECORD_COLUMNS} from link g join source_record r on r.id = g.record_id {RECORD_JOINS}
        where g.golden_id = any(:golden) and g.until is null
        order by r.authority collate "C", r.value collate "C" """
    ).bindparams(bindparam("golden", type_=ARRAY(Uuid)))
)
_OF_PERSON = Prepared(
    text(
        f"""select {RECORD_COLUMNS} from source_record i join link m on m.record_id = i.id and m.until is null
        join link l on l.golden_id = m.golden_id and l.until is null join source_record r on r.id = l.record_id
        left join source_record s on s.id = r.subsumed_by where i.authority = :authority and i.value = :value
        order by r.authority collate "C", r.value collate "C" """
    )
)
_HOLDERS = Prepared(
    text(
        f"""select {RECORD_COLUMNS} from block_key k join source_record r on r.id = k.record_id {RECORD_JOINS}
        where k.key = :key order by r.authority collate "C", r.value collate "C" """
    )
)
_UPDATES = Prepared(
    text(
        f"""select {UPDATE_COLUMNS} from source_update u {UPDATE_JOINS}
        where u.record_id = any(:ids) order by u.id"""
    )
)
_CANDIDATES = Prepared(
    text(
        """select r.id, r.authority, r.value, r.encoded from source_record r
       where r.id in (select record_id from block_key where key = any(:keys)) and r.encoded is not null"""
    ).bindparams(_KEYS)
)


class RecordStore:
    """See `mpi.ports.Records`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def lock_identifiers(self, identifiers: Collection[Identifier]) -> None:
        """Hold these identifiers until the transaction ends."""
        locks.hold(self._connection, [locks.lock_number(str(i), b"identifier") for i in identifiers])

    def lock_matching(self, keys: Collection[int], golden_ids: Collection[UUID]) -> None:
        """Hold these blocking keys and golden ids until the transaction ends."""
        golden = (int.from_bytes(golden_id.bytes[8:], "big", signed=True) for golden_id in golden_ids)
        locks.hold(self._connection, [*keys, *golden])

    def family(self, identifiers: Collection[Identifier]) -> list[Record]:
        """The records of these identifiers and of all merged with them."""
        wanted = list(identifiers)
        parameters = {"authorities": [i.authority for i in wanted], "values": [i.value for i in wanted]}
        return self.fetch(_FAMILY, parameters)

    def of_golden(self, golden_ids: Collection[UUID]) -> list[Record]:
        """The records now linked to these golden ids."""
        return self.fetch(_OF_GOLDEN, {"golden": list(golden_ids)})

    def of_identifiers(self, identifiers: Collection[Identifier]) -> list[Record]:
        """The records of these identifiers; unknown ones are left out."""
        wanted = list(identifiers)
        parameters = {"authorities": [i.authority for i in wanted], "values": [i.value for i in wanted]}
        return self.fetch(_OF_IDENTIFIERS, parameters)

    def of_person(self, identifier: Identifier) -> list[Record]:
        """The records linked to the same golden id as this identifier's, itself among them; none when unknown."""
        return self.fetch(_OF_PERSON, {"authority": identifier.authority, "value": identifier.value})

    def holders_of_key(self, key: int) -> list[Record]:
        """The records that emit one blocking key."""
        return self.fetch(_HOLDERS, {"key": key})

    def fetch(self, statement: Prepared, parameters: dict[str, Any]) -> list[Record]:
        """Records by a statement that selects `RECORD_COLUMNS`."""
        records = [to_record(row) for row in self._connection.run(statement, parameters)]
        for record in records:
            if record.id is not None:
                self._ids.learn(record.identifier, record.id)
        return records

    def updates(self, identifiers: Collection[Identifier]) -> list[Update]:
        """All that was ever said of these identifiers, oldest arrival first."""
        rows = self._connection.run(_UPDATES, {"ids": self._ids.list(identifiers)})
        return [to_update(row) for row in rows]

    def candidates(self, keys: Sequence[int], but: Identifier) -> list[Candidate]:
        """All other records that share one of the keys."""
        if not keys:
            return []
        found = []
        for row in self._connection.run(_CANDIDATES, {"keys": list(keys)}):
            identifier = Identifier(row.authority, row.value)
            if identifier != but:
                self._ids.learn(identifier, row.id)
                found.append(Candidate(identifier, row.encoded))
        return found

    def save(self, changes: Sequence[Change], updates: Sequence[Update], message_id: int | None) -> None:
        """Insert or update records and append updates."""
        for before, record in changes:
            if before is None:
                self._insert(record)
            else:
                self._connection.run(_UPDATE, {"id": self._ids[record.identifier], **state_columns(record)})
            self._save_keys(record, before)
            self._save_names(record, before)
        for before, record in changes:
            if record.subsumed_by != (before.subsumed_by if before else None):
                survivor = None if record.subsumed_by is None else self._ids[record.subsumed_by]
                self._connection.run(_SUBSUME, {"id": self._ids[record.identifier], "survivor": survivor})
        self._append(updates, message_id)

    def search(self, criteria: SearchCriteria) -> list[UUID]:
        """Golden ids with a live record that meets every criterion."""
        return searching.people_meeting(self._connection, criteria)

    def _insert(self, record: Record) -> None:
        row = {"authority": record.identifier.authority, "value": record.identifier.value, **state_columns(record)}
        self._ids.learn(record.identifier, self._connection.run(_INSERT, row).scalar_one())

    def _save_keys(self, record: Record, before: Record | None) -> None:
        held = set(before.keys) if before else set()
        gone, come = held.difference(record.keys), set(record.keys) - held
        if gone or come:
            parameters = {"id": self._ids[record.identifier], "gone": sorted(gone), "come": sorted(come)}
            self._connection.run(_CHANGE_KEYS, parameters)

    def _save_names(self, record: Record, before: Record | None) -> None:
        if before and before.registers.cells.get(Field.NAMES) == record.registers.cells.get(Field.NAMES):
            return
        held, told = (other_names(r.registers.demographics) if r else frozenset() for r in (before, record))
        gone, come = sorted(held - told), sorted(told - held)
        if gone or come:
            parts = {
                f"{which}_{part}": [name[n] for name in names]
                for which, names in (("gone", gone), ("come", come))
                for n, part in enumerate(("families", "givens"))
            }
            self._connection.run(_CHANGE_NAMES, {"id": self._ids[record.identifier], **parts})

    def _append(self, updates: Sequence[Update], message_id: int | None) -> None:
        for update in updates:
            row = {
                "record_id": self._ids[update.addressed],
                "message_id": message_id,
                "patch": patch_to_json(update.patch),
                "stamp": stamp_to_json(update.stamp),
            }
            self._connection.run(_APPEND, row)


_CHANGE_KEYS = Prepared(
    text(
        """with gone as (delete from block_key where record_id = :id and key = any(:gone))
       insert into block_key (key, record_id) select k, :id from unnest(:come) as k"""
    ).bindparams(bindparam("gone", type_=ARRAY(BigInteger)), bindparam("come", type_=ARRAY(BigInteger)))
)
_CHANGE_NAMES = Prepared(
    text(
        """with gone as (delete from other_name where record_id = :id
         and (family, given) in (select * from unnest(:gone_families, :gone_givens)))
       insert into other_name (record_id, family, given)
         select :id, n.* from unnest(:come_families, :come_givens) as n"""
    ).bindparams(
        *(
            bindparam(f"{which}_{part}", type_=ARRAY(Text))
            for which in ("gone", "come")
            for part in ("families", "givens")
        )
    )
)
_SUBSUME = Prepared(
    text(
        """update source_record set subsumed_by = :survivor
       where id = :id and subsumed_by is distinct from :survivor"""
    )
)
_STATE = (
    bindparam("registers", type_=JSONB),
    bindparam("pending", type_=JSONB(none_as_null=True)),
    bindparam("keys", type_=ARRAY(BigInteger)),
    bindparam("encoded", type_=LargeBinary),
    bindparam("active", type_=Boolean),
)
_INSERT = Prepared(
    text(
        """insert into source_record
         (authority, value, registers, pending, active, borrowed, keys, encoded, family, given, birth_date)
       values (:authority, :value, :registers, :pending, :active, :borrowed, :keys, :encoded, :family, :given,
         :birth_date)
       returning id"""
    ).bindparams(*_STATE)
)
_UPDATE = Prepared(
    text(
        """update source_record set registers = :registers, pending = :pending, active = :active,
         borrowed = :borrowed, keys = :keys, encoded = :encoded, family = :family,
         given = :given, birth_date = :birth_date, updated_at = clock_timestamp()
       where id = :id"""
    ).bindparams(*_STATE)
)
_APPEND = Prepared(
    text(
        """insert into source_update (record_id, message_id, patch, stamp)
           values (:record_id, :message_id, :patch, :stamp)"""
    ).bindparams(
        bindparam("patch", type_=JSONB), bindparam("stamp", type_=JSONB), bindparam("message_id", type_=BigInteger)
    )
)


def other_names(told: Demographics) -> frozenset[tuple[str, str]]:
    """What a record is found by besides its first name (IHE-31): every family with every given, former ones too,
    because each parameter of a query may be met by another name."""
    first = told.names[0] if told.names else Name()
    names = (*told.names, *told.previous_names)
    families = {name.family.upper() for name in names if name.family} or {""}
    givens = {name.given.upper() for name in names if name.given} or {""}
    found = set(product(families, givens))
    return frozenset(found - {(first.family.upper(), first.given.upper()), ("", "")})


def state_columns(record: Record) -> dict[str, Any]:
    """What a source record's row holds beside its identifier, by column."""
    demographics = record.registers.demographics
    name = demographics.names[0] if demographics.names else None
    return {
        "registers": registers_to_json(record.registers),
        "pending": pending_to_json(record.pending),
        "active": record.registers.active if record.registers.cells else None,
        "borrowed": record.borrowed,
        "keys": list(record.keys),
        "encoded": record.encoded,
        "family": name.family.upper() if name else "",
        "given": name.given.upper() if name else "",
        "birth_date": demographics.birth_date,
    }

"""Weighed edges and assertions, and the connected components they make."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY

from linkage.guard import Guard
from linkage.partition import AssertionRank, Verdict
from mpi.db.records import RecordStore
from mpi.db.rows import RECORD_COLUMNS, RECORD_JOINS, RecordIds
from mpi.db.tables import assertion, edge
from mpi.domain.access import Caller
from mpi.domain.codec import stamp_from_json, stamp_to_json
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Placed
from mpi.domain.record import Record
from mpi.ports import Contention

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_ROUNDS = 5

_CLOSURE = text(
    """with recursive component (id) as (
         select unnest(:ids)
         union
         select n.id from component c cross join lateral (
           select b_id as id from edge where a_id = c.id and joins
           union all select a_id from edge where b_id = c.id and joins
           union all select b_id from assertion where a_id = c.id and verdict = 'same' and withdrawn_at is null
           union all select a_id from assertion where b_id = c.id and verdict = 'same' and withdrawn_at is null
           union all select o.record_id from link m join link o on o.golden_id = m.golden_id and o.until is null
                     where m.record_id = c.id and m.until is null) n)
       select id from component"""
).bindparams(_IDS)
# In id order, so that two transactions on one component wait in line and never in a ring.
_LOCK_ROWS = text("select id from source_record where id = any(:ids) order by id for no key update").bindparams(_IDS)
_MEMBERS = text(
    f"""select {RECORD_COLUMNS} from source_record r {RECORD_JOINS}
        where r.id = any(:ids) order by r.authority collate "C", r.value collate "C" """
).bindparams(_IDS)
EDGE_COLUMNS = """e.weight, e.guards, e.joins, e.pattern, a.authority as a_authority, a.value as a_value,
       b.authority as b_authority, b.value as b_value"""
_EDGES = text(
    f"""select {EDGE_COLUMNS} from edge e join source_record a on a.id = e.a_id join source_record b on b.id = e.b_id
        where e.a_id = any(:ids) and e.b_id = any(:ids)"""
).bindparams(_IDS)
_PLACED = text(
    f"""select {EDGE_COLUMNS}, la.golden_id as a_golden, lb.golden_id as b_golden
        from (select * from edge where a_id = any(:ids) union select * from edge where b_id = any(:ids)) e
        join source_record a on a.id = e.a_id join source_record b on b.id = e.b_id
        join link la on la.record_id = e.a_id and la.until is null
        join link lb on lb.record_id = e.b_id and lb.until is null"""
).bindparams(_IDS)
STANDING = """select t.id, t.verdict, t.rank, t.stamp, t.subsumed_id, t.a_id, t.made_by,
       a.authority as a_authority, a.value as a_value, b.authority as b_authority, b.value as b_value
     from assertion t join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
     where t.withdrawn_at is null"""
_ASSERTIONS = text(f"{STANDING} and (t.a_id = any(:ids) or t.b_id = any(:ids)) order by t.id").bindparams(_IDS)
_ASSERTION = text(f"{STANDING} and t.id = :id")
_WITHDRAW = text(
    """update assertion set withdrawn_at = clock_timestamp(), withdrawn_by = :user, withdrawn_reason = :reason
       where id = :id and withdrawn_at is null"""
)
_DROP_EDGES = text("delete from edge where (a_id = :id or b_id = :id)")
_JOINS = text(
    """select r.id, r.authority, r.value from source_record r where r.id in (
         select b_id from edge where a_id = any(:ids) and joins
         union select a_id from edge where b_id = any(:ids) and joins)"""
).bindparams(_IDS)


class EvidenceStore:
    """See `mpi.ports.Evidence`."""

    def __init__(self, connection: Connection, ids: RecordIds, records: RecordStore, model: str) -> None:
        self._connection = connection
        self._ids = ids
        self._records = records
        self._model = model

    def replace_edges(self, of: Identifier, edges: Sequence[Edge]) -> None:
        """Make `edges` all the edges of one record."""
        self._connection.execute(_DROP_EDGES, {"id": self._ids[of]})
        if edges:
            self._connection.execute(insert(edge), [self._row(e) for e in edges])

    def joins_of(self, identifiers: Collection[Identifier]) -> set[Identifier]:
        """The records that now stand with any of these by a certain unguarded edge."""
        found = set()
        for row in self._connection.execute(_JOINS, {"ids": self._ids.list(identifiers)}):
            identifier = Identifier(row.authority, row.value)
            self._ids.learn(identifier, row.id)
            found.add(identifier)
        return found

    def component(self, seeds: Collection[Identifier]) -> list[Record]:
        """Lock and return the component. Raises `Contention` when it keeps growing under our hands."""
        locked: set[int] = set()
        reached = set(self._ids.list(seeds))
        for _ in range(_ROUNDS):
            reached = set(self._connection.execute(_CLOSURE, {"ids": sorted(reached)}).scalars())
            if reached <= locked:
                return self._records.fetch(_MEMBERS, {"ids": sorted(reached)})
            self._connection.execute(_LOCK_ROWS, {"ids": sorted(reached)})
            # Others may have changed it while we waited for the lock: look again.
            locked |= reached
        raise Contention("the component kept growing")

    def edges(self, identifiers: Collection[Identifier]) -> list[Edge]:
        """All edges with both ends among these."""
        rows = self._connection.execute(_EDGES, {"ids": self._ids.list(identifiers)})
        return [to_edge(row) for row in rows]

    def placed_edges(self, identifiers: Collection[Identifier]) -> list[Placed]:
        """All edges with at least one end among these, and where both ends are linked."""
        rows = self._connection.execute(_PLACED, {"ids": self._ids.list(identifiers)})
        return [_to_placed(row) for row in rows]

    def assertions(self, identifiers: Collection[Identifier]) -> list[Assertion]:
        """All standing assertions with at least one end among these."""
        rows = self._connection.execute(_ASSERTIONS, {"ids": self._ids.list(identifiers)})
        return [to_assertion(row) for row in rows]

    def add_assertions(self, assertions: Sequence[Assertion], caller: Caller, reason: str) -> list[int]:
        """Store assertions; returns their ids."""
        added = []
        for made in assertions:
            row = {
                "a_id": self._ids[made.pair.one],
                "b_id": self._ids[made.pair.other],
                "verdict": made.verdict.value,
                "rank": int(made.rank),
                "stamp": stamp_to_json(made.stamp),
                "subsumed_id": self._ids[made.subsumed] if made.subsumed else None,
                "made_by": caller.user,
                "reason": reason,
            }
            added.append(
                self._connection.execute(insert(assertion).values(row).returning(assertion.c.id)).scalar_one()
            )
        return added

    def assertion(self, assertion_id: int) -> tuple[Assertion, str] | None:
        """A standing assertion and the user who made it."""
        row = self._connection.execute(_ASSERTION, {"id": assertion_id}).one_or_none()
        return None if row is None else (to_assertion(row), row.made_by)

    def withdraw(self, assertion_id: int, caller: Caller, reason: str) -> None:
        """Take an assertion back; it stays on record."""
        self._connection.execute(_WITHDRAW, {"id": assertion_id, "user": caller.user, "reason": reason})

    def _row(self, weighed: Edge) -> dict[str, Any]:
        one, other = self._ids[weighed.pair.one], self._ids[weighed.pair.other]
        return {
            "a_id": min(one, other),
            "b_id": max(one, other),
            "weight": weighed.weight,
            "guards": int(weighed.guards),
            "joins": weighed.joins,
            "pattern": weighed.pattern,
            "model": self._model,
        }


def _pair(row: Row[Any]) -> Pair:
    return Pair.of(Identifier(row.a_authority, row.a_value), Identifier(row.b_authority, row.b_value))


def to_edge(row: Row[Any]) -> Edge:
    """A row of `EDGE_COLUMNS` as an edge."""
    return Edge(_pair(row), row.weight, Guard(row.guards), row.joins, row.pattern)


def _to_placed(row: Row[Any]) -> Placed:
    one = Identifier(row.a_authority, row.a_value)
    weighed = to_edge(row)
    ends = (row.a_golden, row.b_golden) if weighed.pair.one == one else (row.b_golden, row.a_golden)
    return Placed(weighed, *ends)


def to_assertion(row: Row[Any]) -> Assertion:
    """A row of `STANDING` as an assertion."""
    one, other = Identifier(row.a_authority, row.a_value), Identifier(row.b_authority, row.b_value)
    subsumed = None if row.subsumed_id is None else (one if row.subsumed_id == row.a_id else other)
    return Assertion(
        Pair.of(one, other),
        Verdict(row.verdict),
        AssertionRank(row.rank),
        stamp_from_json(row.stamp),
        subsumed,
        row.id,
    )

"""Weighed edges and assertions, and the connected components they make."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Integer,
    LargeBinary,
    Row,
    bindparam,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from linkage.guard import Guard
from linkage.partition import AssertionRank, Verdict
from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.rows import RecordIds
from mpi.db.tables import assertion
from mpi.domain.access import Caller
from mpi.domain.codec import stamp_from_json, stamp_to_json
from mpi.domain.evidence import Assertion, Edge, KeptApart, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Placed
from mpi.domain.settlement import Joins, Member
from mpi.ports import Contention

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_ROUNDS = 5

# A golden identity is a step of its own, or each of its records would lead to every other one again.
_CLOSURE = """with recursive step (id, golden_id) as (
         select unnest(:ids), cast(null as uuid)
         union
         select n.id, n.golden_id from step s cross join lateral (
           select b_id as id, cast(null as uuid) as golden_id from edge where a_id = s.id and joins
           union all select a_id, null from edge where b_id = s.id and joins
           union all select b_id, null from assertion where a_id = s.id and verdict = 'same' and withdrawn_at is null
           union all select a_id, null from assertion where b_id = s.id and verdict = 'same' and withdrawn_at is null
           union all select null, golden_id from link where record_id = s.id and until is null
           union all select record_id, null from link where golden_id = s.golden_id and until is null) n),
       component (id) as (select id from step where id is not null)"""
# In id order, so that two transactions on one component wait in line and never in a ring.
_LOCK_COMPONENT = Prepared(
    text(
        f"""{_CLOSURE} select r.id from source_record r where r.id in (select id from component)
        order by r.id for no key update of r"""
    ).bindparams(_IDS)
)
_MEMBERS = Prepared(
    text(
        f"""{_CLOSURE} select r.id, r.authority, r.value, l.golden_id, r.encoded, r.subsumed_by is null as live,
          coalesce(l.contested, false) as contested,
          r.pending is not null and not (r.pending -> 'rejected')::boolean as overlaid
        from component c join source_record r on r.id = c.id
          left join link l on l.record_id = r.id and l.until is null
        order by r.authority collate "C", r.value collate "C" """
    ).bindparams(_IDS)
)
EDGE_COLUMNS = """e.weight, e.guards, e.joins, e.pattern, a.authority as a_authority, a.value as a_value,
       b.authority as b_authority, b.value as b_value"""
_PLACED_COLUMNS = f"{EDGE_COLUMNS}, la.golden_id as a_golden, lb.golden_id as b_golden"
_PLACED_JOINS = """join source_record a on a.id = e.a_id join source_record b on b.id = e.b_id
        left join link la on la.record_id = e.a_id and la.until is null
        left join link lb on lb.record_id = e.b_id and lb.until is null"""
# The ids are looked up by subqueries, which are hashed whatever the plan; an array is searched from end to end.
_BETWEEN = Prepared(
    text(
        f"""with here (id, golden_id) as materialized (
          select i.id, l.golden_id from unnest(:ids) as i (id)
          left join link l on l.record_id = i.id and l.until is null),
        e as materialized (
          select e.* from here h join edge e on e.a_id = h.id
            where ((e.b_id, h.golden_id) in (select id, golden_id from here)) is not true
          union all
          select e.* from here h join edge e on e.b_id = h.id where e.a_id not in (select id from here))
        select {_PLACED_COLUMNS} from e {_PLACED_JOINS}"""
    ).bindparams(_IDS)
)
_INSIDE = Prepared(
    text(
        f"""select {_PLACED_COLUMNS}
        from (select * from edge where a_id = any(:ids) union select * from edge where b_id = any(:ids)) e
        {_PLACED_JOINS} where la.golden_id = lb.golden_id"""
    ).bindparams(_IDS)
)
# Tens of thousands for a few hundred look-alikes: as bytes they are read at once.
_JOINS = Prepared(
    text(
        """select coalesce(string_agg(int8send(a_id), ''), '') as one, coalesce(string_agg(int8send(b_id), ''), '')
         as other, coalesce(string_agg(float4send(weight), ''), '') as weight
       from edge where a_id = any(:ids) and joins"""
    ).bindparams(_IDS)
)
STANDING = """select t.id, t.verdict, t.rank, t.stamp, t.subsumed_id, t.a_id, t.made_by,
       a.authority as a_authority, a.value as a_value, b.authority as b_authority, b.value as b_value
     from assertion t join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
     where t.withdrawn_at is null"""
_ASSERTIONS = Prepared(
    text(f"{STANDING} and (t.a_id = any(:ids) or t.b_id = any(:ids)) order by t.id").bindparams(_IDS)
)
_ASSERTION = Prepared(text(f"{STANDING} and t.id = :id"))
_WHOLE_ACTS = Prepared(
    text(
        """with act (id) as (select coalesce(act_id, id) from assertion where id = any(:ids))
       select t.id from act join assertion t on t.id = act.id where t.withdrawn_at is null
       union select t.id from act join assertion t on t.act_id = act.id where t.withdrawn_at is null order by id"""
    ).bindparams(_IDS)
)
_WITHDRAW = Prepared(
    text(
        """update assertion set withdrawn_at = clock_timestamp(), withdrawn_by = :user, withdrawn_reason = :reason
       where id = :id and withdrawn_at is null"""
    )
)
_GIVE_REASON = Prepared(text("update assertion set reason = :reason where id = :id"))
# Until it is taken back, the reason for that is the first officer's.
_ASK_TO_LIFT = Prepared(text("update assertion set lift_asked_by = :user, withdrawn_reason = :reason where id = :id"))
_KEPT_APART = Prepared(
    text(
        f"""select s.*, t.made_at, t.reason, t.lift_asked_by, coalesce(t.withdrawn_reason, '') as lift_reason
        from ({STANDING} and t.rank = :rank) s
        join assertion t on t.id = s.id order by s.id desc"""
    ).bindparams(bindparam("rank", type_=Integer))
)
_REPLACE_EDGES = Prepared(
    text(
        """with gone as (
         delete from edge where (a_id = :id or b_id = :id)
           and (a_id + b_id - :id) <> all(select unnest(:others)))
       insert into edge (a_id, b_id, weight, guards, joins, pattern, model)
         select least(:id, o), greatest(:id, o), w, g, j, p, :model
         from unnest(:others, :weights, :guards, :joins, :patterns) as n (o, w, g, j, p)
         on conflict (a_id, b_id) do update set weight = excluded.weight, guards = excluded.guards,
           joins = excluded.joins, pattern = excluded.pattern, model = excluded.model"""
    ).bindparams(
        bindparam("id", type_=BigInteger),
        bindparam("others", type_=ARRAY(BigInteger)),
        bindparam("weights", type_=ARRAY(REAL)),
        bindparam("guards", type_=ARRAY(Integer)),
        bindparam("joins", type_=ARRAY(Boolean)),
        bindparam("patterns", type_=ARRAY(LargeBinary)),
    )
)


class EvidenceStore:
    """See `mpi.ports.Evidence`."""

    def __init__(self, connection: Lane, ids: RecordIds, model: str) -> None:
        self._connection = connection
        self._ids = ids
        self._model = model

    def replace_edges(self, of: Identifier, edges: Sequence[Edge]) -> None:
        """Make `edges` all the edges of one record."""
        ids = self._ids.among([e.pair.other_than(of) for e in edges])
        row = {
            "id": self._ids[of],
            "others": [ids[e.pair.other_than(of)] for e in edges],
            "weights": [e.weight for e in edges],
            "guards": [int(e.guards) for e in edges],
            "joins": [e.joins for e in edges],
            "patterns": [e.pattern for e in edges],
            "model": self._model,
        }
        self._connection.run(_REPLACE_EDGES, row)

    def component(self, seeds: Collection[Identifier]) -> list[Member]:
        """Lock and return the component. Raises `Contention` when it keeps growing under our hands."""
        wanted = {"ids": self._ids.list(seeds)}
        for _ in range(_ROUNDS):
            locks = self._connection.run(_LOCK_COMPONENT, wanted)
            # Others may have changed it while we waited for the locks: look again.
            rows = list(self._connection.run(_MEMBERS, wanted))
            locked = set(locks.scalars())
            if all(row.id in locked for row in rows):
                return [self._to_member(row) for row in rows]
        raise Contention("the component kept growing")

    def bearing_on(self, identifiers: Sequence[Identifier]) -> tuple[list[Placed], list[Assertion], Joins]:
        """The edges between golden identities and the assertions with an end among these; the joins among these."""
        ids = self._ids.among(identifiers)
        wanted = {"ids": list(ids.values())}
        edges, assertions = self._connection.run(_BETWEEN, wanted), self._connection.run(_ASSERTIONS, wanted)
        joins = self._connection.run(_JOINS, wanted)
        placed, said = [_to_placed(row) for row in edges], [to_assertion(row) for row in assertions]
        return placed, said, _to_joins(joins.one(), [ids[identifier] for identifier in identifiers])

    def inside(self, identifiers: Collection[Identifier]) -> list[Placed]:
        """The edges with an end among these of which one golden identity holds both ends."""
        return [_to_placed(row) for row in self._connection.run(_INSIDE, {"ids": self._ids.list(identifiers)})]

    def assertions(self, identifiers: Collection[Identifier]) -> list[Assertion]:
        """All standing assertions with at least one end among these."""
        rows = self._connection.run(_ASSERTIONS, {"ids": self._ids.list(identifiers)})
        return [to_assertion(row) for row in rows]

    def add_assertions(self, assertions: Sequence[Assertion], caller: Caller, reason: str) -> list[int]:
        """Store assertions; returns their ids."""
        added: list[int] = []
        for made in assertions:
            row = {
                "act_id": added[0] if added and made.rank is AssertionRank.REVIEWER else None,
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
        row = self._connection.run(_ASSERTION, {"id": assertion_id}).one_or_none()
        return None if row is None else (to_assertion(row), row.made_by)

    def whole_acts(self, assertion_ids: Collection[int]) -> list[int]:
        """These assertions and all that stand of the acts they were stated in."""
        return list(self._connection.run(_WHOLE_ACTS, {"ids": list(assertion_ids)}).scalars())

    def _to_member(self, row: Row[Any]) -> Member:
        identifier = Identifier(row.authority, row.value)
        self._ids.learn(identifier, row.id)
        return Member(identifier, row.golden_id, row.encoded, row.live, row.contested, row.overlaid)

    def withdraw(self, assertion_id: int, caller: Caller, reason: str) -> None:
        """Take an assertion back; it stays on record."""
        self._connection.run(_WITHDRAW, {"id": assertion_id, "user": caller.user, "reason": reason})

    def give_reason(self, assertion_id: int, reason: str) -> None:
        """Note why an assertion was made."""
        self._connection.run(_GIVE_REASON, {"id": assertion_id, "reason": reason})

    def kept_apart(self) -> list[KeptApart]:
        """The privacy officers' standing assertions, the newest first."""
        rows = self._connection.run(_KEPT_APART, {"rank": int(AssertionRank.PRIVACY)})
        return [
            KeptApart(row.id, to_pair(row), row.made_by, row.made_at, row.reason, row.lift_asked_by, row.lift_reason)
            for row in rows
        ]

    def ask_to_lift(self, assertion_id: int, user: str, reason: str) -> None:
        """Note who has asked to take one of them back, and why."""
        self._connection.run(_ASK_TO_LIFT, {"id": assertion_id, "user": user, "reason": reason})


def to_pair(row: Row[Any]) -> Pair:
    """The two records of a row."""
    return Pair.of(Identifier(row.a_authority, row.a_value), Identifier(row.b_authority, row.b_value))


def to_edge(row: Row[Any]) -> Edge:
    """A row of `EDGE_COLUMNS` as an edge."""
    return Edge(to_pair(row), row.weight, Guard(row.guards), row.joins, row.pattern)


def _to_placed(row: Row[Any]) -> Placed:
    one = Identifier(row.a_authority, row.a_value)
    weighed = to_edge(row)
    ends = (row.a_golden, row.b_golden) if weighed.pair.one == one else (row.b_golden, row.a_golden)
    return Placed(weighed, *ends)


def _to_joins(row: Row[Any], ids: Sequence[int]) -> Joins:
    numbers = np.array(ids, np.int64)
    order = np.argsort(numbers)
    ends = [np.frombuffer(column, ">i8") for column in (row.one, row.other)]
    inside = np.isin(ends[1], numbers)
    one, other = (order[np.searchsorted(numbers[order], column[inside])] for column in ends)
    return Joins(one, other, np.frombuffer(row.weight, ">f4")[inside].astype(np.float32))


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

"""The whole index, read once from end to end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Row, Text, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from mpi.db.evidence import EDGE_COLUMNS, STANDING, to_assertion, to_edge, to_pair
from mpi.db.lane import Lane
from mpi.db.orders import TOLD, to_told
from mpi.db.prepared import Prepared
from mpi.db.records import other_names, state_columns
from mpi.db.rows import RECORD_COLUMNS, RECORD_JOINS, UPDATE_COLUMNS, UPDATE_JOINS, to_record, to_update
from mpi.db.task_rows import OPEN_STATES
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ToldOrder
from mpi.domain.record import Record, Update
from mpi.domain.views import TaskKind

_BATCH = 2000
_RECORDS = text(
    f"""select {RECORD_COLUMNS} from source_record r {RECORD_JOINS}
        order by r.authority collate "C", r.value collate "C" """
)
_UPDATES = text(
    f"""select {UPDATE_COLUMNS} from source_update u {UPDATE_JOINS}
        order by r.authority collate "C", r.value collate "C", u.id"""
)
_FILED = text(
    f"""select {RECORD_COLUMNS}, r.active, r.family, r.given, r.birth_date, array(
          select array[n.family, n.given] from other_name n where n.record_id = r.id) as others
        from source_record r {RECORD_JOINS}"""
)
_EDGES = text(
    f"""select {EDGE_COLUMNS}, e.model from edge e
        join source_record a on a.id = e.a_id join source_record b on b.id = e.b_id"""
)
_ORDERS = text(f"""{TOLD} order by p.authority collate "C", p.value collate "C", o.id""")
_ASKED = text(
    """select distinct r.authority, r.value from task t join source_record r on r.id in (t.a_id, t.b_id)
       where t.kind = :kind and t.state in ('open', 'claimed', 'deferred')"""
)
_ASKED_NOW = text(
    f"""select t.kind, a.authority as a_authority, a.value as a_value, b.authority as b_authority, b.value as b_value
        from task t join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
        where t.state in {OPEN_STATES} and not t.standing"""
)
_STUDIES = Prepared(
    text(
        """select r.authority, r.value, count(*) as studies from unnest(:authorities, :values) as i (authority, value)
           join source_record r using (authority, value) join study s on s.record_id = r.id group by 1, 2"""
    ).bindparams(bindparam("authorities", type_=ARRAY(Text)), bindparam("values", type_=ARRAY(Text)))
)
_BROKEN = {
    "source record without a golden identity": text(
        """select r.authority || '|' || r.value from source_record r
           where not exists (select from link l where l.record_id = r.id and l.until is null)"""
    ),
    "record linked to a retired golden identity": text(
        """select r.authority || '|' || r.value from link l join golden_identity g on g.id = l.golden_id
           join source_record r on r.id = l.record_id where l.until is null and g.retired_at is not null"""
    ),
    "living golden identity without a record": text(
        """select g.id::text from golden_identity g where g.retired_at is null
           and not exists (select from link l where l.golden_id = g.id and l.until is null)"""
    ),
    "blocking keys that differ from their record's": text(
        """select r.authority || '|' || r.value from source_record r where
           (select coalesce(array_agg(k.key order by k.key), '{}') from block_key k where k.record_id = r.id)
           <> (select coalesce(array_agg(k order by k), '{}') from unnest(r.keys) k)"""
    ),
}


class ScanStore:
    """See `mpi.ports.Scan`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection
        self._whole_tables = False

    def records(self) -> Iterator[Record]:
        """Every record, by identifier."""
        return (to_record(row) for row in self._stream(_RECORDS))

    def updates(self) -> Iterator[Update]:
        """All that was ever said, by identifier and then by arrival."""
        return map(to_update, self._stream(_UPDATES))

    def edges(self) -> Iterator[tuple[Edge, str]]:
        """Every edge and the fingerprint of the model that weighed it."""
        return ((to_edge(row), row.model) for row in self._stream(_EDGES))

    def assertions(self) -> list[Assertion]:
        """Every standing assertion."""
        return [to_assertion(row) for row in self._connection.execute(text(f"{STANDING} order by t.id"))]

    def orders(self) -> Iterator[ToldOrder]:
        """All that was said of orders, by identifier."""
        return map(to_told, self._stream(_ORDERS))

    def asked(self, kind: TaskKind) -> frozenset[Identifier]:
        """Records that an unanswered task of this kind speaks of."""
        rows = self._connection.execute(_ASKED, {"kind": str(kind)})
        return frozenset(Identifier(row.authority, row.value) for row in rows)

    def asked_now(self) -> set[tuple[TaskKind, Pair]]:
        """The unanswered questions that new evidence may withdraw."""
        return {(TaskKind(row.kind), to_pair(row)) for row in self._stream(_ASKED_NOW)}

    def studies_of(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, int]:
        """How many studies hang on each of these records that has any."""
        found: dict[Identifier, int] = {}
        wanted = iter(identifiers)
        while some := list(islice(wanted, _BATCH)):
            named = {"authorities": [i.authority for i in some], "values": [i.value for i in some]}
            for row in self._connection.run(_STUDIES, named):
                found[Identifier(row.authority, row.value)] = row.studies
        return found

    def broken(self) -> list[str]:
        """Sentences about rows that contradict one another."""
        self._read_whole_tables()
        found = [
            f"{what}: {subject}"
            for what, statement in _BROKEN.items()
            for subject in self._connection.execute(statement).scalars()
        ]
        return [*found, *self._misfiled()]

    def _misfiled(self) -> Iterator[str]:
        """What a search finds records by is derived from what they say, in columns and a table beside them."""
        for row in self._stream(_FILED):
            record = to_record(row)
            filed = {"active": row.active, "family": row.family, "given": row.given, "birth_date": row.birth_date}
            if not filed.items() <= state_columns(record).items():
                yield f"search columns that differ from what the record says: {record.identifier}"
            if {tuple(name) for name in row.others} != other_names(record.registers.demographics):
                yield f"further names that differ from what the record says: {record.identifier}"

    def _read_whole_tables(self) -> None:
        if not self._whole_tables:
            read_whole_tables(self._connection)
            self._whole_tables = True

    def _stream(self, statement: TextClause) -> Iterator[Row[Any]]:
        self._read_whole_tables()
        return iter(self._connection.execute(statement, yield_per=_BATCH))


def read_whole_tables(connection: Lane) -> None:
    """Undo, for this transaction, the plans that suit looking up single rows (see `session`)."""
    for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        connection.execute(text(f"set local {setting} = on"))
    connection.execute(text("set local statement_timeout = 0"))
    connection.execute(text("set local plan_cache_mode = auto"))

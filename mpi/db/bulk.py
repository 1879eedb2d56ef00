"""Bulk loading over COPY in one transaction, all indexes in place.

Foreign keys are dropped in it and made again at its end, which checks all rows at once: row by row their checks cost
more than everything else together (7 us a row against 1.3 to copy a blocking key). Nobody can read meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine, Row, text

from mpi.db import bulk_lines
from mpi.db.bulk_lines import escape
from mpi.db.copying import EDGE, Columns, copy, copy_columns, driver_of, edge_columns
from mpi.db.session import DbUnit, DbUnits
from mpi.domain.access import Caller
from mpi.domain.questions import Question
from mpi.domain.views import Study, TaskState
from mpi.errors import Fault, Refused, Unavailable
from mpi.ports import Contention
from mpi.usecases.whole.bulk import Line, Longs, Registration, Render
from mpi.usecases.whole.bulk_settling import Weighed

_LINES = 20_000  # people sent at a time

_CLAIM = text("lock table message, source_record, golden_identity, subscription in access exclusive mode")
_HELD = text(
    """select exists (select from source_record) or exists (select from golden_identity)
         or exists (select from subscription)"""
)
# The session is tuned to look up single rows; here whole tables are checked.
PATIENT = text(
    """set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
       set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on"""
)
_FOREIGN_KEYS = text(
    """select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
       from pg_constraint where contype = 'f' and conrelid in ('source_update'::regclass, 'other_name'::regclass,
         'block_key'::regclass, 'edge'::regclass, 'link'::regclass) and confrelid <> 'message'::regclass
         order by 1, 2"""
)
_NUMBERED = text("select setval(pg_get_serial_sequence('source_record', 'id'), greatest(:last, 1), :last > 0)")
_LAST_MESSAGE = text("select coalesce(max(id), 0) from message")
_MESSAGES_NUMBERED = text("select setval(pg_get_serial_sequence('message', 'id'), :last)")
_TABLES = "message, source_record, source_update, other_name, block_key, edge, golden_identity, link, task, study"
_STUDY = """study_uid, started_at, modalities, body_site, description, accession, organisation, archive, series,
            instances, procedures, anatomy"""
_STUDIES_IN = text(
    """create temporary table incoming (authority text, value text, study_uid text, started_at timestamptz,
         modalities text[], body_site text, description text, accession text, organisation text, archive text,
         series integer, instances integer, procedures jsonb, anatomy jsonb) on commit drop"""
)
_STUDIES = f"""insert into study (record_id, {_STUDY})
    select r.id, {_STUDY} from incoming left join source_record r using (authority, value)"""
_COUNTED = """update task t set studies = (select count(*) from study s where s.record_id in (t.a_id, t.b_id))
    where t.state in ('open', 'claimed', 'deferred')"""


class BulkStore:
    """See `mpi.usecases.whole.bulk.Store`."""

    def __init__(self, unit: DbUnit, connection: Connection, model: str) -> None:
        self._unit = unit
        self._connection = connection
        self._model = model
        self._last = 0
        self._authorities: list[str] = []  # of each record, as COPY reads them; all of one share a text
        self._foreign_keys: Sequence[Row[Any]] = ()
        connection.execute(PATIENT)

    def claim(self) -> None:
        """Hold the index; raises `Refused` unless it is empty."""
        self._connection.execute(_CLAIM)
        if self._connection.execute(_HELD).scalar_one():
            text_ = "a bulk load is the first filling of an index: this one has records or subscribers"
            raise Refused(Fault.CONFLICT, text_)
        self._foreign_keys = self._connection.execute(_FOREIGN_KEYS).all()
        for key in self._foreign_keys:
            self._connection.execute(text(f"alter table {key.table} drop constraint {key.name}"))

    def add_messages(self, registrations: Iterable[Registration], callers: Mapping[str, Caller]) -> int:
        """Messages with the audit row of each; returns the number of the first."""
        first = int(self._connection.execute(_LAST_MESSAGE).scalar_one()) + 1
        remaining = enumerate(registrations, first)
        while some := list(islice(remaining, _LINES)):
            self._copy(f"message ({bulk_lines.MESSAGE})", [bulk_lines.message(n, told) for n, (told, _) in some])
            self._copy(
                f"audit ({bulk_lines.AUDIT})",
                [bulk_lines.audit(n, told, one, callers[told.feed]) for n, (told, one) in some],
            )
            self._connection.execute(_MESSAGES_NUMBERED, {"last": some[-1][0]})
        return first

    def add_records(self, first: int, rows: Sequence[Line]) -> None:
        """Records, what was said of them, and their other names."""
        self._last = first + len(rows) - 1
        numbered = list(enumerate(rows, first))
        self._authorities += (sys.intern(row.partition(b"\t")[0].decode()) for row, _, _ in rows)
        columns = "authority, value, registers, pending, active, borrowed, keys, encoded, family, given, birth_date"
        lines = b"".join(b"%d\t%b\n" % (n, row) for n, (row, _, _) in numbered)
        self._copy(f"source_record (id, {columns})", [lines])
        told = b"".join(b"%d\t%b\n" % (n, line) for n, (_, lines, _) in numbered for line in lines)
        self._copy("source_update (record_id, message_id, patch, stamp)", [told])
        names = b"".join(b"%d\t%b\n" % (n, line) for n, (_, _, lines) in numbered for line in lines)
        self._copy("other_name (record_id, family, given)", [names])

    def add_keys(self, keys: Longs, records: Longs) -> None:
        """Blocking keys."""
        self._copy_fixed("block_key (key, record_id)", [(">i8", keys), (">i8", records)])

    def add_edges(self, edges: Weighed) -> None:
        """Edges."""
        self._copy_fixed(EDGE, edge_columns(edges, edges.a + 1, edges.b + 1, self._model))

    def add_people(self, people: Iterable[tuple[UUID, Sequence[int], str]], contested: Collection[int]) -> int:
        """Golden identities and their links."""
        count = 0
        remaining = iter(people)
        while some := list(islice(remaining, _LINES)):
            count += len(some)
            self._copy("golden_identity (id)", ["".join(f"{golden_id}\n" for golden_id, _, _ in some).encode()])
            lines = (
                f"{number}\t{golden_id}\t{number in contested}\t{why}\t{self._authorities[number - 1]}\n"
                for golden_id, numbers, reason in some
                for why in [escape(reason)]
                for number in numbers
            )
            self._copy("link (record_id, golden_id, contested, reason, authority)", ["".join(lines).encode()])
        return count

    def add_tasks(self, asked: Iterable[tuple[Question, tuple[int, int]]]) -> int:
        """Review tasks."""
        lines = [f"{TaskState.OPEN}\t{bulk_lines.question(question, *ends)}" for question, ends in asked]
        self._copy(f"task (state, {bulk_lines.QUESTION})", ["".join(lines).encode()])
        return len(lines)

    def add_studies(self, studies: Iterable[Study]) -> int:
        """Studies, by way of a table of this transaction's own that finds their records."""
        self._connection.execute(_STUDIES_IN)
        self._copy(f"incoming (authority, value, {_STUDY})", map(bulk_lines.study, studies))
        try:
            count = driver_of(self._connection).execute(_STUDIES).rowcount
            driver_of(self._connection).execute(_COUNTED)
            return count
        except errors.NotNullViolation:
            raise Refused(Fault.UNKNOWN_IDENTIFIER, "a study's patient id is not in the index") from None
        except errors.UniqueViolation:
            raise Refused(Fault.CONFLICT, "a study comes twice, or is in the index already") from None

    def close(self, caller: Caller, action: str, detail: dict[str, int]) -> None:
        """Audit, statistics, commit."""
        self._unit.audit.record(caller, action, [], detail)
        if self._last:
            self._connection.execute(_NUMBERED, {"last": self._last})
        self._connection.execute(text(f"analyze {_TABLES}"))
        for key in self._foreign_keys:
            self._connection.execute(text(f"alter table {key.table} add constraint {key.name} {key.definition}"))
        self._unit.commit()

    def _copy(self, into: str, chunks: Iterable[bytes]) -> None:
        with _told():
            copy(self._connection, into, chunks)

    def _copy_fixed(self, into: str, columns: Columns) -> None:
        with _told():
            copy_columns(self._connection, into, columns)


class BulkStores:
    """Opens loading transactions on one engine; `model` is the fingerprint stored beside every weight."""

    def __init__(self, engine: Engine, model: str) -> None:
        self._units = DbUnits(engine, model)
        self._model = model

    @contextmanager
    def begin(self) -> Iterator[BulkStore]:
        """A transaction, rolled back at exit unless closed. Raises `Unavailable`."""
        try:
            with self._units.begin() as unit:
                yield BulkStore(unit, unit.lane.connection, self._model)
        except Contention as contention:
            raise Unavailable("others are using the index, load again later") from contention

    @property
    def render(self) -> Render:
        """See `bulk_lines.render`."""
        return bulk_lines.render


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise _translate(error) from None  # never the driver's text: it quotes the line


def _translate(error: psycopg.Error) -> Exception:
    if isinstance(error, errors.UniqueViolation):
        return Refused(
            Fault.IDENTIFIER_IN_USE, "an identifier comes twice; all that is said of it must stand together"
        )
    if isinstance(error, psycopg.DataError | errors.CheckViolation):
        return Refused(Fault.BAD_VALUE, f"a value cannot be stored ({error.sqlstate})")
    return Unavailable(f"the database cannot be used ({error.sqlstate or 'no connection'})")

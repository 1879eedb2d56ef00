"""One transaction's road to the server: statements wait in a queue until somebody reads an answer.

A look-up costs its round trip more than its work, and most statements of a use case are locks and writes whose
answer nobody reads. So `run` only queues; the first `Rows` that is read sends the whole queue down libpq's pipeline
at once, and `commit` sends the rest with the commit itself. The order is kept, the server takes each statement with
a snapshot of its own, and after one that fails it runs no other (see `mpi/decisions/0010`).
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import Connection as DriverConnection
from psycopg import Error as PsycopgError
from psycopg import OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection, CursorResult, Executable, text

from mpi.db.prepared import Prepared

_BEGIN = Prepared(text("begin"))
# Whoever weighs by a model that is not in force any more must not go on, and nobody writes while it is changed. The
# server itself refuses (alembic's 0019), with all that stands behind in the pipeline, the commit too.
_HOLD_MODEL = Prepared(text("select hold_model(:model)"))
_CHECK_MODEL = Prepared(text("select check_model(:model)"))
# Several statements read one moment, or a person whose identity changes meanwhile would be told in halves.
_LOOK = Prepared(text("begin isolation level repeatable read"))
_RELAXED = Prepared(text("set local synchronous_commit = off"))
_COMMIT = Prepared(text("commit"))
_LONGEST = 256  # statements sent at once: their short answers must fit what the system buffers
_BINARY = 1


class Rows:
    """The rows of a prepared statement; to look at them is to wait for them. Every method raises psycopg's errors."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._known: list[Any] | None = None

    def arrive(self, rows: list[Any]) -> None:
        """The lane has the answer."""
        self._known = rows

    @property
    def _rows(self) -> list[Any]:
        if self._known is None:
            self._lane.flush()
        if self._known is None:
            raise OperationalError("the statement was given up, because one before it failed")
        return self._known

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def awaited(self) -> Iterator[Any]:
        """As iterating, but nobody waits before the first row is asked for."""
        yield from self._rows

    def one(self) -> Any:
        """The only row."""
        (row,) = self._rows
        return row

    def one_or_none(self) -> Any:
        """The only row, None when there is none."""
        return self.one() if self._rows else None

    first = one_or_none

    def scalars(self) -> Iterator[Any]:
        """The first column."""
        return (row[0] for row in self._rows)

    def scalar(self) -> Any:
        """The first column of the first row, None when there is none."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        """The first column of the only row."""
        return self.one()[0]

    def mappings(self) -> Iterator[dict[str, Any]]:
        """Each row as a dictionary."""
        return (row._asdict() for row in self._rows)


class Lane:
    """One connection's transactions. `relaxed`: of a reader, who sees one moment, and whose commit need not reach the
    disk before it returns. `model`: the fingerprint of the one that must be in force, "" for any, None not to ask."""

    def __init__(self, connection: Connection, *, relaxed: bool = False, model: str | None = None) -> None:
        self._connection = connection
        driver: DriverConnection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        self._driver = driver
        self._opening = (_LOOK, _RELAXED) if relaxed else (_BEGIN,)
        self._guard = None if model is None else (_CHECK_MODEL if relaxed else _HOLD_MODEL, {"model": model})
        # Names the server knows, kept as long as the driver's connection lives.
        self._known: set[bytes] = connection.info.setdefault("prepared statements", set())
        self._transformer = Transformer(driver)
        self._queue: list[tuple[Prepared, Any, Any, Rows]] = []
        self._closing = False

    def run(self, statement: Prepared, parameters: Mapping[str, Any]) -> Rows:
        """Queue a prepared statement. Raises psycopg's DataError for a parameter that cannot be sent."""
        queued = self._queued(statement, parameters)
        self._queue.append(queued)
        if len(self._queue) >= _LONGEST:
            self.flush()
        return queued[-1]

    def _queued(self, statement: Prepared, parameters: Mapping[str, Any]) -> tuple[Prepared, Any, Any, Rows]:
        values, formats = statement.bind(parameters)
        dumped = self._transformer.dump_sequence(values, formats)
        return statement, dumped, self._transformer.formats, Rows(self)

    def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> CursorResult[Any]:
        """Execute any other statement, after all that is queued. Raises both libraries' errors."""
        self.flush(opening=True)
        return self._connection.execute(statement, parameters, execution_options=options)

    def flush(self, *, opening: bool = False) -> None:
        """Send what is queued, and wait for the answers; `opening` a transaction even for nothing.

        Raises psycopg's error of the first statement that failed.
        """
        if self._closing and self._queue:
            self._closing = False
            self._queue.append(self._queued(_COMMIT, {}))
        queue, self._queue = self._queue, []
        idle = self._pg.transaction_status == TransactionStatus.IDLE
        if idle and (queue or opening):
            opening_ = [(statement, None, None, Rows(self)) for statement in self._opening]
            queue = [*opening_, *([self._queued(*self._guard)] if self._guard else []), *queue]
        if queue:
            for statement, *_ in queue:
                self._prepare(statement)
            self._deliver(queue)

    def commit_with_next(self) -> None:
        """Send the commit with the next answer that is waited for. `commit` after it has nothing left to do."""
        self._closing = True

    def commit(self) -> None:
        """Run what is queued and commit. Raises psycopg's errors; then nothing was committed, except perhaps when
        the connection was lost."""
        self._closing = False
        if self._queue or self._pg.transaction_status != TransactionStatus.IDLE:
            self.run(_COMMIT, {})
            self.flush()
        self._connection.commit()  # for SQLAlchemy's books: on the server it is done

    def close(self) -> None:
        """Take back what was not committed, sent or not."""
        self._queue.clear()
        if not self._driver.closed and self._pg.transaction_status != TransactionStatus.IDLE:
            self._driver.rollback()
        self._connection.rollback()  # for SQLAlchemy's books

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection, in a transaction with nothing queued, for what no statement can do: COPY."""
        self.flush(opening=True)
        return self._connection

    @property
    def _pg(self) -> PGconn:
        return self._driver.pgconn

    def _prepare(self, statement: Prepared) -> None:
        if statement.name not in self._known:
            result = self._pg.prepare(statement.name, statement.sql)
            if result.status != ExecStatus.COMMAND_OK:
                raise _error(result)
            self._known.add(statement.name)

    def _deliver(self, queue: list[tuple[Prepared, Any, Any, Rows]]) -> None:
        self._pg.enter_pipeline_mode()
        results: list[PGresult] | None = None
        try:
            for statement, values, formats, _ in queue:
                self._pg.send_query_prepared(statement.name, values, formats, result_format=_BINARY)
            self._pg.pipeline_sync()
            results = self._answers()
        finally:
            if results is None:
                self._driver.close()  # answers may still be under way: nobody else may find them
        self._pg.exit_pipeline_mode()
        for (statement, _, _, rows), result in zip(queue, results, strict=True):
            if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
                raise _error(result)
            if statement is _COMMIT and result.command_status != b"COMMIT":
                raise OperationalError("the server rolled back what it was told to commit")
            rows.arrive(statement.rows(result, self._transformer))

    def _answers(self) -> list[PGresult]:
        """One result a statement, as far as they go. Raises OperationalError when the connection is lost."""
        results: list[PGresult] = []
        poll = select.poll()
        unsent = self._pg.flush()
        while True:
            while self._pg.is_busy():
                poll.register(self._pg.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
                poll.poll()
                self._pg.consume_input()
                unsent = unsent and self._pg.flush()
            result = self._pg.get_result()
            if result is None:
                if self._pg.status == ConnStatus.BAD:
                    raise OperationalError("the connection is lost")
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return results
            else:
                results.append(result)


def _error(result: PGresult) -> PsycopgError:
    """What a failed result says. Without a state it is libpq's own: the server is gone."""
    error = error_from_result(result)
    return error if error.sqlstate else OperationalError("the server closed the connection")

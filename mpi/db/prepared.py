"""Statements of the hot path: written and typed with SQLAlchemy, compiled once, run by the driver itself.

Measured side by side: a look-up costs 0.14 ms of CPU through SQLAlchemy's executor and 0.07 ms through psycopg alone;
an intake transaction runs fifteen of them (see `mpi/decisions/0010`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from psycopg import Connection as DriverConnection
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, CursorResult, Executable, TextClause
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import JSON


class Prepared:
    """A text statement that is known when its module is imported."""

    def __init__(self, clause: TextClause) -> None:
        self._clause = clause

    @cached_property
    def sql(self) -> bytes:
        """The statement in the driver's own form."""
        return self._compiled.string.encode()

    @cached_property
    def _json_names(self) -> frozenset[str]:
        return frozenset(name for name, bind in self._compiled.binds.items() if isinstance(bind.type, JSON))

    @cached_property
    def _compiled(self) -> SQLCompiler:
        return self._clause.compile(dialect=dialect.dialect())  # type: ignore[no-untyped-call]

    def bind(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters as the driver wants them."""
        if not self._json_names:
            return parameters
        return {name: Jsonb(value) if name in self._json_names else value for name, value in parameters.items()}


class Rows:
    """The rows of a prepared statement, all fetched; named as SQLAlchemy's results name theirs."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

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
    """One transaction's connection: prepared statements by the short way, all others through SQLAlchemy."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        driver: DriverConnection[NamedTuple] = connection.connection.driver_connection  # type: ignore[assignment]
        self._cursor = driver.cursor(row_factory=namedtuple_row)

    def run(self, statement: Prepared, parameters: Mapping[str, Any]) -> Rows:
        """Run a prepared statement. Raises psycopg's errors."""
        self._cursor.execute(statement.sql, statement.bind(parameters))
        return Rows(self._cursor.fetchall() if self._cursor.description else [])

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Execute any other statement. Raises SQLAlchemy's errors."""
        return self._connection.execute(statement, parameters)

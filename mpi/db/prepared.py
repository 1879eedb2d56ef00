"""Statements of the hot path: written and typed with SQLAlchemy, compiled once, and known to the server by name."""

from __future__ import annotations

import hashlib
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from psycopg.abc import Transformer
from psycopg.adapt import PyFormat
from psycopg.pq.abc import PGresult
from psycopg.types.json import Jsonb
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import JSON, LargeBinary, Text, TypeEngine

Convert = Callable[[Any], Any]


class Prepared:
    """A text statement that is known when its module is imported. Its rows are named as SQLAlchemy's results name
    theirs; `plain` ones are tuples in the order of the columns, which take half the time where there are hundreds."""

    def __init__(self, clause: TextClause, *, plain: bool = False) -> None:
        self._clause = clause
        self._row: Callable[[Iterable[Any]], Any] | None = tuple if plain else None

    @cached_property
    def sql(self) -> bytes:
        """The statement in the server's own form, with parameters $1, $2 ..."""
        return self._compiled.string.encode()

    @cached_property
    def name(self) -> bytes:
        """What the server shall know it by; the same statement has the same name everywhere."""
        return b"mpi_" + hashlib.blake2b(self.sql, digest_size=12).hexdigest().encode()

    def bind(self, parameters: Mapping[str, Any]) -> tuple[list[Any], list[PyFormat]]:
        """The parameters in the statement's order, as psycopg's dumpers take them."""
        values, formats = [], []
        for name, convert in self._parameters:
            value = parameters[name]
            formats.append(PyFormat.BINARY if isinstance(value, bytes) else PyFormat.TEXT)
            values.append(value if convert is None or value is None else convert(value))
        return values, formats

    def rows(self, result: PGresult, transformer: Transformer) -> list[Any]:
        """The rows of a result."""
        if not result.nfields:
            return []
        if self._row is None:
            # A column that the statement leaves without a name is called "?column?" by the server: renamed.
            names = [(result.fname(n) or b"").decode() for n in range(result.nfields)]
            self._row = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]
        transformer.set_pgresult(result)
        rows: list[Any] = transformer.load_rows(0, result.ntuples, self._row)
        return rows

    @cached_property
    def _parameters(self) -> tuple[tuple[str, Convert | None], ...]:
        compiled = self._compiled
        return tuple((name, _convert(compiled.binds[name].type)) for name in compiled.positiontup or ())

    @cached_property
    def _compiled(self) -> SQLCompiler:
        return self._clause.compile(dialect=dialect.dialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]


def _convert(kind: TypeEngine[Any]) -> Convert | None:
    """How a value of this type becomes one that psycopg dumps by itself; None for as it is."""
    if isinstance(kind, JSON):
        return Jsonb
    # Numbers and UUIDs need no quoting inside an array, and joining them is ten times as fast as dumping a list.
    if isinstance(kind, ARRAY) and not isinstance(kind.item_type, Text | LargeBinary):
        return _plain_array
    return None


def _plain_array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"

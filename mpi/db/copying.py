"""Rows into tables by COPY, the fastest way there is; inside the transaction of a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import psycopg
from sqlalchemy import Connection

from mpi.usecases.whole.bulk_settling import Weighed

Columns = Sequence[tuple[str, npt.NDArray[Any]]]
"""The form of each column's values, in numpy's words and big endian, and the values."""
EDGE = "edge (a_id, b_id, weight, guards, joins, pattern, model)"
_ROWS = 500_000  # of one COPY
_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"  # of COPY's binary format, version 1
_LENGTH = ">i4"


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection, in the same transaction: SQLAlchemy knows no COPY."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def copy(connection: Connection, into: str, chunks: Iterable[bytes], form: str = "text") -> None:
    """Lines of COPY's text format. Raises psycopg's errors, whose text quotes a line: it must reach no log."""
    with (
        driver_of(connection).cursor() as cursor,
        cursor.copy(f"copy {into} from stdin (format {form})") as taken,
    ):
        for chunk in chunks:
            taken.write(chunk)


def copy_columns(connection: Connection, into: str, columns: Columns) -> None:
    """Columns of fixed width in COPY's binary format: a row is its field count, then each length and value."""
    names = [
        (f"length{n}", _LENGTH) if part else (f"value{n}", kind)
        for n, (kind, _) in enumerate(columns)
        for part in (True, False)
    ]
    form = np.dtype([("fields", ">i2"), *names])
    for first in range(0, len(columns[0][1]), _ROWS):
        some = [values[first : first + _ROWS] for _, values in columns]
        rows = np.empty(len(some[0]), form)
        rows["fields"] = len(columns)
        for n, values in enumerate(some):
            rows[f"length{n}"] = form[f"value{n}"].itemsize
            rows[f"value{n}"] = values
        copy(connection, into, (_HEADER, rows.tobytes(), _TRAILER), "binary")


def edge_columns(edges: Weighed, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], model: str) -> Columns:
    """Edges as `EDGE` takes them: `a` < `b` are the database ids of their ends, `model` is who weighed them."""
    name = np.frombuffer(model.encode(), np.uint8)
    return [
        (">i8", a),
        (">i8", b),
        (">f4", edges.weight),
        (">i4", edges.guards),
        ("u1", edges.joins),
        (f"({edges.pattern.shape[1]},)u1", edges.pattern),
        (f"({len(name)},)u1", np.broadcast_to(name, (len(edges), len(name)))),
    ]

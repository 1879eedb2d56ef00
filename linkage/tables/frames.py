"""People in data frames and Arrow tables, in and out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from linkage.tables.errors import InputError
from linkage.tables.mapping import Mapping
from linkage.tables.reading import Reading, assemble, begin, choose, needed
from linkage.tables.table import Table

_SIMPLE = (str, int, float, bool, date, Decimal, bytes, np.generic)


def from_frame(frame: pd.DataFrame, mapping: Mapping | None = None) -> Reading:
    """The people in a data frame; a named index counts as columns. Raises `InputError` as `read` does."""
    index = frame.index
    indexed = {str(name): at for at, name in enumerate(index.names) if name is not None}
    names = [*indexed, *map(_name, frame.columns)]
    chosen = choose(names, mapping, "the data frame")

    def column(name: str) -> Any:
        if name in indexed:
            return pd.Series(index.get_level_values(indexed[name]))
        return frame.iloc[:, names.index(name) - len(indexed)]

    columns = {name: _array(column(name), name) for name in needed(chosen)}
    return assemble(columns, chosen, begin("the data frame", len(frame), chosen, names))


def from_arrow(table: pa.Table, mapping: Mapping | None = None) -> Reading:
    """The people in an Arrow table. Raises `InputError` as `read` does."""
    names = [name.strip() for name in table.column_names]
    chosen = choose(names, mapping, "the Arrow table")
    columns = {name: table.column(names.index(name)) for name in needed(chosen)}
    return assemble(columns, chosen, begin("the Arrow table", table.num_rows, chosen, names))


def to_arrow(table: Table) -> pa.Table:
    """The table as Arrow columns, "id" first, under names that `read`, `from_arrow` and `from_frame` recognise."""
    return pa.table({"id": table.ids, **table.columns})


def _name(column: object) -> str:
    """A column's name as text; those of a multi-index run together."""
    return " ".join(map(str, column)).strip() if isinstance(column, tuple) else str(column).strip()


def _array(column: Any, name: str) -> Any:
    """An Arrow array of a series; objects of several kinds become text one by one, as Arrow will not mix them."""
    try:
        return pa.Array.from_pandas(column)
    except (pa.ArrowException, UnicodeEncodeError, TypeError, ValueError, OverflowError):
        pass
    present = column[~pd.isna(column)]
    for kind in {type(value) for value in present}:
        if not issubclass(kind, _SIMPLE):
            raise InputError(
                f"the column '{name}' holds objects of type {kind.__name__}: make them text, numbers or dates"
            )
    return pa.array(
        [None if null else _text(value) for value, null in zip(column, pd.isna(column), strict=True)], pa.binary()
    )


def _text(value: object) -> bytes:
    """One value as UTF-8; a whole float as an integer, a time as its date; bytes as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool | np.bool_):
        return str(value).lower().encode()
    if isinstance(value, date):
        return value.isoformat()[:10].encode()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value)).encode()
    return str(value).encode("utf-8", errors="ignore")

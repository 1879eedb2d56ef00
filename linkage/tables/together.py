"""Two tables as one, so that one engine links them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from linkage.room import UNBOUNDED, Room
from linkage.tables.table import FIELDS, Table


def together(one: Table, other: Table, room: Room = UNBOUNDED) -> Table:
    """All records of both, the first table's before the second's; a column that one lacks is not said there.

    Where the two share an id, every id gets its table's number in front: "1:17" and "2:17".
    """
    clash = pc.any(pc.is_in(one.ids, value_set=other.ids)).as_py()
    sides = [_numbered(one.ids, "1"), _numbered(other.ids, "2")] if clash else [one.ids, other.ids]
    extras = {**one.extras, **other.extras}
    columns = {
        name: room.keep(pa.concat_arrays([_column(one, name), _column(other, name)]))
        for name in (*FIELDS, *extras)
        if name in one.columns or name in other.columns
    }
    return Table(pa.concat_arrays(sides), columns, extras, len(one))


def _numbered(ids: pa.Array, number: str) -> pa.Array:
    return pc.binary_join_element_wise(number, ids, ":")


def _column(table: Table, name: str) -> pa.Array:
    return table.columns.get(name, pa.nulls(len(table), pa.string()))

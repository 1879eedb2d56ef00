"""Values that stand for nothing, found by the company they keep: a birth date, number or contact of too many people.

A system that demands a date gets one: 1 January 1900, the day the field was made, a row of nines. Such a value agrees
wherever it meets itself, and training would take that for evidence. It is told from a person with many records by
the names beside it: the records of one person, or of one household, mostly agree on a surname.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.tables.table import Table

IDENTIFYING = ("nhs_number", "national_id", "dob", "phone", "phone_2", "phone_3", "email", "email_2")
NAMES = ("surname", "full_name", "forename")
"""The first of these that a table has tells people apart."""
SHARE, LEAST = 0.01, 20
"""A default stands in so large a share of the rows that say anything, and in so many rows."""
AGREEING = 0.5
"""From this share of pairs on that have one name, the rows of a value are one person's, or one household's."""
_LOOKED = 200_000
_FULL_DATE = 10


Defaults = Mapping[str, Sequence[str]]
"""By field, the values that stand for nothing."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A table without its defaults. values: what they were. rows: by field, how many rows said one."""

    table: Table
    values: Defaults = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)


def clear_defaults(table: Table) -> Cleared:
    """The same records, in which a default is not said. Without names nobody can tell, and all stays as it is."""
    return without(table, find_defaults(table))


def find_defaults(table: Table) -> Defaults:
    """The defaults of a table."""
    names = next((table.columns[name] for name in NAMES if name in table.columns), None)
    found = {}
    for one in IDENTIFYING if names is not None else ():
        column = table.columns.get(one, pa.nulls(0, pa.string()))
        if values := [value for value in _frequent(column, one) if _of_many(names, column, value)]:
            found[one] = values
    return found


def without(table: Table, defaults: Defaults) -> Cleared:
    """The same records, in which these values are not said."""
    columns, rows = dict(table.columns), {}
    for one, values in defaults.items():
        if one in columns:
            default = pc.is_in(columns[one], value_set=pa.array(values, pa.string()))
            rows[one] = int(pc.sum(default).as_py() or 0)
            columns[one] = pc.if_else(default, None, columns[one])
    return Cleared(replace(table, columns=columns), defaults, rows) if rows else Cleared(table)


def _frequent(column: pa.Array, name: str) -> list[str]:
    """The values of at least `SHARE` of the rows that say any; of a date only full ones, for years are few."""
    # A value of one row in a hundred is not missed among two hundred thousand, and counting all of them takes memory.
    looked = column if len(column) <= _LOOKED else column.take(pa.array(_spread(len(column))))
    counts = pc.value_counts(looked.drop_null())
    said = len(looked) - looked.null_count
    least = max(SHARE * said, LEAST * len(looked) / max(1, len(column)))
    often = counts.filter(pc.greater_equal(counts.field("counts"), least)).field("values").to_pylist()
    return [value for value in often if value and (name != "dob" or len(value) == _FULL_DATE)]


def _of_many(names: pa.Array, column: pa.Array, value: str) -> bool:
    """Whether the rows with a value are of people of many names."""
    beside = names.filter(pc.fill_null(pc.equal(column, value), False)).drop_null()
    times = pc.value_counts(pc.ascii_upper(beside)).field("counts").to_numpy().astype(np.float64)
    said = times.sum()
    return bool(said >= LEAST and float((times * (times - 1)).sum()) < AGREEING * said * (said - 1))


def _spread(n: int) -> np.ndarray:
    return np.linspace(0, n - 1, _LOOKED).astype(np.int64)

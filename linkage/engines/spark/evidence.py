"""What a whole column proves of how to read it, told to every partition of it.

Whether 03/04/1954 is in March or April, and whether sexes of 0 and 1 follow a code that is known, the rows of a
column decide together (see `linkage.tables`). A partition is only some of them. So one executor reads the distinct
values of the column, and looks for values of our own which, as the only ones with a vote, lead to the same reading of
all the others. They are the evidence that every partition then reads its own values by. No value of a record leaves
the executors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType

from linkage.record import Sex
from linkage.tables.codes import read_sexes, read_truths
from linkage.tables.dates import read_dates
from linkage.tables.texts import clean, clean_ids, distinct

Values = Sequence[str | None]

_READ: dict[str, Callable[[Values, Sequence[int]], Values]] = {
    "dob": lambda values, counts: read_dates(values, counts).values,
    "sex": lambda values, counts: read_sexes(values, counts).meanings,
    "multiple_birth": lambda values, counts: read_truths(values, counts).meanings,
}
_CANDIDATES: dict[str, Sequence[tuple[str, ...]]] = {
    # A day above 12 in each of the orders that slashes, and that eight digits, may have.
    "dob": tuple(product(("31/01/2000", "01/31/2000"), ("20000131", "31012000", "01312000"))),
    # A code of 0, 1 and 2, or one of 0 and 1 alone.
    "sex": (("2",), ("0", "1")),
    # A count of births, or a yes and no. The first that fits is taken, and nothing fits whatever was decided.
    "multiple_birth": (("2",), ()),
}
CODED = tuple(_READ)
"""The fields whose values are not read each by itself."""
_NO_FLOAT = "x"


def judge(frame: DataFrame, column: str, field: str) -> tuple[str, ...]:
    """The evidence of how to read a coded field from one column."""

    def find(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return find_evidence(batches, field)

    counted = frame.select(column).groupBy(column).count().coalesce(1)
    return tuple(row.value for row in counted.mapInArrow(find, "value string").collect())


def judge_ids(frame: DataFrame, column: str) -> tuple[str, ...]:
    """The evidence of how to read ids: whether all of them, or none, lose the ".0" that a spreadsheet gave them."""
    if not isinstance(frame.schema[column].dataType, StringType):
        return ()
    kept = frame.select(column).mapInArrow(count_kept, "batches bigint").groupBy().sum("batches").first()
    return (_NO_FLOAT,) if kept is not None and kept[0] else ()


def find_evidence(batches: Iterator[pa.RecordBatch], field: str) -> Iterator[pa.RecordBatch]:
    """The first of the candidates that fits the distinct values of a column, each with its count."""
    parts = list(batches)
    if not parts:
        return
    table = pa.Table.from_batches(parts)
    found = distinct(table.column(0), field)
    rows = pa.array([]) if found.rows is None else found.rows
    counted = table.column(1).to_numpy()[np.asarray(rows.is_valid())]
    counts = np.bincount(rows.drop_null().to_numpy(), counted, len(found.values)).astype(np.int64).tolist()
    values = _cleaned(found.values, field)
    meant = list(_READ[field](values, counts))
    fit = next(c for c in _CANDIDATES[field] if list(_by_evidence(values, field, c)) == meant)
    yield pa.RecordBatch.from_pydict({"value": pa.array(fit, pa.string())})


def read_coded(column: Any, field: str, evidence: Sequence[str]) -> pa.Array:
    """string[n]: what the values of a coded field mean, some rows of its column, by the evidence of all."""
    found = distinct(column, field)
    meanings = _by_evidence(_cleaned(found.values, field), field, evidence)
    return found.spread(pa.array(meanings, pa.string()))


def count_kept(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """In how many batches of ids not all end in ".0": one is enough for none to lose it."""
    for batch in batches:
        values = distinct(batch.column(0), "id").values
        alone = clean_ids(values)
        if alone.null_count < len(alone):
            kept = int(alone.equals(_ids(values, (_NO_FLOAT,))))
            yield pa.RecordBatch.from_pydict({"batches": pa.array([kept], pa.int64())})


def read_ids(column: Any, evidence: Sequence[str]) -> pa.Array:
    """string[n]: ids of some rows, null where there is none, by the evidence of all."""
    found = distinct(column, "id")
    return found.spread(_ids(found.values, evidence))


def _ids(values: pa.Array, evidence: Sequence[str]) -> pa.Array:
    return clean_ids(pa.concat_arrays([values, pa.array(evidence, pa.string())])).slice(0, len(values))


def _cleaned(values: pa.Array, field: str) -> list[str | None]:
    texts: list[str | None] = clean(values, is_name=False, keep=Sex.UNKNOWN if field == "sex" else "").to_pylist()
    return texts


def _by_evidence(values: Values, field: str, evidence: Sequence[str]) -> Values:
    """What values mean when the evidence alone has a vote."""
    counts = [0] * len(values) + [1] * len(evidence)
    return _READ[field]([*values, *evidence], counts)[: len(values)]

"""The distinct values of a column, and the distinct combinations of a few columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Distinct:
    """codes: int32[N], which combination each row has. values: one array of D strings for each field."""

    codes: Codes
    values: tuple[pa.Array, ...]

    def __len__(self) -> int:
        return len(self.values[0])

    def chunks(self, size: int) -> Iterator[list[list[str]]]:
        """The combinations, `size` at a time, as one list of strings for each field."""
        for first in range(0, len(self), size):
            yield [column.slice(first, size).to_numpy(zero_copy_only=False).tolist() for column in self.values]


def distinct(columns: Mapping[str, pa.Array], fields: Sequence[str], rows: int) -> Distinct:
    """What so many rows say in `fields`, null and absent columns as ""."""
    there = [name for name in fields if name in columns]
    if not there:
        return Distinct(np.zeros(rows, np.int32), (pa.array([""], pa.string()),) * len(fields))
    found = _of_column(columns[there[0]])
    for name in there[1:]:
        found = _combine(found, _of_column(columns[name]))
    nothing = pa.array([""] * (len(found) if len(there) < len(fields) else 0), pa.string())
    values = dict(zip(there, found.values, strict=True))
    return Distinct(found.codes, tuple(values.get(name, nothing) for name in fields))


def of_rows(columns: Mapping[str, pa.Array], fields: Sequence[str], rows: npt.NDArray[np.int64]) -> Distinct:
    """Some rows as if they all were distinct."""
    nothing = pa.array([""] * len(rows), pa.string())
    taken = {name: pc.fill_null(columns[name].take(pa.array(rows)), "") for name in fields if name in columns}
    return Distinct(np.arange(len(rows), dtype=np.int32), tuple(taken.get(name, nothing) for name in fields))


def _of_column(column: pa.Array) -> Distinct:
    encoded = column.dictionary_encode()
    values = pa.concat_arrays([pa.array([""], pa.string()), encoded.dictionary])
    codes = pc.fill_null(encoded.indices, -1).to_numpy() + np.int32(1)
    return Distinct(codes, (values,))


def _combine(one: Distinct, other: Distinct) -> Distinct:
    """The distinct pairs of the combinations of both; in the order of their first rows."""
    pairs = one.codes.astype(np.int64) * len(other) + other.codes
    encoded = pa.array(pairs).dictionary_encode()
    found = encoded.dictionary.to_numpy()
    left, right = pa.array(found // len(other)), pa.array(found % len(other))
    values = [values.take(left) for values in one.values] + [values.take(right) for values in other.values]
    return Distinct(np.array(encoded.indices), tuple(values))

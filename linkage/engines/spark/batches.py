"""What passes between Spark and the compiled code on an executor: Arrow batches and arrays."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.errors import ModelError
from linkage.layout import Rows
from linkage.model import Model

Longs = npt.NDArray[np.int64]

_TOGETHER = 200_000


def packed(model: Model) -> bytes:
    """A model on its way to the executors."""
    return pickle.dumps(model)


@lru_cache(maxsize=4)
def unpacked(model: bytes) -> Model:
    """The model on an executor, made once in each of its processes."""
    loaded = pickle.loads(model)  # noqa: S301  by our own driver
    if not isinstance(loaded, Model):
        raise ModelError("what the driver sent is no model")
    return loaded


def whole(batches: Iterator[pa.RecordBatch], names: Sequence[str]) -> Iterator[pa.Table]:
    """A partition's rows as tables of whole groups; a group's rows stand together and are alike in `names`."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        start = _last_group(batch, names)
        if waiting and (start or not _alike(waiting[-1], batch, names)):
            yield _joined([*waiting, batch.slice(0, start)])
            waiting = []
        elif start:
            yield _joined([batch.slice(0, start)])
        waiting.append(batch.slice(start))
    if waiting:
        yield _joined(waiting)


def together(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The batches of a partition, so many rows at once that values which repeat among them are read once."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _TOGETHER:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if any(map(len, waiting)):
        yield pa.Table.from_batches(waiting)


def changes(*columns: Longs) -> npt.NDArray[np.bool_]:
    """bool[n]: where a row differs from the one before in any of the columns, int64[n]; the first does."""
    fresh = np.ones(len(columns[0]), np.bool_)
    fresh[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return fresh


def longs(table: pa.Table, name: str) -> Longs:
    """int64[n]: a column without nulls."""
    return np.asarray(table.column(name).to_numpy())


def matrix_of(column: pa.Array) -> Rows:
    """uint8[n, width] of a column of encoded rows, binary[n]. Raises `ModelError` when their widths differ."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    widths = np.diff(offsets)
    if not len(column) or (widths != widths[0]).any() or column.null_count:
        raise ModelError("the encoded rows are missing, or not all of one model")
    data = np.frombuffer(column.buffers()[2], np.uint8)
    return data[offsets[0] : offsets[-1]].reshape(len(column), -1)


def binary(matrix: npt.NDArray[np.uint8]) -> pa.Array:
    """binary[n] of the rows of uint8[n, width]."""
    n, width = matrix.shape
    offsets = np.arange(n + 1, dtype=np.int64) * width
    if offsets[-1] > np.iinfo(np.int32).max:
        raise ModelError("there are more encoded rows than one batch can take")
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(np.ascontiguousarray(matrix))]
    return pa.Array.from_buffers(pa.binary(), n, buffers)


def lists(values: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]) -> pa.Array:
    """list[n]: so many of the values for each row, one row after another."""
    offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(sizes).astype(np.int32)))
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))


def _last_group(batch: pa.RecordBatch, names: Sequence[str]) -> int:
    """Where the last group of a batch starts."""
    columns = [longs(batch, name) for name in names]
    other = np.flatnonzero(np.logical_or.reduce([column != column[-1] for column in columns]))
    return int(other[-1]) + 1 if len(other) else 0


def _alike(one: pa.RecordBatch, other: pa.RecordBatch, names: Sequence[str]) -> bool:
    return all(one.column(name)[-1] == other.column(name)[0] for name in names)


def _joined(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches([batch for batch in batches if batch.num_rows]).combine_chunks()

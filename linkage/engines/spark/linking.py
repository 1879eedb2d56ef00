"""Links on a cluster: blocks go to the executors whole, or in pieces that two by two make up all their pairs.

Every record goes to each of its needed blocks (`blocks`) with its encoded row and the keys of all of them, so that an
executor weighs a pair under the first key the two share and under no other, as the local engine does. A block of more
than `PIECE` records is cut into pieces by a hash, and every two pieces are a task of their own: no task takes more
than two.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from linkage.engines.local import Blocks, Pairs, link_share
from linkage.engines.spark.batches import (
    Longs,
    binary,
    changes,
    longs,
    matrix_of,
    packed,
    unpacked,
    whole,
)
from linkage.engines.spark.blocks import needed_blocks
from linkage.kernel import rows_of
from linkage.model import Model

RECORDS = "row bigint, encoded binary, keys array<bigint>"
LINKS = "a bigint, b bigint, weight float, guards bigint, pattern binary"
PIECE = 2048
"""The most records of a block in one task with each other; two pieces are some four million pairs."""

_TASK = ("key", "low", "high")
_SAME_PIECE = 2  # so many ordinals are kept free below those of keys


def link(records: DataFrame, model: Model, floor: float | None = None, piece: int = PIECE) -> DataFrame:
    """Every pair of records that shares a key, once, and kept if it weighs `floor` or is a confusion.

    records: `RECORDS`, no row twice; read twice, so keep it in a file or cached. `floor` defaults to the model's
    `possible`. Returns `LINKS` with a < b, what `linkage.engines.local.link` makes of the same records to the bit, in
    no order; `guards` are the bits of `Guard`.
    """
    least, sent = float(np.float32(model.possible if floor is None else floor)), packed(model)

    def weigh(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return weigh_tasks(batches, sent, least)

    dealt = deal(records, piece).repartition(*_TASK).sortWithinPartitions(*_TASK, "row")
    return dealt.mapInArrow(weigh, LINKS)


def deal(records: DataFrame, piece: int) -> DataFrame:
    """Every record once for each task that it has a part in: (key, low, high, piece, row, encoded, keys).

    A task is all pairs of one piece (low = high) or all pairs across two pieces of the block of a key. `keys` are
    those of the record's needed blocks, ascending.
    """
    blocks = needed_blocks(records, piece)
    # A merge join, lest the optimiser sends a table through the driver.
    held = records.select("row", "encoded").join(blocks.hint("merge"), "row")
    each = held.select("row", "encoded", f.col("blocks.key").alias("keys"), f.explode("blocks").alias("block"))
    placed = each.select(
        "*",
        "block.key",
        f.pmod(f.xxhash64("row"), f.col("block.pieces")).cast("int").alias("piece"),
        f.explode(f.sequence(f.lit(0), f.col("block.pieces") - 1)).alias("other"),
    )
    ends = f.least("piece", "other").alias("low"), f.greatest("piece", "other").alias("high")
    return placed.select("key", *ends, "piece", "row", "encoded", "keys")


def weigh_tasks(batches: Iterator[pa.RecordBatch], sent: bytes, floor: float) -> Iterator[pa.RecordBatch]:
    """The links of a partition of tasks, in the order of `_TASK` and row."""
    model = unpacked(sent)
    for table in whole(batches, _TASK):
        matrix, words = rows_of(matrix_of(table.column("encoded").chunk(0)), model)
        blocks = blocks_of(table)
        entries = (blocks.member, blocks.end, blocks.block, blocks.first, blocks.keys)
        every = 0, len(blocks.member)
        found = Pairs(*link_share(matrix, words, *entries, model.weights, model.rules, floor, *every))
        yield pa.RecordBatch.from_pydict(links_of(found, longs(table, "row")))


def blocks_of(table: pa.Table) -> Blocks:
    """The tasks of a table as blocks of its M rows, each a member of its own.

    Across two pieces, only pairs of both are wanted. So the rows of one piece get one more key in common, before all
    others: no pair within it has the block's key as its first.
    """
    key, low, high = (longs(table, name) for name in _TASK)
    starts = changes(key, low, high)
    ends = np.append(np.flatnonzero(starts)[1:], len(key)).astype(np.int64)
    held, sizes = flattened(table.column("keys").chunk(0))
    known, ordinals = np.unique(held, return_inverse=True)
    across = np.flatnonzero(low != high)
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    keys = np.insert(ordinals + _SAME_PIECE, first[across], (longs(table, "piece") == high)[across])
    sizes[across] += 1
    return Blocks(
        member=np.arange(len(key), dtype=np.int32),
        end=ends[np.cumsum(starts) - 1],
        block=(np.searchsorted(known, key) + _SAME_PIECE).astype(np.int32),
        first=np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes))),
        keys=keys.astype(np.int32),
    )


def flattened(column: pa.Array) -> tuple[Longs, Longs]:
    """The values of list<int64>[n], one row after another, and how many each row has, both int64."""
    sizes = np.array(column.value_lengths(), np.int64)
    return np.asarray(column.flatten().to_numpy()), sizes


def links_of(found: Pairs, rows: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """Pairs as the columns of `LINKS`; `rows` are the rows of the places that the pairs name."""
    return {
        "a": pa.array(rows[found.a]),
        "b": pa.array(rows[found.b]),
        "weight": pa.array(found.weight),
        "guards": pa.array(found.guards.astype(np.int64)),
        "pattern": binary(found.pattern),
    }

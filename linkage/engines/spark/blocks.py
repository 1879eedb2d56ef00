"""Which blocks are needed: records of one person share one key after the other, and would be sent out for each.

A block whose records are those of another, or some of them, is not needed: each of its pairs shares the other's key
too. Without such blocks a record of a simulated region goes out once and not eight times. What is moved to find that
out are row numbers, no encoded rows.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

LISTED = 32
"""Blocks of more records are kept without a look at whether another holds them all."""


def needed_blocks(records: DataFrame, piece: int) -> DataFrame:
    """(row, blocks) of every record that shares a key: its needed blocks (key, pieces), by key.

    records: (row, keys). Every pair of records that share a key share that of a needed block. A block is to be cut
    into so many pieces of about `piece` records.
    """
    entries = records.select("row", f.explode(f.array_distinct("keys")).alias("key"))
    members = f.array_sort(f.collect_list("row")).alias("members")
    blocks = entries.groupBy("key").agg(members).where("size(members) > 1")
    distinct = blocks.groupBy("members").agg(f.min("key").alias("key"))
    pieces = f.ceil(f.size("members") / piece).cast("int").alias("pieces")
    listed = f.when(f.size("members") <= LISTED, f.col("members")).alias("listed")
    placed = distinct.select("key", pieces, listed, f.explode("members").alias("row"))
    met = placed.groupBy("row").agg(f.collect_list(f.struct("key", "pieces", "listed")).alias("blocks"))
    kept = met.select("row", f.explode(f.expr(_KEPT)).alias("block"))
    rows = f.explode(f.coalesce("block.listed", f.array("row"))).alias("row")
    each = kept.select(rows, "block.key", "block.pieces")
    return each.groupBy("row").agg(f.array_sort(f.collect_list(f.struct("key", "pieces"))).alias("blocks"))


# A listed block is judged once, at its first row, which all that could hold the block hold too.
_KEPT = """
filter(blocks, one -> one.listed is null or (one.listed[0] = row and not exists(blocks, other ->
    other.listed is not null and size(other.listed) > size(one.listed)
    and size(array_except(one.listed, other.listed)) = 0)))
"""

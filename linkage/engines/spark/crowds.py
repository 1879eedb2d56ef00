"""Which keys serve, and crowds taken apart, as `linkage.indexing` does both on one machine.

A key's records are counted where its entries lie; what comes to the driver is how many keys of each rule have how
many records. The records of a crowd go to one executor, which puts them in order and gives them runs for keys. How
many that can be is a matter of its memory: a crowd of a million takes a gigabyte there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from linkage import crowds
from linkage.engines.spark.batches import longs, matrix_of, packed, unpacked, whole
from linkage.engines.spark.session import cut, spoken
from linkage.kernel import rows_of
from linkage.loose_blocking import ALL_RULES, FIRST_LOOSE, FIRST_SINGLE, largest_within_budget
from linkage.model import Model

RUNS = "row bigint, key bigint"
Told = tuple[int, int, int]
"""A rule, a number of records, and how many keys of the rule so many records share."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Records by the keys that serve: (row bigint, encoded binary, keys array<bigint>).

    taken_apart, crowded: by rule, keys that gave way to runs, and keys of a single fact that do not serve.
    """

    records: DataFrame
    taken_apart: Mapping[str, int] = field(default_factory=dict)
    crowded: Mapping[str, int] = field(default_factory=dict)


def serve(records: DataFrame, model: Model, largest: int = crowds.LARGEST) -> Serving:
    """What `linkage.indexing.index` makes of the same entries: loose keys within their budget, no crowds.

    records: (row bigint, encoded binary, keys array<bigint>, rules array<tinyint>), a rule for each key; read several
    times, so keep it in a file or cached. Between records that say the very same, their rows decide who stands beside
    whom.
    """
    with spoken():
        each = records.select("row", f.explode(f.arrays_zip("keys", "rules")).alias("entry"))
        entries = each.select("row", f.col("entry.keys").alias("key"), f.col("entry.rules").alias("rule"))
        size = f.count("*").over(Window.partitionBy("key"))
        placed = cut(entries.withColumn("size", size))
        counted = placed.groupBy("rule", "size").agg((f.count("*") / f.col("size")).cast("bigint").alias("keys"))
        told = [(row.rule, row.size, row.keys) for row in counted.collect()]
        limits = limits_of(told, largest)
        above = {rule: sum(keys for of, n, keys in told if of == rule and n > most) for rule, most in limits.items()}
        if not any(above.values()):
            return Serving(records.select("row", "encoded", "keys"))
        served = cut(_replaced(records, placed, _limit(limits), model))
    names = list(ALL_RULES)
    apart = {names[rule]: keys for rule, keys in above.items() if keys and rule < FIRST_SINGLE}
    left = {names[rule]: keys for rule, keys in above.items() if keys and rule >= FIRST_SINGLE}
    return Serving(served, apart, left)


def limits_of(told: Sequence[Told], largest: int) -> dict[int, int]:
    """By rule, the most records of a key that serves as it is."""
    limits = {}
    for rule in range(len(ALL_RULES)):
        most = largest
        if rule >= FIRST_LOOSE:
            within = largest_within_budget((n, keys) for of, n, keys in told if of == rule)
            most = min(within, largest) if rule < FIRST_SINGLE else within
        limits[rule] = most
    return limits


def take_apart(batches: Iterator[pa.RecordBatch], sent: bytes) -> Iterator[pa.RecordBatch]:
    """`RUNS` of whole crowds, (key, row, encoded) by key and row."""
    model = unpacked(sent)
    for table in whole(batches, ("key",)):
        rows, places = longs(table, "row"), np.arange(table.num_rows, dtype=np.int32)
        words = rows_of(matrix_of(table.column("encoded").chunk(0)), model)[1]
        keys, origin = crowds.take_apart(longs(table, "key"), places, words)
        yield pa.RecordBatch.from_pydict({"row": pa.array(rows[origin]), "key": pa.array(keys)})


def _limit(limits: Mapping[int, int]) -> Column:
    return f.element_at(f.lit([limits[rule] for rule in range(len(limits))]), f.col("rule") + 1)


def _replaced(records: DataFrame, placed: DataFrame, limit: Column, model: Model) -> DataFrame:
    """The records with the keys that serve as they are, and runs for those of crowds."""
    sent = packed(model)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return take_apart(batches, sent)

    crowd = placed.where(f.col("size") > limit).where(f.col("rule") < FIRST_SINGLE).select("row", "key")
    # Merge joins, lest the optimiser sends a table through the driver.
    held = crowd.hint("merge").join(records.select("row", "encoded"), "row").select("key", "row", "encoded")
    runs = held.repartition("key").sortWithinPartitions("key", "row").mapInArrow(run, RUNS)
    kept = placed.where(f.col("size") <= limit).select("row", "key")
    keys = kept.unionByName(runs).groupBy("row").agg(f.collect_list("key").alias("keys"))
    joined = records.select("row", "encoded").join(keys.hint("merge"), "row", "left")
    return joined.select("row", "encoded", f.coalesce("keys", f.array().cast("array<bigint>")).alias("keys"))

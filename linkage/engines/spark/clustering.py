"""Clusters on a cluster: components by joins of the engine, and the partition of each on one executor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from linkage.comparison import COLUMNS
from linkage.engines.clusters import GUARDED, POSSIBLE, TOGETHER, VETOED, Vetoes, cluster
from linkage.engines.local import Pairs
from linkage.engines.spark.batches import Longs, longs, matrix_of, packed, unpacked, whole
from linkage.engines.spark.components import components
from linkage.engines.spark.session import cut, spoken
from linkage.errors import LinkageError
from linkage.model import Model

SETTLED = "row bigint, cluster bigint, b bigint, weight float, one bigint, other bigint, guards bigint, cause bigint"
"""A row with its cluster; or, with no cluster, the veto of a pair row-b and the two rows that conflict."""

_MEMBER = -1  # stands for the other end in what is a row and no pair


@dataclass(frozen=True, slots=True)
class SparkClusters:
    """Who is one person, and why not more are.

    rows: (row bigint, cluster bigint), every record once, a cluster named by its smallest row. vetoes: (a bigint,
    b bigint, weight float, one bigint, other bigint, guards bigint, cause bigint), as `clusters.Vetoes`.
    """

    rows: DataFrame
    vetoes: DataFrame

    def reasons(self, links: DataFrame, model: Model) -> DataFrame:
        """The links with `joined`, whether both stand in one cluster, and `reason`, what stood in the way of each:
        TOGETHER, POSSIBLE, GUARDED or VETOED."""
        one, other = (
            self.rows.select(f.col("row").alias(end), f.col("cluster").alias(f"cluster_{end}")).hint("merge")
            for end in ("a", "b")
        )
        placed = links.join(one, "a").join(other, "b")
        together = f.col("cluster_a") == f.col("cluster_b")
        reason = (
            f.when(together, TOGETHER)
            .when(f.col("guards") != 0, GUARDED)
            .when(joins(model), VETOED)
            .otherwise(POSSIBLE)
        )
        return placed.select(*links.columns, together.alias("joined"), reason.alias("reason"))


def cluster_records(records: DataFrame, links: DataFrame, model: Model, apart: int | None = None) -> SparkClusters:
    """Join what is certain and keep apart what conflicts: the clusters that `linkage.engines.clusters.cluster` makes.

    records: (row bigint, encoded binary). links: what `link` kept of them, read once. Ties between equal weights are
    broken by row. apart: of the rows below it no two are one person, and of the others neither, and
    links are across. The work is done when this returns, and its result read from what the executors hold.
    Raises `ModelError` for rows of another model, `LinkageError` for links of rows that are not there.
    """
    sent = packed(model)

    def settle(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return settle_components(batches, sent, apart)

    with spoken():
        certain = cut(links.where(joins(model)).select("a", "b", "weight"))
        component = cut(components(certain))
        work = gather(records, certain, component).repartition("component")
        settled = cut(work.sortWithinPartitions("component", "b", "row").mapInArrow(settle, SETTLED))
    members = settled.where("cluster is not null").select("row", "cluster")
    alone = records.select("row").join(members.hint("merge"), "row", "left")
    rows = alone.select("row", f.coalesce("cluster", "row").alias("cluster"))
    told = (f.col("row").alias("a"), "b", "weight", "one", "other", "guards", "cause")
    vetoes = settled.where("cluster is null").select(*told)
    return SparkClusters(rows, vetoes)


def joins(model: Model) -> Column:
    """Which links join by themselves; in 64 bits, because 32 would round the threshold."""
    return (f.col("weight").cast("double") >= f.lit(model.certain)) & (f.col("guards") == 0)


def gather(records: DataFrame, certain: DataFrame, component: DataFrame) -> DataFrame:
    """All rows and certain pairs of every component: (component, row, b, weight, encoded), b -1 for a row."""
    rows = component.hint("merge").join(records.select("row", "encoded"), "row", "left")
    no_end = f.lit(_MEMBER).cast("bigint").alias("b")
    members = rows.select("component", "row", no_end, _none("float", "weight"), "encoded")
    named = component.withColumnRenamed("row", "a").hint("merge")
    pairs = certain.join(named, "a").select("component", "a", "b", "weight", _none("binary", "encoded"))
    return members.unionAll(pairs)


def settle_components(batches: Iterator[pa.RecordBatch], sent: bytes, apart: int | None) -> Iterator[pa.RecordBatch]:
    """`SETTLED` of a partition of whole components. A batch of them is settled at once: they know nothing of one
    another."""
    model = unpacked(sent)
    for table in whole(batches, ("component",)):
        told = longs(table, "b")
        members = table.filter(pa.array(told == _MEMBER)).sort_by("row").combine_chunks()
        rows, encoded = longs(members, "row"), members.column("encoded").chunk(0)
        if encoded.null_count:
            raise LinkageError("a pair must be of two different rows among the encoded records")
        pairs = _pairs(table.filter(pa.array(told != _MEMBER)).combine_chunks(), rows)
        first = None if apart is None else int(np.searchsorted(rows, apart))
        found = cluster(matrix_of(encoded), pairs, model, workers=1, apart=first)
        yield _settled(rows, rows[found.label], found.vetoes)


def _pairs(table: pa.Table, rows: Longs) -> Pairs:
    """The certain pairs by the places of their rows, which ascend."""
    a, b = (np.searchsorted(rows, longs(table, end)).astype(np.int32) for end in ("row", "b"))
    weight = np.array(table.column("weight").to_numpy())
    return Pairs(a, b, weight, np.zeros(len(a), np.uint32), np.zeros((len(a), COLUMNS), np.uint8))


def _settled(rows: Longs, cluster: Longs, vetoes: Vetoes) -> pa.RecordBatch:
    """Rows with their clusters, then the vetoes."""
    n, columns = len(rows), {"row": pa.array(np.concatenate((rows, rows[vetoes.a])))}
    columns["cluster"] = pa.concat_arrays([pa.array(cluster), pa.nulls(len(vetoes), pa.int64())])
    told = {
        "b": pa.array(rows[vetoes.b]),
        "weight": pa.array(vetoes.weight),
        "one": pa.array(rows[vetoes.between[:, 0]]),
        "other": pa.array(rows[vetoes.between[:, 1]]),
        "guards": pa.array(vetoes.guards.astype(np.int64)),
        "cause": pa.array(vetoes.cause.astype(np.int64)),
    }
    for name, values in told.items():
        columns[name] = pa.concat_arrays([pa.nulls(n, values.type), values])
    return pa.RecordBatch.from_pydict(columns)


def _none(kind: str, name: str) -> Column:
    return f.lit(None).cast(kind).alias(name)

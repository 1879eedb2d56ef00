"""The Spark engine for arrays: called as the local engine is, with the same results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from linkage.comparison import COLUMNS
from linkage.engines.clusters import Clusters, Vetoes, ends_of, joining, reasons, rows_in_order
from linkage.engines.local import Pairs
from linkage.engines.spark.batches import Longs, binary, lists, matrix_of
from linkage.engines.spark.clustering import cluster_records
from linkage.engines.spark.linking import LINKS, PIECE, RECORDS, link, links_of
from linkage.engines.spark.session import spoken
from linkage.errors import LinkageError
from linkage.kernel import rows_of
from linkage.layout import Rows
from linkage.model import Model

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Links and clusters of arrays, by a session's executors. `piece`: see `linkage.engines.spark.linking`.

    Everything passes through the driver here, on the way there and back; what is too large for that stays in data
    frames: `linking.link` and `clustering.cluster_records`.
    """

    session: SparkSession
    piece: int = PIECE

    def link(
        self,
        encoded: Rows,
        keys: Longs,
        rows: Ints,
        model: Model,
        floor: float | None = None,
        workers: int | None = None,
    ) -> Pairs:
        """What `linkage.engines.local.link` returns and raises, ordered by rows; `workers` are the session's."""
        matrix, _ = rows_of(encoded, model)
        records = self._frame(_records(matrix, keys, rows), RECORDS)
        with spoken():
            found = link(records, model, floor, self.piece).orderBy("a", "b").toArrow().combine_chunks()
        a, b, weight, guards = (found.column(name).to_numpy() for name in ("a", "b", "weight", "guards"))
        pattern = found.column("pattern")
        levels = matrix_of(pattern.chunk(0)).copy() if len(a) else np.empty((0, COLUMNS), np.uint8)
        return Pairs(a.astype(np.int32), b.astype(np.int32), weight.copy(), guards.astype(np.uint32), levels)

    def cluster(
        self, encoded: Rows, pairs: Pairs, model: Model, workers: int | None = None, rank: Longs | None = None
    ) -> Clusters:
        """What `linkage.engines.clusters.cluster` returns and raises; `workers` are the session's."""
        matrix, _ = rows_of(encoded, model)
        n = len(matrix)
        order = rows_in_order(rank, n)
        ends_of(pairs, n, order[:0])
        place = np.arange(n) if rank is None else np.asarray(rank)
        records = self._frame({"row": pa.array(place), "encoded": binary(matrix)}, "row bigint, encoded binary")
        links = self._frame(links_of(pairs, place), LINKS)
        with spoken():
            found = cluster_records(records, links, model)
            told, vetoed = found.rows.toArrow(), found.vetoes.toArrow()

        def rows(table: pa.Table, name: str) -> Longs:
            return np.asarray(order[np.searchsorted(place[order], table.column(name).to_numpy())])

        label = np.arange(n)
        label[rows(told, "row")] = rows(told, "cluster")
        label = _smallest(label)
        weight, guards, cause = (vetoed.column(name).to_numpy() for name in ("weight", "guards", "cause"))
        between = np.stack((rows(vetoed, "one"), rows(vetoed, "other")), axis=1)
        ends = rows(vetoed, "a"), rows(vetoed, "b")
        told = guards.astype(np.uint32), cause.astype(np.uint8)
        vetoes = Vetoes(*ends, weight.astype(np.float32), between, *told)
        return Clusters(label, reasons(pairs, joining(pairs, model.certain), label), vetoes)

    def _frame(self, columns: Mapping[str, pa.Array], schema: str) -> DataFrame:
        return self.session.createDataFrame(pa.table(dict(columns)), schema)


def _records(matrix: Rows, keys: Longs, rows: Ints) -> dict[str, pa.Array]:
    """Encoded rows with their keys. Raises `LinkageError` for an entry that points outside."""
    if len(keys) != len(rows) or (len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(matrix)):
        raise LinkageError("every blocking key needs one row, and the row must be among the encoded records")
    held = lists(keys[np.argsort(rows, kind="stable")], np.bincount(rows, minlength=len(matrix)))
    return {"row": pa.array(np.arange(len(matrix))), "encoded": binary(matrix), "keys": held}


def _smallest(label: Longs) -> Longs:
    """The labels of clusters, each the smallest row that bears it."""
    smallest = np.full(len(label), len(label))
    np.minimum.at(smallest, label, np.arange(len(label)))
    return np.asarray(smallest[label])

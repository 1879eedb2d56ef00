"""People on a cluster: records standardised and encoded where they lie.

Every partition goes the columnar road of `linkage.columns`, whose rows do not depend on what stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from linkage import indexing
from linkage.columns import encode_table
from linkage.columns.gather import ALL, DOUBLE, NONE
from linkage.defaults import Defaults, without
from linkage.engines.spark.batches import binary, lists, longs, packed, together, unpacked
from linkage.engines.spark.session import cut, spoken
from linkage.engines.spark.tables import Tabled, table_of
from linkage.model import Model
from linkage.tables.table import Table

ENCODED = "id string, row bigint, encoded binary, keys array<bigint>, rules array<tinyint>"
"""A record with its blocking keys, and a rule for each of them."""


def encode(
    tabled: Tabled, model: Model, loose: int | None = None, defaults: Defaults = MappingProxyType({})
) -> DataFrame:
    """The records encoded for a model, `ENCODED`, held by the executors.

    loose: the loose keys that each gets (`linkage.columns.gather`); without it those that `linkage.indexing` gives a
    file of so many records. defaults: values that are read as nothing.
    """
    sent, columns, extras = packed(model), tabled.columns, tabled.extras
    values = dict(defaults)
    wanted = usual_keys(tabled.records, model) if loose is None else loose

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in together(batches):
            yield _encoded(rows, without(table_of(rows, columns, extras), values).table, unpacked(sent), wanted)

    with spoken():
        return cut(tabled.frame.mapInArrow(work, ENCODED))


def usual_keys(records: int, model: Model) -> int:
    """The loose keys that all of so many records get."""
    if records <= indexing.MOST_ROWS:
        return ALL
    return NONE if model.further is None else DOUBLE


def _encoded(rows: pa.Table, table: Table, model: Model, loose: int) -> pa.RecordBatch:
    encoded = encode_table(table, model, 1, lambda words: np.full(len(words), loose, np.uint8))
    order, sizes = np.argsort(encoded.rows, kind="stable"), np.bincount(encoded.rows, minlength=len(table))
    columns = {
        "id": table.ids,
        "row": pa.array(longs(rows, "row")),
        "encoded": binary(encoded.matrix),
        "keys": lists(encoded.keys[order], sizes),
        "rules": lists(encoded.rules[order].astype(np.int8), sizes),
    }
    return pa.RecordBatch.from_pydict(columns)

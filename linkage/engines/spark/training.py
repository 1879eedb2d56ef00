"""Training on a cluster: one executor learns from records drawn by a hash, and what comes back is the model.

Of a model the driver learns rates, counts, and the frequencies of names that are common enough to say nothing of
anybody. It is the one function that trains on one machine (`linkage.people.people`), so that a file of no more
records than are drawn gets the model that it gets there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyspark.sql import functions as f

from linkage.cautions import cautions
from linkage.costs import FALSE_MERGE
from linkage.defaults import Defaults, find_defaults
from linkage.engines.spark.batches import longs
from linkage.engines.spark.session import spoken
from linkage.engines.spark.tables import Tabled, table_of
from linkage.errors import LinkageError
from linkage.model import Model
from linkage.people import people
from linkage.tables.table import Table

MOST_DRAWN = 1_000_000
"""Records that training looks at: of them one in so many pairs of one person is left as of the records, squared."""

_DEFAULTS = "defaults map<string, array<string>>"
_TRAINED = f"model string, findings array<string>, cautions array<string>, distinct boolean, {_DEFAULTS}"
_PARTS = 1 << 30


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, what is to be said of it, of two files whether each holds a person once, the values that so many
    records say that they stand for nothing, and the `linkage.cautions` of the records drawn."""

    model: Model
    findings: tuple[str, ...]
    distinct: bool
    defaults: Defaults = field(default_factory=dict)
    cautions: tuple[str, ...] = ()


def train(tabled: Tabled, seed: int = 0, most: int = MOST_DRAWN, false_merge: float = FALSE_MERGE) -> Trained:
    """A model for the records, learned from about `most` of them at most. The same records and seed make the same.

    false_merge: what joining two people costs, in links missed.
    """
    told = _of_drawn(tabled, seed, most, lambda table: learn(table, seed, false_merge), _TRAINED)
    model = Model.from_document(json.loads(told.model))
    return Trained(model, tuple(told.findings), told.distinct, told.defaults, tuple(told.cautions))


def defaults_of(tabled: Tabled, seed: int = 0, most: int = MOST_DRAWN) -> Defaults:
    """The defaults of the records, as `train` finds them: what a model that is given does not bring."""
    told = _of_drawn(tabled, seed, most, lambda table: pa.RecordBatch.from_pydict(_defaults(table)), _DEFAULTS)
    return dict(told.defaults)


def _of_drawn(tabled: Tabled, seed: int, most: int, look: Callable[[Table], pa.RecordBatch], schema: str) -> Any:
    """The one row that one executor makes of the records drawn."""
    columns, extras, first = tabled.columns, tabled.extras, tabled.first

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = pa.Table.from_batches(batches).combine_chunks()
        of_first = None if first is None else int((longs(rows, "row") < first).sum())
        yield look(said_by_some(table_of(rows, columns, extras, of_first)))

    drawn, share = tabled.frame, most / tabled.records
    if share < 1.0:
        place = f.pmod(f.xxhash64("row", f.lit(seed)), f.lit(_PARTS))
        drawn = drawn.where(place < int(share * _PARTS))
    with spoken():
        told = drawn.repartition(1).sortWithinPartitions("row").mapInArrow(work, schema).first()
    if told is None:
        raise LinkageError("there are no records to learn from")
    return told


def learn(table: Table, seed: int, false_merge: float = FALSE_MERGE) -> pa.RecordBatch:
    """`_TRAINED` of a table without silent columns."""
    linker = people(table, seed=seed, false_merge=false_merge)
    training, words = linker.training, pa.list_(pa.string())
    columns = {
        "model": pa.array([json.dumps(training.model.document)]),
        "findings": pa.array([[finding.text for finding in training.diagnosis]], words),
        "cautions": pa.array([list(cautions(linker, linker.table))], words),
        "distinct": pa.array([training.distinct]),
    }
    return pa.RecordBatch.from_pydict(columns | _defaults(table))


def _defaults(table: Table) -> dict[str, pa.Array]:
    kind = pa.map_(pa.string(), pa.list_(pa.string()))
    return {"defaults": pa.array([list(find_defaults(table).items())], kind)}


def said_by_some(table: Table) -> Table:
    """The table without columns that none of the records drawn says."""
    columns = {name: column for name, column in table.columns.items() if column.null_count < len(column)}
    extras = {name: kind for name, kind in table.extras.items() if name in columns}
    return Table(table.ids, columns, extras, table.first)

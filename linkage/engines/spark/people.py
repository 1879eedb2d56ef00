"""People on a cluster: rows of files read, standardised and encoded where they lie.

Every partition goes the columnar road of `linkage.columns`, whose rows do not depend on what stands beside them; what
a column decides as a whole is judged first (`evidence`). A record's number is the place of its id among all ids, so
that nothing depends on how the input was cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from linkage.columns import Encoded, encode_table
from linkage.columns.gather import DOUBLE, NONE
from linkage.engines.spark.batches import binary, lists, packed, unpacked
from linkage.engines.spark.evidence import CODED, judge, judge_ids, read_coded, read_ids
from linkage.engines.spark.session import cut, spoken
from linkage.model import Model
from linkage.record import Kind
from linkage.tables.errors import InputError
from linkage.tables.fields import Source, read_field
from linkage.tables.mapping import Mapping as Columns
from linkage.tables.reading import choose
from linkage.tables.table import Table

ENCODED = "id string, encoded binary, keys array<bigint>, rules array<tinyint>"
_TOGETHER = 200_000  # rows encoded at once: values that repeat among them are read once
_PLACE = 33  # bits of `monotonically_increasing_id` for the place in a partition


@dataclass(frozen=True, slots=True)
class People:
    """Encoded records, held by the executors. rows_read = records + left_out, by reason.

    records: (id string, row bigint, encoded binary, keys array<bigint>, rules array<tinyint>), a rule for each key.
    """

    records: DataFrame
    rows_read: int
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read rows: the column of the id, those of each field, and the evidence for coded ones and the id."""

    id: str
    fields: Mapping[str, tuple[str, ...]]
    extras: Mapping[str, Kind]
    dob_format: str
    evidence: Mapping[str, tuple[str, ...]]

    def table(self, rows: pa.Table) -> Table:
        """Some rows as a table of people; rows without an id are left out."""
        ids = read_ids(rows.column(self.id), self.evidence["id"])
        said = pc.is_valid(ids)
        rows, ids = rows.filter(said), ids.filter(said)
        columns: dict[str, pa.Array] = {}
        for name, sources in self.fields.items():
            if name in self.evidence:
                columns[name] = read_coded(rows.column(sources[0]), name, self.evidence[name])
            else:
                parts = [Source(column, rows.column(column)) for column in sources]
                columns |= read_field(name, parts, self.dob_format).columns
        return Table(ids, columns, self.extras)


def people(frame: DataFrame, model: Model, mapping: Columns | None = None, source: str = "the data frame") -> People:
    """The people in a data frame, encoded for a model; without a mapping by the usual names of columns.

    The frame is read several times: keep it in a file or cached. Raises `InputError` when its columns cannot be told
    or do not fit the mapping, when ids repeat, or when no row can be used.
    """
    names = [name.strip() for name in frame.columns]
    chosen = choose(names, mapping, source)
    # By place, because a name may hold dots and quotes, which mean something to Spark.
    places = {name: str(names.index(name)) for name in chosen.used()}
    rows = frame.toDF(*map(str, range(len(names)))).select(*dict.fromkeys(places.values()))
    with spoken():
        plan, sent = plan_of(rows, chosen, places), packed(model)

        def encode(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return encode_rows(batches, sent, plan)

        # Held before it is sorted: Spark samples what it sorts, and would encode everything twice.
        encoded = cut(rows.mapInArrow(encode, ENCODED))
        missing = encoded.where("id is null").count()
        records, count = number(encoded.where("id is not null"), source)
    if not count:
        raise InputError(f"{source}: none of its {missing:,} rows has an id" if missing else f"{source}: no records")
    return People(records, count + missing, {"no id": missing} if missing else {})


def plan_of(rows: DataFrame, mapping: Columns, places: Mapping[str, str]) -> Plan:
    """How to read the rows, by what their columns prove as a whole."""
    columns = {name: tuple(places[source] for source in sources) for name, sources in mapping.columns.items()}
    one = columns.pop("id")[0]
    extras = {extra.name: Kind(extra.kind) for extra in mapping.extras}
    columns |= {extra.name: (places[extra.column],) for extra in mapping.extras}
    evidence = {"id": judge_ids(rows, one)}
    for name in CODED:
        # A format, three columns, or a column of dates leave nothing to judge.
        told = name == "dob" and (mapping.dob_format or len(columns.get(name, ())) > 1)
        if name in columns and not told:
            evidence[name] = judge(rows, columns[name][0], name)
    return Plan(one, columns, extras, mapping.dob_format, evidence)


def encode_rows(batches: Iterator[pa.RecordBatch], sent: bytes, plan: Plan) -> Iterator[pa.RecordBatch]:
    """`ENCODED` of the rows of a partition, all null for those without an id."""
    model = unpacked(sent)
    for rows in _together(batches):
        table = plan.table(rows)
        if len(table):
            yield _batch(table.ids, encode_table(table, model, 1, _loose(len(table), model)))
        yield _nothing(len(rows) - len(table))


def number(frame: DataFrame, source: str) -> tuple[DataFrame, int]:
    """Encoded people with their row numbers, and how many they are. Raises `InputError` when ids repeat."""
    placed = cut(frame.repartitionByRange("id").sortWithinPartitions("id"))
    counts = placed.select("id").mapInArrow(tally, "part bigint, rows bigint, repeated bigint").collect()
    if repeated := sum(told.repeated for told in counts):
        raise InputError(f"{source}: {repeated:,} rows have an id that an earlier one has; each needs its own")
    sizes = np.zeros(len(counts), np.int64)
    for told in counts:
        sizes[told.part] = told.rows
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    spot = f.monotonically_increasing_id()
    part, place = f.shiftright(spot, _PLACE).cast("int"), spot.bitwiseAND(f.lit((1 << _PLACE) - 1))
    row = f.element_at(f.lit(starts.tolist()), part + 1) + place
    return placed.select("id", row.alias("row"), "encoded", "keys", "rules"), int(starts[-1])


def tally(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """How many sorted ids a partition has, and how many of them equal the one before."""
    context = TaskContext.get()
    part, rows, repeated, last = context.partitionId() if context else 0, 0, 0, None
    for batch in batches:
        ids = batch.column(0)
        rows += len(ids)
        if len(ids):
            repeated += int(ids[0] == last) + (pc.sum(pc.equal(ids[1:], ids[:-1])).as_py() or 0)
            last = ids[-1]
    columns = {"part": [part], "rows": [rows], "repeated": [repeated]}
    yield pa.RecordBatch.from_pydict({name: pa.array(values, pa.int64()) for name, values in columns.items()})


def _together(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The batches of a partition, so many rows at once."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _TOGETHER:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _loose(n: int, model: Model) -> npt.NDArray[np.uint8]:
    """How crowded the key of a single fact is, only the whole file could say: on a cluster they do not serve."""
    return np.full(n, NONE if model.further is None else DOUBLE, np.uint8)


def _batch(ids: pa.Array, encoded: Encoded) -> pa.RecordBatch:
    order, sizes = np.argsort(encoded.rows, kind="stable"), np.bincount(encoded.rows, minlength=len(ids))
    held = {"keys": lists(encoded.keys[order], sizes), "rules": lists(encoded.rules[order].astype(np.int8), sizes)}
    return pa.RecordBatch.from_pydict({"id": ids, "encoded": binary(encoded.matrix), **held})


def _nothing(rows: int) -> pa.RecordBatch:
    lists_of = {"keys": pa.list_(pa.int64()), "rules": pa.list_(pa.int8())}
    kinds = {"id": pa.string(), "encoded": pa.binary(), **lists_of}
    return pa.RecordBatch.from_pydict({name: pa.nulls(rows, kind) for name, kind in kinds.items()})

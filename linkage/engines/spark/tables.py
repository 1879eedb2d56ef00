"""Files of people as tables, read where their rows lie.

Every partition is read as `linkage.tables` reads a whole file; what a column decides as a whole is judged first
(`evidence`). A record's number is the place of its id among all ids: nothing depends on how the input was cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from linkage.engines.spark.batches import together
from linkage.engines.spark.evidence import CODED, judge, judge_ids, read_coded, read_ids
from linkage.engines.spark.session import cut, spoken
from linkage.record import Kind
from linkage.tables.errors import InputError
from linkage.tables.fields import Source, read_field
from linkage.tables.mapping import Mapping as Columns
from linkage.tables.reading import choose
from linkage.tables.table import FIELDS, Table

_PLACE = 33  # bits of `monotonically_increasing_id` for the place in a partition


@dataclass(frozen=True, slots=True)
class Part:
    """One file's rows. frame: (id string, c0 string, c1 string ...), the columns being `columns`, held by the
    executors. extras: the kinds of those outside `FIELDS`. rows_read = records + left_out, by reason."""

    source: str
    frame: DataFrame
    columns: tuple[str, ...]
    extras: Mapping[str, Kind]
    records: int
    rows_read: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def without(self, rows: int, reason: str) -> Part:
        """The same of a file that has so many more rows, left out for a reason."""
        return replace(self, rows_read=self.rows_read + rows, left_out={reason: rows, **self.left_out})

    def told(self) -> dict[str, Any]:
        """What reading the file came to."""
        return {"source": self.source, "rows_read": self.rows_read, "left_out": dict(self.left_out)}


@dataclass(frozen=True, slots=True)
class Tabled:
    """The records of one file or two, numbered, the first file's first.

    frame: (id string, row bigint, c0 string ...), as in `Part`. first: how many are of the first file, None when all
    are of one.
    """

    frame: DataFrame
    columns: tuple[str, ...]
    extras: Mapping[str, Kind]
    records: int
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read rows: the column of the id, those of each field, and the evidence for coded ones and the id."""

    id: str
    fields: Mapping[str, tuple[str, ...]]
    extras: Mapping[str, Kind]
    dob_format: str
    evidence: Mapping[str, tuple[str, ...]]

    def read(self, rows: pa.Table) -> tuple[pa.Array, dict[str, pa.Array]]:
        """The ids of some rows and their columns by field; rows without an id are left out."""
        ids = read_ids(rows.column(self.id), self.evidence["id"])
        said = pc.is_valid(ids)
        rows, ids = rows.filter(said), ids.filter(said)
        columns: dict[str, pa.Array] = {}
        for name, sources in self.fields.items():
            if name in self.evidence:
                columns[name] = read_coded(rows.column(sources[0]), name, self.evidence[name])
            else:
                parts = [Source(column, rows.column(column)) for column in sources]
                columns |= read_field(name, parts, self.dob_format, self.extras.get(name)).columns
        return ids, columns


def table_of(rows: pa.Table, columns: Sequence[str], extras: Mapping[str, Kind], first: int | None = None) -> Table:
    """A table of people from rows of a `Tabled` frame."""
    read = {name: _one(rows.column(f"c{place}")) for place, name in enumerate(columns)}
    return Table(_one(rows.column("id")), read, {name: kind for name, kind in extras.items() if name in read}, first)


def tabulate(frame: DataFrame, mapping: Columns | None = None, source: str = "the data frame") -> Part:
    """The people in a data frame, without columns that nobody says; without a mapping by the usual names of columns.

    The frame is read several times: keep it in a file or cached. Raises `InputError` when its columns cannot be told
    or do not fit the mapping, or when no row can be used.
    """
    names = [name.strip() for name in frame.columns]
    chosen = choose(names, mapping, source)
    # By place, because a name may hold dots and quotes, which mean something to Spark.
    places = {name: str(names.index(name)) for name in chosen.used()}
    rows = frame.toDF(*map(str, range(len(names)))).select(*dict.fromkeys(places.values()))
    extras = {extra.name: Kind(extra.kind) for extra in chosen.extras}
    every = (*FIELDS, *extras)
    with spoken():
        plan = plan_of(rows, chosen, places)

        def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return read_rows(batches, plan, every)

        schema = ", ".join(("id string", *(f"c{place} string" for place in range(len(every)))))
        held = cut(rows.mapInArrow(read, schema))
        said = held.select(
            f.count("*"), f.count("id"), *(f.count(f"c{place}") for place in range(len(every)))
        ).first()
    total, records, *filled = said or (0, 0)
    missing = {"no id": total - records} if total > records else {}
    if not records:
        raise InputError(f"{source}: none of its {total:,} rows has an id" if total else f"{source}: no records")
    there = [place for place, count in enumerate(filled) if count]
    if not there:
        raise InputError(f"{source}: none of its columns says anything but the id")
    kept = held.where("id is not null").select("id", *(f.col(f"c{p}").alias(f"c{k}") for k, p in enumerate(there)))
    return Part(source, kept, tuple(every[place] for place in there), extras, records, total, missing)


def number(*parts: Part) -> Tabled:
    """The records of one file or two with their row numbers, those of the first file first.

    Where two share an id, every id gets its file's number in front, as `linkage.tables.together` does. Raises
    `InputError` when ids repeat within a file.
    """
    extras = {name: kind for part in parts for name, kind in part.extras.items()}
    every = tuple(name for name in (*FIELDS, *extras) if any(name in part.columns for part in parts))
    clash = len(parts) > 1 and bool(_shared(parts[0], parts[1]))
    sides = [_aligned(part, every, side, f"{side}:" if clash else "") for side, part in enumerate(parts, 1)]
    frame = sides[0].unionByName(sides[1]) if len(parts) > 1 else sides[0]
    with spoken():
        placed = cut(frame.repartitionByRange("side", "id").sortWithinPartitions("side", "id"))
        counts = placed.select("side", "id").mapInArrow(tally, "part bigint, rows bigint, repeated bigint").collect()
    if repeated := sum(told.repeated for told in counts):
        source = " and ".join(part.source for part in parts)
        raise InputError(f"{source}: {repeated:,} rows have an id that an earlier one has; each needs its own")
    sizes = np.zeros(len(counts), np.int64)
    for told in counts:
        sizes[told.part] = told.rows
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    spot = f.monotonically_increasing_id()
    part, place = f.shiftright(spot, _PLACE).cast("int"), spot.bitwiseAND(f.lit((1 << _PLACE) - 1))
    row = f.element_at(f.lit(starts.tolist()), part + 1) + place
    numbered = placed.select("id", row.alias("row"), *(f"c{k}" for k in range(len(every))))
    return Tabled(numbered, every, extras, int(starts[-1]), parts[0].records if len(parts) > 1 else None)


def plan_of(rows: DataFrame, mapping: Columns, places: Mapping[str, str]) -> Plan:
    """How to read the rows, by what their columns prove as a whole."""
    columns = {name: tuple(places[source] for source in sources) for name, sources in mapping.columns.items()}
    one = columns.pop("id")[0]
    columns |= {extra.name: (places[extra.column],) for extra in mapping.extras}
    extras = {extra.name: Kind(extra.kind) for extra in mapping.extras}
    evidence = {"id": judge_ids(rows, one)}
    for name in CODED:
        # A format, three columns, or a column of dates leave nothing to judge.
        told = name == "dob" and (mapping.dob_format or len(columns.get(name, ())) > 1)
        if name in columns and not told:
            evidence[name] = judge(rows, columns[name][0], name)
    return Plan(one, columns, extras, mapping.dob_format, evidence)


def read_rows(batches: Iterator[pa.RecordBatch], plan: Plan, every: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The id and the columns `every` of the rows of a partition, all null for those without an id."""
    names = ("id", *(f"c{place}" for place in range(len(every))))
    for rows in together(batches):
        ids, columns = plan.read(rows)
        missing = pa.nulls(len(rows) - len(ids), pa.string())
        said = [ids, *(columns.get(name, pa.nulls(len(ids), pa.string())) for name in every)]
        yield pa.RecordBatch.from_arrays([pa.concat_arrays([_one(column), missing]) for column in said], names)


def tally(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """How many sorted (side, id) a partition has, and how many of them equal the one before."""
    context = TaskContext.get()
    part, rows, repeated, last = context.partitionId() if context else 0, 0, 0, None
    for batch in batches:
        sides, ids = batch.columns
        rows += len(ids)
        if len(ids):
            repeated += int((sides[0], ids[0]) == last)
            same = pc.and_(pc.equal(ids[1:], ids[:-1]), pc.equal(sides[1:], sides[:-1]))
            repeated += pc.sum(same).as_py() or 0
            last = sides[-1], ids[-1]
    columns = {"part": [part], "rows": [rows], "repeated": [repeated]}
    yield pa.RecordBatch.from_pydict({name: pa.array(values, pa.int64()) for name, values in columns.items()})


def _shared(one: Part, other: Part) -> int:
    """1 if the two have an id in common, else 0."""
    return one.frame.select("id").hint("merge").join(other.frame.select("id"), "id").limit(1).count()


def _aligned(part: Part, every: Sequence[str], side: int, prefix: str) -> DataFrame:
    """A file's rows with the columns `every`, null where it has none."""
    places = {name: place for place, name in enumerate(part.columns)}
    columns = [
        (f.col(f"c{places[name]}") if name in places else f.lit(None).cast("string")).alias(f"c{k}")
        for k, name in enumerate(every)
    ]
    return part.frame.select(f.lit(side).alias("side"), f.concat(f.lit(prefix), "id").alias("id"), *columns)


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return (
        column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
    )

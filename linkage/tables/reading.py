"""Files of people as tables, with a report of what was read and what was not."""

from __future__ import annotations

import os
from collections import Counter, abc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.garbage import set_aside
from linkage.plurals import counted
from linkage.record import Kind
from linkage.room import UNBOUNDED, Room, give_back
from linkage.tables.delimited import open_text, read_columns
from linkage.tables.errors import InputError
from linkage.tables.fields import Field, Source, read_field
from linkage.tables.mapping import Mapping
from linkage.tables.recognise import recognise
from linkage.tables.report import Report
from linkage.tables.table import Table
from linkage.tables.texts import DROPPED, clean_ids, distinct

_TEXT = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
_PARQUET = (".parquet", ".pq")
_NO_ID = "no id"
_READ_BY_MEANING = ("dob", "sex", "multiple_birth")
_THREADS = 4
_BYTES_PER_ROW = 128  # of a column while it is read: its text twice, and the table of distinct values
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """A table of at least one record, and what reading it came to."""

    table: Table
    report: Report


@set_aside()
def read(path: Path, mapping: Mapping | None = None, room: Room = UNBOUNDED) -> Reading:
    """The people in a CSV (also .csv.gz, .tsv) or Parquet file; without a mapping by the usual names of columns.

    Raises `InputError` when the file is missing, empty or damaged, when its columns cannot be told or do not fit
    the mapping, when ids repeat, or when no row can be used. Rows that cannot be used are counted in the report. The
    table lies in `room`.
    """
    name = path.name.lower()
    try:
        if name.endswith(_TEXT):
            return _read_text(path, mapping, room)
        if name.endswith(_PARQUET):
            return _read_parquet(path, mapping, room)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from error
    raise InputError(f"{path} is of no kind that can be read: {', '.join((*_TEXT[:3], _PARQUET[0]))}")


def assemble(columns: abc.Mapping[str, Any], mapping: Mapping, report: Report, room: Room = UNBOUNDED) -> Reading:
    """A reading from Arrow columns of N values by the source's names; `report` says what is known of them so far.

    Raises `InputError` for repeated ids, for columns of no simple type, and when nothing is left.
    """
    column = mapping.columns["id"][0]
    found = distinct(columns[column], column)
    cleaned = clean_ids(found.values)
    ids = found.spread(cleaned)
    if found.counts.max(initial=0) > 1 or not cleaned.equals(found.values):  # then, and only then, some may be alike
        _refuse_repeats(ids, report.source)
    if missing := ids.null_count:
        said = pc.is_valid(ids)
        ids, columns = ids.filter(said), {name: column.filter(said) for name, column in columns.items()}
        report = replace(report, left_out={**report.left_out, _NO_ID: missing})
    ids = room.keep(ids)
    if not len(ids):
        raise InputError(f"{report.source}: {_nothing(report)}")
    named = {name: sources for name, sources in mapping.columns.items() if name != "id"}
    named |= {extra.name: (extra.column,) for extra in mapping.extras}
    kinds = {extra.name: Kind(extra.kind) for extra in mapping.extras}

    def one(name: str) -> Field:
        sources = [Source(column, columns[column]) for column in named[name]]
        field = read_field(name, sources, mapping.dob_format, kinds.get(name))
        return replace(field, columns={name: room.keep(column) for name, column in field.columns.items()})

    threads = room.at_once(_BYTES_PER_ROW * len(ids), min(_THREADS, len(os.sched_getaffinity(0))))
    with ThreadPoolExecutor(threads) as pool:
        fields = dict(zip(named, pool.map(one, named), strict=True))
    give_back()
    every = {name: column for field in fields.values() for name, column in field.columns.items()}
    said_by_some = {name: column for name, column in every.items() if column.null_count < len(column)}
    if not said_by_some:
        raise InputError(f"{report.source}: none of its columns says anything but the id")
    silent = tuple(name for name in every if name not in said_by_some)
    fields["id"] = Field(recoded=found.recoded, lost=found.lost)
    extras = {name: kind for name, kind in kinds.items() if name in said_by_some}
    raw = {name: columns[named[name][0]] for name in (*extras, *_READ_BY_MEANING) if extras and name in fields}
    _refuse_copies(said_by_some, extras, raw, report.source)
    return Reading(Table(ids, said_by_some, extras), _complete(report, fields, silent))


def begin(source: str, rows: int, mapping: Mapping, names: abc.Sequence[str]) -> Report:
    """The report of a source with these columns before its values are looked at."""
    used = set(mapping.used())
    return Report(
        source=source,
        rows_read=rows,
        recognised=mapping.columns,
        extras={extra.name: extra.kind for extra in mapping.extras},
        left=tuple(name or f"(column {at} has no name)" for at, name in enumerate(names, 1) if name not in used),
    )


def choose(names: abc.Sequence[str], mapping: Mapping | None, source: str) -> Mapping:
    """The mapping to read by: the one given or the one recognised, checked against the columns there are."""
    chosen = recognise(names) if mapping is None else mapping
    try:
        chosen.check(names)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    return chosen


def needed(mapping: Mapping) -> tuple[str, ...]:
    """The columns that are read, each once."""
    return mapping.used()


def _read_text(path: Path, mapping: Mapping | None, room: Room) -> Reading:
    file = open_text(path)
    chosen = choose(file.names, mapping, str(path))
    lines = read_columns(file, needed(chosen), room)
    report = begin(str(path), lines.rows + sum(lines.left_out.values()), chosen, file.names)
    report = replace(report, encoding=file.encoding, left_out=lines.left_out, notes=lines.notes)
    return assemble(lines.columns, chosen, report, room)


def _read_parquet(path: Path, mapping: Mapping | None, room: Room) -> Reading:
    if not path.stat().st_size:
        raise InputError(f"{path} is empty")
    try:
        with pq.ParquetFile(path) as file:
            stored = file.schema_arrow.names
            names = [name.strip() for name in stored]
            chosen, rows = choose(names, mapping, str(path)), file.metadata.num_rows
        columns = _Columns(path, {name: stored[names.index(name)] for name in needed(chosen)})
        return assemble(columns, chosen, begin(str(path), rows, chosen, names), room)
    except pa.ArrowException as error:
        raise InputError(f"{path} is no Parquet file, or a damaged one") from error


class _Columns(abc.Mapping[str, Any]):
    """The columns of a Parquet file, read one by one when they are asked for: never are all of them there raw."""

    def __init__(self, path: Path, stored: abc.Mapping[str, str]) -> None:
        self._path, self._stored = path, stored

    def __getitem__(self, name: str) -> Any:
        with pq.ParquetFile(self._path) as file:
            return file.read([self._stored[name]], use_threads=False).column(0)

    def __iter__(self) -> abc.Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def _refuse_repeats(ids: pa.Array, source: str) -> None:
    """Raise `InputError` unless every id is there once; the rows it names count from 1 under the header."""
    if pc.count_distinct(ids).as_py() == len(ids) - ids.null_count:
        return
    times = Counter(ids.drop_null().to_pylist())
    repeated = [name for name in times if times[name] > 1]
    rows: dict[str, list[int]] = {name: [] for name in repeated[:_SHOWN]}
    for row, name in enumerate(ids.to_pylist(), 1):
        if name in rows:
            rows[name].append(row)
    shown = "; ".join(f"'{name}' in rows {', '.join(map(str, at[:_SHOWN]))}" for name, at in rows.items())
    raise InputError(
        f"{source}: {counted(len(repeated), 'id is', 'ids are')} there more than once,"
        f" in {sum(times[x] for x in repeated):,} rows, "
        f"but each record needs its own (first: {shown})"
    )


def _refuse_copies(
    columns: abc.Mapping[str, pa.Array], extras: abc.Iterable[str], raw: abc.Mapping[str, Any], source: str
) -> None:
    """Raise `InputError` for an extra column that says in every row what another does: it would count twice.

    raw: as the source has them, the extra columns and those that the table holds in other words.
    """
    for name in extras:
        for other, column in columns.items():
            alike = columns[name].equals(column) or (other in _READ_BY_MEANING and raw[name].equals(raw[other]))
            if other != name and alike and pc.count_distinct(column).as_py() > 1:
                raise InputError(
                    f"{source}: '{name}' and '{other}' say the same in every row, which would count twice: leave one"
                    " out of the mapping"
                )


def _nothing(report: Report) -> str:
    """Why there is nothing to read."""
    if not report.rows_read:
        return "it has a header but no records"
    reasons = ", ".join(f"{rows:,} with {reason}" for reason, rows in report.left_out.items())
    return f"none of its {report.rows_read:,} rows can be used: {reasons}"


def _complete(report: Report, fields: abc.Mapping[str, Field], silent: tuple[str, ...]) -> Report:
    """The report with what was noticed in the values."""
    notes = [*report.notes, *(note for field in fields.values() for note in field.notes)]
    recoded, lost = sum(x.recoded for x in fields.values()), sum(x.lost for x in fields.values())
    if recoded:
        told = counted(recoded, "value is not UTF-8 and was", "values are not UTF-8 and were")
        notes.append(f"{told} read as windows-1252")
    if lost:
        notes.append(f"{counted(lost, *DROPPED)} dropped")
    return replace(
        report,
        encoding=f"{report.encoding or 'UTF-8'}, windows-1252 where it is not" if recoded else report.encoding,
        all_null=silent,
        unreadable={name: field.unreadable for name, field in fields.items() if field.unreadable},
        dates="".join(field.dates for field in fields.values()),
        notes=tuple(notes),
    )

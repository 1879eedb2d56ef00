"""Some columns of a file by their names, as plain text: truth, groups and filled sheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.tables.delimited import open_text, read_columns
from linkage.tables.errors import InputError
from linkage.tables.mapping import suggest
from linkage.tables.recognise import recognise
from linkage.tables.texts import clean_ids, distinct, tidy


def read_named(path: Path, wanted: Sequence[str]) -> dict[str, pa.Array]:
    """string[N] for each wanted name, trimmed, "" for nothing; names as they are wanted, whatever their case.

    Of "id" the usual names of record ids will do too. CSV as `linkage.tables.reading` takes it, or Parquet. Raises
    `InputError` for a file that cannot be read, for missing or repeated columns, and for rows that are cut.
    """
    try:
        columns = _parquet(path, wanted) if path.suffix.lower() in (".parquet", ".pq") else _text(path, wanted)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from None
    return {name: _clean(name, column) for name, column in columns.items()}


def _text(path: Path, wanted: Sequence[str]) -> dict[str, Any]:
    file = open_text(path)
    found = _find(path, file.names, wanted)
    lines = read_columns(file, tuple(found.values()))
    for reason, rows in lines.left_out.items():
        raise InputError(f"{path}: {rows:,} rows cannot be read, because they have {reason}")
    return {name: lines.columns[column] for name, column in found.items()}


def _parquet(path: Path, wanted: Sequence[str]) -> dict[str, Any]:
    try:
        with pq.ParquetFile(path) as file:
            found = _find(path, file.schema_arrow.names, wanted)
            table = file.read(list(found.values()))
    except pa.ArrowException:
        raise InputError(f"{path} is no Parquet file, or a damaged one") from None
    return {name: table.column(column) for name, column in found.items()}


def _find(path: Path, names: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """The file's column of each wanted name."""
    times = Counter(name.casefold() for name in names)
    found = {}
    for name in wanted:
        column = next((other for other in names if other.casefold() == name.casefold()), None)
        if column is None and name == "id":
            column = next(iter(recognise(names).columns.get("id", ())), None)
        if column is None:
            raise InputError(f"{path} has no column '{name}'{suggest(name, names)}")
        if times[column.casefold()] > 1:
            raise InputError(f"{path} has {times[column.casefold()]} columns '{column}': give each a name of its own")
        found[name] = column
    return found


def _clean(name: str, column: Any) -> pa.Array:
    try:
        whole = distinct(column, name)
    except pa.ArrowException:
        raise InputError(f"the column '{name}' holds no text") from None
    read = clean_ids if name in ("id", "id_a", "id_b") else tidy
    return pc.fill_null(whole.spread(read(whole.values)), "")

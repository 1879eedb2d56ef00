"""A result of linking files, read back from its directory and checked: what reviewing and judging it start from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage.model import Model
from linkage.tables.errors import InputError

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

LINKS, POSSIBLE, CLUSTERS = "links.parquet", "possible.parquet", "clusters.parquet"
MODEL, REPORT = "model.json", "report.json"
VETO = "veto"
"""Stands among the guards of a pair that is certain by itself, when records beside it conflict."""
_WHOLE = "_SUCCESS"
_COLUMNS = ("id_a", "id_b", "weight", "probability", "joined", "guards")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """N records and n pairs that are links or might be.

    ids: string[N]. label: int64[N], the smallest row of each record's cluster. a < b: int64[n], rows; weight
    float64[n], bits; probability float64[n]; joined bool[n]; guards: string[n], what stopped the pair, "" if nothing.
    first: with two files, the records of the first, else None. key: 16 hexadecimal digits that no other result has.
    """

    ids: pa.Array
    label: Longs
    a: Longs
    b: Longs
    weight: Floats
    probability: Floats
    joined: Truths
    guards: pa.Array
    first: int | None
    model: Model
    key: str

    @property
    def guarded(self) -> Truths:
        """bool[n]: whether the pair itself has a guard, so that no weight joins it."""
        return ~np.asarray(pc.is_in(self.guards, value_set=pa.array(["", VETO])))

    def rows_of(self, ids: Iterable[str]) -> Longs:
        """int64[k]: the rows of k ids, -1 for one that no record has."""
        return _rows(pa.array(ids, pa.string()), self.ids)

    def find(self, a: Longs, b: Longs) -> Longs:
        """int64[k]: which link each of k pairs of rows is, in either order; -1 for none."""
        numbers = self.a * len(self.ids) + self.b
        order = np.argsort(numbers, kind="stable")
        asked = np.minimum(a, b) * len(self.ids) + np.maximum(a, b)
        place = np.minimum(np.searchsorted(numbers[order], asked), len(numbers) - 1)
        if not len(numbers):
            return np.full(len(asked), -1)
        found = order[place]
        return np.where(numbers[found] == asked, found, -1)


def load_result(path: Path) -> Result:
    """The result in a directory that dedupe or link wrote, on one machine or on Spark, whose tables are directories
    of parts. Raises `InputError` when it is none or is damaged."""
    if not path.is_dir():
        raise InputError(f"{path} is no directory that dedupe or link wrote")
    files = path / LINKS, path / POSSIBLE, path / CLUSTERS
    links = pa.concat_tables([_table(file, _COLUMNS) for file in files[:2]])
    clusters = _table(files[2], ("id", "cluster"))
    by_file = _report(path / REPORT).get("records_by_file")
    if by_file not in ([len(clusters)], [n := _first(by_file), len(clusters) - n]):
        raise InputError(f"{path} does not fit together: {REPORT} speaks of other records than {CLUSTERS}")
    first = by_file[0] if len(by_file) == 2 else None
    return assemble(links, clusters, Model.load(path / MODEL), first, _key(*files))


def assemble(links: Any, clusters: Any, model: Model, first: int | None, key: str) -> Result:
    """The result that two Arrow tables, as linking writes them, amount to; see `Result` for the rest.

    Raises `InputError` when they do not fit together.
    """
    ids = clusters["id"].combine_chunks().cast(pa.string())
    label, a, b = (
        _rows(column.combine_chunks(), ids) for column in (clusters["cluster"], links["id_a"], links["id_b"])
    )
    if min(label.min(initial=0), a.min(initial=0), b.min(initial=0)) < 0 or bool((a == b).any()):
        raise InputError(f"the result does not fit together: {LINKS} or {CLUSTERS} names records that are not there")
    return Result(
        ids=ids,
        label=label,
        a=np.minimum(a, b),
        b=np.maximum(a, b),
        weight=np.asarray(links["weight"]).astype(np.float64),
        probability=np.asarray(links["probability"]).astype(np.float64),
        joined=np.asarray(links["joined"]).astype(np.bool_),
        guards=links["guards"].combine_chunks().cast(pa.string()),
        first=first,
        model=model,
        key=key,
    )


def parts_of(table: Path) -> list[Path]:
    """The files that make up a table, in order: the one, or the parts in a directory that Spark has finished.

    Raises `InputError` when it has not.
    """
    if not table.is_dir():
        return [table]
    try:
        names = sorted(part.name for part in table.iterdir())
    except OSError as error:
        raise InputError(f"{table} cannot be read: {error.strerror}") from None
    parts = [table / name for name in names if name.endswith(".parquet")]
    if not parts or _WHOLE not in names:
        raise InputError(f"{table} is not whole: Spark has not finished it")
    return parts


def _table(path: Path, columns: tuple[str, ...]) -> Any:
    return pa.concat_tables([_part(part, columns) for part in parts_of(path)])


def _part(path: Path, columns: tuple[str, ...]) -> Any:
    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in columns if name not in file.schema_arrow.names]
            if missing:
                raise InputError(
                    f"{path} has no column '{missing[0]}': another version wrote it, so link the files again"
                )
            return file.read(list(columns))
    except FileNotFoundError:
        raise InputError(f"{path.parent} is no result of dedupe or link: it has no {path.name}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from None
    except pa.ArrowException:
        raise InputError(f"{path} is no Parquet file, or a damaged one") from None


def _first(by_file: object) -> int:
    """The records of the first file."""
    return int(by_file[0]) if isinstance(by_file, list) and by_file and isinstance(by_file[0], int) else 0


def _report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{path.parent} is no result of dedupe or link: it has no {path.name}") from None
    except ValueError:
        raise InputError(f"{path} is not JSON, or a damaged file") from None
    if not isinstance(report, dict):
        raise InputError(f"{path} is no report of dedupe or link")
    return report


def _rows(wanted: pa.Array, ids: pa.Array) -> Longs:
    found = pc.index_in(wanted.cast(pa.string()), value_set=ids)
    return np.asarray(pc.fill_null(found, -1)).astype(np.int64)


def _key(*files: Path) -> str:
    whole = blake2b(digest_size=8)
    for path in chain.from_iterable(map(parts_of, files)):
        with path.open("rb") as file:
            whole.update(file_digest(file, "blake2b").digest())
    return whole.hexdigest()

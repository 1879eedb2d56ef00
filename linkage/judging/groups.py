"""Groups of records (sex, age band, ethnic category, origin of the name), for error by group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.evaluation.columns import Floats, Truths
from linkage.evaluation.fairness import FairnessTable, error_by_code
from linkage.named_columns import read_named
from linkage.result import Result
from linkage.tables.errors import InputError

Longs = npt.NDArray[np.int64]

NOT_SAID = "(not said)"
MOST = 60
"""Groups of one column; more can be no groups of people, and every two are compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """One column: the names of its groups, and the place of every record's in them, int64[N]."""

    names: tuple[str, ...]
    place: Longs


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groupings by column. strangers: rows of the file whose id no record has; silent: records it does not name."""

    by: Mapping[str, Grouping]
    strangers: int
    silent: int


def read_groups(path: Path, by: Sequence[str], result: Result) -> Groups:
    """The groups of a result's records from a file with a column of ids and those named in `by`.

    A record that the file does not name, or whose group is blank, is "(not said)". Raises `InputError` for missing
    columns, ids that repeat, a file that names none of the records, and columns of more than `MOST` values.
    """
    if not by:
        raise InputError("say with --by which columns to group by, such as --by sex,age_band")
    columns = read_named(path, ("id", *dict.fromkeys(by)))
    rows = result.rows_of(columns["id"])
    refuse_repeats(columns["id"], path)
    known = rows >= 0
    if not bool(known.any()):
        raise InputError(f"{path} names none of the records of the result")
    groupings = {name: _grouping(path, name, columns[name], rows, len(result.ids)) for name in by}
    return Groups(
        groupings,
        int((~known & np.asarray(pc.not_equal(columns["id"], ""))).sum()),
        len(result.ids) - int(known.sum()),
    )


def tables_by_group(
    groups: Groups | None,
    a: Longs,
    b: Longs,
    linked: Truths,
    same: Truths,
    sampling: Floats | None = None,
    confidence: float = 0.95,
) -> dict[str, FairnessTable]:
    """Error by group of the pairs of rows a-b, a table for each column; none without groups or pairs."""
    if groups is None or not len(a):
        return {}
    return {
        name: error_by_code(one.names, one.place[a], one.place[b], linked, same, sampling, confidence)
        for name, one in groups.by.items()
    }


def refuse_repeats(ids: pa.Array, path: Path) -> None:
    """Raise `InputError` when an id that is said comes twice."""
    said = ids.filter(pc.not_equal(ids, ""))
    repeated = len(said) - len(said.unique())
    if repeated:
        raise InputError(
            f"{path}: {repeated:,} rows repeat an id that stands in an earlier row, but each needs its own"
        )


def split_names(by: Iterable[str]) -> tuple[str, ...]:
    """Names of columns given one by one or with commas between."""
    return tuple(dict.fromkeys(name.strip() for part in by for name in part.split(",") if name.strip()))


def _order(name: str) -> tuple[bool, bool, int, str]:
    """Names by the number they begin with, as bands of age do, then by themselves, what is not said last."""
    digits = re.match(r"\d+", name)
    return name == NOT_SAID, not digits, int(digits[0]) if digits else 0, name


def _grouping(path: Path, name: str, column: pa.Array, rows: Longs, n: int) -> Grouping:
    coded = column.dictionary_encode()
    words = [word or NOT_SAID for word in coded.dictionary.to_pylist()]
    if len(words) > MOST:
        raise InputError(
            f"the column '{name}' of {path} has {len(words):,} values: too many to compare, so band them first"
        )
    names = tuple(sorted({*words, NOT_SAID}, key=_order))
    number = np.array([names.index(word) for word in words], np.int64)[np.asarray(coded.indices)]
    place = np.full(n, names.index(NOT_SAID), np.int64)
    place[rows[rows >= 0]] = number[rows >= 0]
    return Grouping(names, place)

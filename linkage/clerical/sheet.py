"""The sheet a reviewer fills: a CSV file with both records of every pair side by side, and the answers on it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage.clerical import code
from linkage.clerical.code import Facts
from linkage.clerical.drawing import Drawn
from linkage.named_columns import read_named
from linkage.result import Result
from linkage.tables.errors import InputError
from linkage.tables.table import Table

Longs = npt.NDArray[np.int64]

_NEEDED = ("same", "id_a", "id_b", "code")
_FORMULA = "=+-@\t\r"  # a spreadsheet would run what begins so
_FAULTS_SHOWN = 5


class Answer(StrEnum):
    """What a reviewer said of a pair; BLANK is nothing yet."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    BLANK = ""


_SPELLINGS = {
    **dict.fromkeys(("yes", "y", "true", "1", "same", "match"), Answer.YES),
    **dict.fromkeys(("no", "n", "false", "0", "different", "non-match"), Answer.NO),
    **dict.fromkeys(("unsure", "?", "maybe", "unknown", "not sure", "don't know"), Answer.UNSURE),
    "": Answer.BLANK,
}


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The rows of a filled sheet: facts, answers, and a < b: int64[n], rows of the result."""

    facts: tuple[Facts, ...]
    answers: tuple[Answer, ...]
    a: Longs
    b: Longs


def sheet(drawn: Drawn, result: Result, table: Table | None = None) -> str:
    """The CSV text, with a byte order mark, by which spreadsheets know UTF-8; values only with the records."""
    fields = [] if table is None else list(table.columns)
    rows = list(drawn.facts())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    beside = [f"{field}_{side}" for field in fields for side in "ab"]
    writer.writerow(["pair", "same", "id_a", "id_b", *beside, "code"])
    for number, (a, b, facts) in enumerate(rows, 1):
        ids = (result.ids[a].as_py(), result.ids[b].as_py())
        values = [] if table is None else [table.columns[field][row].as_py() for field in fields for row in (a, b)]
        told = [_shielded(value or "") for value in (*ids, *values)]
        writer.writerow([number, "", *told, code.encode(facts, result.key, ids)])
    return "\ufeff" + text.getvalue()


def read_sheet(path: Path, result: Result) -> Sheet:
    """A filled sheet. Answers in `same` may be yes, no or unsure, as words of common spelling, or left blank.

    Raises `InputError` for a sheet of another result, one without rows, one that lacks columns or whole strata, and
    for rows that were damaged, name unknown records, come twice or hold another answer.
    """
    columns = read_named(path, _NEEDED)
    if not len(columns["code"]):
        raise InputError(f"{path} holds no pairs: only its header is there")
    told = [code.decode(word) for word in columns["code"].to_pylist()]
    sides = columns["id_a"].to_pylist(), columns["id_b"].to_pylist()
    ids = [(_bare(a), _bare(b)) for a, b in zip(*sides, strict=True)]
    if all(found is not None and found[1] != result.key for found in told):
        raise InputError(f"{path} was drawn from another result")
    ends = [result.rows_of(side) for side in zip(*ids, strict=True)]
    unknown = [row for row, (a, b) in enumerate(zip(*ends, strict=True), 1) if a < 0 or b < 0]
    _refuse(path, unknown, "ids that are not in the result (spreadsheets change long numbers and leading zeros)")
    damaged = [
        row
        for row, (found, pair) in enumerate(zip(told, ids, strict=True), 1)
        if found is None or found[1] != result.key or not code.fits(found[2], pair)
    ]
    _refuse(path, damaged, "codes that are not those their pairs were given")
    answers = [_SPELLINGS.get(word.casefold()) for word in columns["same"].to_pylist()]
    odd = [row for row, answer in enumerate(answers, 1) if answer is None]
    _refuse(path, odd, "answers under 'same' that are not yes, no, unsure or blank")
    facts = tuple(found[0] for found in told if found is not None)
    _refuse(path, list(_repeated(ids)), "pairs that stand in an earlier row too")
    if len({(fact.population, fact.rows, fact.looked) for fact in facts}) > 1:
        raise InputError(f"{path} holds rows of several samples: judge one at a time")
    if sum({fact.stratum: fact.size for fact in facts}.values()) != facts[0].population:
        raise InputError(
            f"{path} has lost all rows of some strata: keep every row of the sheet, blank where there is no answer"
        )
    a, b = (np.array(side, np.int64) for side in ends)
    return Sheet(facts, tuple(answer for answer in answers if answer is not None), np.minimum(a, b), np.maximum(a, b))


def _refuse(path: Path, rows: Sequence[int], what: str) -> None:
    if rows:
        first = ", ".join(map(str, rows[:_FAULTS_SHOWN]))
        raise InputError(f"{path} holds {what}: {len(rows):,} in all, the first in row {first}")


def _repeated(ids: Sequence[tuple[str, str]]) -> Iterator[int]:
    seen = set()
    for row, pair in enumerate(ids, 1):
        if pair in seen:
            yield row
        seen.add(pair)


def _shielded(value: str) -> str:
    return f"'{value}" if value[:1] and value[0] in _FORMULA else value


def _bare(value: str) -> str:
    return value[1:] if value[:1] == "'" and value[1:2] and value[1] in _FORMULA else value

"""One field of the table from the source's columns that make it up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.record import Kind, Sex
from linkage.standardise.further import read_further
from linkage.standardise.letters import to_ascii_upper
from linkage.tables.codes import Values, read_sexes, read_truths
from linkage.tables.dates import read_dates
from linkage.tables.texts import Distinct, clean, distinct

_NAMES = frozenset({"forename", "middle_names", "surname", "previous_surname", "full_name", "mothers_maiden_name"})
_HOUSE_NUMBER = r"^([0-9]+[A-Za-z]?)$"
# Standardising keeps letters and digits that have a plain form, of names the letters: what has none says nothing.
_LETTER, _LETTER_OR_DIGIT = "[A-Za-z]", "[A-Za-z0-9]"
_CODES: dict[str, Callable[[Sequence[str | None], Sequence[int]], Values]] = {
    "sex": read_sexes,
    "multiple_birth": read_truths,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A column of the source by name; typed: it holds dates and not text that might be dates."""

    name: str
    column: Any

    @property
    def typed(self) -> bool:
        """Whether the column's type is a date or a time."""
        return bool(pa.types.is_temporal(self.column.type))


@dataclass(frozen=True, slots=True)
class Field:
    """What a field came to: its columns of the table, string[N], by name, and what was noticed on the way.

    unreadable, recoded: rows, of an address lines. lost: bytes. dates: the formats a birth date was read by.
    """

    columns: dict[str, pa.Array] = field(default_factory=dict)
    unreadable: int = 0
    recoded: int = 0
    lost: int = 0
    dates: str = ""
    notes: tuple[str, ...] = ()


def read_field(name: str, sources: Sequence[Source], dob_format: str = "", kind: Kind | None = None) -> Field:
    """The field `name` from its columns in the mapping's order; `InputError` for a column of no simple type.

    kind: how an extra column is compared, None for the usual ones.
    """
    coded = name == "dob" or name in _CODES
    found = [distinct(source.column, source.name, coded=coded) for source in sources]
    keep = Sex.UNKNOWN if name == "sex" else ""
    cleaned = [clean(part.values, is_name=name in _NAMES, keep=keep) for part in found]
    recoded, lost = sum(part.recoded for part in found), sum(part.lost for part in found)
    if name in _CODES:
        read = _CODES[name](cleaned[0].to_pylist(), found[0].counts.tolist())
        column = found[0].spread(pa.array(read.meanings, pa.string()))
        notes = (read.note,) if read.note else ()
        return Field({name: column}, read.unreadable, recoded, lost, notes=notes)
    if name == "dob":
        dated, said = (found[0], cleaned[0]) if len(found) == 1 else _join_date(found, cleaned)
        form = "" if sources[0].typed or len(found) > 1 else dob_format
        return _read_date(dated, said, form, recoded, lost)
    unreadable = 0
    for place, part in enumerate(found):
        cleaned[place], rows = _readable(cleaned[place], part.counts, name in _NAMES, kind)
        unreadable += rows
    spread = [part.spread(values) for part, values in zip(found, cleaned, strict=True)]
    if name == "address":
        columns = {name: _join_address(found, cleaned) if len(found) > 1 else spread[0]}
    else:
        columns = {f"{name}_{n}" if n > 1 else name: column for n, column in enumerate(spread, 1)}
    return Field(columns, unreadable, recoded, lost)


def _readable(
    values: pa.Array, counts: npt.NDArray[np.int64], is_name: bool, kind: Kind | None
) -> tuple[pa.Array, int]:
    """The values without those that say nothing once they are standardised, and the rows of these."""
    if kind is Kind.NUMBER:
        read, doubtful = _is_number_text, np.arange(len(values))
    else:
        pattern = _LETTER if is_name or kind is Kind.NAME else _LETTER_OR_DIGIT
        read = partial(_has_plain, re.compile(pattern))
        plain = pc.fill_null(pc.match_substring_regex(values, pattern), True)
        doubtful = np.flatnonzero(~np.asarray(plain))
    lost = np.zeros(len(values), np.bool_)
    for place, value in zip(doubtful.tolist(), values.take(pa.array(doubtful)).to_pylist(), strict=True):
        lost[place] = value is not None and not read(value)
    return (pc.if_else(pa.array(lost), None, values), int(counts[lost].sum())) if lost.any() else (values, 0)


def _is_number_text(text: str) -> bool:
    return read_further(Kind.NUMBER, text) != ""


def _has_plain(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(to_ascii_upper(text)) is not None


def _read_date(dated: Distinct, said: pa.Array, form: str, recoded: int, lost: int) -> Field:
    """The birth date column, and how it was read."""
    dates = read_dates(said.to_pylist(), dated.counts.tolist(), form)
    notes = [dates.note] if dates.note else []
    if dates.shortened:
        notes.append(f"dob: {dates.shortened:,} dates name an impossible day or month; the rest of the date was kept")
    column = dated.spread(pa.array(dates.values, pa.string()))
    return Field({"dob": column}, dates.unreadable, recoded, lost, dates.described, tuple(notes))


def _join_date(found: Sequence[Distinct], cleaned: Sequence[pa.Array]) -> tuple[Distinct, pa.Array]:
    """Year, month and day columns as one text, "1954-03-07"; a part that is not said is 0."""
    parts = [part.spread(values) for part, values in zip(found, cleaned, strict=True)]
    said = [parts[0], *(pc.fill_null(part, "0") for part in parts[1:])]
    joined = distinct(pc.binary_join_element_wise(*said, "-"), "dob")
    return joined, joined.values


def _join_address(found: Sequence[Distinct], cleaned: Sequence[pa.Array]) -> pa.Array:
    """The lines in order with commas between, but a house number and its street with a space."""
    parts = []
    for part, values in zip(found, cleaned, strict=True):
        separated = pc.binary_join_element_wise(values, pc.if_else(_is_number(values), " ", ", "), "")
        parts.append(pc.fill_null(part.spread(separated), ""))
    whole = pc.utf8_rtrim(pc.binary_join_element_wise(*parts, ""), characters=", ")
    return pc.if_else(pc.equal(whole, ""), pa.scalar(None, pa.string()), whole)


def _is_number(values: pa.Array) -> pa.Array:
    return pc.match_substring_regex(values, _HOUSE_NUMBER)

"""Any column as clean text, each distinct value handled once: no per-row Python however long the column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.tables.errors import InputError

# A break between words becomes a space; whatever else does not show (NUL, controls, zero-width marks) goes.
_BREAKS = "[\t\n\v\f\r\u0085\u2028\u2029]+"
_UNSEEN = r"[\p{Cc}\p{Cf}]+"
_FLOAT = r"^(-?[0-9]+)\.0+$"
_EXACT_FLOATS = 2.0**53
_SAMPLE = 20_000
DROPPED = (
    "byte belongs to neither UTF-8 nor windows-1252 and was",
    "bytes belong to neither UTF-8 nor windows-1252 and were",
)
"""What is said of one undecodable byte and of several."""

# What programs write for nothing, as they spell it: Null, Nan, None and Na are names of people too.
_MACHINE_WORDS = (
    "NULL",
    "null",
    "(null)",
    "NaN",
    "nan",
    "None",
    "<NA>",
    "NaT",
    "N/A",
    "n/a",
    "#N/A",
    "#N/A N/A",
    "\\N",
)
# What people write for nothing, in a field that is no name.
_WORDS = (
    *("na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "(null)", "none", "nil", "nk", "unknown", "not known"),
    *("not given", "not stated", "missing", "\\n", "-", "--", "---", ".", "?", "??"),
)


@dataclass(frozen=True, slots=True)
class Distinct:
    """A column of N rows by its K distinct values. values: string[K]; rows: int[N] into them, null is not said.

    rows is None, and K is N, for a column whose values hardly repeat. counts: int64[K], the rows of each value.
    recoded: rows whose bytes were windows-1252 and not UTF-8; lost: bytes that are neither, which were dropped.
    """

    values: pa.Array
    rows: pa.Array | None
    counts: npt.NDArray[np.int64]
    recoded: int = 0
    lost: int = 0

    def spread(self, values: pa.Array) -> pa.Array:
        """The column again, with `values` (string[K]) for the distinct ones."""
        return values if self.rows is None else values.take(self.rows)


def distinct(column: Any, name: str, *, coded: bool = True) -> Distinct:
    """The distinct texts of an Arrow array of any simple type, as they stand; `InputError` names the column.

    coded: each value is there once. Otherwise a column whose first rows hardly repeat is left as it is.
    """
    try:
        texts = _join(_as_text(column, name), name)
    except pa.ArrowInvalid as error:
        raise InputError(f"the column '{name}' holds values that are out of range for its type") from error
    first = texts.slice(0, _SAMPLE)
    if not coded and pc.count_distinct(first).as_py() * 3 > len(first):
        counts = np.ones(len(texts), np.int64)
        values, recoded, lost = _decode(texts, counts)
        return Distinct(values, None, counts, recoded, lost)
    encoded = pc.dictionary_encode(texts)
    rows = encoded.indices
    counts = np.bincount(rows.drop_null().to_numpy(), minlength=len(encoded.dictionary)).astype(np.int64)
    values, recoded, lost = _decode(encoded.dictionary, counts)
    return Distinct(values, rows, counts, recoded, lost)


def clean(values: pa.Array, *, is_name: bool, keep: str = "") -> pa.Array:
    """Trimmed text without control characters; null for blanks and for the words that stand for nothing.

    "12345.0" is the number 12345 that passed through a spreadsheet or a data frame, except in names. `keep` is a word
    that says something in this field, such as the sex "unknown".
    """
    texts = tidy(values)
    if is_name:
        empty = pc.is_in(texts, value_set=pa.array((*_MACHINE_WORDS, "")))
    else:
        texts = pc.replace_substring_regex(texts, _FLOAT, r"\1") if _has(texts, ".") else texts
        empty = pc.is_in(
            pc.utf8_lower(texts), value_set=pa.array([word for word in ("", *_WORDS) if word != keep or not word])
        )
    return pc.if_else(empty, None, texts)


def clean_ids(values: pa.Array) -> pa.Array:
    """Ids trimmed, null where there is none; all of them lose their ".0" or none of them does."""
    texts = tidy(values)
    texts = pc.if_else(pc.is_in(texts, value_set=pa.array((*_MACHINE_WORDS, ""))), None, texts)
    if _has(texts, ".") and pc.all(pc.match_substring_regex(texts, _FLOAT)).as_py():
        texts = pc.replace_substring_regex(texts, _FLOAT, r"\1")
    return texts


def tidy(values: pa.Array) -> pa.Array:
    """Text without what does not show, breaks as single spaces, trimmed."""
    content = _content(values)
    if len(content) and (content.min() < ord(" ") or content.max() > ord("~")):
        values = pc.replace_substring_regex(values, _BREAKS, " ")
        values = pc.replace_substring_regex(values, _UNSEEN, "")
    return pc.utf8_trim_whitespace(values)


def _has(values: pa.Array, character: str) -> bool:
    return bool(np.any(_content(values) == ord(character)))


def _content(values: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of all the values of a string or binary array, one after the other."""
    offsets, data = values.buffers()[1:]
    if not len(values) or data is None:
        return np.zeros(0, np.uint8)
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]


def _join(column: Any, name: str) -> pa.Array:
    """One array of a chunked one."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    try:
        joined = column.combine_chunks()
    except pa.ArrowException as error:
        raise InputError(f"the column '{name}' holds more than two gigabytes: split the file") from error
    if isinstance(joined, pa.ChunkedArray):  # how some versions say that it does not fit one array
        raise InputError(f"the column '{name}' holds more than two gigabytes: split the file")
    return joined


def _as_text(column: Any, name: str) -> Any:
    """A column as string or binary; dates become ISO 8601, whole floats lose their ".0"."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type), name)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return column
    if pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind) or kind == pa.binary_view():
        return column.cast(pa.binary())
    if pa.types.is_timestamp(kind):
        # A date of birth is midnight where it was written, which in UTC may be the day before.
        column = (pc.local_timestamp(column) if kind.tz else column).cast(pa.date32(), safe=False)
    elif pa.types.is_date(kind):
        column = column.cast(pa.date32(), safe=False)
    elif pa.types.is_floating(kind):
        return _float_text(_join(column, name))
    elif pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise InputError(f"the column '{name}' is of type {kind}: it must hold text, numbers or dates")
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise InputError(f"the column '{name}' is of type {kind}: it must hold text, numbers or dates") from error


def _float_text(column: pa.Array) -> pa.Array:
    """Whole numbers as such, others as Arrow writes them, null for NaN and infinity."""
    numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    finite = np.isfinite(numbers)
    whole = finite & (np.abs(np.where(finite, numbers, 0)) < _EXACT_FLOATS) & (numbers == np.trunc(numbers))
    integers = pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=~whole).cast(pa.string())
    others = pa.array(numbers, mask=whole | ~finite).cast(pa.string())
    return pc.coalesce(integers, others)


def _decode(values: pa.Array, counts: npt.NDArray[np.int64]) -> tuple[pa.Array, int, int]:
    """Bytes as text, value by value: UTF-8, and what is not is windows-1252; with rows recoded and bytes lost."""
    try:
        return values.cast(pa.binary()).cast(pa.string()), 0, 0
    except pa.ArrowInvalid:
        pass
    content, offsets = values.cast(pa.binary()), np.frombuffer(values.buffers()[1], np.int32)
    bounds = offsets[values.offset : values.offset + len(values) + 1]
    above = np.concatenate([[0], np.cumsum(_content(values) > 127)])[bounds - bounds[0]]
    texts: dict[int, str] = {}
    recoded = lost = 0
    for at in np.flatnonzero(np.diff(above)):
        raw = content[int(at)].as_py()
        try:
            texts[int(at)] = raw.decode()
        except UnicodeDecodeError:
            texts[int(at)] = text = raw.decode("cp1252", errors="ignore")
            recoded += int(counts[at])
            lost += (len(raw) - len(text)) * int(counts[at])
    mask = np.zeros(len(values), bool)
    mask[list(texts)] = True
    plain = pc.if_else(pa.array(mask), None, content).cast(pa.string())
    return pc.replace_with_mask(plain, pa.array(mask), pa.array(texts.values(), pa.string())), recoded, lost

"""Birth dates as ISO 8601 at their precision, read by distinct value in the format that the whole column proves.

Nothing is guessed value by value: 03/04/1954 is the third of April or the fourth of March for all rows of a column.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from linkage.plurals import counted
from linkage.tables.errors import InputError

_EARLIEST, _LATEST = 1000, 2199  # the years that linkage.standardise takes
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NAMES = {name[:n]: number for number, name in enumerate(_MONTHS, 1) for n in (3, 4, len(name))}
_TIME = r"(?:(?:t| +)\d{1,2}:.*)?"
_SHAPES = (
    ("YYYY-MM-DD", re.compile(r"(?P<y>\d{4})([-/. ])(?P<m>\d{1,2})\2(?P<d>\d{1,2})" + _TIME)),
    ("8 digits", re.compile(r"(?P<digits>\d{7,8})")),
    ("slashes", re.compile(r"(?P<a>\d{1,2})([-/. ])(?P<b>\d{1,2})\2(?P<y>\d{4})" + _TIME)),
    ("YYYY", re.compile(r"(?P<y>\d{4})")),
    ("YYYY-MM", re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.]?")),
    ("MM/YYYY", re.compile(r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})")),
    (
        "DD MON YYYY",
        re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/., ]*(?P<m>[a-z]{3,9})[-/., ]*(?P<y>\d{4})" + _TIME),
    ),
    ("MON DD YYYY", re.compile(r"(?P<m>[a-z]{3,9})[-/., ]*(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/., ]+(?P<y>\d{4})")),
    ("MON YYYY", re.compile(r"(?P<m>[a-z]{3,9})[-/., ]*(?P<y>\d{4})")),
    ("YYYY", re.compile(r"(?P<y>\d{4})-?-?")),
    ("YYYYMMDD", re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})t?\d{4}(?:\d{2})?(?:[.+-].*)?")),
)
_TOKEN = re.compile(r"%[A-Za-z]|YYYY|YY|MONTH|MMM|MON|MM|DD|[A-Za-z]+")
_TOKENS = {
    **dict.fromkeys(("%Y", "YYYY"), ("y", r"\d{4}")),
    **dict.fromkeys(("%m", "MM"), ("m", r"\d{1,2}")),
    **dict.fromkeys(("%d", "DD"), ("d", r"\d{1,2}")),
    **dict.fromkeys(("%b", "%B", "MON", "MMM", "MONTH"), ("m", r"[a-z]{3,9}")),
}

Parts = tuple[int, int, int]
"""Year, month, day; 0 is not said."""


@dataclass(frozen=True, slots=True)
class Dates:
    """What distinct values mean: ISO 8601 or None; `described` the formats with their rows; counts are rows."""

    values: list[str | None]
    described: str = ""
    unreadable: int = 0
    shortened: int = 0
    note: str = ""


def read_dates(distinct: Sequence[str | None], counts: Sequence[int], form: str = "") -> Dates:
    """Dates from distinct values and the rows of each, all by `form` ("DD/MM/YYYY", "%d/%m/%Y") or by what is found.

    An impossible day or month is dropped and the year kept ("1954-02-30" is "1954-02"): `shortened` counts those.
    Two-digit years are unreadable, because they cannot tell a child from a centenarian.
    """
    shaped = [_by_form(value, form) if form else _shape(value) for value in distinct]
    slashes, note = _slash_order(shaped, counts)
    digits, other = _digit_order(shaped, counts)
    values: list[str | None] = []
    formats: Counter[str] = Counter()
    unreadable = shortened = 0
    for value, (shape, match), rows in zip(distinct, shaped, counts, strict=True):
        parts = _parts(shape, match, slashes, digits) if match else None
        text, whole = _iso(parts) if parts else (None, True)
        values.append(text)
        if text is not None:
            formats[{"slashes": slashes, "8 digits": digits}.get(shape, shape)] += rows
            shortened += 0 if whole else rows
        elif value is not None:
            unreadable += rows
    described = ", ".join(f"{name} ({counted(rows, 'row')})" for name, rows in formats.most_common())
    return Dates(values, described, unreadable, shortened, note or other)


@lru_cache(maxsize=64)
def compile_format(form: str) -> re.Pattern[str]:
    """The pattern of a format in letters ("DD/MM/YYYY") or in percent signs ("%d/%m/%Y"); raises `InputError`."""
    spelled = form.strip() if "%" in form else form.strip().upper()
    compact = not re.search(r"[^A-Za-z%]", spelled)
    pattern, at, seen = "", 0, set()
    for token in _TOKEN.finditer(spelled):
        if token[0] in ("%y", "YY"):
            raise InputError("'dob_format' needs the year in four digits: two cannot tell a child from a centenarian")
        group, digits = _TOKENS.get(token[0], ("", ""))
        if not group or group in seen:
            raise InputError(
                f"'dob_format' cannot be '{form}': use YYYY, MM or MON, and DD once each (or %Y, %m, %d)"
            )
        seen.add(group)
        exact = digits.replace("{1,2}", "{2}") if compact else digits
        pattern += re.escape(spelled[at : token.start()]) + f"(?P<{group}>{exact})"
        at = token.end()
    if "y" not in seen or ("d" in seen and "m" not in seen):
        raise InputError(f"'dob_format' cannot be '{form}': it has no year, or a day without a month")
    return re.compile(pattern + re.escape(spelled[at:]) + _TIME, re.IGNORECASE)


def _shape(value: str | None) -> tuple[str, re.Match[str] | None]:
    """The first shape that a value has as a whole."""
    text = (value or "").lower()
    for name, pattern in _SHAPES:
        match = pattern.fullmatch(text) if text.isascii() else None
        if match:
            return name, match
    return "", None


def _by_form(value: str | None, form: str) -> tuple[str, re.Match[str] | None]:
    text = (value or "").lower()
    # A spreadsheet takes the leading zero of a format that is all digits.
    match = compile_format(form).fullmatch(text) or (compile_format(form).fullmatch("0" + text) if text else None)
    return (form, match) if text.isascii() else ("", None)


def _slash_order(shaped: Sequence[tuple[str, re.Match[str] | None]], counts: Sequence[int]) -> tuple[str, str]:
    """Day or month first: what more rows prove by a number above 12. Without proof the day, as Britain writes it."""
    rows = day = month = 0
    for (shape, match), n in zip(shaped, counts, strict=True):
        if shape == "slashes" and match:
            a, b = int(match["a"]), int(match["b"])
            rows += n
            day += n if b <= 12 < a <= 31 else 0
            month += n if a <= 12 < b <= 31 else 0
    order = "MM/DD/YYYY" if month > day else "DD/MM/YYYY"
    if not rows or (day == 0) != (month == 0):
        return order, ""
    if not day:
        return order, f"dob: no date proves whether day or month comes first; {rows:,} were read as {order}"
    return (
        order,
        f"dob: {day:,} dates prove the day first and {month:,} the month; read as {order}, the more frequent",
    )


def _digit_order(shaped: Sequence[tuple[str, re.Match[str] | None]], counts: Sequence[int]) -> tuple[str, str]:
    """How eight digits are a date: the reading under which most rows are real ones, year first when it is a tie."""
    scores = dict.fromkeys(("YYYYMMDD", "DDMMYYYY", "MMDDYYYY"), 0)
    for (shape, match), n in zip(shaped, counts, strict=True):
        if shape == "8 digits" and match:
            for order in scores:
                parts = _digits(match["digits"], order)
                scores[order] += n if parts and _is_real(parts) else 0
    order = max(scores, key=lambda order: scores[order])
    if order == "YYYYMMDD" or scores["DDMMYYYY"] != scores["MMDDYYYY"]:
        return order, ""
    return order, f"dob: no date proves whether day or month comes first; {scores[order]:,} were read as {order}"


def _digits(digits: str, order: str) -> Parts | None:
    """Eight digits in an order; seven have lost the leading zero of a day or month to a spreadsheet."""
    if order == "YYYYMMDD":
        return (int(digits[:4]), int(digits[4:6]), int(digits[6:])) if len(digits) == 8 else None
    padded = digits.zfill(8)
    first, second, year = int(padded[:2]), int(padded[2:4]), int(padded[4:])
    return (year, second, first) if order == "DDMMYYYY" else (year, first, second)


def _parts(shape: str, match: re.Match[str], slashes: str, digits: str) -> Parts | None:
    """Year, month and day of one value."""
    if shape == "8 digits":
        return _digits(match["digits"], digits)
    said = match.groupdict()
    if shape == "slashes":
        a, b = int(said["a"]), int(said["b"])
        return (int(said["y"]), b, a) if slashes == "DD/MM/YYYY" else (int(said["y"]), a, b)
    month = said.get("m") or "0"
    number = int(month) if month.isdecimal() else _MONTH_NAMES.get(month, -1)
    return (int(said["y"]), number, int(said.get("d") or 0)) if number >= 0 else None


def _is_real(parts: Parts) -> bool:
    year, month, day = parts
    return _EARLIEST <= year <= _LATEST and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _iso(parts: Parts) -> tuple[str | None, bool]:
    """ISO 8601 as far as the parts are possible, and whether that is all they said (0 says nothing)."""
    year, month, day = parts
    if not _EARLIEST <= year <= _LATEST:
        return None, True
    if not 1 <= month <= 12:
        return f"{year:04}", month == 0
    if not 1 <= day <= monthrange(year, month)[1]:
        return f"{year:04}-{month:02}", day == 0
    return f"{year:04}-{month:02}-{day:02}", True

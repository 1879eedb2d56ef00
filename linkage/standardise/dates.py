"""Birth dates at the precision received (NHS-52)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache

from linkage.record import BirthDate

MISSING_DATE = BirthDate()
_FULL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_YEAR = 1000
_LATEST_YEAR = 2199

# Entered when the date is not known; the last two are what spreadsheets make of an empty cell. 1 January as such is
# no default: people are born on it, and many migrants are registered on it (NHS-52, reduced weight is the model's).
_DEFAULTS = frozenset({(1900, 1, 1), (1901, 1, 1), (1911, 11, 11), (1899, 12, 30), (1899, 12, 31)})


@lru_cache(maxsize=65_536)
def read_birth_date(text: str) -> BirthDate:
    """ "1954", "1954-03" or "1954-03-07" (a time after it is ignored); missing when there is no such day."""
    if _FULL.fullmatch(text):
        try:
            full = date.fromisoformat(text)
        except ValueError:
            return MISSING_DATE
        known = _EARLIEST_YEAR <= full.year <= _LATEST_YEAR
        return BirthDate(full.year, full.month, full.day) if known else MISSING_DATE
    parts = text.strip()[:10].split("-")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        return MISSING_DATE
    year, month, day = (*map(int, parts), 0, 0)[:3]
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR or month > 12:
        return MISSING_DATE
    if len(parts) > 1 and (month == 0 or (len(parts) == 3 and not 1 <= day <= monthrange(year, month)[1])):
        return MISSING_DATE
    return BirthDate(year, month, day)


def is_default(born: BirthDate) -> bool:
    """Whether the date is one that stands for "not known"."""
    return born.year < 1912 and (born.year, born.month, born.day) in _DEFAULTS


def is_new_year(born: BirthDate) -> bool:
    """Whether the date is 1 January, as the birth dates of unidentified patients are (NHS-53)."""
    return born.month == 1 and born.day == 1

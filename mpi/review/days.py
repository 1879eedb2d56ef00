"""Days as people write them into three boxes."""

from __future__ import annotations

import re
from datetime import date

_WRITTEN = ("[0-9]{4}", "[0-9]{1,2}", "[0-9]{1,2}")  # year, month, day: Python would take more for a number


def written_day(year: str, month: str, day: str) -> date | None:
    """The day; None when all three are empty. Raises ValueError for what is no day of the calendar."""
    parts = [part.strip() for part in (year, month, day)]
    if not any(parts):
        return None
    if not all(map(re.fullmatch, _WRITTEN, parts)):
        raise ValueError("a day is written in digits, the year in four")
    return date(*map(int, parts))

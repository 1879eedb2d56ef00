"""Dates as QIDO-RS asks for them: one day, or a range with either end open (DICOM PS3.4 C.2.2.2.5)."""

from __future__ import annotations

import re
from datetime import date

from mpi.errors import Fault, Refused

_RANGE = re.compile(r"(\d{8})?(-)?(\d{8})?", re.ASCII)


def period(text: str) -> tuple[date | None, date | None]:
    """First and last day, both inclusive, None where it is open. Raises `Refused` (BAD_VALUE)."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or (found[1] and found[3] and not found[2]):
        raise Refused(Fault.BAD_VALUE, "StudyDate is YYYYMMDD, or two of them with a hyphen between", "00080020")
    first = _day(found[1])
    last = _day(found[3]) if found[2] else first
    return first, last


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise Refused(Fault.BAD_VALUE, "StudyDate: there is no such day", "00080020") from None

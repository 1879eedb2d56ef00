"""DA, TM and the offset from UTC (PS3.5 6.2): dates at the precision given, moments as aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# With dots as ACR-NEMA had it, which PS3.5 asks readers to understand; shorter than eight digits is no DA, but said.
_DA = re.compile(r"(\d{4})(?:\.?(\d{2})(?:\.?(\d{2}))?)?", re.ASCII)
_TM = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)", re.ASCII)
_LONDON = ZoneInfo("Europe/London")  # the examination rooms' own


def read_date(text: str) -> str | None:
    """ISO date at the precision given, "" when only zeros stand there; None when `text` is no date."""
    match = _DA.fullmatch(text)
    if match is None:
        return None
    year, month, day = match[1], match[2] or "00", match[3] or "00"
    if year == "0000":
        return "" if month == day == "00" else None
    try:
        date(int(year), int(month) or 1, int(day) or 1)
    except ValueError:
        return None
    if month == "00":
        return year if day == "00" else None
    return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"


def read_offset(text: str) -> timezone | None:
    """Timezone Offset From UTC (0008,0201), "+0100"; None when `text` is none."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))


def read_moment(day: str, clock: str, zone: timezone | None) -> datetime | None:
    """An aware UTC datetime of a whole DA and a TM ("" is the earliest of the day); None when they are none.

    Without an offset it is local time in Europe/London, in the hour that comes twice the first of the two.
    """
    match = _TM.fullmatch(clock or "00")
    whole = read_date(day)
    if match is None or whole is None or len(whole) < 10:
        return None
    try:
        local = datetime.fromisoformat(whole).replace(
            hour=int(match[1]),
            minute=int(match[2] or 0),
            second=min(int(match[3] or 0), 59),  # 60 is a leap second
            microsecond=int((match[4] or "").ljust(6, "0")),
        )
        return local.replace(tzinfo=zone or _LONDON).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> tuple[str, str, str]:
    """DA, TM and Timezone Offset From UTC (0008,0201) of an aware moment to the second, in Europe/London.

    Before December 1847 London was 75 seconds behind UTC, and an offset is whole minutes: the nearest is told then,
    and day and time are by it.
    """
    offset = moment.astimezone(_LONDON).utcoffset() or timedelta()
    local = moment.astimezone(timezone(timedelta(minutes=round(offset / timedelta(minutes=1)))))
    return local.strftime("%Y%m%d"), local.strftime("%H%M%S"), local.strftime("%z")

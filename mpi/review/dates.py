"""Days and moments in words, by the clock and the calendar that every reader has."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONDON = ZoneInfo("Europe/London")  # where every reader and every examination room is
NOT_KNOWN = "Not known"


def day(value: date | str | None) -> str:
    """`07-Mar-1954`; an ISO date of lesser precision as `Mar-1954` or `1954`, one with a time as `07-Mar-1954 14:30`
    (London's clock where it has a zone); what is no date stays as it is."""
    if isinstance(value, str) and "T" in value:
        return _clocked(value)
    if isinstance(value, datetime):
        value = value.astimezone(_LONDON).date()
    if isinstance(value, date):
        value = value.isoformat()
    if not value:
        return NOT_KNOWN
    year, _, rest = value.partition("-")
    month, _, number = rest.partition("-")
    try:
        whole = date(int(year), int(month or 1), int(number or 1))
    except (ValueError, OverflowError):
        return value
    parts = ([f"{whole.day:02d}"] if number else []) + ([_MONTHS[whole.month - 1]] if month else [])
    return "-".join([*parts, f"{whole.year:04d}"])


def _clocked(value: str) -> str:
    if len(value.partition("T")[2]) < len("HH:MM"):
        return value
    try:
        at = datetime.fromisoformat(value)
        at = at.astimezone(_LONDON) if at.tzinfo else at
    except (ValueError, OverflowError):
        return value
    return f"{day(at.date())} {at:%H:%M}"


def moment(value: datetime | None) -> str:
    """`07-Mar-1954 14:30`, London's clock."""
    return f"{day(value)} {value.astimezone(_LONDON):%H:%M}" if value else NOT_KNOWN


def whole_day(value: str) -> tuple[datetime | None, datetime | None]:
    """When a day of the London calendar begins and ends, of its ISO date; (None, None) of anything else."""
    try:
        begins = date.fromisoformat(value)
        ends = begins + timedelta(days=1)
    except (ValueError, OverflowError):
        return None, None
    midnights = [datetime(d.year, d.month, d.day, tzinfo=_LONDON) for d in (begins, ends)]
    return (midnights[0], midnights[1]) if 1900 <= begins.year <= 2200 else (None, None)


def age(birth_date: str, today: date) -> str:
    """` (65y)` after a whole date of birth, else nothing."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return ""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f" ({years}y)" if 0 <= years <= 130 else ""

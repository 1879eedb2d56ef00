"""HL7 time stamps: instants for the order of events, dates at the precision sent (V2-60, V2-63, PID-7).

A time without offset takes that of MSH-7, else it is local time in Europe/London. The hour repeated at the end of
summer time says nothing of which pass is meant, so both passes collapse to the one instant between them: events
inside it keep their order of arrival and none is carried before what came earlier or after what came later.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from adapters.hl7v2.message import Message, Segment
from mpi.domain.commands import Rank, Stamp
from mpi.errors import Fault, Refused

_TS = re.compile(
    r"(?P<date>\d{4}(?:\d{2}(?:\d{2})?)?)"
    r"(?:(?P<hour>\d{2})(?P<minute>\d{2})?(?P<second>\d{2})?(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<offset>[+-](?:0\d|1[0-4])[0-5]\d)?",
    re.ASCII,
)
_PRECISION = {"Y": 4, "L": 6, "D": 8}  # TS.2, up to v2.4: Y year, L month, D day

CANCELS = frozenset({"A11", "A12", "A13", "A25", "A26", "A27", "A32", "A33", "A38", "A52", "A53", "A55"})


def read_stamp(message: Message) -> Stamp:
    """When the message's fact became true: EVN-6, EVN-2, MSH-7; a cancellation EVN-2, MSH-7 (V2-60).

    A time that cannot be read is passed over with a flag. Raises `Refused` (MISSING_FIELD) when none is left.
    """
    evn, msh = message.first("EVN"), message.header.msh
    sent = instant_at(message, msh, 7)
    occurred = None
    if evn is not None and message.header.trigger not in CANCELS:  # EVN-6 of a cancel repeats the original's time
        occurred = instant_at(message, evn, 6)
    if evn is not None and occurred is None:
        occurred = instant_at(message, evn, 2)
    occurred = occurred or sent
    if occurred is None:
        raise Refused(Fault.MISSING_FIELD, "neither EVN nor MSH-7 says when this happened", "MSH^1^7")
    return Stamp(Rank.FEED, occurred, sent or occurred)


def read_instant(text: str, zone: timezone | None = None) -> datetime | None:
    """An aware UTC datetime for a TS; missing parts are the earliest. None when `text` is no time stamp."""
    match = _TS.fullmatch(text)
    if match is None:
        return None
    day = match["date"].ljust(6, "0").ljust(8, "0")
    try:
        local = datetime(
            int(day[:4]),
            int(day[4:6]) or 1,
            int(day[6:8]) or 1,
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int((match["fraction"] or "").ljust(6, "0")),
            tzinfo=UTC,
        )
        own = _read_offset(text) or zone
        return local.replace(tzinfo=own).astimezone(UTC) if own else _from_london(local)
    except (ValueError, OverflowError):
        return None


def read_date(text: str, precision: str = "") -> str | None:
    """ISO date at the precision sent: "1954", "1954-03" or "1954-03-07"; None when `text` is no date.

    `precision` is TS.2. A month or day of 00 is one not known, and shortens the date.
    """
    match = _TS.fullmatch(text)
    if match is None:
        return None
    digits = match["date"][: _PRECISION.get(precision, 8)]
    year, month, day = digits[:4], digits[4:6], digits[6:8]
    try:
        date(int(year), int(month or 1) or 1, int(day or 1) or 1)
    except ValueError:
        return None
    if month in {"", "00"}:
        return year
    return f"{year}-{month}" if day in {"", "00"} else f"{year}-{month}-{day}"


def read_moment(text: str) -> str | None:
    """ISO 8601 at the precision sent, with the time and offset when there are any; None when it is no time stamp."""
    day, match = read_date(text), _TS.fullmatch(text)
    if day is None or match is None or read_instant(text) is None:
        return None
    if match["hour"] is None or len(day) < 10:
        return day
    clock = ":".join(part for part in (match["hour"], match["minute"] or "00", match["second"]) if part)
    offset = match["offset"]
    return f"{day}T{clock}" + (f"{offset[:3]}:{offset[3:]}" if offset else "")


def instant_at(message: Message, segment: Segment, number: int, component: int = 1) -> datetime | None:
    """An aware UTC datetime for a TS of the message; None, and a flag, when there is something else."""
    text = segment.text(number, component)
    if not text:
        return None
    found = read_instant(text, _read_offset(message.header.msh.text(7)))
    if found is None:
        message.flag(f"{segment.name}-{number} is not a time stamp")
    return found


def _read_offset(text: str) -> timezone | None:
    match = _TS.fullmatch(text)
    if match is None or match["offset"] is None:
        return None
    sign = -1 if match["offset"][0] == "-" else 1
    return timezone(sign * timedelta(hours=int(match["offset"][1:3]), minutes=int(match["offset"][3:5])))


def _from_london(local: datetime) -> datetime:
    zone = ZoneInfo("Europe/London")
    first = local.replace(tzinfo=zone).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if second > first:  # only in the repeated hour; in spring's missing hour it is the other way round
        return second.replace(minute=0, second=0, microsecond=0)
    return first

"""Where the next page of something in order of time goes on: newest first, undated last."""

from __future__ import annotations

from datetime import datetime

from mpi.errors import Fault, Refused

UNDATED = "-infinity"  # sorts after every real date, newest first


def write_place(at: datetime | None, key: str) -> str:
    """The place of the last item shown; `key` settles ties of time."""
    return f"{at.isoformat() if at else UNDATED}~{key}"


def read_place(after: str) -> tuple[datetime | str, str]:
    """The inverse of `write_place`, the time ready for a query. Raises Refused (BAD_VALUE)."""
    at, _, key = after.partition("~")
    try:
        when = at if at == UNDATED else datetime.fromisoformat(at)
    except ValueError:
        when = ""
    if not when or not key or (isinstance(when, datetime) and when.tzinfo is None):
        raise Refused(Fault.BAD_VALUE, "'after' is not a position that this index gave out", "after")
    return when, key

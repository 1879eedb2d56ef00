"""Numbers of things in sentences."""

from __future__ import annotations


def counted(number: int, one: str, several: str = "") -> str:
    """So many of something: "1 record", "2,000 records"; `several` where that is not `one` and an s."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"

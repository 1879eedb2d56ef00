"""Which Python codec may be a feed's default character set (V2-4, V2-21)."""

from __future__ import annotations

import codecs

_ASCII = bytes(range(0x20, 0x7F)) + b"\r"


def charset_fault(name: str) -> str:
    """What is wrong with `name` as a feed's character set and what to write; "" when nothing is."""
    try:
        decoded = codecs.lookup(name).decode(_ASCII)[0] if "\0" not in name else ""
    except (LookupError, UnicodeError, ValueError):
        decoded = ""
    if decoded == _ASCII.decode("ascii"):
        return ""
    # MLLP carries no byte below 0x20, so the delimiters must be single ASCII bytes: no UTF-16, no UTF-32 (V2-4).
    return f"'{name}' is not a character set that keeps ASCII as it is; write cp1252, iso8859-1, iso8859-15 or utf-8"

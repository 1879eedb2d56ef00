"""Text of a data set by its Specific Character Set (0008,0005); PS3.3 C.12.1.1.2, PS3.5 6.1.2.

pydicom knows the code extensions of ISO 2022, but puts replacement characters where bytes do not fit what is
declared, and reads undeclared bytes as Latin-1. Here both are errors: a name is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pydicom.charset import decode_bytes, python_encoding

_ESCAPE = 0x1B
_DELIMITERS = {ord(mark) for mark in "\\^="}
_SPELT = re.compile(r"ISO[ _-]*(?P<extension>2022)?[ _-]*IR[ _-]*(?P<number>\d+)", re.IGNORECASE)
_BROKEN = frozenset({"Cc", "Cs", "Cn", "Co"})  # control characters, lone surrogates, nothing at all


@dataclass(frozen=True, slots=True)
class Characters:
    """`terms` are the defined terms of (0008,0005); `undeclared` is the codec where there are none, "" for ASCII."""

    terms: tuple[str, ...] = ()
    undeclared: str = ""

    def decode(self, value: bytes) -> str:
        """The text; raises UnicodeError when the bytes are not of the declared character sets."""
        if value.isascii() and _ESCAPE not in value:
            return require_clean(value.decode("ascii"))
        if not any(self.terms):
            return require_clean(value.decode(self.undeclared or "ascii"))
        encodings = [_encoding(term) for term in self.terms]
        if len(encodings) == 1 and _ESCAPE not in value:
            return require_clean(value.decode(encodings[0]))
        return require_clean(decode_bytes(value, encodings, _DELIMITERS))


def require_clean(text: str) -> str:
    """`text`; raises UnicodeError for what no text holds: control, replacement and unassigned characters."""
    if not text.isascii() or not text.isprintable():
        for character in text:
            if character == "\ufffd" or unicodedata.category(character) in _BROKEN:
                raise UnicodeError("a character that no text holds")
    return text


def _encoding(term: str) -> str:
    """The Python codec of a defined term; raises UnicodeError for one that PS3.3 does not define."""
    spelt = _SPELT.fullmatch(term)
    if spelt:
        term = f"ISO 2022 IR {spelt['number']}" if spelt["extension"] else f"ISO_IR {spelt['number']}"
    if term in {"", "ISO_IR 6", "ISO 2022 IR 6"}:
        return "ascii"
    if term not in python_encoding:
        raise UnicodeError("the declared character set is not one that DICOM defines")
    return python_encoding[term]

"""A message laid open for people to read: by segment and field, by attribute, or as a document."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Controls, and marks that turn the direction of what follows: invisible, and able to make a text look like another.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value: where it stands (`PID-3`, `(0010,0020)`), how the standard calls it, and its parts, each with its
    own name ("" for a value without parts). `marked`: the refusal speaks of it."""

    place: str
    name: str
    parts: tuple[tuple[str, str], ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A segment, or the whole of a data set."""

    name: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as people read it. `sections` and `document` are what can be shown, either may be empty; `answer` is
    what its sender was told; `text` is what a copy is edited from, None where there is nothing that can be edited;
    `obstacle` says why nothing can be sent again, "" when it can."""

    protocol: str
    sections: tuple[Section, ...] = ()
    document: str = ""
    answer: str = ""
    text: str | None = None
    obstacle: str = ""


def seen(text: str) -> str:
    """`text` with what cannot be seen written out: `\\x00` as its picture, others as `[U+202E]`. Line feeds stay."""
    return _UNSEEN.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else f"[U+{code:04X}]"


_PICTURES = {0x2400 + code: code for code in range(0x20) if code not in (0x0A, 0x0D)}


def pictured(text: str) -> str:
    """`text` for a form's field, which keeps no control characters: their pictures instead."""
    return text.translate({code: picture for picture, code in _PICTURES.items()})


def unpictured(text: str) -> str:
    """What `pictured` was made of."""
    return text.translate(_PICTURES)

"""The elements of a DICOM file as slices of its bytes, up to the last one that coercion writes.

An image is changed by cutting and joining: what is not changed, pixels and private elements first of all, stays byte
for byte, in every transfer syntax (PS3.5 7 and annex A). Sequences are stepped over, not understood.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from .failures import Refusal

_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_IMPLICIT, _DEFLATED, _BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"


@dataclass(frozen=True, slots=True)
class Syntax:
    """How elements are written: with their VR or not, and in which byte order."""

    explicit: bool = True
    big: bool = False

    def element(self, tag: int, vr: str, value: bytes) -> bytes:
        """One element of defined length."""
        value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
        if not self.explicit:
            return self._pack("HHI", tag >> 16, tag & 0xFFFF, len(value)) + value
        code = vr.encode()
        if code in _LONG:
            return self._pack("HH2sHI", tag >> 16, tag & 0xFFFF, code, 0, len(value)) + value
        if len(value) > 0xFFFF:
            raise Refusal("bad-value", "a value is too long for its element")
        return self._pack("HH2sH", tag >> 16, tag & 0xFFFF, code, len(value)) + value

    def item(self, content: bytes) -> bytes:
        """An item of a sequence."""
        return self._pack("HHI", _ITEM >> 16, _ITEM & 0xFFFF, len(content)) + content

    def _pack(self, form: str, *values: object) -> bytes:
        return struct.pack((">" if self.big else "<") + form, *values)


@dataclass(frozen=True, slots=True)
class Element:
    """An element's tag, VR ("" when it is not written), whole bytes, and value without a delimiter at its end."""

    tag: int
    vr: str
    raw: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class File:
    """A DICOM file taken apart: `head` is preamble and meta information, `tail` all that follows `elements`."""

    head: bytes
    syntax: Syntax
    elements: tuple[Element, ...]
    tail: bytes
    deflated: bool

    def joined(self, elements: list[Element]) -> bytes:
        """The file with other elements at its beginning, which are put in order."""
        body = b"".join(one.raw for one in sorted(elements, key=lambda one: one.tag)) + self.tail
        if self.deflated:
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            body = packer.compress(body) + packer.flush()
        return self.head + body


def take_apart(content: bytes, last: int) -> File:
    """A DICOM file with its elements up to tag `last`. Raises `Refusal` (bad-value) when it cannot be read."""
    try:
        return _take_apart(content, last)
    except (struct.error, zlib.error, IndexError, RecursionError, UnicodeError):
        raise Refusal("bad-value", "the image's elements cannot be told apart") from None


def _take_apart(content: bytes, last: int) -> File:
    if content[128:132] != b"DICM":
        raise Refusal("bad-value", "the image has no DICOM prefix")
    meta = _Reader(content, Syntax(), 132)
    transfer_syntax = ""
    for element in meta.elements(0x0002FFFF):
        if element.tag == 0x00020010:
            transfer_syntax = element.value.rstrip(b"\0 ").decode("ascii")
    deflated = transfer_syntax == _DEFLATED
    body = zlib.decompress(content[meta.at :], -zlib.MAX_WBITS) if deflated else content[meta.at :]
    syntax = Syntax(explicit=transfer_syntax != _IMPLICIT, big=transfer_syntax == _BIG)
    reader = _Reader(body, syntax, 0)
    elements = tuple(reader.elements(last))
    return File(content[: meta.at], syntax, elements, body[reader.at :], deflated)


class _Reader:
    """Steps over elements; `at` is where the next one begins."""

    def __init__(self, content: bytes, syntax: Syntax, at: int) -> None:
        self._content = content
        self._syntax = syntax
        self.at = at

    def elements(self, last: int) -> Iterator[Element]:
        """The elements from here on whose tag is not beyond `last`."""
        while self.at < len(self._content) and self._tag() <= last:
            yield self._next()

    def _tag(self) -> int:
        group, number = self._read("HH", self.at)
        return int(group << 16 | number)

    def _read(self, form: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from((">" if self._syntax.big else "<") + form, self._content, at)

    def _next(self) -> Element:
        start, tag = self.at, self._tag()
        vr, length, begins = self._head(tag)
        if length == _UNDEFINED:
            # What is of unknown VR and undefined length is written without VRs (PS3.5 6.2.2).
            within = Syntax(explicit=False) if vr == "UN" else self._syntax
            reader = _Reader(self._content, within, begins)
            reader._over_items()
            self.at = reader.at
            return Element(tag, vr, self._content[start : self.at], self._content[begins : self.at - 8])
        self.at = begins + length
        if self.at > len(self._content):
            raise IndexError
        return Element(tag, vr, self._content[start : self.at], self._content[begins : self.at])

    def _head(self, tag: int) -> tuple[str, int, int]:
        """VR, length, and where the value begins."""
        if not self._syntax.explicit or tag >> 16 == 0xFFFE:
            return "", self._read("I", self.at + 4)[0], self.at + 8
        vr = self._content[self.at + 4 : self.at + 6]
        if vr in _LONG:
            return vr.decode("ascii"), self._read("I", self.at + 8)[0], self.at + 12
        return vr.decode("ascii"), self._read("H", self.at + 6)[0], self.at + 8

    def _over_items(self) -> None:
        """Over the items of a sequence of undefined length, and its delimiter."""
        while (tag := self._tag()) == _ITEM:
            length = self._read("I", self.at + 4)[0]
            self.at += 8
            if length != _UNDEFINED:
                self.at += length
                continue
            while self._tag() != _ITEM_END:
                self._next()
            self.at += 8
        if tag != _SEQUENCE_END:
            raise IndexError
        self.at += 8

"""Write a golden identity into an image, as the answer of `POST /v1/resolve` documents it (IHE-61, IHE-68).

The result is what the index's own `adapters/dicom/coerce.py` makes of the same image; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .encoding import Element, File, Syntax, take_apart
from .failures import Refusal

_OTHER_IDS, _ORIGINALS, _MODIFIED = 0x00101002, 0x04000561, 0x04000550
_CHARSET = 0x00080005
_VRS = {"00100020": "LO", "00100021": "LO", "00100024": "SQ"}
# Without code extensions; a patient id in any other character set is not written anew.
_CODECS = {"": "ascii", "ISO_IR 6": "ascii", "ISO_IR 100": "iso8859-1", "ISO_IR 192": "utf-8"}


def coerce(content: bytes, coercion: Mapping[str, Any], now: datetime, *, add_other: bool) -> bytes:
    """The image `content`, a DICOM file, under the golden id of `coercion`.

    `add_other`: the local id is not yet among its other ids. `now` is aware. Raises `Refusal` (bad-value).
    """
    file = take_apart(content, _ORIGINALS)
    present = {element.tag: element for element in file.elements}
    write = _Writer(file.syntax, _codec(present))
    changed = {tag: write.element(tag, wanted) for tag, wanted in coercion["attributes"].items()}
    if add_other:
        item = write.content(coercion["other_patient_id"])
        changed["00101002"] = write.appended(present.get(_OTHER_IDS), _OTHER_IDS, item)
    original = dict(coercion["original_attributes"])
    original["04000562"] = {"vr": "DT", "Value": [now.strftime("%Y%m%d%H%M%S.%f%z")]}
    standing = b"".join(_standing(file.syntax, present, tag) for tag in coercion["replaced"])
    kept = Element(_MODIFIED, "SQ", file.syntax.element(_MODIFIED, "SQ", file.syntax.item(standing)), b"")
    item = write.content(original, kept)
    changed["04000561"] = write.appended(present.get(_ORIGINALS), _ORIGINALS, item)
    return _with(file, present, {int(tag, 16): raw for tag, raw in changed.items()})


def _with(file: File, present: Mapping[int, Element], changed: Mapping[int, bytes]) -> bytes:
    elements = [element for tag, element in present.items() if tag not in changed]
    return file.joined([*elements, *(Element(tag, "", raw, b"") for tag, raw in changed.items())])


def _standing(syntax: Syntax, present: Mapping[int, Element], tag: str) -> bytes:
    """An element as it stands, without a value where it is absent."""
    found = present.get(int(tag, 16))
    return found.raw if found is not None else syntax.element(int(tag, 16), _VRS[tag], b"")


def _codec(present: Mapping[int, Element]) -> str:
    declared = present[_CHARSET].value.decode("latin-1").strip(" \0") if _CHARSET in present else ""
    return _CODECS.get(declared, "ascii")


class _Writer:
    """Elements of the DICOM JSON model (PS3.18 annex F), of texts and sequences, as bytes."""

    def __init__(self, syntax: Syntax, codec: str) -> None:
        self._syntax = syntax
        self._codec = codec

    def element(self, tag: str, wanted: Mapping[str, Any]) -> bytes:
        """One element."""
        values = wanted.get("Value", [])
        if wanted["vr"] == "SQ":
            value = b"".join(self._syntax.item(self.content(item)) for item in values)
        else:
            value = self._text("\\".join(map(str, values)))
        return self._syntax.element(int(tag, 16), wanted["vr"], value)

    def content(self, elements: Mapping[str, Any], *more: Element) -> bytes:
        """The elements of an item, in order."""
        made = [Element(int(tag, 16), "", self.element(tag, wanted), b"") for tag, wanted in elements.items()]
        return b"".join(one.raw for one in sorted([*made, *more], key=lambda one: one.tag))

    def appended(self, sequence: Element | None, tag: int, item: bytes) -> bytes:
        """A sequence with one item more."""
        if sequence is not None and self._syntax.explicit and sequence.vr != "SQ":
            raise Refusal("bad-value", f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is not written as a sequence")
        before = sequence.value if sequence is not None else b""
        return self._syntax.element(tag, "SQ", before + self._syntax.item(item))

    def _text(self, text: str) -> bytes:
        try:
            return text.encode(self._codec)
        except UnicodeError:
            raise Refusal("bad-value", "the image's character set cannot hold its patient's ids") from None

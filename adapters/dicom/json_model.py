"""DICOM JSON (PS3.18 annex F) as a data set whose values are raw, as if they had come over DIMSE.

So what an archive says over the web is judged by the same reading as what it says over DIMSE: nothing is converted,
and nothing mended, here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.sequence import Sequence as ItemSequence
from pydicom.tag import BaseTag, Tag

from adapters.dicom.elements import Elements

_TAG = re.compile(r"[0-9A-Fa-f]{8}", re.ASCII)
_CHARACTER_SET = Tag(0x00080005)
_UTF8 = b"ISO_IR 192"  # JSON is UTF-8, whatever the object says that it was made from (PS3.18 F.2)
_TEXT = frozenset(
    ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]
)
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_PLAIN = re.compile(r"[0-9A-Za-z.,: -]{1,64}", re.ASCII)
_ABSENT: Mapping[str, Any] = {}
_UNREADABLE = b"\xff"  # in no UTF-8 text: what follows the model nowhere is not taken for an absent value


def read_json(told: Mapping[str, Any]) -> Dataset:
    """The data set of an object in the DICOM JSON model. Values that are not in the model can be read as nothing;
    what is neither text nor a sequence is left out."""
    dataset = _read(told)
    dataset[_CHARACTER_SET] = _raw(_CHARACTER_SET, "CS", _UTF8)
    return dataset


def read_text(told: Mapping[str, Any], keyword: str) -> str:
    """The one value of a text, as `Elements.text` has it of the data set of `read_json`, "" when there is none; the
    tags of `told` are in capitals. Raises `Refused`. For what is plain no data set is made: that takes far longer."""
    attribute = told.get(f"{tag_for_keyword(keyword):08X}", _ABSENT)
    match _values(attribute):
        case []:
            return ""
        case [str(word)] if _PLAIN.fullmatch(word):
            return word.strip()
    return Elements.of(read_json(told)).text(keyword)


def _read(told: Mapping[str, Any]) -> Dataset:
    elements: dict[BaseTag, DataElement | RawDataElement] = {}
    for name, attribute in told.items():
        tag, vr = _element(name)
        if tag is None:
            continue
        if vr in _TEXT and tag != _CHARACTER_SET:
            elements[tag] = _raw(tag, vr, _bytes(attribute))
        elif vr == "SQ":
            items = _values(attribute)
            if items is not None and all(isinstance(item, dict) for item in items):
                elements[tag] = DataElement(tag, "SQ", ItemSequence([_read(item) for item in items]))
            else:
                elements[tag] = DataElement(tag, "UT", "no sequence")
    return Dataset(elements)  # all at once: each by itself is looked at five times


@lru_cache(maxsize=1_024)
def _element(name: str) -> tuple[BaseTag | None, str]:
    """The tag of an attribute's name, None when it is none, and the VR that the dictionary has for it, "" when it is
    private: a server that says otherwise, or nothing, is wrong."""
    if not _TAG.fullmatch(name):
        return None, ""
    tag = Tag(int(name, 16))
    try:
        return tag, dictionary_VR(tag)
    except KeyError:
        return tag, ""


def _values(attribute: object) -> list[Any] | None:
    """Its values, none when it is empty; None when it is not in the model."""
    found = attribute.get("Value", []) if isinstance(attribute, dict) else None
    return found if isinstance(found, list) else None


def _bytes(attribute: object) -> bytes:
    values = _values(attribute)
    texts = [_text(value) for value in values or ()]
    if values is None or None in texts:
        return json.dumps(attribute).encode() + _UNREADABLE
    return "\\".join(text or "" for text in texts).encode("utf-8", "surrogatepass")


def _text(value: object) -> str | None:
    """A value as text; None when it is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):  # a person's name
        groups = [value.get(group) or "" for group in _NAME_GROUPS]
        return "=".join(groups).rstrip("=") if all(isinstance(group, str) for group in groups) else None
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) else None


def _raw(tag: BaseTag, vr: str, value: bytes) -> RawDataElement:
    return RawDataElement(tag, vr, len(value), value, 0, False, True)

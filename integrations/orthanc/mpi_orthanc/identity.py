"""Whose an image is: Patient ID and who issued it, never the one without the other (IHE-60).

The plugin knows no assigning authorities. It hands every name that the image has for the issuer to the index, which
judges; names that mean different authorities are nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .failures import Refusal
from .tags import Tags

PATIENT_ID, ISSUER, QUALIFIERS = "0010,0020", "0010,0021", "0010,0024"
OTHER_IDS, ORIGINALS, MODIFIED, SYSTEM = "0010,1002", "0400,0561", "0400,0550", "0400,0563"
_NAMESPACE, _UNIVERSAL, _UNIVERSAL_TYPE = "0040,0031", "0040,0032", "0040,0033"
_OID = re.compile(r"(urn:oid:)?[0-2](\.\d+)+", re.ASCII)
NHS_NAMES = frozenset({"NHS", "2.16.840.1.113883.2.1.4.1", "urn:oid:2.16.840.1.113883.2.1.4.1"})


@dataclass(frozen=True, slots=True)
class LocalId:
    """A patient id and every name of its issuer; without a name the AE title that sent it speaks."""

    value: str
    issuers: tuple[str, ...] = ()
    ae_title: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """An image's patient. `asked` is what the index is asked about: the id the image was acquired with.

    `golden` is the golden id that stands in the image as Patient ID, "" when a local one does. `others` are the
    items of Other Patient IDs Sequence.
    """

    asked: LocalId
    golden: str
    others: tuple[LocalId, ...]


def read_identity(tags: Tags, ours: str, ae_title: str = "") -> Identity:
    """The identity of an image; `ours` is the namespace of golden ids. An image with a golden id is its patient's
    under the id that coercion has kept, and under the golden id itself when none was. Raises `Refusal`:
    missing-field (no Patient ID), unknown-authority, bad-value."""
    value = tags.text(PATIENT_ID)
    if not value:
        raise Refusal("missing-field", "Patient ID is empty")
    issuers = _issuers(tags)
    others = tuple(_others(tags))
    if ours not in issuers:
        return Identity(LocalId(value, issuers, "" if issuers else ae_title), "", others)
    return Identity(_acquired(tags, ours, others) or LocalId(value, issuers), value, others)


def _others(tags: Tags) -> list[LocalId]:
    found = []
    for item in tags.items(OTHER_IDS):
        try:
            one = LocalId(item.text(PATIENT_ID), _issuers(item))
        except Refusal:
            continue  # an item that cannot be read names nobody
        if one.value and one.issuers:
            found.append(one)
    return found


def _acquired(tags: Tags, ours: str, others: tuple[LocalId, ...]) -> LocalId | None:
    """The id that the last coercion from a trust's id replaced (PS3.3 C.12.1.1.9)."""
    for item in reversed(list(tags.items(ORIGINALS))):
        kept = next(item.items(MODIFIED), None)
        if item.text(SYSTEM) != ours or kept is None:
            continue
        one = LocalId(kept.text(PATIENT_ID), _issuers(kept))
        if ours in one.issuers or not one.value:
            continue
        if one.issuers:
            return one
        # The sender's AE title had told the issuer, which coercion wrote down among the other ids.
        known = [other for other in others if other.value == one.value and ours not in other.issuers]
        if len(known) == 1:
            return known[0]
    return None


def _issuers(tags: Tags) -> tuple[str, ...]:
    """Every name of the issuer, without its double."""
    names = [tags.text(ISSUER)]
    qualifiers = next(tags.items(QUALIFIERS), None)
    if qualifiers is not None:
        universal, kind = qualifiers.text(_UNIVERSAL), qualifiers.text(_UNIVERSAL_TYPE)
        if universal and kind and bool(_OID.fullmatch(universal)) != (kind == "ISO"):
            raise Refusal("unknown-authority", "Universal Entity ID Type is not the type of the id there")
        names += [qualifiers.text(_NAMESPACE), universal]
    return tuple(dict.fromkeys(name for name in names if name))

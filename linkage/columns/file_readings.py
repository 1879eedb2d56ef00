"""Readings that only models of files want: foreign postcodes, places kept as text, further fields."""

from __future__ import annotations

import struct
from functools import partial

from linkage.columns.reading import Reading, Values
from linkage.comparison import MOST_FURTHER
from linkage.encode import further_slot, pack_text, postcode_word, short_hash, text_slot
from linkage.layout import (
    FURTHER_SLOTS,
    HOUSE_STREET,
    POSTCODE,
    POSTCODE_TERM,
    SECTOR,
    SLOT,
    STREET_SLOT,
    TOWN_FORENAME,
    TOWN_SLOT,
)
from linkage.model import Model
from linkage.standardise.addresses import read_lines, read_postcode, read_town
from linkage.standardise.further import read_further, read_postal_code

_THREE, _HALVES = struct.Struct("<3q"), struct.Struct("<2I")


def _postcode_text(values: Values, model: Model) -> bytes:
    return _placed(read_postcode(values[0]), model)


def _foreign_postcode(values: Values, model: Model) -> bytes:
    return _placed(read_postal_code(values[0]), model)


def _placed(postcode: str, model: Model) -> bytes:
    return _THREE.pack(pack_text(postcode), pack_text(postcode[:-2]), postcode_word(postcode, model))


def _address_text(values: Values, _: Model) -> bytes:
    house, street = read_lines((values[0],)) if values[0] else ("", "")
    return _HALVES.pack(short_hash(house), short_hash(street)) + text_slot(street)


def _town_text(values: Values, _: Model) -> bytes:
    town = read_town(values[0])
    return _HALVES.pack(short_hash(town), 0) + text_slot(town)


def _further(place: int, values: Values, model: Model) -> bytes:
    field = (model.further or ())[place]
    return further_slot(field, read_further(field.kind, values[0]) if values[0] else "")


def further_reading(place: int) -> str:
    """The name of the reading of a model's further field number `place`; which field that is, the model says."""
    return f"further_{place}"


def slot_words(place: int) -> tuple[int, ...]:
    """The words of further field number `place`."""
    return tuple(range(FURTHER_SLOTS + SLOT * place, FURTHER_SLOTS + SLOT * (place + 1)))


PLACED = (POSTCODE, SECTOR, STREET_SLOT + POSTCODE_TERM)
FILE_READINGS = {
    "postcode_text": Reading(("postcode",), PLACED, _postcode_text),
    "foreign_postcode": Reading(("postcode",), PLACED, _foreign_postcode),
    "address_text": Reading(
        ("address",), (HOUSE_STREET, *range(STREET_SLOT, TOWN_SLOT)), _address_text, caseless=True
    ),
    "town_text": Reading(("town",), (TOWN_FORENAME, *range(TOWN_SLOT, FURTHER_SLOTS)), _town_text, caseless=True),
    **{further_reading(k): Reading((), slot_words(k), partial(_further, k)) for k in range(MOST_FURTHER)},
}

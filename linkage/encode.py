"""A standardised record as one fixed row of bytes, so that the kernel needs neither strings nor dictionaries.

The layout is told in `linkage.layout`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from linkage.layout import (
    ENCODED_SIZE,
    ENCODING_VERSION,
    KNOWN_FORENAME,
    KNOWN_SURNAME,
    MOST_EMAILS,
    MOST_FORENAMES,
    MOST_FORMALS,
    MOST_MIDDLE,
    MOST_PHONES,
    MOST_POSTCODES,
    MOST_SURNAMES,
    NAME_SIZE,
    ONLY_INITIAL,
    SCALE,
)
from linkage.nhs_number import NumberKind, classify
from linkage.nicknames import canonical, formals, is_known
from linkage.record import BirthDate, Kind, StandardRecord

if TYPE_CHECKING:
    from linkage.further import FurtherField
    from linkage.model import Model

__all__ = ["ENCODED_SIZE", "ENCODING_VERSION", "encode"]

_SLOT = struct.Struct("<20s4sIiq")
_LARGEST = 2**61  # half the range of a word, so that no difference of two overflows
_ROW = struct.Struct("<8BQQBBHI5Q4I5Q2Q3I4B" + "20s4sIiQ" * 2 + "Ii" * 7 + "II" * 5 + "4I")


def encode(record: StandardRecord, model: Model) -> bytes:
    """One row of `model.size` bytes, to be compared only with rows of the same model.

    What exceeds the row is dropped, last first: previous postcodes beyond 3, phones 3, e-mails 2, middle names 3,
    surnames 8, forenames 6. Names beyond 20 characters compare exactly by hash and approximately by their first 20.
    """
    if model.further is None:
        return encode_usual(record, model)
    said = dict(record.further)
    slots = [text_slot(record.street, model.postcode_adjustment(record.postcode)), text_slot(record.town)]
    slots += [further_slot(field, said.get(field.name, "")) for field in model.further]
    return encode_usual(record, model) + b"".join(slots)


def encode_usual(record: StandardRecord, model: Model) -> bytes:
    """The first `ENCODED_SIZE` bytes, which every row has."""
    forename = record.forenames[0] if record.forenames else ""
    current, others = forename_fields(record.forenames, model)
    return _ROW.pack(
        *(ENCODING_VERSION, record.sex, record.nhs_status, record.birth_order, record.cautions),
        *further_counts(record.surnames, record.forenames),
        number_kind(record.nhs_number),
        model.tag,
        int(record.nhs_number or 0),
        *birth_fields(record.birth_date),
        *(pack_text(record.postcode), pack_text(record.postcode[:-2])),
        *_filled(record.previous_postcodes, MOST_POSTCODES, pack_text),
        *(short_hash(record.house), short_hash(record.street), short_hash(record.town), short_hash(forename)),
        *_filled(record.phones, MOST_PHONES, long_hash),
        *_filled(record.emails, MOST_EMAILS, long_hash),
        *(long_hash(record.gp_practice), long_hash(record.mothers_maiden_name)),
        *(*middle_fields(record.middle_names), known_names(forename, record.surnames, model)),
        *current,
        *surname_fields(record.surnames, model),
        *others,
    )


def short_hash(text: str) -> int:
    """Hash of 32 bits, 0 only for no text; a collision in 4 billion comparisons is far below the noise of data."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "little") or 1 if text else 0


def long_hash(text: str) -> int:
    """Hash of 63 bits (the kernel reads words as signed), 0 only for no text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1 or 1 if text else 0


def pack_text(text: str) -> int:
    """Up to seven characters in one word, so that equal words are equal texts."""
    return int.from_bytes(text.encode()[:7], "little")


def text_slot(text: str, adjustment: float = 0.0) -> bytes:
    """A text to be compared by likeness, in one slot; spaces do not count. adjustment: that of the postcode, which
    has its place in the street's slot."""
    return _SLOT.pack(*_name(text.replace(" ", ""), "", adjustment))


def postcode_word(postcode: str, model: Model) -> int:
    """The word of the street's slot that holds the adjustment for a postcode, and nothing else."""
    return _fixed(model.postcode_adjustment(postcode)) << 32


def further_slot(field: FurtherField, value: str) -> bytes:
    """The standardised value of a further field in one slot; the signature is what its kind compares by."""
    characters, tail, _, adjustment, signature = _name(value.replace(" ", ""), "", field.adjustment(value))
    if field.kind is Kind.TEXT:
        signature = letter_pairs(value)
    elif field.kind is Kind.NUMBER:
        signature = round(min(max(1000.0 * float(value), -_LARGEST), _LARGEST)) if value else 0
    return _SLOT.pack(characters, tail, 0, adjustment, signature)


def letter_pairs(text: str) -> int:
    """Marks of 63 for every two neighbouring characters of a word, its ends included."""
    marks = 0
    for word in text.split():
        for one, other in pairwise(f" {word} "):
            marks |= 1 << (31 * ord(one) + 17 * ord(other)) % 63
    return marks


def _filled(values: Sequence[str], size: int, code: Callable[[str], int]) -> list[int]:
    codes = [code(value) for value in values[:size]]
    return codes + [0] * (size - len(codes))


_OTHER_ISSUERS = {NumberKind.SCOTLAND_CHI: 2, NumberKind.NORTHERN_IRELAND: 3, NumberKind.IRELAND_IHI: 4}


def number_kind(number: str) -> int:
    """Who issued the number: 0 none, 1 the NHS, above that the issuers whose numbers a person may hold besides."""
    return _OTHER_ISSUERS.get(classify(number), 1) if number else 0


def birth_fields(born: BirthDate) -> tuple[int, int, int, int]:
    """Day, month, year and day number."""
    if not (born.year and born.month and born.day):
        return born.day, born.month, born.year, 0
    return born.day, born.month, born.year, date(born.year, born.month, born.day).toordinal()


def middle_fields(names: Sequence[str]) -> list[int]:
    """Three hashes of 32 bits, then three initials, of as many middle names."""
    names = names[:MOST_MIDDLE]
    initials = [ord(name[0]) | (ONLY_INITIAL if len(name) == 1 else 0) for name in names]
    return [*_filled(names, MOST_MIDDLE, short_hash), *initials, *[0] * (MOST_MIDDLE - len(names))]


def known_names(forename: str, surnames: Sequence[str], model: Model) -> int:
    """Which current names are names people bear, so that one letter between two of them is no slip."""
    known = KNOWN_FORENAME if is_known(forename) or model.forenames.lists(forename) else 0
    return known | (KNOWN_SURNAME if surnames and model.surnames.lists(surnames[0]) else 0)


def further_counts(surnames: Sequence[str], forenames: Sequence[str]) -> tuple[int, int]:
    """How many surnames and forenames the row keeps beside the current ones."""
    return min(len(surnames[1:]), MOST_SURNAMES), min(len(forenames[1:]), MOST_FORENAMES)


def forename_fields(names: Sequence[str], model: Model) -> tuple[Name, list[int]]:
    """The fields of words 20 to 24, and of words 37 to 43."""
    forename = names[0] if names else ""
    group, *further = formals(forename)
    others: list[int] = []
    for place in range(1, MOST_FORENAMES + 1):
        name = names[place] if place < len(names) else ""
        others += [short_hash(name), short_hash(canonical(name)) if name else 0]
    others += _filled(further, MOST_FORMALS, short_hash)
    return _name(forename, group, model.forename_adjustment(forename)), others


def surname_fields(names: Sequence[str], model: Model) -> list[int | bytes]:
    """The fields of words 25 to 36."""
    surname = names[0] if names else ""
    row: list[int | bytes] = [*_name(surname, surname, model.surname_adjustment(surname))]
    for place in range(1, MOST_SURNAMES + 1):
        name = names[place] if place < len(names) else ""
        row += [short_hash(name), _fixed(model.surname_adjustment(name))] if name else (0, 0)
    return row


Name = tuple[bytes, bytes, int, int, int]


def _name(name: str, group: str, adjustment: float) -> Name:
    digest = blake2b(name.encode(), digest_size=3).digest()
    tail = bytes((min(len(name), NAME_SIZE),)) + (digest if name else bytes(3))
    return name.encode()[:NAME_SIZE], tail, short_hash(group), _fixed(adjustment), _signature(name[:NAME_SIZE])


def _signature(name: str) -> int:
    """Bit c for a letter that occurs, bit 26 + c for one that occurs twice (see `jaro_winkler_bound`)."""
    bits = 0
    for char in name:
        bit = 1 << (ord(char) - ord("A")) % 26
        bits |= bit << 26 if bits & bit else bit
    return bits


def _fixed(adjustment: float) -> int:
    return round(adjustment * SCALE)

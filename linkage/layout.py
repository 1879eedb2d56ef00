"""The words of an encoded record: where each field stands in the row, and how compiled code reads it.

Layout, little-endian, in words of eight bytes; a zero word is a missing value:

    word 0       bytes: version, sex, NHS number status, birth order, cautions, further surnames, further forenames,
                 kind of NHS number
    word 1       tag of the models whose frequencies are inside
    word 2       NHS number
    word 3       day, month (bytes), year (16 bits), day number (32 bits, 0 unless the date is full)
    words 4-8    postcode, postcode sector, three previous postcodes (characters)
    words 9-10   house, street, town, forename (hashes of 32 bits)
    words 11-15  three phones, two e-mails (hashes of 63 bits)
    words 16-17  GP practice, mother's maiden name (hashes of 63 bits)
    words 18-19  middle names: three hashes of 32 bits, three initials (high bit: nothing but the initial is known),
                 bits: 1 the forename is a known name, 2 the surname is
    words 20-24  forename: 20 characters, length, 24 bits of hash | hash of its formal name, frequency adjustment |
                 letter signature
    words 25-29  surname, likewise, with its own hash for the formal name's
    words 30-36  seven further surnames: hash, frequency adjustment
    words 37-41  five further forenames: hash, hash of its formal name
    words 42-43  four further formal names the forename may stand for (hashes of 32 bits)

Rows of a model with a place, made for files rather than for the index, go on with slots of five words each, made like
the forename's: street, town, and the model's further fields. The street's frequency adjustment is the postcode's.

Frequency adjustments are fixed-point int32 in units of 2**-16 bits, so that sums are exact.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkage.compiled import compiled

ENCODING_VERSION = 2
WORDS = 44
ENCODED_SIZE = 8 * WORDS
SLOT = 5
STREET_SLOT, TOWN_SLOT, FURTHER_SLOTS = WORDS, WORDS + SLOT, WORDS + 2 * SLOT
POSTCODE_TERM = 3  # in the street's slot

HEAD, TAG, NUMBER, BIRTH, POSTCODE, SECTOR, PREVIOUS_POSTCODES = 0, 1, 2, 3, 4, 5, 6
HOUSE_STREET, TOWN_FORENAME, PHONES, EMAILS, PRACTICE, MAIDEN, MIDDLE = 9, 10, 11, 14, 16, 17, 18
FORENAME_SLOT, SURNAME_SLOT, SURNAMES, FORENAMES, FORMALS = 20, 25, 30, 37, 42
SEX, STATUS, ORDER, CAUTIONS, SURNAME_COUNT, FORENAME_COUNT, KIND = 1, 2, 3, 4, 5, 6, 7
KNOWN, KNOWN_FORENAME, KNOWN_SURNAME, ONLY_INITIAL = 7, 1, 2, 0x80

MOST_POSTCODES, MOST_PHONES, MOST_EMAILS, MOST_MIDDLE = 3, 3, 2, 3
MOST_SURNAMES, MOST_FORENAMES, MOST_FORMALS = 7, 5, 4
NAME_SIZE = 20
SCALE = 65536.0
LOW = 0xFFFFFFFF

Words = npt.NDArray[np.int64]
"""int64[N, WORDS or more]: encoded rows as words."""

Rows = npt.NDArray[np.uint8]
"""uint8[N, ENCODED_SIZE or more]: encoded rows as bytes, of the same memory."""

Levels = npt.NDArray[np.uint8]
"""uint8[COLUMNS]: the level of every comparison of one pair."""


@compiled
def field(word: int, place: int) -> int:
    """Byte `place` of a word; of the head, see SEX to KIND."""
    return (word >> (8 * place)) & 0xFF


@compiled
def high(word: int) -> int:
    """The upper half of a word as an unsigned number."""
    return (word >> 32) & LOW


@compiled
def agree(one: int, other: int) -> int:
    """1 when both are there and equal, 2 when both are there and differ, else 0."""
    return ((one != 0) & (other != 0)) * (1 + (one != other))

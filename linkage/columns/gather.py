"""Results of distinct values, gathered into the rows of a table: compiled, and safe on disjoint rows at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkage.blocking import (
    DAY,
    EMAIL,
    FACT,
    FORENAME,
    FORENAME_SOUNDS,
    MONTH,
    MOST_KEYS,
    NUMBER,
    PARTS,
    PHONE,
    PHONE_2,
    POSTCODE,
    PREVIOUS,
    SECTOR,
    SURNAME,
    SURNAME_SOUNDS,
    UNIDENTIFIED,
    YEAR,
    find_facts,
    key_of,
)
from linkage.compiled import allocating, compiled
from linkage.layout import BIRTH, CAUTIONS, EMAILS, HEAD, PHONES, PREVIOUS_POSTCODES, Words, field
from linkage.layout import NUMBER as NUMBER_WORD
from linkage.layout import POSTCODE as POSTCODE_WORD
from linkage.layout import SECTOR as SECTOR_WORD
from linkage.loose_blocking import MOST_LOOSE_KEYS, find_loose_facts

Codes = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

UNIDENTIFIED_BIT = 1
NONE, DOUBLE, ALL = 0, 1, 2
"""Which loose facts a row gets: of two things each, or of a single one too."""


@compiled
def add_words(
    words: Words, first: int, last: int, codes: Codes, table: Longs, skip: int, targets: Longs, needs: int
) -> None:
    """Add the table's columns from `skip` on to the words `targets` of rows first to last, by the code of each row.

    A row whose word `needs` is zero is left alone; -1 needs nothing.
    """
    for i in range(first, last):
        if needs >= 0 and words[i, needs] == 0:
            continue
        for k in range(len(targets)):
            words[i, targets[k]] |= table[codes[i], skip + k]


@compiled
def append_word(words: Words, first: int, last: int, codes: Codes, table: Longs, start: int, size: int) -> None:
    """Put the table's only column into the first free one of `size` words, unless it is there already or is 0."""
    for i in range(first, last):
        word = table[codes[i], 0]
        if word == 0:
            continue
        for k in range(start, start + size):
            if words[i, k] == word:
                break
            if words[i, k] == 0:
                words[i, k] = word
                break


@allocating
def count_keys(
    words: Words,
    first: int,
    last: int,
    family: Codes,
    surnames: Longs,
    given: Codes,
    forenames: Longs,
    kinds: Longs,
    loose: Bytes,
    counts: Longs,
) -> None:
    """Write how many blocking keys each row has. surnames, forenames: the sounds of names, by the codes of rows.

    kinds: of the further fields. loose: uint8[N], which loose facts each row gets: NONE, DOUBLE or ALL.
    """
    parts, facts = np.zeros(PARTS, np.int64), np.zeros((MOST_LOOSE_KEYS, FACT), np.int64)
    for i in range(first, last):
        _gather_parts(words, i, surnames, family[i], forenames, given[i], parts)
        counts[i] = _find_all(parts, words, i, kinds, loose[i], facts)


@allocating
def write_keys(
    words: Words,
    first: int,
    last: int,
    family: Codes,
    surnames: Longs,
    given: Codes,
    forenames: Longs,
    kinds: Longs,
    loose: Bytes,
    starts: Longs,
    keys: Longs,
    rows: Codes,
    rules: Bytes,
) -> None:
    """Write each row's blocking keys from its place in `starts` on, with the row and the rule of each."""
    parts, facts = np.zeros(PARTS, np.int64), np.zeros((MOST_LOOSE_KEYS, FACT), np.int64)
    for i in range(first, last):
        _gather_parts(words, i, surnames, family[i], forenames, given[i], parts)
        for k in range(_find_all(parts, words, i, kinds, loose[i], facts)):
            at = starts[i] + k
            keys[at], rows[at], rules[at] = key_of(facts, k), i, facts[k, 0]


@compiled
def keep_entries(keys: Longs, rows: Codes, rules: Bytes, chosen: Flags) -> int:
    """Move some entries of an index to its front, in their order, and say how many they are."""
    count = 0
    for k in range(len(keys)):
        if chosen[k]:
            keys[count], rows[count], rules[count] = keys[k], rows[k], rules[k]
            count += 1
    return count


@compiled
def _find_all(parts: Longs, words: Words, i: int, kinds: Longs, loose: int, facts: Longs) -> int:
    """The precise facts of a row, and the loose ones it gets."""
    n = find_facts(parts, facts[:MOST_KEYS])
    return find_loose_facts(parts, words, i, kinds, facts, n, loose == ALL) if loose != NONE else n


@compiled
def _gather_parts(
    words: Words, i: int, surnames: Longs, family: int, forenames: Longs, given: int, parts: Longs
) -> None:
    """The parts that blocking wants of a row, from its words and from the sounds of its names."""
    birth = words[i, BIRTH]
    parts[UNIDENTIFIED] = field(words[i, HEAD], CAUTIONS) & UNIDENTIFIED_BIT
    parts[NUMBER] = words[i, NUMBER_WORD]
    parts[DAY], parts[MONTH], parts[YEAR] = field(birth, 0), field(birth, 1), (birth >> 16) & 0xFFFF
    parts[POSTCODE], parts[SECTOR] = words[i, POSTCODE_WORD], words[i, SECTOR_WORD]
    parts[PREVIOUS] = words[i, PREVIOUS_POSTCODES]
    parts[PHONE], parts[PHONE_2], parts[EMAIL] = words[i, PHONES], words[i, PHONES + 1], words[i, EMAILS]
    for k in range(SURNAME_SOUNDS):
        parts[SURNAME + k] = surnames[family, k]
    for k in range(FORENAME_SOUNDS):
        parts[FORENAME + k] = forenames[given, k]

"""A looser blocking than the linkage's own, so that a sample can hold pairs that were never compared.

A key here rests on one fact, or on a few letters, where the linkage's keys rest on two facts (`linkage.blocking`):
what both miss is beyond any sample. A key of a crowd is refined by the first letter of the surname; what is a crowd
even then is passed over and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.layout import (
    BIRTH,
    EMAILS,
    FORENAME_SLOT,
    MOST_EMAILS,
    MOST_PHONES,
    PHONES,
    POSTCODE,
    SURNAME_SLOT,
    Words,
)

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]

CROWD = 100
"""Records of one file under one key; more make a crowd."""
WORDS = "a birth date, a postcode, a phone, an e-mail, or the first letters of a name with part of the birth date"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_DAY_AND_MONTH, _YEAR = 0xFFFF, 0xFFFF << 16


@dataclass(frozen=True, slots=True)
class Looser:
    """Entries of the looser blocking: keys int64[M], rows int32[M]. passed_over: keys that were crowds."""

    keys: Longs
    rows: Ints
    passed_over: int


def looser_keys(words: Words, crowd: int = CROWD, first: int | None = None) -> Looser:
    """The looser keys of int64[N, WORDS] encoded rows.

    first: with two files, the records of the first; then keys that only one of them has are left out, for linking
    compares no pair of them.
    """
    surname, forename = words[:, SURNAME_SLOT], words[:, FORENAME_SLOT]
    born = words[:, BIRTH]
    full, day, year = born * (born >> 32 != 0), born & _DAY_AND_MONTH, born & _YEAR
    facts = [
        (full,),
        (words[:, POSTCODE],),
        *((words[:, place],) for place in range(PHONES, PHONES + MOST_PHONES)),
        *((words[:, place],) for place in range(EMAILS, EMAILS + MOST_EMAILS)),
        (_letters(surname, 4), _letters(forename, 1), year),
        (_letters(forename, 3), day),
        (_letters(surname, 3), day),
        (_letters(surname, 4), _letters(forename, 3)),
    ]
    # A phone is the same fact in each of its places.
    rules = [0, 1, *[2] * MOST_PHONES, *[3] * MOST_EMAILS, 4, 5, 6, 7]
    keys, rows = [], []
    for rule, columns in zip(rules, facts, strict=True):
        there = np.flatnonzero(np.logical_and.reduce([column != 0 for column in columns]))
        keys.append(_mixed(rule, [column[there] for column in columns]))
        rows.append(there.astype(np.int32))
    return _without_crowds(np.concatenate(keys), np.concatenate(rows), _letters(surname, 1), crowd, first)


def _without_crowds(keys: Longs, rows: Ints, initial: Longs, crowd: int, first: int | None) -> Looser:
    large = _sizes(keys, rows, first).max(axis=1) > crowd
    keys[large] = _mixed(99, [keys[large], initial[rows[large]]])
    sizes = _sizes(keys, rows, first)
    compared, large = sizes.min(axis=1) > 0, sizes.max(axis=1) > crowd
    kept = compared & ~large
    return Looser(keys[kept], rows[kept], len(np.unique(keys[compared & large])))


def _sizes(keys: Longs, rows: Ints, first: int | None) -> Longs:
    """int64[M, F]: for each entry the entries of its key in each of the F files."""
    _, place = np.unique(keys, return_inverse=True)
    files = [np.ones(len(rows), np.bool_)] if first is None else [rows < first, rows >= first]
    return np.column_stack([np.bincount(place, file)[place] for file in files]).astype(np.int64)


def _letters(name: Longs, count: int) -> Longs:
    """The first letters of a name, from the first word of its slot."""
    return name & ((1 << 8 * count) - 1)


def _mixed(rule: int, columns: list[Longs]) -> Longs:
    """One number for a rule and its facts; a clash of 64-bit mixes does no harm but to compare two strangers."""
    mixed = np.full(len(columns[0]), rule + 1, np.uint64) * _MIX
    for column in columns:
        mixed = (mixed ^ np.ascontiguousarray(column).view(np.uint64)) * _MIX
        mixed ^= mixed >> np.uint64(29)
    return mixed.view(np.int64)

"""Keys that too many records share, taken apart by what else their records say.

All pairs under a key of a hundred thousand records would take hours, and hardly one of them is one person: it is a
default date, the postcode of a hospital, a number that was typed to get on. Such a key gives way to runs: its records
are put in an order of several facts, and each is compared with those that stand near it there (the sorted
neighbourhood of Hernández and Stolfo 1995, within a block). Where a second fact has fewer records than half a run,
that is all pairs that share both; where it has more, the third decides, and so on. Equal records stay next to one
another however many they are, so a chain of links holds them together.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import numpy.typing as npt

from linkage.compiled import allocating, compiled
from linkage.layout import BIRTH, FORENAME_SLOT, HOUSE_STREET, NUMBER, PHONES, POSTCODE, SURNAME_SLOT, Words
from linkage.threads import at_once

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LARGEST = 1_000
"""The most records of a key that are compared all with all."""
HALF_RUN = 16
"""Each record meets at least so many on either side, and at most twice as many less one."""

ORDERS = (
    (FORENAME_SLOT, SURNAME_SLOT, BIRTH, POSTCODE, HOUSE_STREET),
    (BIRTH, FORENAME_SLOT, SURNAME_SLOT, POSTCODE, HOUSE_STREET),
    (POSTCODE, HOUSE_STREET, PHONES, NUMBER, FORENAME_SLOT, BIRTH),
)
"""Words of the encoded row, the first deciding: names, birth, home and what is one person's own."""

_COUNTERS = 1 << 22
_MOST_PARTS = 4  # each has counters of its own
_RUN, _ORDER, _STIR = -7046029254386353131, -4658895280553007687, -7723592293110705685


def find_crowds(keys: Longs, largest: int = LARGEST, workers: int | None = None) -> Longs:
    """int64[E], ascending: which of the entries have one of the int64[M] keys that more than `largest` have."""
    parts = np.array_split(keys, min(_MOST_PARTS, workers or len(os.sched_getaffinity(0))))
    counters: Ints = np.add.reduce(at_once([partial(count_roughly, part) for part in parts], workers))
    marks = at_once([partial(are_often, part, counters, largest) for part in parts], workers)
    often = np.flatnonzero(np.concatenate(marks))
    _, key, sizes = np.unique(keys[often], return_inverse=True, return_counts=True)
    return often[sizes[key] > largest]


def take_apart(keys: Longs, rows: Ints, words: Words) -> tuple[Longs, Longs]:
    """The entries that stand for those of crowded keys: int64[R] keys of runs, and int64[R], the entry each is of.

    keys: int64[E]; rows: int32[E], places in `words`. No key has more than two times `HALF_RUN` rows. What meets does
    not depend on the order of the entries.
    """
    content = content_of(words, rows)
    made, origins = [], []
    for number, order in enumerate(ORDERS):
        # Characters stand in a word from its low byte on, and only swapped do like spellings come together.
        columns = [words[rows, word].byteswap() for word in reversed(order)]
        place = np.lexsort((content, *columns, keys))
        key = keys[place]
        starts = np.flatnonzero(np.concatenate((np.ones(min(1, len(key)), np.bool_), key[1:] != key[:-1])))
        within = np.arange(len(key)) - np.repeat(starts, np.diff(np.append(starts, len(key))))
        run = within // HALF_RUN
        for each in (run, run - 1):
            made.append(key_of_run(key, number, each))
            origins.append(place)
    return np.concatenate(made), np.concatenate(origins)


@allocating
def key_of_run(keys: Longs, order: int, run: Longs) -> Longs:
    """int64[E]: a key for each run of each key in an order."""
    made = np.empty(len(keys), np.int64)
    for k in range(len(keys)):
        made[k] = ((keys[k] ^ (order + 1) * _ORDER) + run[k] * _RUN) * _STIR
    return made


@allocating
def content_of(words: Words, rows: Ints) -> Longs:
    """int64[E]: a number for all that each row says, the same for the same."""
    content = np.zeros(len(rows), np.int64)
    for k in range(len(rows)):
        for word in range(words.shape[1]):
            content[k] = (content[k] ^ words[rows[k], word]) * _STIR
    return content


@allocating
def count_roughly(keys: Longs) -> Ints:
    """For each of many counters, how many entries have a key that falls to it: no fewer than any one key has."""
    counters = np.zeros(_COUNTERS, np.int32)
    for key in keys:
        counters[_counter_of(key)] += 1
    return counters


@allocating
def are_often(keys: Longs, counters: Ints, largest: int) -> Flags:
    """bool[M]: whether a key's counter is above `largest`."""
    often = np.empty(len(keys), np.bool_)
    for k in range(len(keys)):
        often[k] = counters[_counter_of(keys[k])] > largest
    return often


@compiled
def _counter_of(key: int) -> int:
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return int(np.int64(mixed >> np.uint64(42)))

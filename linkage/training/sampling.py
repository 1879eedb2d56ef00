"""Which pairs training looks at: random ones, and some under each blocking rule; the same for one seed always.

What is drawn follows from what the rows say and never from where they stand, so that the rows of a file in any order
make the same model.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from linkage.compiled import allocating, compiled
from linkage.layout import Words
from linkage.threads import in_shares
from linkage.training.patterns import Ints, Longs

Bytes = npt.NDArray[np.uint8]
Wide = npt.NDArray[np.uint64]

LARGEST_BLOCK = 1_000  # beyond, a key is a crowd in which hardly a pair is one person
ENTRIES_PER_PAIR = 2
_RULES = 256


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pairs of rows a < b, int32[n], none twice. whole: no pair of the kind was left out; crowds: keys left out."""

    a: Ints
    b: Ints
    whole: bool
    crowds: int = 0


def shuffle(words: Words, seed: int, first: int | None = None, workers: int | None = None) -> Longs:
    """The rows of int64[N, words] in an order like chance, int64[N], that follows from what they say and the seed.

    Rows that say the same are one as good as the other, and each has a place of its own: those drawn together would
    show too many pairs of them. first: how many rows are of the first of two files, which say so.
    """
    marks, start = np.empty(len(words), np.uint64), np.uint64(seed % 2**64)
    in_shares(lambda low, high: mark_rows(words, low, high, first or 0, start, marks), len(words), workers)
    order = np.argsort(marks)
    ordered = marks[order]
    alike = np.concatenate((np.zeros(min(1, len(order)), np.bool_), ordered[1:] == ordered[:-1]))
    if not alike.any():
        return order
    order = order[np.lexsort((order, ordered))]  # those alike stand in any order as yet
    fresh = np.flatnonzero(~alike)
    nth = np.arange(len(order)) - np.repeat(fresh, np.diff(np.append(fresh, len(order))))
    scatter(ordered, nth)
    return np.asarray(order[np.argsort(ordered)])


@compiled
def mark_rows(words: Words, low: int, high: int, first: int, seed: np.uint64, marks: Wide) -> None:
    """Fill marks[low:high] with a number for what each row says; the `first` rows, of another file, have another."""
    for i in range(low, high):
        mark = mixed(1 if i < first else 0, seed)
        for k in range(words.shape[1]):
            mark = mixed(words[i, k], mark * np.uint64(3))
        marks[i] = mark


@compiled
def scatter(marks: Wide, nth: Longs) -> None:
    """Give the marks that are the nth of their kind a place of their own."""
    for k in range(len(marks)):
        if nth[k]:
            marks[k] = mixed(nth[k], marks[k])


def places_in(order: Longs) -> Ints:
    """Where each row stands in an order of them, int32[N]."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place


def draw_random(order: Longs, most: int, seed: int) -> Drawn:
    """`most` pairs drawn with replacement from rows shuffled to `order`, or all pairs when there are no more."""
    n = len(order)
    if n * (n - 1) // 2 <= most:
        a, b = np.triu_indices(n, 1)
        return Drawn(a.astype(np.int32), b.astype(np.int32), True)
    dice = np.random.default_rng(seed)
    one, step = dice.integers(0, n, most), dice.integers(1, n, most)
    return _ordered(order[one], order[(one + step) % n], n, whole=False, distinct=False)


def draw_rows(order: Longs, most: int) -> Longs:
    """At most `most` of the rows shuffled to `order`, ascending."""
    return np.sort(order[:most])


@dataclass(frozen=True, slots=True)
class Entries:
    """The blocking entries of a rule whose keys were drawn: keys int64[E], rows int32[E]; share: of all its keys."""

    keys: Longs
    rows: Ints
    share: float


def draw_entries(keys: Longs, rows: Ints, rules: Bytes, most: int, seed: int) -> list[Entries]:
    """Of each of 256 rules the entries of evenly drawn keys in a blocking index, for about `most` pairs."""
    shares = np.minimum(1.0, ENTRIES_PER_PAIR * most / np.maximum(1, count_rules(rules)))
    limits = np.array([int(share * 2.0**64) if share < 1.0 else 2**64 - 1 for share in shares], np.uint64)
    start = np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64)
    key, row, ends = thin(keys, rows, rules, start, limits)
    cuts = pairwise((0, *ends.tolist()))
    return [Entries(key[a:b], row[a:b], share) for (a, b), share in zip(cuts, shares.tolist(), strict=True)]


@allocating
def count_rules(rules: Bytes) -> Longs:
    """int64[256]: how many entries each rule has."""
    count = np.zeros(_RULES, np.int64)
    for rule in rules:
        count[rule] += 1
    return count


@allocating
def thin(keys: Longs, rows: Ints, rules: Bytes, start: np.uint64, limits: Wide) -> tuple[Longs, Ints, Longs]:
    """The entries whose keys, scattered from `start`, are not above their rule's limit, one rule after another.

    Keys int64[E], rows int32[E], and int64[256], where the entries of each rule end.
    """
    to = np.zeros(len(limits) + 1, np.int64)
    for k in range(len(keys)):
        if mixed(keys[k], start) <= limits[rules[k]]:
            to[rules[k] + 1] += 1
    to = np.cumsum(to)
    key, row = np.empty(to[-1], np.int64), np.empty(to[-1], np.int32)
    for k in range(len(keys)):
        rule = rules[k]
        if mixed(keys[k], start) <= limits[rule]:
            key[to[rule]], row[to[rule]] = keys[k], rows[k]
            to[rule] += 1
    return key, row, to[:-1]


@compiled
def mixed(key: int, start: np.uint64) -> np.uint64:
    """A key scattered (the multiply and shift of splitmix64, S. Vigna 2015)."""
    bits = np.uint64(key) + start
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def draw_blocked(entries: Entries, place: Ints, most: int, seed: int) -> Drawn:
    """At most `most` pairs of rows that share one of a rule's keys. place: int32[N], of each row in `shuffle`."""
    dice = np.random.default_rng(seed)
    n, share = len(place), entries.share
    order = np.lexsort((place[entries.rows], entries.keys))
    keys, rows = entries.keys[order], entries.rows[order]
    starts = np.flatnonzero(np.concatenate((np.ones(min(1, len(keys)), np.bool_), keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(starts, len(keys)))
    small = sizes <= LARGEST_BLOCK
    ends = np.repeat(np.where(small, starts + sizes, 0), sizes)
    later = np.maximum(ends - np.arange(len(keys)) - 1, 0)
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(later)))
    total = int(before[-1])
    places = np.arange(total) if total <= most else _even(total, most, float(dice.random()))
    first = np.searchsorted(before, places, side="right") - 1
    second = first + 1 + places - before[first]
    whole = share == 1.0 and total <= most and bool(small.all())
    pairs = _ordered(rows[first].astype(np.int64), rows[second].astype(np.int64), n, whole=whole, distinct=True)
    return Drawn(pairs.a, pairs.b, whole, int((~small).sum()))


def _even(total: int, most: int, start: float) -> Longs:
    """`most` of `total` places at even distance."""
    places = ((np.arange(most) + start) * (total / most)).astype(np.int64)
    return np.minimum(places, total - 1)


def _ordered(one: Longs, other: Longs, n: int, *, whole: bool, distinct: bool) -> Drawn:
    low, high = np.minimum(one, other), np.maximum(one, other)
    if distinct:
        codes = np.sort((low * n + high)[low != high])
        fresh = np.ones(len(codes), np.bool_)
        fresh[1:] = codes[1:] != codes[:-1]
        low, high = np.divmod(codes[fresh], max(n, 1))
    return Drawn(low.astype(np.int32), high.astype(np.int32), whole)

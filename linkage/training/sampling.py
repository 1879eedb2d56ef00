"""Which pairs training looks at: random ones, and some under each blocking rule; the same for one seed always."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.training.patterns import Ints, Longs

LARGEST_BLOCK = 1_000  # beyond, a key is a crowd in which hardly a pair is one person
ENTRIES_PER_PAIR = 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pairs of rows a < b, int32[n], none twice. whole: no pair of the kind was left out; crowds: keys left out."""

    a: Ints
    b: Ints
    whole: bool
    crowds: int = 0


def draw_random(n: int, most: int, seed: int) -> Drawn:
    """`most` pairs drawn from n rows with replacement, or all pairs when there are no more of them."""
    if n * (n - 1) // 2 <= most:
        a, b = np.triu_indices(n, 1)
        return Drawn(a.astype(np.int32), b.astype(np.int32), True)
    dice = np.random.default_rng(seed)
    one, step = dice.integers(0, n, most), dice.integers(1, n, most)
    return _ordered(one, (one + step) % n, n, whole=False, distinct=False)


def draw_rows(n: int, most: int, seed: int) -> Longs:
    """At most `most` of n rows, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def draw_blocked(keys: Longs, rows: Ints, n: int, most: int, seed: int) -> Drawn:
    """At most `most` pairs of n rows that share one of a rule's keys, from evenly drawn keys."""
    dice = np.random.default_rng(seed)
    share = min(1.0, ENTRIES_PER_PAIR * most / max(1, len(keys)))
    if share < 1.0:
        kept = _mixed(keys, seed) < np.uint64(share * 2.0**64)
        keys, rows = keys[kept], rows[kept]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
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


def _mixed(keys: Longs, seed: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Keys scattered by the seed (the multiply and shift of splitmix64, S. Vigna 2015)."""
    bits = keys.view(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: np.ndarray[tuple[int], np.dtype[np.uint64]] = bits ^ (bits >> np.uint64(31))
    return result

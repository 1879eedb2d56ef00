"""Bulk linkage on one machine: blocks, kernel and threshold in one compiled pass.

The entries (key, row) are sorted; a block is a run of one key. Every pair inside a block is weighed on the spot,
under the first key the two rows share, so candidate pairs are never written down. Threads without the GIL take even
shares of the pairs, cut anywhere, also inside a giant block; results come in the order of the shares, whatever the
threads do. Plain threads rather than prange: numba's portable threading layer aborts the process when two
callers meet in it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS
from linkage.compiled import compiled
from linkage.encode import encode
from linkage.errors import LinkageError
from linkage.guard import Guard
from linkage.kernel import compare, rows_of
from linkage.layout import ENCODED_SIZE, Levels, Rows, Words
from linkage.model import Model, Numbers
from linkage.record import StandardRecord

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint32]

CONFUSION = int(Guard.NHS_NUMBER_CONFUSION)
PAIRS_PER_SHARE = 1_000_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """What was kept: rows a < b (int32[n]), weight float32[n], guards uint32[n], pattern uint8[n, COLUMNS]."""

    a: Ints
    b: Ints
    weight: Floats
    guards: Bits
    pattern: Levels


@dataclass(frozen=True, slots=True)
class Blocks:
    """Distinct (key, row) entries, sorted by both; M of them.

    member: int32[M], the row of each entry. end: int64[M], where the entry's block ends. block: int32[M], the
    ordinal of its key. first: int64[N + 1] and keys: int32[M], the ordinals of each row's keys, ascending.
    """

    member: Ints
    end: Longs
    block: Ints
    first: Longs
    keys: Ints

    @property
    def candidates(self) -> Longs:
        """int64[M + 1]: running count of the pairs before each entry, those under a second shared key included."""
        later = self.end - np.arange(len(self.end)) - 1
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(later)))


def link(
    encoded: Rows, keys: Longs, rows: Ints, model: Model, floor: float | None = None, workers: int | None = None
) -> Pairs:
    """Every unordered pair of rows that share a key, once, and kept if it weighs `floor` or is a confusion.

    encoded: uint8[N, ENCODED_SIZE]; keys int64[M] and rows int32[M] are the entries of the blocking index, in any
    order. `floor` defaults to the model's `possible`; `workers` to the processors this process may use. The result
    is what `score` says of the same pairs, to the bit, ordered by key, then rows. Raises `ModelError` for rows of
    another model, `LinkageError` for an entry that points outside `encoded`.
    """
    matrix, words = rows_of(encoded, model)
    blocks = blocks_of(keys, rows, len(matrix))
    least = float(np.float32(model.possible if floor is None else floor))

    def run(share: tuple[int, int]) -> Pairs:
        return Pairs(
            *link_share(
                matrix,
                words,
                blocks.member,
                blocks.end,
                blocks.block,
                blocks.first,
                blocks.keys,
                model.weights,
                model.rules,
                least,
                *share,
            )
        )

    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        parts = list(pool.map(run, shares(blocks.candidates)))
    return _joined(parts)


def blocks_of(keys: Longs, rows: Ints, n: int) -> Blocks:
    """Sort the entries of a blocking index over n rows. Raises `LinkageError` when they do not fit."""
    if len(keys) != len(rows) or (len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < n):
        raise LinkageError("every blocking key needs one row, and the row must be among the encoded records")
    order = np.lexsort((rows, keys))
    key, member = keys[order], rows[order].astype(np.int32)
    fresh = np.ones(len(key), np.bool_)
    fresh[1:] = (key[1:] != key[:-1]) | (member[1:] != member[:-1])
    key, member = key[fresh], member[fresh]
    start = np.ones(len(key), np.bool_)
    start[1:] = key[1:] != key[:-1]
    ordinal = (np.cumsum(start) - 1).astype(np.int32)
    ends = np.append(np.flatnonzero(start)[1:], len(key))
    by_row = np.argsort(member, kind="stable")
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(member, minlength=n))))
    return Blocks(member, ends[ordinal] if len(key) else ends[:0], ordinal, first, ordinal[by_row])


def shares(candidates: Longs) -> list[tuple[int, int]]:
    """Cut the entries into runs [from, to) of about PAIRS_PER_SHARE pairs."""
    cuts = np.searchsorted(candidates, np.arange(0, candidates[-1], PAIRS_PER_SHARE))
    edges = np.unique(np.concatenate((np.zeros(1, np.int64), cuts, np.array([len(candidates) - 1]))))
    return [(int(low), int(high)) for low, high in pairwise(edges)]


def warm(model: Model) -> None:
    """Compile the bulk pass, or load it from the cache."""
    rows = np.frombuffer(encode(StandardRecord(), model) * 2, np.uint8).reshape(2, ENCODED_SIZE)
    link(rows, np.zeros(2, np.int64), np.arange(2, dtype=np.int32), model, workers=1)


def _joined(parts: list[Pairs]) -> Pairs:
    empty = Pairs(
        np.empty(0, np.int32),
        np.empty(0, np.int32),
        np.empty(0, np.float32),
        np.empty(0, np.uint32),
        np.empty((0, COLUMNS), np.uint8),
    )
    parts = [empty, *parts]
    return Pairs(
        np.concatenate([part.a for part in parts]),
        np.concatenate([part.b for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.guards for part in parts]),
        np.concatenate([part.pattern for part in parts]),
    )


@compiled
def first_shared(keys: Ints, x: int, x_end: int, y: int, y_end: int) -> int:
    """The first ordinal in both of two ascending runs of `keys`."""
    while x < x_end and y < y_end:
        if keys[x] == keys[y]:
            return int(keys[x])
        if keys[x] < keys[y]:
            x += 1
        else:
            y += 1
    return -1


@compiled
def link_share(
    matrix: Rows,
    words: Words,
    member: Ints,
    end: Longs,
    block: Ints,
    first: Longs,
    keys: Ints,
    weights: Numbers,
    rules: Numbers,
    floor: float,
    low: int,
    high: int,
) -> tuple[Ints, Ints, Floats, Bits, Levels]:
    """The kept pairs whose first member is one of the entries low to high; the five arrays of `Pairs`."""
    room, kept = 1024, 0
    a, b = np.empty(room, np.int32), np.empty(room, np.int32)
    weight, guards = np.empty(room, np.float32), np.empty(room, np.uint32)
    pattern, adjust = np.empty((room, COLUMNS), np.uint8), np.empty(COLUMNS)
    for p in range(low, high):
        i = int(np.int64(member[p]))  # the compiler would make another kernel for int32
        for q in range(p + 1, end[p]):
            j = int(np.int64(member[q]))
            if first_shared(keys, first[i], first[i + 1], first[j], first[j + 1]) != block[p]:
                continue
            if kept == room:
                room *= 2
                a, b = np.append(a, np.empty_like(a)), np.append(b, np.empty_like(b))
                weight, guards = (
                    np.append(weight, np.empty_like(weight)),
                    np.append(guards, np.empty_like(guards)),
                )
                pattern = np.concatenate((pattern, np.empty_like(pattern)))
            levels = pattern[kept]
            bits, guard = compare(matrix, words, i, matrix, words, j, weights, rules, floor, levels, adjust)
            if bits >= floor or guard & CONFUSION:
                a[kept], b[kept], weight[kept], guards[kept] = i, j, bits, guard
                kept += 1
    return a[:kept].copy(), b[:kept].copy(), weight[:kept].copy(), guards[:kept].copy(), pattern[:kept].copy()

"""Bulk linkage on one machine: blocks, kernel and threshold in one compiled pass.

Row by row, the rows after it in all its blocks are weighed on the spot, each once, so candidate pairs are never
written down; a person's records meet again under one key after the other while they are at hand. Threads without the
GIL take shares of rows with about as many pairs each; results come in the order of the shares, whatever the threads
do. Plain threads rather than prange: numba's portable threading layer aborts the process when two callers meet in it.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS
from linkage.compiled import allocating, compiled
from linkage.encode import encode
from linkage.engines.block_index import Ints, Longs, Places, index_blocks
from linkage.engines.screen import grown
from linkage.fetching import AHEAD, fetch
from linkage.kernel import Weighing, compare, compare_either, rows_of
from linkage.kernel_guards import CONFUSION
from linkage.layout import ENCODED_SIZE, Levels, Rows, Words
from linkage.model import Model, Numbers
from linkage.progress import SILENT, Progress, stepping
from linkage.record import StandardRecord
from linkage.room import UNBOUNDED, Room

Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint32]

Found = tuple[Ints, Ints, Floats, Bits, Levels]

PAIRS_PER_SHARE = 1_000_000
_FEW = 32
_NOTHING = (
    *(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.uint32)),
    np.empty((0, COLUMNS), np.uint8),
)


@dataclass(frozen=True, slots=True)
class Pairs:
    """What was kept: rows a < b (int32[n]), weight float32[n], guards uint32[n], pattern uint8[n, COLUMNS]."""

    a: Ints
    b: Ints
    weight: Floats
    guards: Bits
    pattern: Levels

    def where(self, chosen: npt.NDArray[np.bool_]) -> Pairs:
        """Those of the pairs that bool[n] marks."""
        a, b, weight = self.a[chosen], self.b[chosen], self.weight[chosen]
        return Pairs(a, b, weight, self.guards[chosen], self.pattern[chosen])


@dataclass(frozen=True, slots=True)
class Blocks:
    """M distinct (key, row) entries, sorted by both, for an engine that has some blocks at hand and not others.

    member: int32[M], the row of each entry. end: int64[M], where the entry's block ends. block: int32[M], the
    ordinal of its key. first: int64[N + 1] and keys: int32[M], the ordinals of each row's keys, ascending.
    """

    member: Ints
    end: Longs
    block: Ints
    first: Longs
    keys: Ints


def link(
    encoded: Rows,
    keys: Longs,
    rows: Ints,
    model: Model,
    floor: float | None = None,
    workers: int | None = None,
    room: Room = UNBOUNDED,
    progress: Progress = SILENT,
    again: tuple[Model, float] | None = None,
) -> Pairs:
    """Every unordered pair of rows that share a key, once, and kept if it weighs `floor` or is a confusion.

    encoded: uint8[N, ENCODED_SIZE]; keys int64[M] and rows int32[M] are the entries of the blocking index, in any
    order. `floor` defaults to the model's `possible`; `workers` to the processors this process may use. The result
    is what `score` says of the same pairs, to the bit, ordered by both rows. again: a model that compares alike, and
    its floor, by which a pair that would not be kept has a second chance; it then weighs -inf. Raises `ModelError`
    for rows of another model, `LinkageError` for an entry that points outside `encoded`.
    """
    matrix, words = rows_of(encoded, model)
    workers = workers or len(os.sched_getaffinity(0))
    blocks = index_blocks(keys, rows, len(matrix), workers, room)
    least = float(np.float32(model.possible if floor is None else floor))
    other, other_floor = again or (model, inf)
    models = (model.weights, model.rules, least), (other.weights, other.rules, float(np.float32(other_floor)))
    own = threading.local()

    def run(share: tuple[int, int]) -> Found:
        if not hasattr(own, "met"):
            own.met = np.full(len(matrix) + 1, -1, np.int32)
        index = blocks.member, blocks.place, blocks.first
        found: Found = link_rows(matrix, words, *index, *models, own.met, *share)
        return found

    cut = shares(blocks.candidates)
    with ThreadPoolExecutor(workers) as pool:
        parts = stepping(pool.map(run, cut), "weighing pairs", len(cut), progress)
        return Pairs(*room.gathered(parts, _NOTHING))


def shares(candidates: Longs) -> list[tuple[int, int]]:
    """Cut the rows into runs [from, to) of about PAIRS_PER_SHARE pairs; what comes after the last pair is left."""
    cuts = np.searchsorted(candidates, np.arange(0, candidates[-1], PAIRS_PER_SHARE))
    edges = np.unique(np.concatenate((cuts, np.searchsorted(candidates, candidates[-1:]))))
    return [(int(low), int(high)) for low, high in pairwise(edges)]


def warm(model: Model) -> None:
    """Compile the bulk pass, or load it from the cache."""
    rows = np.frombuffer(encode(StandardRecord(), model) * 2, np.uint8).reshape(2, ENCODED_SIZE)
    link(rows, np.zeros(2, np.int64), np.arange(2, dtype=np.int32), model, workers=1)


@allocating
def link_rows(
    matrix: Rows,
    words: Words,
    member: Ints,
    place: Places,
    first: Longs,
    model: Weighing,
    second: Weighing,
    met: Ints,
    low: int,
    high: int,
) -> Found:
    """The kept pairs of the rows low to high with later ones; the five arrays of `Pairs`.

    The index is that of `BlockIndex`. met: int32[N + 1], the last row that each row was weighed against, no row of
    this share so far, and one more for any number.
    """
    kept, count = 0, 0
    found, near = no_pairs(1024), np.empty(64, np.int32)
    one, other = np.empty(AHEAD, np.int64), np.empty(AHEAD, np.int64)
    levels, adjust = np.empty(COLUMNS, np.uint8), np.empty(COLUMNS)
    for i in range(low, high):
        near, meets = meet(i, member, place[first[i] : first[i + 1]], met, near)
        for k in range(meets):
            one[count], other[count] = i, near[k]
            met[-1] ^= fetch(words, other[count]) & 1
            count += 1
            if count == AHEAD:
                if kept + count > len(found[0]):
                    found = more_room(found)
                kept = weigh(matrix, words, one, other, model, second, found, kept, levels, adjust)
                count = 0
    if kept + count > len(found[0]):
        found = more_room(found)
    kept = weigh(matrix, words, one[:count], other[:count], model, second, found, kept, levels, adjust)
    a, b, weight, guards, pattern = found
    return a[:kept].copy(), b[:kept].copy(), weight[:kept].copy(), guards[:kept].copy(), pattern[:kept].copy()


@allocating
def meet(i: int, member: Ints, places: Places, met: Ints, near: Ints) -> tuple[Ints, int]:
    """The rows after i in its blocks, each once and ascending, and how many; in `near`, or in a wider array."""
    count = 0
    for place in places:
        p = int(np.int64(place))
        while member[p] >= 0:
            p += 1
            j = member[p] if member[p] >= 0 else ~member[p]
            if met[j] == i:
                continue
            met[j] = i
            if count == len(near):
                near = grown(near, 2 * count)
            near[count] = j
            count += 1
    if count > _FEW:
        near[:count].sort()
        return near, count
    for k in range(1, count):
        j, to = near[k], k
        while to > 0 and near[to - 1] > j:
            near[to] = near[to - 1]
            to -= 1
        near[to] = j
    return near, count


@compiled
def weigh(
    matrix: Rows,
    words: Words,
    one: Longs,
    other: Longs,
    model: Weighing,
    second: Weighing,
    found: Found,
    kept: int,
    levels: Levels,
    adjust: Numbers,
) -> int:
    """Weigh some pairs of rows, and write those that are kept into `found` from its place `kept` on; the place after
    them. There must be room for all of them."""
    a, b, weight, guards, pattern = found
    for k in range(len(one)):
        i, j = one[k], other[k]
        bits, guard, keep = compare_either(matrix, words, i, matrix, words, j, model, second, levels, adjust)
        if keep:
            a[kept], b[kept], weight[kept], guards[kept] = i, j, bits, guard
            for column in range(COLUMNS):
                pattern[kept, column] = levels[column]
            kept += 1
    return kept


@allocating
def no_pairs(room: int) -> Found:
    """The arrays of `Pairs` with room for so many."""
    a, b = np.empty(room, np.int32), np.empty(room, np.int32)
    weight, guards = np.empty(room, np.float32), np.empty(room, np.uint32)
    return a, b, weight, guards, np.empty((room, COLUMNS), np.uint8)


@allocating
def more_room(found: Found) -> Found:
    """The same in arrays of twice the room."""
    a, b, weight, guards, pattern = found
    room = 2 * len(a)
    wider = np.empty((room, COLUMNS), np.uint8)
    wider[: len(pattern)] = pattern
    return grown(a, room), grown(b, room), grown(weight, room), grown(guards, room), wider


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


@allocating
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
) -> Found:
    """The kept pairs whose first member is one of the entries low to high of `Blocks`; the five arrays of `Pairs`.

    A pair is weighed under the first key that its rows share, be that block at hand or not.
    """
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
                a, b, weight, guards = grown(a, room), grown(b, room), grown(weight, room), grown(guards, room)
                pattern = np.concatenate((pattern, np.empty_like(pattern)))
            levels = pattern[kept]
            bits, guard = compare(matrix, words, i, matrix, words, j, weights, rules, floor, levels, adjust)
            if bits >= floor or guard & CONFUSION:
                a[kept], b[kept], weight[kept], guards[kept] = i, j, bits, guard
                kept += 1
    return a[:kept].copy(), b[:kept].copy(), weight[:kept].copy(), guards[:kept].copy(), pattern[:kept].copy()

"""Who meets whom: the entries of a blocking index grouped into blocks, and every row's places in them.

Keys are only ever asked whether they are equal, so they are multiplied by an odd number, which is a bijection, and
sorted by the 33 highest bits in three passes of a radix sort; the few that still differ are told apart after that.
Each task takes the keys of one range out of all of them, so that what is sorted at a time stays small, and tasks run
in threads without the GIL. The order of blocks is that of the multiplied keys, whatever the number of tasks.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.compiled import allocating, compiled
from linkage.errors import LinkageError
from linkage.room import UNBOUNDED, Room

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Wide = npt.NDArray[np.uint64]
Places = npt.NDArray[Any]
"""int32, or int64 where there are more than two billion entries."""

ENTRIES_PER_TASK = 1 << 22
ROWS_PER_TASK = 1 << 21

_ODD = np.uint64(0x9E3779B97F4A7C15)
_DIGIT = 11
_RADIX = 1 << _DIGIT
_HIGH, _LOW = (31, 42, 53), (0, 11, 22)
"""Where the three digits start of the upper 33 bits, and of the others (of which the last passes over two again)."""
_FEW = 32


@dataclass(frozen=True, slots=True)
class BlockIndex:
    """The blocks of two rows or more: M entries over N rows.

    member: int32[M], one block after another, its rows ascending, each once, and the last of them, r, as ~r.
    place: [M], where in `member` a row's entries are, those of row r at place[first[r]:first[r + 1]]; first:
    int64[N + 1]. later: int64[N], how many rows come after it in all its blocks together.
    """

    member: Ints
    place: Places
    first: Longs
    later: Longs

    @property
    def candidates(self) -> Longs:
        """int64[N + 1]: running count of the pairs before each row, those under a second shared key included."""
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(self.later)))


def index_blocks(keys: Longs, rows: Ints, n: int, workers: int, room: Room = UNBOUNDED) -> BlockIndex:
    """Group int64[K] keys of int32[K] rows among n, in any order. Raises `LinkageError` when they do not fit."""
    if len(keys) != len(rows) or (len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < n):
        raise LinkageError("every blocking key needs one row, and the row must be among the encoded records")
    if not np.all(rows[1:] >= rows[:-1]):
        order = np.argsort(rows, kind="stable")
        keys, rows = keys[order], rows[order]
    with ThreadPoolExecutor(workers) as pool:
        tasks = _ranges(workers * max(1, -(-len(keys) // (workers * ENTRIES_PER_TASK))))
        member, size = room.empty(len(keys), np.int32), 0
        for part in pool.map(lambda task: group(keys, rows, *task), tasks):
            member[size : size + len(part)] = part
            size += len(part)
        member = member[:size]
        later, first = np.zeros(n, np.int64), np.zeros(n + 1, np.int64)
        shares = _shares(n, max(1, min(ROWS_PER_TASK, -(-n // workers))))
        list(pool.map(lambda share: count_rows(member, share[0], share[1], first[1:], later), shares))
        np.cumsum(first, out=first)
        place = room.empty(len(member), np.int32 if len(member) < 1 << 31 else np.int64)
        list(pool.map(lambda share: fill_places(member, share[0], share[1], first, place), shares))
    return BlockIndex(member, place, first, later)


def _ranges(tasks: int) -> list[tuple[np.uint64, np.uint64]]:
    """The numbers of 64 bits in so many ranges, first and last of each."""
    return [
        (np.uint64(low), np.uint64(high - 1)) for low, high in pairwise((k << 64) // tasks for k in range(tasks + 1))
    ]


def _shares(n: int, size: int) -> list[tuple[int, int]]:
    return [(low, min(low + size, n)) for low in range(0, n, size)]


@allocating
def group(keys: Longs, rows: Ints, least: np.uint64, most: np.uint64) -> Ints:
    """The members of `BlockIndex` whose multiplied keys are in a range; the rows are ascending."""
    count = 0
    for k in range(len(keys)):
        mixed = np.uint64(keys[k]) * _ODD
        if least <= mixed <= most:
            count += 1
    held, other = np.empty(count, np.uint64), np.empty(count, np.uint64)
    row, other_row = np.empty(count, np.int32), np.empty(count, np.int32)
    at = 0
    for k in range(len(keys)):
        mixed = np.uint64(keys[k]) * _ODD
        if least <= mixed <= most:
            held[at], row[at] = mixed, rows[k]
            at += 1
    sort_by(held, row, other, other_row, _HIGH)
    return write_blocks(other, other_row, row)


@allocating
def sort_by(held: Wide, row: Ints, other: Wide, other_row: Ints, digits: tuple[int, int, int]) -> None:
    """Sort by three digits of the keys, stably, from `held` and `row` to `other` and `other_row`."""
    count = len(held)
    mask, size = np.uint64(_RADIX - 1), np.zeros((3, _RADIX), np.int64)
    for k in range(count):
        for d in range(3):
            size[d, (held[k] >> np.uint64(digits[d])) & mask] += 1
    for d in range(3):
        at, shift = 0, np.uint64(digits[d])
        for value in range(_RADIX):
            size[d, value], at = at, at + size[d, value]
        for k in range(count):
            value = (held[k] >> shift) & mask
            to = size[d, value]
            other[to], other_row[to] = held[k], row[k]
            size[d, value] = to + 1
        held, row, other, other_row = other, other_row, held, row


@allocating
def write_blocks(held: Wide, row: Ints, member: Ints) -> Ints:
    """The members of the blocks among entries that are sorted by the upper digits of their keys.

    `member` is room of the same size.
    """
    kept, low, count = 0, 0, len(held)
    shift = np.uint64(_HIGH[0])
    while low < count:
        high = low + 1
        while high < count and held[high] >> shift == held[low] >> shift:
            high += 1
        if high > low + 1:
            sort_run(held[low:high], row[low:high])
            kept = write_run(held, row, low, high, member, kept)
        low = high
    return member[:kept].copy()


@allocating
def sort_run(held: Wide, row: Ints) -> None:
    """Sort entries, most of which have one key, by their keys and stably."""
    count = len(held)
    if count > _FEW and (held != held[0]).any():
        other, other_row = np.empty(count, np.uint64), np.empty(count, np.int32)
        sort_by(held, row, other, other_row, _LOW)
        held[:], row[:] = other, other_row
        return
    for k in range(1, count):
        key, moved, to = held[k], row[k], k
        while to > 0 and held[to - 1] > key:
            held[to], row[to] = held[to - 1], row[to - 1]
            to -= 1
        held[to], row[to] = key, moved


@compiled
def write_run(held: Wide, row: Ints, low: int, high: int, member: Ints, kept: int) -> int:
    """Append the blocks of the sorted entries low to high to `member`, and say how long that is now."""
    while low < high:
        end, start = low + 1, kept
        member[kept] = row[low]
        kept += 1
        while end < high and held[end] == held[low]:
            if row[end] != member[kept - 1]:
                member[kept] = row[end]
                kept += 1
            end += 1
        if kept - start > 1:
            member[kept - 1] = ~member[kept - 1]
        else:
            kept = start
        low = end
    return kept


@compiled
def count_rows(member: Ints, low: int, high: int, count: Longs, later: Longs) -> None:
    """Count the entries of the rows low to high, and the members after them."""
    after = 0
    for p in range(len(member) - 1, -1, -1):
        row = int(member[p])
        after += 1
        if row < 0:
            row, after = ~row, 0
        if low <= row < high:
            count[row] += 1
            later[row] += after


@allocating
def fill_places(member: Ints, low: int, high: int, first: Longs, place: Places) -> None:
    """Write the places of the entries of the rows low to high."""
    to = first[low:high].copy()
    for p in range(len(member)):
        row = int(member[p])
        row = row if row >= 0 else ~row
        if low <= row < high:
            place[to[row - low]] = p
            to[row - low] += 1

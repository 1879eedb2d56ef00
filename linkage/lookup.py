"""One record against a million in memory: the blocking keys in an index, the kernel over what shares one.

What a data scientist asks without a database, by the same keys and the same kernel as the bulk pass and the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.blocking import block_keys
from linkage.comparison import COLUMNS
from linkage.compiled import allocating
from linkage.encode import encode
from linkage.errors import LinkageError, ModelError
from linkage.guard import Guard
from linkage.kernel import compare, rows_of
from linkage.layout import Levels, Rows, Words
from linkage.model import Model, Numbers
from linkage.record import StandardRecord

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint32]

CONFUSION = int(Guard.NHS_NUMBER_CONFUSION)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The n rows found, heaviest first, equals by row: row int64[n], weight float32[n] in bits with the prior, guards
    uint32[n], pattern uint8[n, COLUMNS]. `looked_at` is how many shared a key and were weighed."""

    row: Longs
    weight: Floats
    guards: Bits
    pattern: Levels
    looked_at: int

    def __len__(self) -> int:
        return len(self.row)


class Index:
    """Encoded rows by blocking key, not to be changed; any number of threads may look records up at once."""

    def __init__(self, encoded: Rows, keys: Longs, rows: Ints, model: Model) -> None:
        """Sort the entries of a blocking index over N rows.

        encoded: uint8[N, model.size], kept and not copied; keys int64[M] and rows int32[M] are the entries in any
        order. Raises `ModelError` for rows of another model, `LinkageError` for an entry that points elsewhere.
        """
        self._matrix, self._words = rows_of(encoded, model)
        if len(keys) != len(rows) or (len(rows) and not 0 <= rows.min() <= rows.max() < len(self._matrix)):
            raise LinkageError("every blocking key needs one row, and the row must be among the encoded records")
        order = np.argsort(keys, kind="stable")
        self._keys = np.asarray(keys, np.int64)[order]
        self._members = np.asarray(rows, np.int32)[order]
        self._model = model

    def __len__(self) -> int:
        return len(self._matrix)

    def find(self, one: bytes, keys: Sequence[int], floor: float | None = None) -> Candidates:
        """Every row that shares one of `keys` and weighs `floor` bits or more against `one`, or is a confusion.

        `floor` defaults to the model's `possible`; `keys` may repeat. To the bit what `link` keeps of the same pairs.
        Raises `ModelError` for a record of another model.
        """
        if len(one) != self._model.size:
            raise ModelError(f"an encoded record has {self._model.size} bytes under this model")
        row, word = rows_of(np.frombuffer(one, np.uint8), self._model)
        least = float(np.float32(self._model.possible if floor is None else floor))
        wanted = np.array(keys, np.int64)
        weighing = self._model.weights, self._model.rules, least
        return Candidates(
            *look_up(row, word, 0, wanted, self._matrix, self._words, self._keys, self._members, *weighing)
        )

    def find_record(self, record: StandardRecord, floor: float | None = None) -> Candidates:
        """As `find`, for a record yet to be encoded."""
        return self.find(encode(record, self._model), block_keys(record), floor)


@allocating
def look_up(
    one8: Rows,
    one: Words,
    row: int,
    wanted: Longs,
    matrix: Rows,
    words: Words,
    keys: Longs,
    members: Ints,
    weights: Numbers,
    rules: Numbers,
    floor: float,
) -> tuple[Longs, Floats, Bits, Levels, int]:
    """The fields of `Candidates` for a row of `one`; its number is an argument as in `kernel.score_rows`."""
    sharing = sharing_rows(wanted, keys, members)
    room, kept = len(sharing), 0
    found, weight, guards = np.empty(room, np.int64), np.empty(room, np.float32), np.empty(room, np.uint32)
    pattern, adjust = np.empty((room, COLUMNS), np.uint8), np.empty(COLUMNS)
    for j in sharing:
        levels = pattern[kept]
        bits, guard = compare(one8, one, row, matrix, words, j, weights, rules, floor, levels, adjust)
        if bits >= floor or guard & CONFUSION:
            found[kept], weight[kept], guards[kept] = j, bits, guard
            kept += 1
    order = np.argsort(-weight[:kept], kind="mergesort")  # stable, so that equals stay in the order of rows
    return found[order], weight[order], guards[order], pattern[order], room


@allocating
def sharing_rows(wanted: Longs, keys: Longs, members: Ints) -> Longs:
    """The rows under any of the wanted keys, ascending, each once; `keys` is sorted."""
    first, last = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, side="right")
    rows = np.empty((last - first).sum(), np.int64)
    at = 0
    for n in range(len(wanted)):
        for place in range(first[n], last[n]):
            rows[at] = members[place]
            at += 1
    rows.sort()
    kept = 0
    for n in range(at):
        if n == 0 or rows[n] != rows[n - 1]:
            rows[kept] = rows[n]
            kept += 1
    return rows[:kept].copy()

"""Patterns of levels, counted: all that estimation needs of the data, and nothing of any record."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS, LEVELS
from linkage.compiled import allocating
from linkage.fetching import AHEAD, fetch
from linkage.kernel import compare
from linkage.layout import HEAD, SEX, Levels, Rows, Words, field
from linkage.model import Model, Numbers

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

RADICES = np.array([levels + 1 for levels in LEVELS], np.int64)
"""A pattern is packed as a number in mixed radix: with 22 columns, 53 bits of the 63 there are."""
PAIRS_PER_CALL = 50_000


@dataclass(frozen=True, slots=True)
class Patterns:
    """P distinct patterns. levels: uint8[P, COLUMNS]; female: bool[P], both records are of women; count: float64[P].

    Whether both are women is told because it decides which kind of disagreement surnames can end in.
    """

    levels: Levels
    female: Flags
    count: Numbers

    @property
    def pairs(self) -> float:
        """How many pairs were counted."""
        return float(self.count.sum())


@allocating
def code_pairs(matrix: Rows, words: Words, a: Ints, b: Ints, weights: Numbers, rules: Numbers, codes: Longs) -> int:
    """Fill codes[n] with the packed pattern of each pair of rows a[n], b[n]; the number returned says nothing."""
    levels, adjust, fetched = np.zeros(COLUMNS, np.uint8), np.zeros(COLUMNS), 0
    for n in range(a.shape[0]):
        if n % AHEAD == 0:
            for k in range(n, min(n + AHEAD, a.shape[0])):
                fetched ^= fetch(words, a[k]) ^ fetch(words, b[k])
        i, j = int(np.int64(a[n])), int(np.int64(b[n]))  # the compiler would make another kernel for int32
        compare(matrix, words, i, matrix, words, j, weights, rules, -inf, levels, adjust)
        both = field(words[i, HEAD], SEX) == 2 and field(words[j, HEAD], SEX) == 2
        code = np.int64(both)
        for column in range(COLUMNS):
            code = code * RADICES[column] + np.int64(levels[column])
        codes[n] = code
    return fetched


def codes_of(matrix: Rows, words: Words, a: Ints, b: Ints, model: Model, workers: int | None = None) -> Longs:
    """Packed patterns int64[n] of n pairs of rows, in the order of the pairs whatever the threads do."""
    codes = np.empty(len(a), np.int64)

    def run(low: int) -> None:
        cut = slice(low, low + PAIRS_PER_CALL)
        code_pairs(matrix, words, a[cut], b[cut], model.weights, model.rules, codes[cut])

    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        list(pool.map(run, range(0, len(a), PAIRS_PER_CALL)))
    return codes


def count_levels(levels: Levels, female: Flags) -> Patterns:
    """The distinct patterns among uint8[n, COLUMNS] levels of pairs, of which bool[n] are of two women."""
    codes = female.astype(np.int64)
    for column in range(COLUMNS):
        codes = codes * RADICES[column] + levels[:, column]
    return count(codes)


def count(codes: Longs) -> Patterns:
    """The distinct patterns among packed ones, in the order of their codes."""
    distinct, times = np.unique(codes, return_counts=True)
    return unpack(distinct, times.astype(np.float64))


def unpack(codes: Longs, times: Numbers) -> Patterns:
    """Patterns from packed ones and how often each was met."""
    levels, rest = np.empty((len(codes), COLUMNS), np.uint8), codes
    for column in reversed(range(COLUMNS)):
        rest, levels[:, column] = np.divmod(rest, RADICES[column])
    return Patterns(levels, rest == 1, times)

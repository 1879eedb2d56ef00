"""What the report wants of the blocking entries, counted while they are there: a sixth of the memory of a linkage."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from linkage.columns import Encoded
from linkage.engines.blocking_loss import Longs, rules_met
from linkage.engines.local import Pairs
from linkage.loose_blocking import ALL_RULES


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """By rule, int64[R]: keys, their pairs of records, and the records of the largest block. met: int64[P], for each
    of P weighed pairs a bit for each rule of which it shares a key."""

    keys: Longs
    pairs: Longs
    largest: Longs
    met: Longs


def count_blocks(encoded: Encoded, pairs: Pairs, workers: int | None = None) -> BlockCounts:
    """The counts of blocking entries and of the pairs that were found by them."""

    def count(place: int) -> tuple[int, int, int]:
        sizes = np.unique(encoded.keys[encoded.rules == place], return_counts=True)[1].astype(np.int64)
        return len(sizes), int((sizes * (sizes - 1) // 2).sum()), int(sizes.max(initial=0))

    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        told = np.array(list(pool.map(count, range(len(ALL_RULES)))), np.int64).T
    entries = encoded.keys, encoded.rows, encoded.rules
    met = rules_met((pairs.a, pairs.b), *entries, len(encoded.matrix), workers)
    return BlockCounts(told[0], told[1], told[2], met)

"""Compiled work on many things at once, in plain threads without the GIL."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

SHARE = 1 << 16


def in_shares(work: Callable[[int, int], object], n: int, workers: int | None = None) -> None:
    """Call work(low, high) until all of n things are done. The calls must not write the same things.

    workers: threads, None for as many as this process may use processors.
    """
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        list(pool.map(lambda low: work(low, min(low + SHARE, n)), range(0, n, SHARE)))

"""Work on many things at once, in plain threads; of compiled code, which holds no GIL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

SHARE = 1 << 16

Thing = TypeVar("Thing")
Other = TypeVar("Other")


def in_shares(work: Callable[[int, int], object], n: int, workers: int | None = None) -> None:
    """Call work(low, high) until all of n things are done. The calls must not write the same things.

    workers: threads, None for as many as this process may use processors.
    """
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        list(pool.map(lambda low: work(low, min(low + SHARE, n)), range(0, n, SHARE)))


def at_once(calls: Sequence[Callable[[], Thing]], workers: int | None = None) -> list[Thing]:
    """What some calls return, which are made at once by so many threads, None for as many as there are processors."""
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


def beside(call: Callable[[], Thing], other: Callable[[], Other]) -> tuple[Thing, Other]:
    """What two calls return, which are made at once."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(other)
        return call(), coming.result()


def one_ahead(things: Iterator[Thing]) -> Iterator[Thing]:
    """The same things, each made while the one before is in use; none of them is None."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, things, None)
        while (thing := coming.result()) is not None:
            coming = pool.submit(next, things, None)
            yield thing

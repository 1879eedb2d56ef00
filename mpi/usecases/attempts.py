"""Run a use case again when another transaction was in its way; give up clearly."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from mpi.errors import Unavailable
from mpi.ports import Contention

_ATTEMPTS = 8
_PAUSE = 0.005  # seconds, doubled at each attempt, with jitter so that rivals part

T = TypeVar("T")


def attempt(work: Callable[[], T]) -> T:
    """The result of `work`, run anew after each `Contention`; raises `Unavailable` when that does not help."""
    for number in range(_ATTEMPTS - 1):
        try:
            return work()
        except Contention:
            time.sleep(_PAUSE * 2**number * random.random())
    try:
        return work()
    except Contention as contention:
        raise Unavailable(f"the records concerned are busy, try again later: {contention}") from contention

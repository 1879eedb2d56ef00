"""Work in threads: all of it is done, once; and what is made ahead comes in order, with its errors."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from linkage.threads import SHARE, in_shares, one_ahead


@pytest.mark.parametrize("n", [0, 1, SHARE, 3 * SHARE + 5])
def test_every_thing_is_in_one_share(n: int) -> None:
    times = np.zeros(n, np.int64)

    def work(low: int, high: int) -> None:
        times[low:high] += 1

    in_shares(work, n, workers=3)
    assert (times == 1).all()


def test_an_error_of_a_share_is_the_callers() -> None:
    def work(low: int, high: int) -> None:
        raise ValueError(f"{low} to {high}")

    with pytest.raises(ValueError, match=f"0 to {SHARE}"):
        in_shares(work, 2 * SHARE)


def test_the_next_thing_is_made_while_one_is_in_use() -> None:
    second = Event()

    def things() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    made = one_ahead(things())
    assert next(made) == 1
    assert second.wait(10)
    assert list(made) == [2]


def test_an_error_comes_in_its_place() -> None:
    def things() -> Iterator[int]:
        yield 1
        raise ValueError("no second")

    made = one_ahead(things())
    assert next(made) == 1
    with pytest.raises(ValueError, match="no second"):
        next(made)

"""The grouping of blocking entries: every block of several rows, whole, whatever the order, keys and tasks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.engines import block_index
from linkage.engines.block_index import BlockIndex, index_blocks
from linkage.errors import LinkageError

ROWS = 12
ENTRIES = st.lists(
    st.tuples(st.sampled_from((0, 1, 2, 3, -1, 2**63 - 1, -(2**63), 10**18)), st.integers(0, ROWS - 1)), max_size=60
)


def built(entries: list[tuple[int, int]], workers: int = 1, n: int = ROWS) -> BlockIndex:
    keys = np.array([key for key, _ in entries], np.int64)
    return index_blocks(keys, np.array([row for _, row in entries], np.int32), n, workers)


def blocks_of(index: BlockIndex) -> list[tuple[int, ...]]:
    member = index.member.tolist()
    found, block = [], []
    for row in member:
        block.append(row if row >= 0 else ~row)
        if row < 0:
            found.append(tuple(block))
            block = []
    assert not block
    return found


def expected(entries: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    held: dict[int, set[int]] = {}
    for key, row in entries:
        held.setdefault(key, set()).add(row)
    return sorted(tuple(sorted(rows)) for rows in held.values() if len(rows) > 1)


@settings(max_examples=300, deadline=None)  # the first example compiles
@given(ENTRIES, st.randoms(use_true_random=False), st.integers(1, 3))
def test_issue_3_every_block_of_several_rows_whatever_the_order_and_the_workers(
    entries: list[tuple[int, int]], dice: object, workers: int
) -> None:
    index = built(entries, workers)
    assert sorted(blocks_of(index)) == expected(entries)
    mixed = list(entries)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    other = built(mixed, 1)
    for name in ("member", "place", "first", "later"):
        assert np.array_equal(getattr(index, name), getattr(other, name)), name


@settings(max_examples=100, deadline=None)
@given(ENTRIES)
def test_issue_3_every_row_knows_its_places_and_how_many_come_after_it(entries: list[tuple[int, int]]) -> None:
    index = built(entries)
    blocks, member = blocks_of(index), index.member
    for row in range(ROWS):
        places = index.place[index.first[row] : index.first[row + 1]]
        assert [int(m if m >= 0 else ~m) for m in member[places]] == [row] * len(places)
        mine = [block for block in blocks if row in block]
        assert len(places) == len(mine)
        assert index.later[row] == sum(len(block) - 1 - block.index(row) for block in mine)
    assert index.candidates[-1] == sum(len(block) * (len(block) - 1) // 2 for block in blocks)


def test_issue_3_many_entries_in_many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(3)
    keys = dice.integers(0, 3000, 20_000)
    keys[::7] = 5  # a giant block among small ones
    rows = dice.integers(0, 4000, 20_000).astype(np.int32)
    whole = index_blocks(keys, rows, 4000, 1)
    assert sorted(blocks_of(whole)) == expected(list(zip(keys.tolist(), rows.tolist(), strict=True)))
    monkeypatch.setattr(block_index, "ENTRIES_PER_TASK", 900)
    monkeypatch.setattr(block_index, "ROWS_PER_TASK", 300)
    cut = index_blocks(keys, rows, 4000, 3)
    assert all(np.array_equal(getattr(whole, name), getattr(cut, name)) for name in ("member", "place", "first"))


def test_issue_3_keys_that_agree_in_their_upper_digits_are_told_apart() -> None:
    """Two giant blocks that fall into one run, entry by entry in turn."""
    back = pow(int(block_index._ODD), -1, 2**64)
    close = [np.uint64((k * back) % 2**64).astype(np.int64) for k in (0, 1, 2**31 - 1)]
    entries = [(int(close[row % 3]), row) for row in range(300)] + [(int(close[0]), 1)]
    assert sorted(blocks_of(built(entries, n=300))) == expected(entries)


def test_an_index_of_nothing() -> None:
    index = built([])
    assert (len(index.member), index.candidates.tolist()) == (0, [0] * (ROWS + 1))
    assert len(built([], n=0).candidates) == 1


@pytest.mark.parametrize("row", [-1, ROWS])
def test_an_entry_of_a_row_that_is_not_there_is_refused(row: int) -> None:
    with pytest.raises(LinkageError, match="among the encoded records"):
        built([(1, row)])

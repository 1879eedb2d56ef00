"""Crowded keys are found exactly and taken apart so that no work is quadratic and what is alike still meets."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage import crowds, indexing
from linkage.blocking_report import report_blocking, tell_blocking
from linkage.crowds import HALF_RUN, find_crowds, take_apart
from linkage.layout import BIRTH, FORENAME_SLOT, POSTCODE, WORDS
from linkage.loose_blocking import FIRST_SINGLE
from linkage.model import Model
from linkage.people import Linker, people
from linkage.tables.table import Table

Met = set[tuple[int, int]]


def meetings(keys: np.ndarray, rows: np.ndarray) -> Met:
    """The pairs of rows that share a key."""
    blocks: dict[int, set[int]] = defaultdict(set)
    for key, row in zip(keys.tolist(), rows.tolist(), strict=True):
        blocks[key].add(row)
    assert max(map(len, blocks.values()), default=0) <= 2 * HALF_RUN
    return {pair for block in blocks.values() for pair in combinations(sorted(block), 2)}


def apart(words: np.ndarray, keys: np.ndarray | None = None, rows: np.ndarray | None = None) -> Met:
    """The pairs that meet when these rows, by default all of one key, are taken apart."""
    rows = np.arange(len(words), dtype=np.int32) if rows is None else rows
    made, origin = take_apart(np.full(len(rows), 7) if keys is None else keys, rows, words)
    return meetings(made, rows[origin])


@given(st.lists(st.integers(-3, 3), max_size=80), st.integers(1, 6))
@settings(deadline=None, max_examples=60)
def test_crowds_are_the_keys_that_more_have(said: list[int], largest: int) -> None:
    keys = np.array(said, np.int64) * (1 << 45)  # the rough counter must not be what decides
    times = Counter(keys.tolist())
    expected = [at for at, key in enumerate(keys.tolist()) if times[key] > largest]
    assert find_crowds(keys, largest).tolist() == expected


def test_all_that_share_a_rare_second_fact_meet() -> None:
    dice = np.random.default_rng(5)
    words = dice.integers(1, 1 << 50, (3000, WORDS))
    for word in (FORENAME_SLOT, BIRTH, POSTCODE):
        words[:, word] = dice.permutation(np.arange(3000) // 5)  # five rows share each value
        groups = np.argsort(words[:, word], kind="stable").reshape(-1, 5)
        met = apart(words)
        assert all(pair in met for group in np.sort(groups, axis=1).tolist() for pair in combinations(group, 2))
        assert len(met) < 3000 * 3 * 2 * HALF_RUN


def test_equal_records_hold_together_however_many() -> None:
    words = np.tile(np.random.default_rng(1).integers(0, 99, (1, WORDS)), (500, 1))
    met, reached = apart(words), {0}
    beside = defaultdict(set)
    for a, b in met:
        beside[a].add(b)
        beside[b].add(a)
    waiting = [0]
    while waiting:
        new = beside[waiting.pop()] - reached
        reached |= new
        waiting += new
    assert len(reached) == 500


def test_keys_stay_apart_and_order_does_not_matter() -> None:
    dice = np.random.default_rng(3)
    words = dice.integers(0, 4, (400, WORDS))
    rows = dice.integers(0, 400, 900).astype(np.int32)
    keys = dice.integers(0, 2, 900)
    of = [set(rows[keys == key].tolist()) for key in (0, 1)]
    met = apart(words, keys, rows)
    assert all({a, b} <= of[0] or {a, b} <= of[1] for a, b in met)
    turned = dice.permutation(900)
    assert apart(words, keys[turned], rows[turned]) == met
    assert take_apart(keys[:0], rows[:0], words)[0].tolist() == []


@pytest.fixture
def linker(monkeypatch: pytest.MonkeyPatch) -> Linker:
    """Two records each of 400 people, half of whom are Smiths who were born on 7 March 1900, as they say."""
    monkeypatch.setattr(indexing, "find_crowds", lambda keys, workers: find_crowds(keys, 50, workers))
    dice = np.random.default_rng(11)
    forenames = ("Jane", "Peter", "Amelia", "Noah", "Isla", "George", "Ann", "Ada")
    said: dict[str, list[str]] = {name: [] for name in ("surname", "forename", "dob", "postcode", "address")}
    for n in range(400):
        real = f"{dice.integers(1930, 2010)}-{dice.integers(1, 13):02}-{dice.integers(1, 29):02}"
        person = {
            "surname": "Smith"
            if n % 2
            else f"{dice.choice(['Har', 'Wil', 'Tom'])}{dice.choice(['son', 'kins', 'by'])}",
            "forename": str(dice.choice(forenames)),
            "dob": "1900-03-07" if n % 2 else real,
            "postcode": f"M{n % 30 + 1} {n % 9 + 1}{chr(65 + n % 20)}B",
            "address": f"{n} Station Road",
        }
        for name, value in person.items():
            said[name] += [value, value]
    return people(Table(pa.array([str(n) for n in range(800)]), {name: pa.array(said[name]) for name in said}))


def test_a_default_date_takes_no_link_and_little_time(linker: Linker) -> None:
    encoded, label = linker.encoded, linker.clusters.label
    assert encoded.taken_apart["name-dob"] > 0
    assert max(Counter(encoded.keys[encoded.rules < FIRST_SINGLE].tolist()).values()) <= 50
    assert (label[0::2] == label[1::2]).mean() > 0.97
    report = report_blocking(linker)
    assert report["rules"]["name-dob"]["crowded_keys_taken_apart"] == encoded.taken_apart["name-dob"]
    assert any("keys of crowds taken apart" in line for line in tell_blocking(report))
    assert np.all(encoded.rows[1:] >= encoded.rows[:-1])


def test_the_default_model_meets_its_rows() -> None:
    """The words that the orders name are there in the narrowest rows too."""
    assert max(word for order in crowds.ORDERS for word in order) < Model.default().size // 8

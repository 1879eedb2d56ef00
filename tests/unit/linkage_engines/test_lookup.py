"""Looking one record up in the index in memory is weighing it against every row that shares a key."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.blocking import block_keys
from linkage.encode import ENCODED_SIZE, encode
from linkage.engines.local import link
from linkage.errors import LinkageError, ModelError
from linkage.guard import Guard
from linkage.kernel import score
from linkage.lookup import Index
from linkage.model import Model
from linkage.record import BirthDate, SexCode, StandardRecord

UK = Model.default()
PEOPLE = st.builds(
    StandardRecord,
    surnames=st.sampled_from((("SMITH",), ("SMYTH",), ("KHAN", "SMITH"), ("OKAFOR",), ())),
    forenames=st.sampled_from((("JOHN",), ("JACK",), ("MARY",), ("J",), ())),
    birth_date=st.sampled_from((BirthDate(1954, 3, 17), BirthDate(1954, 3, 7), BirthDate(1983, 7, 3), BirthDate())),
    sex=st.sampled_from(SexCode),
    postcode=st.sampled_from(("", "M139WL", "M139WP", "BL36RT")),
    house=st.sampled_from(("", "12", "14")),
    phones=st.sampled_from(((), ("07700900123",))),
    nhs_number=st.sampled_from(("", "9990000018", "9990000026")),
    nhs_status=st.sampled_from((1, 2)),
)
FLOORS = st.sampled_from((None, 12.0, 0.0, -20.0, -np.inf))


def index_of(records: Sequence[StandardRecord], order: Sequence[int] | None = None) -> Index:
    encoded = np.frombuffer(b"".join(encode(record, UK) for record in records), np.uint8).reshape(-1, ENCODED_SIZE)
    entries = [(key, row) for row, record in enumerate(records) for key in block_keys(record)]
    entries = [entries[place] for place in order] if order is not None else entries
    keys = np.array([key for key, _ in entries], np.int64)
    return Index(encoded, keys, np.array([row for _, row in entries], np.int32), UK)


Found = list[tuple[int, float, int, bytes]]


def found_by(index: Index, record: StandardRecord, floor: float | None = None) -> Found:
    found = index.find_record(record, floor)
    columns = zip(found.row.tolist(), found.weight.tolist(), found.guards.tolist(), found.pattern, strict=True)
    return [(row, weight, guards, levels.tobytes()) for row, weight, guards, levels in columns]


def brute_force(records: Sequence[StandardRecord], one: StandardRecord, floor: float | None) -> Found:
    keys = set(block_keys(one))
    scores = score(encode(one, UK), [encode(record, UK) for record in records], UK)
    least = UK.possible if floor is None else floor
    kept = [
        (row, weight, guards, levels.tobytes())
        for row, (record, weight, guards, levels) in enumerate(
            zip(records, scores.weight.tolist(), scores.guards.tolist(), scores.pattern, strict=True)
        )
        if keys & set(block_keys(record)) and (weight >= least or guards & Guard.NHS_NUMBER_CONFUSION)
    ]
    return sorted(kept, key=lambda hit: (-hit[1], hit[0]))


@settings(max_examples=300, deadline=None)
@given(st.lists(PEOPLE, max_size=20), PEOPLE, FLOORS)
def test_issue_3_a_look_up_is_what_brute_force_finds(
    records: list[StandardRecord], one: StandardRecord, floor: float | None
) -> None:
    assert found_by(index_of(records), one, floor) == brute_force(records, one, floor)


@settings(deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_entries_says_nothing(records: list[StandardRecord], dice: Random) -> None:
    count = sum(len(block_keys(record)) for record in records)
    order = list(range(count))
    dice.shuffle(order)
    assert found_by(index_of(records, order), records[0]) == found_by(index_of(records), records[0])


@settings(deadline=None)
@given(st.lists(PEOPLE, min_size=2, max_size=12))
def test_promise_3_a_look_up_finds_what_the_bulk_pass_links(records: list[StandardRecord]) -> None:
    encoded = np.frombuffer(b"".join(encode(record, UK) for record in records), np.uint8).reshape(-1, ENCODED_SIZE)
    entries = [(key, row) for row, record in enumerate(records) for key in block_keys(record)]
    keys, rows = np.array([key for key, _ in entries], np.int64), np.array([row for _, row in entries], np.int32)
    pairs = link(encoded, keys, rows, UK, workers=1)
    linked = {(int(a), int(b)) for a, b in zip(pairs.a, pairs.b, strict=True)}
    index = Index(encoded, keys, rows, UK)
    looked_up = {
        (row, int(other))
        for row, record in enumerate(records)
        for other in index.find_record(record).row
        if row < other
    }
    assert looked_up == linked


def test_a_record_is_weighed_once_however_many_keys_it_shares() -> None:
    john = StandardRecord(("SMITH",), ("JOHN",), birth_date=BirthDate(1954, 3, 17), postcode="M139WL")
    index = index_of([john, replace(john, postcode="BL36RT")])
    row, keys = encode(john, UK), block_keys(john)
    found = index.find(row, [*keys, *keys])
    assert found.row.tolist() == [0, 1]
    assert found.looked_at == len(found) == len(index) == 2


def test_nothing_is_found_in_an_empty_index_or_without_keys() -> None:
    john = StandardRecord(("SMITH",), ("JOHN",), birth_date=BirthDate(1954, 3, 17))
    assert len(index_of([]).find_record(john)) == 0
    found = index_of([john]).find(encode(john, UK), ())
    assert (len(found), found.looked_at, found.pattern.shape[0]) == (0, 0, 0)


def test_many_threads_may_look_up_at_once() -> None:
    records = [
        StandardRecord((name,), ("JOHN",), birth_date=BirthDate(1954, month, 17))
        for name in ("SMITH", "OKAFOR", "KHAN")
        for month in range(1, 13)
    ]
    index = index_of(records)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda record: found_by(index, record), records * 4))
    assert together == [found_by(index, record) for record in records] * 4


def test_entries_and_records_that_do_not_fit_are_refused() -> None:
    encoded = np.frombuffer(encode(StandardRecord(), UK), np.uint8).reshape(1, -1)
    one = np.zeros(1, np.int64)
    for rows in (np.array([1], np.int32), np.array([-1], np.int32), np.zeros(2, np.int32)):
        with pytest.raises(LinkageError, match="among the encoded records"):
            Index(encoded, one, rows, UK)
    with pytest.raises(ModelError):
        Index(np.zeros_like(encoded), one, one.astype(np.int32), UK)
    index = Index(encoded, one, one.astype(np.int32), UK)
    with pytest.raises(ModelError):
        index.find(bytes(ENCODED_SIZE), (0,))
    with pytest.raises(ModelError):
        index.find(b"short", (0,))

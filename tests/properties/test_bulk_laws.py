"""Bulk linkage gives the same links whatever is pruned, in whatever order, shares and threads (issue 3, item 7)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.peers.sets import load
from linkage.columns import encode_table
from linkage.encode import encode
from linkage.engines import local
from linkage.engines.clusters import cluster, connected
from linkage.engines.local import Pairs, link
from linkage.guard import Guard
from linkage.layout import Rows
from linkage.model import Model
from linkage.people import people
from linkage.record import BirthDate, Caution, SexCode, StandardRecord
from linkage.tables.table import Table

MODEL = Model.default()
ALL = -np.inf

RECORDS = st.builds(
    StandardRecord,
    surnames=st.sampled_from((("HARGREAVES",), ("HARGREEVES",), ("OKAFOR",), ("OKAFOR", "HARGREAVES"), ())),
    forenames=st.sampled_from((("JANE",), ("JAYNE",), ("J",), ("PETER",), ("JANE", "MARY"), ())),
    birth_date=st.sampled_from((BirthDate(1954, 3, 17), BirthDate(1954, 3, 18), BirthDate(1983), BirthDate())),
    sex=st.sampled_from(SexCode),
    postcode=st.sampled_from(("", "M139WL", "BL36RT")),
    house=st.sampled_from(("", "12", "14")),
    street=st.sampled_from(("", "OXFORD ROAD")),
    town=st.sampled_from(("", "MANCHESTER")),
    phones=st.sampled_from(((), ("07700900123",))),
    nhs_number=st.sampled_from(("", "", "9990000018", "9990000026")),
    nhs_status=st.sampled_from((1, 2)),
    cautions=st.sampled_from((Caution.NONE, Caution.NONE, Caution.UNIDENTIFIED, Caution.MULTIPLE_BIRTH)),
)
WORLDS = st.lists(RECORDS, min_size=1, max_size=16)
KEYS = st.lists(st.sets(st.integers(-3, 4), max_size=4), min_size=16, max_size=16)
Said = tuple[bytes, int, bytes]
"""The bits of the weight, the guards and the pattern of a pair."""


def matrix(records: Sequence[StandardRecord]) -> Rows:
    rows = b"".join(encode(record, MODEL) for record in records)
    return np.frombuffer(rows, np.uint8).reshape(len(records), -1)


def entries(keys: Sequence[set[int]], n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    index = [(key, row) for row in range(n) for key in sorted(keys[row])]
    return np.array([key for key, _ in index], np.int64), np.array([row for _, row in index], np.int32)


def told(pairs: Pairs, names: Sequence[int]) -> dict[frozenset[int], Said]:
    """Links by the ids of both records; every pair must be there once."""
    found = {
        frozenset((names[a], names[b])): (weight.tobytes(), int(guards), pattern.tobytes())
        for a, b, weight, guards, pattern in zip(
            pairs.a.tolist(), pairs.b.tolist(), pairs.weight, pairs.guards, pairs.pattern, strict=True
        )
    }
    assert len(found) == len(pairs.a)
    return found


def kept(pairs: Pairs, floor: float) -> Pairs:
    """What a run with this floor should keep of all pairs."""
    heavy = pairs.weight >= np.float32(floor)
    keep = heavy | (pairs.guards & int(Guard.NHS_NUMBER_CONFUSION) != 0)
    return Pairs(pairs.a[keep], pairs.b[keep], pairs.weight[keep], pairs.guards[keep], pairs.pattern[keep])


def assert_same(one: Pairs, other: Pairs) -> None:
    for name in ("a", "b", "weight", "guards", "pattern"):
        here, there = getattr(one, name), getattr(other, name)
        assert here.dtype == there.dtype
        assert here.tobytes() == there.tobytes(), name


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    local.warm(MODEL)


@given(WORLDS, KEYS, st.sampled_from((-1e9, -40.0, -12.0, -3.0, 0.0, 4.5, 9.0, 15.0, 40.0)))
@settings(max_examples=400, deadline=None)
def test_pruned_is_unpruned_with_the_light_left_out(
    records: list[StandardRecord], keys: list[set[int]], floor: float
) -> None:
    """Stopping early never changes a bit of what is kept, nor the order."""
    encoded, index = matrix(records), entries(keys, len(records))
    everything = link(encoded, *index, MODEL, ALL, workers=1)
    assert_same(link(encoded, *index, MODEL, floor, workers=1), kept(everything, floor))


@given(WORLDS, KEYS)
@settings(max_examples=100, deadline=None)
def test_without_a_floor_every_pair_that_shares_a_key_is_told_once(
    records: list[StandardRecord], keys: list[set[int]]
) -> None:
    n = len(records)
    found = told(link(matrix(records), *entries(keys, n), MODEL, ALL, workers=1), range(n))
    assert set(found) == {frozenset((a, b)) for a in range(n) for b in range(a) if keys[a] & keys[b]}


@given(WORLDS, KEYS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_order_of_rows_and_entries_gives_the_same_links(
    records: list[StandardRecord], keys: list[set[int]], dice: random.Random
) -> None:
    n = len(records)
    straight = told(link(matrix(records), *entries(keys, n), MODEL, ALL, workers=1), range(n))
    names = list(range(n))
    dice.shuffle(names)
    key, row = entries([keys[name] for name in names], n)
    order = np.array(dice.sample(range(len(key)), len(key)), np.int64)
    turned = matrix([records[name] for name in names])
    assert told(link(turned, key[order], row[order], MODEL, ALL, workers=1), names) == straight


@given(WORLDS, KEYS, st.integers(1, 40), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_any_shares_and_any_workers_give_the_same_links(
    records: list[StandardRecord], keys: list[set[int]], pairs_per_share: int, workers: int
) -> None:
    encoded, index = matrix(records), entries(keys, len(records))
    whole = link(encoded, *index, MODEL, ALL, workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "PAIRS_PER_SHARE", pairs_per_share)
        assert_same(link(encoded, *index, MODEL, ALL, workers=workers), whole)


@given(WORLDS, KEYS, st.lists(st.integers(0, 2), min_size=16, max_size=16))
@settings(max_examples=150, deadline=None)
def test_parts_of_the_input_give_the_links_of_the_whole(
    records: list[StandardRecord], keys: list[set[int]], parts: list[int]
) -> None:
    """The input cut in three: the links within every two parts together are those of the whole, and no others."""
    n = len(records)
    whole = told(link(matrix(records), *entries(keys, n), MODEL, ALL, workers=1), range(n))
    found: dict[frozenset[int], Said] = {}
    for left_out in range(3):
        names = [row for row in range(n) if parts[row] != left_out]
        if names:
            index = entries([keys[name] for name in names], len(names))
            some = told(link(matrix([records[name] for name in names]), *index, MODEL, ALL, workers=1), names)
            assert all(whole[pair] == said for pair, said in some.items())
            found |= some
    assert found == whole


def nowhere() -> Path:
    raise AssertionError("a made set needs no file")


def shuffled(table: Table, dice: np.random.Generator) -> Table:
    order = dice.permutation(len(table))
    return Table(table.ids.take(order), {field: column.take(order) for field, column in table.columns.items()})


def linked(table: Table, workers: int) -> tuple[dict[frozenset[str], float], set[frozenset[str]]]:
    """Links and clusters by id, from the table's own keys."""
    encoded = encode_table(table, MODEL, workers)
    pairs = link(encoded.matrix, encoded.keys, encoded.rows, MODEL, workers=workers)
    ids = table.ids.to_pylist()
    rank = np.argsort(np.argsort(np.array(ids, dtype=object), kind="stable"), kind="stable")
    label = cluster(encoded.matrix, pairs, MODEL, workers, rank=rank).label
    groups: dict[int, set[str]] = {}
    for name, group in zip(ids, label.tolist(), strict=True):
        groups.setdefault(group, set()).add(name)
    links = {
        frozenset((ids[a], ids[b])): weight
        for a, b, weight in zip(pairs.a.tolist(), pairs.b.tolist(), pairs.weight.tolist(), strict=True)
    }
    return links, {frozenset(group) for group in groups.values()}


@pytest.mark.parametrize("name", ["clinic", "region"])
def test_a_file_in_any_order_and_by_any_workers_gives_the_same_people(name: str) -> None:
    """The whole road from a table to clusters, on files with families and errors; promise 2."""
    table = load(name, 400, 3, nowhere).table.slice(0, 1500)
    links, clusters = linked(table, 1)
    assert len(links) > 100
    dice = np.random.default_rng(7)
    for workers in (1, 2, 5):
        assert linked(shuffled(table, dice), workers) == (links, clusters)


@pytest.mark.parametrize("name", ["clinic", "german-small"])
def test_a_file_in_any_order_trains_the_same_model(name: str) -> None:
    """As long as all pairs are looked at; of a larger file they are drawn by row."""
    table = load(name, 0, 3, nowhere).table.slice(0, 700)
    straight, turned = people(table, workers=1), people(shuffled(table, np.random.default_rng(5)), workers=2)
    assert straight.model.fingerprint == turned.model.fingerprint
    names = [linker.table.ids.to_pylist() for linker in (straight, turned)]
    both = [
        {frozenset((own[a], own[b])): bits for a, b, bits in zip(p.a.tolist(), p.b.tolist(), p.weight, strict=True)}
        for p, own in zip((straight.pairs, turned.pairs), names, strict=True)
    ]
    assert both[0] == both[1]
    assert both[0]


@pytest.mark.parametrize("name", ["clinic", "region"])
@pytest.mark.parametrize("floor", [-20.0, 0.0, 12.0])
def test_pruning_changes_nothing_on_files(name: str, floor: float) -> None:
    table = load(name, 200, 3, nowhere).table.slice(0, 600)
    encoded = encode_table(table, MODEL, 1)
    index = np.zeros(len(table), np.int64), np.arange(len(table), dtype=np.int32)
    everything = link(encoded.matrix, *index, MODEL, ALL, workers=1)
    assert_same(link(encoded.matrix, *index, MODEL, floor, workers=1), kept(everything, floor))


@given(WORLDS, st.floats(-10.0, 30.0))
@settings(max_examples=100, deadline=None)
def test_clusters_are_never_coarser_than_components(records: list[StandardRecord], certain: float) -> None:
    """The partition splits connected components and joins nothing beside them."""
    n = len(records)
    encoded, index = matrix(records), (np.zeros(n, np.int64), np.arange(n, dtype=np.int32))
    model = Model.from_document({**MODEL.document, "certain": certain, "possible": certain - 1, "veto": certain - 2})
    pairs = link(encoded, *index, model, workers=1)
    fine = cluster(encoded, pairs, model, workers=1).label
    coarse = connected(pairs, n, model.certain)
    assert all(len(set(coarse[fine == label].tolist())) == 1 for label in set(fine.tolist()))

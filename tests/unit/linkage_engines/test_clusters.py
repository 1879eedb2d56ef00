"""The clusters of a population are the partition of design section 4, whatever made them quick to find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.blocking import block_keys
from linkage.comparison import COLUMNS
from linkage.encode import ENCODED_SIZE, encode
from linkage.engines import clusters, local, screen
from linkage.engines.clusters import GUARDED, POSSIBLE, TOGETHER, VETOED, Clusters, cluster, connected
from linkage.engines.components import components
from linkage.engines.local import Pairs, link
from linkage.errors import LinkageError, ModelError
from linkage.guard import CONFLICTS, Guard
from linkage.kernel import score
from linkage.layout import Rows
from linkage.model import Model
from linkage.nhs_number import check_digit
from linkage.partition import Conflict, Edge, Partition, Reason, partition
from linkage.record import BirthDate, Caution, SexCode, StandardRecord

UK = Model.default()
# Joins on little and vetoes nearly as soon, so that a small world is full of contested chains.
EAGER = Model.from_document({**UK.document, "certain": 4.0, "possible": 3.0, "veto": 2.0})
REASONS = {Reason.POSSIBLE: POSSIBLE, Reason.GUARDED: GUARDED, Reason.VETOED: VETOED}

JANE = StandardRecord(
    surnames=("HARGREAVES",),
    forenames=("JANE",),
    birth_date=BirthDate(1954, 3, 17),
    sex=SexCode.FEMALE,
    postcode="M139WL",
    house="12",
    street="OXFORD ROAD",
    town="MANCHESTER",
)
Changes = dict[str, Any]
ONE: Changes = {"nhs_number": "9990000018", "nhs_status": 1}
OTHER: Changes = {"nhs_number": "9990000026", "nhs_status": 1}
NOTHING: Changes = {}

PEOPLE = st.builds(
    StandardRecord,
    surnames=st.sampled_from((("HARGREAVES",), ("OKAFOR",), ("OKAFOR", "HARGREAVES"), ("HARGREEVES",), ())),
    forenames=st.sampled_from((("JANE",), ("JOAN",), ("J",), ("PETER",), ())),
    birth_date=st.sampled_from((BirthDate(1954, 3, 17), BirthDate(1954, 3, 18), BirthDate(1983, 7, 3), BirthDate())),
    sex=st.sampled_from(SexCode),
    postcode=st.sampled_from(("", "M139WL", "BL36RT")),
    house=st.sampled_from(("", "12", "14")),
    street=st.sampled_from(("", "OXFORD ROAD")),
    phones=st.sampled_from(((), ("07700900123",))),
    nhs_number=st.sampled_from(("", "", "9990000018", "9990000026")),
    nhs_status=st.sampled_from((1, 2)),
    cautions=st.sampled_from((Caution.NONE, Caution.NONE, Caution.UNIDENTIFIED, Caution.MULTIPLE_BIRTH)),
)
# Mostly one household, so that its members are near one another and bridges between them are common.
NEIGHBOURS = st.builds(
    lambda changes: replace(JANE, **changes),
    st.fixed_dictionaries(
        {},
        optional={
            "surnames": st.sampled_from((("OKAFOR",), ("OKAFOR", "HARGREAVES"), ("HARGREEVES",))),
            "forenames": st.sampled_from((("JOAN",), ("J",), ("JANE", "JOAN"), ())),
            "birth_date": st.sampled_from((BirthDate(1954, 3, 18), BirthDate(1983, 7, 3), BirthDate(1954, 3))),
            "nhs_number": st.sampled_from(("9990000018", "9990000026")),
            "nhs_status": st.sampled_from((1, 2)),
            "postcode": st.sampled_from(("", "BL36RT")),
            "cautions": st.sampled_from((Caution.UNIDENTIFIED, Caution.MULTIPLE_BIRTH)),
        },
    ),
)
WORLDS = st.lists(st.one_of(NEIGHBOURS, PEOPLE), max_size=14)
MODELS = st.sampled_from(("uk", "eager")).map({"uk": UK, "eager": EAGER}.__getitem__)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """No example is to wait for the compiler."""
    clusters.warm(UK)
    local.warm(UK)
    encoded = matrix([JANE])
    score(encoded[0].tobytes(), [encoded[0].tobytes()], UK)


def matrix(records: Iterable[StandardRecord]) -> Rows:
    rows = b"".join(encode(record, UK) for record in records)
    return np.frombuffer(rows, np.uint8).reshape(-1, ENCODED_SIZE)


def block_pairs(encoded: Rows, model: Model, floor: float | None = None) -> Pairs:
    """Everybody against everybody: one giant block."""
    n = len(encoded)
    return link(encoded, np.zeros(n, np.int64), np.arange(n, dtype=np.int32), model, floor, workers=1)


def keyed_pairs(records: Sequence[StandardRecord], model: Model) -> Pairs:
    entries = [(key, row) for row, record in enumerate(records) for key in block_keys(record)]
    keys = np.array([key for key, _ in entries], np.int64)
    return link(matrix(records), keys, np.array([row for _, row in entries], np.int32), model, workers=1)


def hand_made(n: int, edges: Sequence[tuple[int, int, float]]) -> Pairs:
    ends = np.array([edge[:2] for edge in edges], np.int32).reshape(-1, 2)
    weight = np.array([edge[2] for edge in edges], np.float32)
    pattern = np.zeros((len(edges), COLUMNS), np.uint8)
    return Pairs(ends[:, 0], ends[:, 1], weight, np.zeros(len(edges), np.uint32), pattern)


def partitioned(encoded: Rows, pairs: Pairs, model: Model, rank: Sequence[int]) -> Partition:
    """The definition: `partition` over all rows at once, every conflict weighed on the spot as the index does."""
    rows = {f"{place:06}": encoded[row].tobytes() for row, place in enumerate(rank)}
    columns = (pairs.a, pairs.b, pairs.weight, pairs.guards)
    edges = [
        Edge(f"{rank[a]:06}", f"{rank[b]:06}", weight, Guard(guards))
        for a, b, weight, guards in zip(*(column.tolist() for column in columns), strict=True)
    ]

    def conflict(a: str, b: str) -> Conflict | None:
        scores = score(rows[a], (rows[b],), model)
        weight, guards = float(scores.weight[0]), Guard(int(scores.guards[0]))
        if guards & CONFLICTS or (not guards & Guard.UNIDENTIFIED and weight < model.veto):
            return Conflict(weight, guards)
        return None

    return partition(rows, edges, (), model.certain, conflict)


def assert_equal(found: Clusters, encoded: Rows, pairs: Pairs, model: Model, rank: Sequence[int]) -> None:
    expected = partitioned(encoded, pairs, model, rank)
    row_of = {f"{place:06}": row for row, place in enumerate(rank)}
    assert blocks(found.label) == {frozenset(row_of[key] for key in block) for block in expected.blocks}
    vetoed = [q for q in expected.questions if q.reason is Reason.VETOED]
    told = {
        (row_of[q.a], row_of[q.b], q.weight, *(row_of[key] for key in q.between or ()), int(q.guards)) for q in vetoed
    }
    vetoes = found.vetoes
    assert told == set(
        zip(vetoes.a, vetoes.b, vetoes.weight, vetoes.between[:, 0], vetoes.between[:, 1], vetoes.guards, strict=True)
    )
    assert len(vetoes) == len(vetoed)
    reason = {frozenset(pair): why for *pair, why in zip(pairs.a, pairs.b, found.reason.tolist(), strict=True)}
    for question in expected.questions:
        assert reason[frozenset((row_of[question.a], row_of[question.b]))] == REASONS[question.reason]
    inside = found.label[pairs.a] == found.label[pairs.b]
    assert np.array_equal(found.reason == TOGETHER, inside)


def blocks(label: np.ndarray[Any, Any]) -> set[frozenset[int]]:
    rows: dict[int, set[int]] = {}
    for row, name in enumerate(label.tolist()):
        rows.setdefault(name, set()).add(row)
    assert all(name == min(held) for name, held in rows.items())
    return {frozenset(held) for held in rows.values()}


@settings(max_examples=300, deadline=None)
@given(WORLDS, MODELS)
def test_issue_3_clusters_are_the_partition_of_one_giant_block(records: list[StandardRecord], model: Model) -> None:
    encoded = matrix(records)
    pairs = block_pairs(encoded, model)
    assert_equal(cluster(encoded, pairs, model, workers=1), encoded, pairs, model, range(len(records)))


@settings(max_examples=100, deadline=None)
@given(WORLDS, MODELS)
def test_clusters_are_the_partition_of_what_blocking_found(records: list[StandardRecord], model: Model) -> None:
    encoded, pairs = matrix(records), keyed_pairs(records, model)
    assert_equal(cluster(encoded, pairs, model), encoded, pairs, model, range(len(records)))


@settings(max_examples=200, deadline=None)
@given(WORLDS, MODELS, st.integers(0, 6), st.integers(0, 4))
def test_clusters_are_the_partition_however_little_the_screen_looks_at(
    records: list[StandardRecord], model: Model, listed: int, rounds: int
) -> None:
    """Components beyond the screen's bounds are weighed as they are asked for, with the same end."""
    encoded = matrix(records)
    pairs = block_pairs(encoded, model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "LISTED", listed)
        patch.setattr(screen, "ROUNDS", rounds)
        patch.setattr(clusters, "_WHOLE_ROW", rounds)
        found = cluster(encoded, pairs, model, workers=1)
    assert_equal(found, encoded, pairs, model, range(len(records)))


@settings(max_examples=150, deadline=None)
@given(WORLDS, MODELS, st.randoms(use_true_random=False))
def test_any_order_of_rows_and_pairs_gives_the_same_people(
    records: list[StandardRecord], model: Model, dice: Any
) -> None:
    """Promise 2: with a rank for every row, ties included."""
    n = len(records)
    encoded = matrix(records)
    straight = cluster(encoded, block_pairs(encoded, model), model, workers=1)
    rank = list(range(n))  # the old row of each new one
    dice.shuffle(rank)
    shuffled = encoded[rank].reshape(-1, ENCODED_SIZE)
    pairs = block_pairs(shuffled, model)
    order = list(range(len(pairs.a)))
    dice.shuffle(order)
    pairs = Pairs(pairs.a[order], pairs.b[order], pairs.weight[order], pairs.guards[order], pairs.pattern[order])
    found = cluster(shuffled, pairs, model, workers=2, rank=np.array(rank, np.int64))
    assert {frozenset(rank[row] for row in block) for block in blocks(found.label)} == blocks(straight.label)
    assert_equal(found, shuffled, pairs, model, rank)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(NEIGHBOURS, PEOPLE), min_size=6, max_size=14), st.integers(1, 4))
def test_any_number_of_workers_gives_the_same_clusters(records: list[StandardRecord], workers: int) -> None:
    encoded = np.tile(matrix(records), (8, 1))
    n = len(records)
    small = block_pairs(encoded[:n], EAGER)
    copies = [(small.a + n * copy, small.b + n * copy) for copy in range(8)]
    pairs = Pairs(
        np.concatenate([a for a, _ in copies]),
        np.concatenate([b for _, b in copies]),
        np.tile(small.weight, 8),
        np.tile(small.guards, 8),
        np.tile(small.pattern, (8, 1)),
    )
    alone = cluster(encoded, pairs, EAGER, workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "PAIRS_PER_SHARE", 20)
        found = cluster(encoded, pairs, EAGER, workers=workers)
    assert np.array_equal(found.label, alone.label)
    assert np.array_equal(found.reason, alone.reason)
    assert np.array_equal(found.vetoes.between, alone.vetoes.between)


def test_nobody_at_all() -> None:
    found = cluster(matrix([]), block_pairs(matrix([]), UK), UK)
    assert len(found.label) == len(found.reason) == len(found.vetoes) == 0
    assert found.vetoes.between.shape == (0, 2)


def test_without_pairs_everybody_is_alone() -> None:
    found = cluster(matrix([JANE] * 5), hand_made(5, []), UK)
    assert found.label.tolist() == [0, 1, 2, 3, 4]
    assert found.label.dtype == np.int64


@pytest.mark.parametrize("size", [screen.LISTED, screen.LISTED + 1, 600])
def test_one_giant_block_of_one_person_is_one_cluster(size: int) -> None:
    encoded = matrix([JANE] * size)
    found = cluster(encoded, hand_made(size, [(0, row, 20.0) for row in range(1, size)]), UK)
    assert not found.label.any()
    assert not found.reason.any()


def test_nhs_11_a_giant_block_of_two_people_is_two_clusters() -> None:
    """Two verified numbers, and records without a number that could be of either: no cluster holds both numbers."""
    records = [replace(JANE, **number) for number in (ONE, OTHER, NOTHING) for _ in range(110)]
    encoded = matrix(records)
    pairs = block_pairs(encoded, UK)
    found = cluster(encoded, pairs, UK)
    assert_equal(found, encoded, pairs, UK, range(len(records)))
    assert len(set(found.label.tolist())) == 2
    assert found.label[0] != found.label[110]


def number_of(serial: int) -> str:
    """An NHS number of the test range; only nine digits where no check digit makes one."""
    stem = f"999{serial:06}"
    return stem + (check_digit(stem) or "")


def chain(people: int) -> tuple[list[StandardRecord], Pairs]:
    """People of one name, date and house with a verified number each, three records a head, and between two a record
    without one that could be of either: what links them all into one chain."""
    numbers = [number for serial in range(2 * people) if len(number := number_of(serial)) == 10][:people]
    records: list[StandardRecord] = []
    edges: list[tuple[int, int, float]] = []
    for number in numbers:
        start = len(records)
        records += [replace(JANE, nhs_number=number, nhs_status=1)] * 3 + [JANE]
        edges += [(start, start + 1, 40.0), (start + 1, start + 2, 40.0), (start + 2, start + 3, 15.0)]
        edges += [(start + 3, start + 4, 14.0)] if len(numbers) * 4 > start + 4 else []
    return records, hand_made(len(records), edges)


@pytest.mark.parametrize("people", [2, 30, 400])
def test_issue_3_chains_that_connected_components_swallow_are_kept_apart(people: int) -> None:
    records, pairs = chain(people)
    encoded = matrix(records)
    found = cluster(encoded, pairs, UK)
    assert not connected(pairs, len(records), UK.certain).any()
    assert found.label.tolist() == [4 * (row // 4) for row in range(len(records))]
    assert len(found.vetoes) == people - 1
    assert set(found.vetoes.guards.tolist()) == {int(Guard.NHS_NUMBER_CONFLICT)}
    assert np.count_nonzero(found.reason == VETOED) == people - 1


def test_a_long_chain_is_not_weighed_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,600 records would be 1.3 million pairs; only what the partition asks for is weighed."""
    records, pairs = chain(400)
    asked = 0
    against = screen.against

    def counting(*arguments: Any) -> int:
        nonlocal asked
        asked += arguments[5] - arguments[4]
        return against(*arguments)

    monkeypatch.setattr(screen, "against", counting)
    found = cluster(matrix(records), pairs, UK, workers=1)
    assert len(set(found.label.tolist())) == 400
    assert 0 < asked < 20 * len(records)


def test_nhs_55_families_that_connected_components_join_are_kept_apart() -> None:
    """Twins with an initial between them, in many households: by components one person each, by partition two."""
    homes: list[Changes] = [
        {"house": str(home), "surnames": (name,)} for home in range(1, 11) for name in ("HARGREAVES", "OKAFOR")
    ]
    sisters: tuple[Changes, ...] = (
        {"forenames": ("JANE",)},
        {"forenames": ("MARGARET",)},
        {"forenames": ("JANE", "MARGARET")},
    )
    records = [replace(JANE, **home, **sister) for home in homes for sister in sisters]
    encoded, pairs = matrix(records), keyed_pairs(records, UK)
    label = connected(pairs, len(records), UK.certain)
    found = cluster(encoded, pairs, UK)
    assert_equal(found, encoded, pairs, UK, range(len(records)))
    one, other = np.arange(0, len(records), 3), np.arange(1, len(records), 3)
    assert (label[one] == label[other]).all()
    assert (found.label[one] != found.label[other]).all()
    assert set(found.vetoes.guards.tolist()) == {int(Guard.MULTIPLE_BIRTH)}


def test_connected_leaves_out_guarded_pairs_unless_told_to_go_by_weight_alone() -> None:
    pairs = hand_made(4, [(2, 1, 30.0), (3, 2, 5.0)])
    guarded = Pairs(pairs.a, pairs.b, pairs.weight, np.array([1, 0], np.uint32), pairs.pattern)
    assert connected(pairs, 4, 11.0).tolist() == [0, 1, 1, 3]
    assert connected(guarded, 4, 11.0).tolist() == [0, 1, 2, 3]
    assert connected(guarded, 4, 11.0, guarded=False).tolist() == [0, 1, 1, 3]
    assert connected(pairs, 4, 5.0).tolist() == [0, 1, 1, 1]


@given(st.integers(1, 40), st.data())
def test_a_component_is_named_by_its_smallest_row(n: int, data: st.DataObject) -> None:
    rows = st.integers(0, n - 1)
    edges = data.draw(st.lists(st.tuples(rows, rows), max_size=60))
    groups = [{row} for row in range(n)]
    for a, b in edges:
        if groups[a] is not groups[b]:
            groups[a] |= groups[b]
            for row in groups[b]:
                groups[row] = groups[a]
    ends = np.array(edges, np.int64).reshape(-1, 2)
    assert components(n, ends[:, 0].copy(), ends[:, 1].copy()).tolist() == [min(group) for group in groups]


@pytest.mark.parametrize("pair", [(0, 3), (-1, 1), (1, 1)])
def test_a_pair_of_rows_that_are_not_there_is_refused(pair: tuple[int, int]) -> None:
    pairs = hand_made(3, [(*pair, 20.0)])
    with pytest.raises(LinkageError, match="two different rows"):
        cluster(matrix([JANE] * 3), pairs, UK)
    with pytest.raises(LinkageError, match="two different rows"):
        connected(pairs, 3, UK.certain)


@pytest.mark.parametrize("rank", [[0, 1], [0, 1, 1], [0, 1, 2, 3]])
def test_ranks_that_are_no_order_are_refused(rank: list[int]) -> None:
    with pytest.raises(LinkageError, match="one rank"):
        cluster(matrix([JANE] * 3), hand_made(3, []), UK, rank=np.array(rank, np.int64))


def test_rows_of_another_model_are_refused() -> None:
    with pytest.raises(ModelError):
        cluster(np.zeros((2, ENCODED_SIZE), np.uint8), hand_made(2, []), UK)

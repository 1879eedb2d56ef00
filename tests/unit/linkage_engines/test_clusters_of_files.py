"""Clusters under a model for files: all pairs taken together, and two files that hold a person once each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.comparison import COLUMNS
from linkage.encode import encode
from linkage.engines import clusters, screen
from linkage.engines.clusters import TOGETHER, VETOED, Clusters, cluster, connected
from linkage.engines.local import Pairs, link
from linkage.guard import CONFLICTS, Guard
from linkage.kernel import score
from linkage.layout import Rows
from linkage.model import Model
from linkage.partition import Balance, Cause, Conflict, Edge, Partition, Reason, partition
from linkage.record import BirthDate, SexCode, StandardRecord
from linkage.tailor import GUARDS
from tests.unit.linkage_engines.test_clusters import JANE, NEIGHBOURS, PEOPLE, blocks
from tests.unit.linkage_kernel.file_models import file_model

OF_FILES = {"prior": -9.0, "certain": 1.5, "possible": -6.0, "veto": -30.0, "balance": -1.0, "guards": list(GUARDS)}
FILES = file_model(**OF_FILES)
# The floor of the index beside the balance, and a balance above it.
BOTH = file_model(**{**OF_FILES, "veto": -8.0, "balance": 1.0})
WORLDS = st.lists(st.one_of(NEIGHBOURS, PEOPLE), max_size=14)
MODELS = st.sampled_from(("files", "both")).map({"files": FILES, "both": BOTH}.__getitem__)


def matrix(records: Iterable[StandardRecord], model: Model = FILES) -> Rows:
    return np.frombuffer(b"".join(encode(r, model) for r in records), np.uint8).reshape(-1, model.size)


def block_pairs(encoded: Rows, model: Model) -> Pairs:
    """Everybody against everybody."""
    n = len(encoded)
    return link(encoded, np.zeros(n, np.int64), np.arange(n, dtype=np.int32), model, workers=1)


def partitioned(encoded: Rows, pairs: Pairs, model: Model, apart: int | None) -> Partition:
    """The definition: `partition` over all rows, every pair weighed by the kernel.

    A record of an unidentified patient is wrong about who it is and speaks neither way: its pairs weigh nothing.
    """
    rows = {f"{row:06}": encoded[row].tobytes() for row in range(len(encoded))}
    columns = (pairs.a, pairs.b, pairs.weight, pairs.guards)
    edges = [
        Edge(f"{a:06}", f"{b:06}", weight, Guard(guards))
        for a, b, weight, guards in zip(*(column.tolist() for column in columns), strict=True)
    ]

    def weighed(a: str, b: str) -> tuple[float, Guard]:
        scores = score(rows[a], (rows[b],), model)
        return float(scores.weight[0]), Guard(int(scores.guards[0]))

    def conflict(a: str, b: str) -> Conflict | None:
        weight, guards = weighed(a, b)
        of_one_file = apart is not None and (int(a) < apart) == (int(b) < apart)
        light = not guards & Guard.UNIDENTIFIED and weight < model.veto
        if guards & CONFLICTS or light:
            return Conflict(weight, guards)
        return Conflict(weight, guards, Cause.ONE_FILE) if of_one_file else None

    def weigh(a: str, b: str) -> float:
        weight, guards = weighed(a, b)
        return 0.0 if guards & Guard.UNIDENTIFIED and not guards & CONFLICTS else weight

    balance = None if model.balance is None else Balance(weigh, model.balance)
    return partition(rows, edges, (), model.certain, conflict, balance)


def assert_equal(found: Clusters, encoded: Rows, pairs: Pairs, model: Model, apart: int | None = None) -> None:
    expected = partitioned(encoded, pairs, model, apart)
    assert blocks(found.label) == {frozenset(int(key) for key in block) for block in expected.blocks}
    vetoed = [q for q in expected.questions if q.reason is Reason.VETOED]
    told = {(int(q.a), int(q.b), *(int(key) for key in q.between or ()), q.cause) for q in vetoed}
    vetoes = found.vetoes
    assert told == set(zip(vetoes.a, vetoes.b, vetoes.between[:, 0], vetoes.between[:, 1], vetoes.cause, strict=True))
    assert np.array_equal(found.reason == TOGETHER, found.label[pairs.a] == found.label[pairs.b])


@settings(max_examples=300, deadline=None)  # the first example compiles
@given(WORLDS, MODELS)
def test_clusters_are_the_partition_with_its_balance(records: list[StandardRecord], model: Model) -> None:
    encoded = matrix(records, model)
    pairs = block_pairs(encoded, model)
    assert_equal(cluster(encoded, pairs, model, workers=1), encoded, pairs, model)


@settings(max_examples=200, deadline=None)
@given(WORLDS, MODELS, st.integers(0, 6), st.integers(0, 4), st.integers(0, 14))
def test_they_are_however_little_the_screen_looks_at_and_wherever_one_file_ends(
    records: list[StandardRecord], model: Model, listed: int, rounds: int, first: int
) -> None:
    encoded = matrix(records, model)
    pairs = block_pairs(encoded, model)
    apart = min(first, len(records)) or None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "LISTED", listed)
        patch.setattr(screen, "ROUNDS", rounds)
        patch.setattr(clusters, "_WHOLE_ROW", max(1, rounds))
        found = cluster(encoded, pairs, model, workers=1, apart=apart)
    assert_equal(found, encoded, pairs, model, apart)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(NEIGHBOURS, PEOPLE), min_size=2, max_size=14), st.data())
def test_apart_keeps_the_records_of_either_file_apart(records: list[StandardRecord], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(records) - 1))
    encoded = matrix(records)
    pairs = block_pairs(encoded, FILES)
    across = pairs.where((pairs.a < first) != (pairs.b < first))
    found = cluster(encoded, across, FILES, workers=1, apart=first)
    for block in blocks(found.label):
        assert sum(row < first for row in block) <= 1
        assert sum(row >= first for row in block) <= 1
    assert_equal(found, encoded, across, FILES, first)


def hand_made(edges: Sequence[tuple[int, int, float]]) -> Pairs:
    ends = np.array([edge[:2] for edge in edges], np.int32).reshape(-1, 2)
    weight = np.array([edge[2] for edge in edges], np.float32)
    nothing = np.zeros(len(edges), np.uint32)
    return Pairs(ends[:, 0], ends[:, 1], weight, nothing, np.zeros((len(edges), COLUMNS), np.uint8))


def test_of_two_candidates_in_one_file_the_nearer_one_is_joined() -> None:
    """Rows 0 and 1 are of the first file, row 2 is of the second: both are like it, and 0 is more so."""
    records = [JANE, JANE, JANE]
    pairs = hand_made([(0, 2, 22.0), (1, 2, 21.0)])
    assert not cluster(matrix(records), pairs, FILES).label.any()
    found = cluster(matrix(records), pairs, FILES, apart=2)
    assert found.label.tolist() == [0, 1, 0]
    assert found.reason.tolist() == [TOGETHER, VETOED]
    assert found.vetoes.between.tolist() == [[0, 1]]
    assert found.vetoes.cause.tolist() == [Cause.ONE_FILE]
    assert cluster(matrix(records), hand_made([(0, 2, 21.0), (1, 2, 22.0)]), FILES, apart=2).label.tolist() == [
        0,
        1,
        1,
    ]


JOHN = StandardRecord(
    surnames=("HARGREAVES",),
    forenames=("JOHN",),
    birth_date=BirthDate(1954, 3, 17),
    sex=SexCode.MALE,
    postcode="M139WL",
    house="12",
    street="OXFORD ROAD",
    town="MANCHESTER",
)


def weight_of(a: StandardRecord, b: StandardRecord, model: Model) -> float:
    return float(score(encode(a, model), [encode(b, model)], model).weight[0])


def test_a_chain_of_records_that_components_swallow_is_cut_where_all_pairs_say_so() -> None:
    """Father and son in one house, and a record that gives an initial and no date: it could be of either.

    The bridge joins the one it is nearer to. The other one's records are against it: the two men differ in forename
    and in the year of birth, and no floor is low enough to say so.
    """
    son = replace(JOHN, forenames=("PETER",), birth_date=BirthDate(1981, 9, 2))
    bridge = replace(JOHN, forenames=(), birth_date=BirthDate(), sex=SexCode.NONE)
    records = [JOHN, JOHN, JOHN, bridge, son, son, son]
    veto = weight_of(JOHN, son, FILES) - 5.0
    with_floor = Model.from_document({**FILES.document, "veto": veto, "possible": veto + 1.0})
    without = Model.from_document({**with_floor.document, "balance": None})
    encoded = matrix(records)
    pairs = block_pairs(encoded, with_floor)
    weights = {(a, b): bits for a, b, bits in zip(pairs.a.tolist(), pairs.b.tolist(), pairs.weight, strict=True)}
    assert weights[0, 3] >= FILES.certain
    assert weights[3, 4] >= FILES.certain
    assert weights[0, 4] < -4.0
    assert not connected(pairs, len(records), FILES.certain).any()
    assert not cluster(encoded, pairs, without).label.any()
    found = cluster(encoded, pairs, with_floor)
    assert_equal(found, encoded, pairs, with_floor)
    assert len(set(found.label.tolist())) == 2
    assert found.label[0] == found.label[1] == found.label[2] != found.label[4]
    assert found.label[4] == found.label[5] == found.label[6]


@pytest.mark.parametrize("size", [screen.LISTED + 1, 400])
def test_one_large_cluster_under_a_balance_is_one_cluster(size: int) -> None:
    encoded = matrix([JANE] * size)
    found = cluster(encoded, hand_made([(0, row, 20.0) for row in range(1, size)]), FILES)
    assert not found.label.any()
    assert len(found.vetoes) == 0


def test_a_large_cluster_with_a_bridge_is_cut_in_two() -> None:
    """Beyond what is screened to the end, the balance is asked of the pairs as they are wanted."""
    other = replace(JANE, surnames=("OKAFOR",), forenames=("PETER",), birth_date=BirthDate(1983, 7, 3))
    half = screen.LISTED
    encoded = matrix([JANE] * half + [other] * half)
    inside = [(side, row, 20.0) for side in (0, half) for row in range(side + 1, side + half)]
    assert weight_of(JANE, other, FILES) < FILES.balance
    found = cluster(encoded, hand_made([*inside, (half - 1, half, 9.0)]), FILES)
    assert found.label.tolist() == [0] * half + [half] * half
    assert found.vetoes.cause.tolist() == [Cause.BALANCE]
    assert found.reason[-1] == VETOED

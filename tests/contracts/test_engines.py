"""What every engine promises: the links and the people that the definitions give, whatever it runs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pytest
from pyspark.sql import SparkSession

from benchmarks.peers.sets import region
from linkage.blocking import block_keys
from linkage.columns import encode_table
from linkage.encode import encode
from linkage.engines import clusters, local
from linkage.engines.clusters import GUARDED, POSSIBLE, TOGETHER, VETOED, Clusters
from linkage.engines.local import Pairs
from linkage.engines.spark.engine import SparkEngine
from linkage.errors import LinkageError, ModelError
from linkage.guard import CONFLICTS, Guard
from linkage.kernel import score
from linkage.layout import Rows
from linkage.model import Model
from linkage.nhs_number import check_digit
from linkage.partition import Conflict, Edge, Partition, Reason, partition
from linkage.record import BirthDate, SexCode, StandardRecord
from tests.integration.spark_session import running

UK = Model.default()
# Joins on little and vetoes nearly as soon, so that many components are contested.
EAGER = Model.from_document({**UK.document, "certain": 6.0, "possible": 3.0, "veto": 2.0})
REASONS = {Reason.POSSIBLE: POSSIBLE, Reason.GUARDED: GUARDED, Reason.VETOED: VETOED}
PIECE = 8
"""Blocks of more records are cut on Spark; the town has some that come to several pieces."""

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


@dataclass(frozen=True)
class World:
    """Encoded rows with the entries of their blocking index."""

    encoded: Rows
    keys: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]

    @property
    def entries(self) -> tuple[Rows, npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        return self.encoded, self.keys, self.rows


class Engine(Protocol):
    def link(
        self,
        encoded: Rows,
        keys: Any,
        rows: Any,
        model: Model,
        floor: float | None = None,
        workers: int | None = None,
    ) -> Pairs: ...

    def cluster(
        self, encoded: Rows, pairs: Pairs, model: Model, workers: int | None = None, rank: Any = None
    ) -> Clusters: ...


class LocalEngine:
    """The engine of one machine."""

    link = staticmethod(local.link)
    cluster = staticmethod(clusters.cluster)


def twins() -> Iterator[StandardRecord]:
    """Families with twins, and a record between the two that names both."""
    for home, surname in enumerate(("HARGREAVES", "OKAFOR", "SINGH")):
        for forenames in (("JANE",), ("MARGARET",), ("JANE", "MARGARET")):
            yield replace(JANE, house=str(20 + home), surnames=(surname,), forenames=forenames)


def chain(people: int) -> Iterator[StandardRecord]:
    """People of one name, date and house, each with a number of their own, and records without one between them."""
    for serial in range(people):
        stem = f"999{serial:06}"
        numbered = {"nhs_number": stem + (check_digit(stem) or "0"), "nhs_status": 1}
        yield from (replace(JANE, **numbered), replace(JANE, **numbered), replace(JANE, forenames=("J",)))


def world_of(records: Iterable[StandardRecord]) -> World:
    listed = list(records)
    rows = b"".join(encode(record, UK) for record in listed)
    entries = [(key, row) for row, record in enumerate(listed) for key in block_keys(record)]
    keys, at = np.array(entries, np.int64).reshape(-1, 2).T
    width = len(encode(JANE, UK))
    return World(np.frombuffer(rows, np.uint8).reshape(-1, width), keys.copy(), at.astype(np.int32))


@cache
def town() -> World:
    """A simulated region, families, a chain, a key that all the region's first forty share, and entries told twice,
    all in no order."""
    simulated = encode_table(region("region", people=400, seed=3, without_nhs=False).table, UK, workers=1)
    made = world_of([*twins(), *chain(8)])
    first = len(simulated.matrix)
    keys = np.concatenate((simulated.keys, made.keys, np.full(40, 7), simulated.keys[:60]))
    rows = np.concatenate((simulated.rows, made.rows + first, np.arange(40), simulated.rows[:60])).astype(np.int32)
    mixed = np.random.default_rng(1).permutation(len(keys))
    return World(np.vstack((simulated.matrix, made.encoded)), keys[mixed], rows[mixed])


WORLDS = {"town": town, "one record": lambda: world_of([JANE]), "nobody": lambda: world_of([])}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with running(tmp_path_factory.mktemp("spark")) as started:
        yield started


@pytest.fixture(scope="module", params=["local", "spark"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "local":
        return LocalEngine()
    return SparkEngine(request.getfixturevalue("session"), PIECE)


def links_by_definition(world: World, model: Model, floor: float) -> dict[tuple[int, int], tuple[float, int, bytes]]:
    """Weight, guards and pattern of every pair that shares a key, weighed one by one as a request would."""
    members: dict[int, set[int]] = {}
    for key, row in zip(world.keys.tolist(), world.rows.tolist(), strict=True):
        members.setdefault(key, set()).add(row)
    pairs = {pair for rows in members.values() for pair in combinations(sorted(rows), 2)}
    found = {}
    for a, b in pairs:
        told = score(world.encoded[a].tobytes(), (world.encoded[b].tobytes(),), model)
        weight, guards = float(told.weight[0]), int(told.guards[0])
        if weight >= floor or guards & Guard.NHS_NUMBER_CONFUSION:
            found[a, b] = weight, guards, told.pattern[0].tobytes()
    return found


def told_links(pairs: Pairs) -> dict[tuple[int, int], tuple[float, int, bytes]]:
    columns = (pairs.a, pairs.b, pairs.weight, pairs.guards)
    listed = list(zip(*(column.tolist() for column in columns), map(bytes, pairs.pattern), strict=True))
    found = {(a, b): (weight, guards, pattern) for a, b, weight, guards, pattern in listed}
    assert len(found) == len(listed), "a pair was told twice"
    return found


def clusters_by_definition(world: World, pairs: Pairs, model: Model, rank: list[int]) -> Partition:
    """The partition of all records at once, every conflict weighed on the spot."""
    rows = {f"{place:06}": world.encoded[row].tobytes() for row, place in enumerate(rank)}
    columns = (pairs.a, pairs.b, pairs.weight, pairs.guards)
    edges = [
        Edge(f"{rank[a]:06}", f"{rank[b]:06}", weight, Guard(guards))
        for a, b, weight, guards in zip(*(column.tolist() for column in columns), strict=True)
    ]

    def conflict(a: str, b: str) -> Conflict | None:
        told = score(rows[a], (rows[b],), model)
        weight, guards = float(told.weight[0]), Guard(int(told.guards[0]))
        if guards & CONFLICTS or (not guards & Guard.UNIDENTIFIED and weight < model.veto):
            return Conflict(weight, guards)
        return None

    return partition(rows, edges, (), model.certain, conflict)


def assert_defined(found: Clusters, world: World, pairs: Pairs, model: Model, rank: list[int]) -> None:
    expected = clusters_by_definition(world, pairs, model, rank)
    row_of = {f"{place:06}": row for row, place in enumerate(rank)}
    label = np.arange(len(world.encoded))
    for block in expected.blocks:
        rows = [row_of[key] for key in block]
        label[rows] = min(rows)
    assert found.label.tolist() == label.tolist()
    assert found.label.dtype == np.int64
    told = found.vetoes
    vetoes = zip(
        told.a.tolist(),
        told.b.tolist(),
        told.weight.tolist(),
        *told.between.T.tolist(),
        told.guards.tolist(),
        told.cause.tolist(),
        strict=True,
    )
    questions = [q for q in expected.questions if q.reason is Reason.VETOED]
    assert sorted(vetoes) == sorted(
        (row_of[q.a], row_of[q.b], q.weight, *(row_of[key] for key in q.between or ()), int(q.guards), q.cause)
        for q in questions
    )
    reason = dict(zip(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True), found.reason.tolist(), strict=True))
    assert all(label[a] == label[b] for (a, b), why in reason.items() if why == TOGETHER)
    for question in expected.questions:
        ends = row_of[question.a], row_of[question.b]
        assert reason[min(ends), max(ends)] == REASONS[question.reason]


@pytest.mark.parametrize("name", WORLDS)
def test_links_are_those_of_the_definition_to_the_bit(engine: Engine, name: str) -> None:
    world = WORLDS[name]()
    found = engine.link(*world.entries, UK)
    assert told_links(found) == links_by_definition(world, UK, float(np.float32(UK.possible)))
    assert [column.dtype.name for column in (found.a, found.b, found.weight, found.guards, found.pattern)] == [
        *("int32", "int32", "float32", "uint32", "uint8"),
    ]
    assert found.pattern.shape == (len(found.a), local.COLUMNS)


def test_a_low_floor_keeps_every_pair_that_shares_a_key(engine: Engine) -> None:
    world = town()
    found = engine.link(*world.entries, UK, floor=-1000.0)
    assert told_links(found) == links_by_definition(world, UK, -1000.0)
    assert len(found.a) > 40 * 39 // 2


@pytest.mark.parametrize("model", [UK, EAGER], ids=["uk", "eager"])
@pytest.mark.parametrize("name", WORLDS)
def test_clusters_are_those_of_the_definition(engine: Engine, name: str, model: Model) -> None:
    world = WORLDS[name]()
    pairs = local.link(*world.entries, model)
    found = engine.cluster(world.encoded, pairs, model)
    assert_defined(found, world, pairs, model, list(range(len(world.encoded))))
    assert name != "town" or len(found.vetoes) > 5


def test_a_rank_breaks_ties_and_nothing_else(engine: Engine) -> None:
    world = town()
    rank = np.random.default_rng(2).permutation(len(world.encoded))
    pairs = local.link(*world.entries, EAGER)
    assert_defined(engine.cluster(world.encoded, pairs, EAGER, rank=rank), world, pairs, EAGER, rank.tolist())


def test_what_does_not_fit_is_refused_in_a_sentence(engine: Engine) -> None:
    world = world_of([JANE, JANE])
    zeros = np.zeros_like(world.encoded)
    pairs = local.link(*world.entries, UK)
    outside = replace(pairs, b=pairs.b + np.int32(1))
    with pytest.raises(ModelError, match="another model"):
        engine.link(zeros, world.keys, world.rows, UK)
    with pytest.raises(ModelError, match="another model"):
        engine.cluster(zeros, pairs, UK)
    with pytest.raises(LinkageError, match="one row"):
        engine.link(world.encoded, world.keys, world.rows + np.int32(1), UK)
    with pytest.raises(LinkageError, match="one row"):
        engine.link(world.encoded, world.keys[1:], world.rows, UK)
    with pytest.raises(LinkageError, match="two different rows"):
        engine.cluster(world.encoded, outside, UK)
    with pytest.raises(LinkageError, match="one rank"):
        engine.cluster(world.encoded, pairs, UK, rank=np.zeros(2, np.int64))

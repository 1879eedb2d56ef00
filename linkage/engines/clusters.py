"""Who is one person among linked rows: the partition of design section 4 for a whole population at once.

It is what `linkage.partition.partition` says of every connected component, and runs it only where there is something
to decide: a component in which no two records conflict is one cluster whatever the order of its edges, and a
compiled screen finds those (`linkage.engines.screen`). The others, and those too large to be screened to the end, go
through that one function; a large one has its pairs weighed as they are asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS
from linkage.encode import encode
from linkage.engines import screen
from linkage.engines.components import components, gather
from linkage.engines.local import Pairs
from linkage.engines.screen import Bits, Conflicts, Floats, Longs, Population
from linkage.errors import LinkageError
from linkage.guard import Guard
from linkage.kernel import rows_of
from linkage.layout import ENCODED_SIZE, Rows
from linkage.model import Model
from linkage.partition import Balance, Cause, Conflict, Edge, Partition, Question, Reason, partition
from linkage.record import StandardRecord

TOGETHER, POSSIBLE, GUARDED, VETOED = range(4)
"""Why a pair is not in one cluster; the last three are `Reason`."""

_UNIDENTIFIED = int(Guard.UNIDENTIFIED)
_WHOLE_ROW = 16  # a record asked for every 16th of its partners is weighed against all of them at once


@dataclass(frozen=True, slots=True)
class Vetoes:
    """Certain pairs kept apart because somebody else in the two clusters conflicts; V of them, one for two clusters.

    a, b: int64[V], the heaviest such pair; weight float32[V]. between: int64[V, 2], the two rows that conflict, and
    guards: uint32[V], what stands between those. cause: uint8[V], the `Cause` where none of these is of `CONFLICTS`.
    """

    a: Longs
    b: Longs
    weight: Floats
    between: Longs
    guards: Bits
    cause: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Who is one person, and why not more are.

    label: int64[N], the smallest row of each cluster. reason: uint8[n], for each of the n pairs what stood in its
    way: TOGETHER (nothing), POSSIBLE (too light), GUARDED (a guard of its own) or VETOED, more of which in `vetoes`.
    """

    label: Longs
    reason: npt.NDArray[np.uint8]
    vetoes: Vetoes


def cluster(
    encoded: Rows,
    pairs: Pairs,
    model: Model,
    workers: int | None = None,
    rank: Longs | None = None,
    apart: int | None = None,
) -> Clusters:
    """Join what is certain and keep apart what conflicts, as `partition` does for records without assertions.

    encoded: uint8[N, ENCODED_SIZE]. pairs: what `link` kept of them, each once, in any order; floors above `certain`
    lose links. `workers` defaults to the processors this process may use. rank: int64[N], the place of each row's
    key in their order, by which ties are broken; without it the row number, and then the order of the rows may
    decide between equal weights. apart: of the first so many rows no two are one person, and of the others neither.
    Raises `ModelError` for rows of another model, `LinkageError` for pairs
    of rows that are not there.
    """
    matrix, words = rows_of(encoded, model)
    n = len(matrix)
    joins = joining(pairs, model.certain)
    edges = np.flatnonzero(joins)
    label = components(n, *ends_of(pairs, n, edges))
    population = Population(matrix, words, *gather(label, rows_in_order(rank, n)), model, apart or 0)
    conflicts = screen.screen(population, workers or len(os.sched_getaffinity(0)), screen.LISTED, screen.ROUNDS)
    vetoes = [
        _veto(members, question)
        for members, result in _settled(population, pairs, edges, label, conflicts)
        for question in _apply(label, members, result)
    ]
    return Clusters(label, reasons(pairs, joins, label), _columns(vetoes))


def connected(pairs: Pairs, n: int, certain: float, guarded: bool = True) -> Longs:
    """int64[n]: plain connected components, by smallest row, of the pairs that weigh `certain` bits or more.

    What most linkage software calls clusters, for comparison. `guarded` leaves out pairs with a guard, as `cluster`
    does; without it the weight alone decides. Raises `LinkageError` for pairs of rows that are not there.
    """
    heavy = joining(pairs, certain) if guarded else pairs.weight.astype(np.float64) >= certain
    return components(n, *ends_of(pairs, n, np.flatnonzero(heavy)))


def joining(pairs: Pairs, certain: float) -> npt.NDArray[np.bool_]:
    """bool[n]: which pairs join by themselves, in 64 bits because 32 would round the threshold."""
    joins: npt.NDArray[np.bool_] = (pairs.weight.astype(np.float64) >= certain) & (pairs.guards == 0)
    return joins


def warm(model: Model) -> None:
    """Compile all of this, or load it from the cache."""
    row = np.frombuffer(encode(StandardRecord(), model) * 2, np.uint8).reshape(2, ENCODED_SIZE)
    one, bits = np.zeros(1, np.int32), np.zeros(1, np.uint32)
    weight = np.full(1, np.float32(model.certain + 1.0))
    cluster(row, Pairs(one, one + np.int32(1), weight, bits, np.zeros((1, COLUMNS), np.uint8)), model, workers=1)


def rows_in_order(rank: Longs | None, n: int) -> Longs:
    """int64[n]: the rows in the order of their keys. Raises `LinkageError` unless every row has a rank of its own."""
    if rank is None:
        return np.arange(n)
    order = np.argsort(rank)
    if len(rank) != n or (np.diff(rank[order]) < 1).any():
        raise LinkageError("every row needs one rank, and no two rows the same")
    return order


def ends_of(pairs: Pairs, n: int, edges: Longs) -> tuple[Longs, Longs]:
    """Both ends, int64, of some of the pairs. Raises `LinkageError` unless all are of two different of n rows."""
    ends = pairs.a, pairs.b
    if any(len(end) and not 0 <= end.min() <= end.max() < n for end in ends) or (pairs.a == pairs.b).any():
        raise LinkageError("a pair must be of two different rows among the encoded records")
    return pairs.a[edges].astype(np.int64), pairs.b[edges].astype(np.int64)


def _settled(
    population: Population, pairs: Pairs, edges: Longs, label: Longs, conflicts: Conflicts
) -> Iterator[tuple[Longs, Partition]]:
    """The partition of every component that may hold a conflict, with its rows in the order of its keys."""
    contested = np.union1d(conflicts.component, conflicts.unclear)
    if not len(contested):
        return
    component, place = np.full(len(label), -1), np.zeros(len(label), np.int64)
    bounds = [slice(*population.first[c : c + 2]) for c in contested]
    for number, bound in enumerate(bounds):
        rows = population.rows[bound]
        component[rows], place[rows] = number, np.arange(len(rows))
    inside = edges[component[pairs.a[edges]] >= 0]
    inside = inside[np.argsort(component[pairs.a[inside]], kind="stable")]
    cuts = np.searchsorted(component[pairs.a[inside]], np.arange(len(contested) + 1))
    for number, bound in enumerate(bounds):
        rows = population.rows[bound]
        keys = [f"{n:09}" for n in range(len(rows))]
        mine = inside[cuts[number] : cuts[number + 1]]
        drawn = _edges(keys, place[pairs.a[mine]], place[pairs.b[mine]], pairs.weight[mine])
        weighed, model = _Weighed(population, rows), population.model
        balance = None if model.balance is None else Balance(weighed.weight, model.balance)
        yield rows, partition(keys, drawn, (), model.certain, weighed.conflict, balance)


def _edges(keys: Sequence[str], a: Longs, b: Longs, weight: Floats) -> list[Edge]:
    return [
        Edge(keys[one], keys[other], bits)
        for one, other, bits in zip(a.tolist(), b.tolist(), weight.tolist(), strict=True)
    ]


class _Weighed:
    """The pairs of a contested component, weighed as they are asked for.

    A chain of thousands asks for few pairs of each record, one big cluster for all: so a record starts with single
    pairs, and once it has been asked for one in `_WHOLE_ROW` it is weighed against all after it in one go.
    """

    def __init__(self, population: Population, rows: Longs) -> None:
        self._population = population
        self._rows = rows
        self._asked = [0] * len(rows)
        self._single: dict[tuple[int, int], tuple[float, int]] = {}
        self._whole: dict[int, list[tuple[float, int]]] = {}
        self._pair = (np.empty(COLUMNS, np.uint8), np.empty(COLUMNS))
        self._found = np.empty(len(rows), np.int64), np.empty(len(rows), np.float32), np.empty(len(rows), np.uint32)

    def conflict(self, a: str, b: str) -> Conflict | None:
        """What keeps two records apart, if anything does."""
        weight, guards = self._weigh(int(a), int(b))
        same_file = screen.is_of_one_file(self._rows[int(a)], self._rows[int(b)], self._population.apart)
        if screen.is_conflict(np.float32(weight), guards, self._population.model.veto):
            return Conflict(weight, Guard(guards))
        return Conflict(weight, Guard(guards), Cause.ONE_FILE) if same_file else None

    def weight(self, a: str, b: str) -> float:
        """The weight of a pair in bits."""
        return self._weigh(int(a), int(b))[0]

    def _weigh(self, i: int, j: int) -> tuple[float, int]:
        whole = self._whole.get(i)
        if whole is None:
            known = self._single.get((i, j))
            if known is not None:
                return known
            self._asked[i] += 1
            if self._asked[i] * _WHOLE_ROW < len(self._rows) - i:
                self._single[i, j] = found = self._against(i, j, j + 1)[0]
                return found
            whole = self._whole[i] = self._against(i, i + 1, len(self._rows))
        return whole[j - i - 1]

    def _against(self, i: int, low: int, high: int) -> list[tuple[float, int]]:
        population, model = self._population, self._population.model
        rows, numbers = (population.matrix, population.words), (model.weights, model.rules)
        other, weight, guards = self._found
        everything = np.inf
        found = screen.against(
            *rows, self._rows, i, low, high, *numbers, everything, 0, *self._pair, other, weight, guards
        )
        told = [(0.0, _UNIDENTIFIED)] * (high - low)  # what is not found has that guard, which speaks neither way
        for j, bits, guard in zip(
            other[:found].tolist(), weight[:found].tolist(), guards[:found].tolist(), strict=True
        ):
            told[j - low] = bits, guard
        return told


def _apply(label: Longs, members: Longs, result: Partition) -> Iterator[Question]:
    """Name the blocks of a contested component in `label`; its questions about certain pairs."""
    for block in result.blocks:
        rows = members[[int(key) for key in block]]
        label[rows] = rows.min()
    return (question for question in result.questions if question.reason is Reason.VETOED)


def _veto(members: Longs, question: Question) -> tuple[list[int], float, int, int]:
    """The four rows of a question, its weight, its guards and its cause."""
    keys = question.a, question.b, *(question.between or (question.a, question.b))
    return (
        members[[int(key) for key in keys]].tolist(),
        question.weight,
        int(question.guards),
        int(question.cause or 0),
    )


def reasons(pairs: Pairs, joins: npt.NDArray[np.bool_], label: Longs) -> npt.NDArray[np.uint8]:
    """uint8[n]: what stood in the way of each pair, see `Clusters`."""
    reason = np.full(len(pairs.a), POSSIBLE, np.uint8)
    reason[pairs.guards != 0] = GUARDED
    reason[joins] = VETOED
    reason[label[pairs.a] == label[pairs.b]] = TOGETHER
    return reason


def _columns(vetoes: Sequence[tuple[list[int], float, int, int]]) -> Vetoes:
    rows = np.array([rows for rows, *_ in vetoes], np.int64).reshape(-1, 4)
    weight = np.array([weight for _, weight, _, _ in vetoes], np.float32)
    guards = np.array([guards for _, _, guards, _ in vetoes], np.uint32)
    cause = np.array([cause for *_, cause in vetoes], np.uint8)
    return Vetoes(rows[:, 0], rows[:, 1], weight, rows[:, 2:], guards, cause)

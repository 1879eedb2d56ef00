"""The pairs a review sample stands for: those of the result, those its clusters imply, those of a looser key."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from linkage.clerical.looser import looser_keys
from linkage.columns import Encoded
from linkage.defaults import clear_defaults
from linkage.engines import local
from linkage.evaluation.clusterings import pairs_together
from linkage.evaluation.sampling import bands
from linkage.indexing import index, served
from linkage.kernel import rows_of
from linkage.result import Result
from linkage.tables.errors import InputError
from linkage.tables.table import Table

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

_APART = 0.01  # bits by which a weight may differ and be the same: float32 sums, nothing else


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """P pairs, each once.

    a < b: int64[P], rows; weight: float64[P], bits, -inf where it is not known; probability: float64[P]; joined,
    compared: bool[P], by the linkage. edges: of the bands of weight. looked: whether pairs that the linkage never
    compared were looked for; least: then those above this weight are here. passed_over: looser keys left out.
    """

    a: Longs
    b: Longs
    weight: Floats
    probability: Floats
    joined: Truths
    compared: Truths
    edges: Floats
    looked: bool
    least: float
    passed_over: int

    def __len__(self) -> int:
        return len(self.a)


def known_pairs(result: Result) -> Population:
    """The pairs of a result, and those its clusters imply besides; they tell nothing of blocking loss."""
    a, b = _implied(result)
    nothing = np.full(len(a), -inf)
    return _with_links(result, a, b, nothing, np.ones(len(a), np.bool_), looked=False, least=-inf, passed_over=0)


def all_pairs(result: Result, table: Table, workers: int | None = None) -> Population:
    """As `known_pairs`, and what the records themselves bring up down to the lowest band of weight: pairs that were
    compared and weigh too little to be possible, and pairs that share a looser key only.

    Raises `InputError` when the records are not those of the result, or weigh otherwise than they did.
    """
    if not table.ids.equals(result.ids):
        raise InputError(
            "the files do not hold the records of the result: name those it was made from, in the same order"
        )
    encoded = served(index(clear_defaults(table).table, result.model, workers), result.model)
    links = _weigh(encoded, result, result.a, result.b, workers)
    if len(links) and not bool((np.abs(links - result.weight) < _APART).all()):
        raise InputError(
            "the records weigh otherwise than when the result was made: name the same files and mapping, as they were"
        )
    least = float(_edges(result)[0])
    looser = looser_keys(rows_of(encoded.matrix, result.model)[1], first=result.first)
    below = local.link(encoded.matrix, encoded.keys, encoded.rows, result.model, least, workers)
    loose = local.link(encoded.matrix, looser.keys, looser.rows, result.model, least, workers)
    compared = _numbers(result, below.a, below.b)
    a, b = _implied(result)
    numbers = np.unique(np.concatenate((compared, _numbers(result, loose.a, loose.b), _numbers(result, a, b))))
    numbers = numbers[~np.isin(numbers, _numbers(result, result.a, result.b))]
    a, b = numbers // len(result.ids), numbers % len(result.ids)
    if result.first is not None:
        across = (a < result.first) & (b >= result.first)
        numbers, a, b = numbers[across], a[across], b[across]
    weight = _weigh(encoded, result, a, b, workers)
    known = np.isin(numbers, compared)
    return _with_links(result, a, b, weight, known, looked=True, least=least, passed_over=looser.passed_over)


def _edges(result: Result) -> Floats:
    return bands(result.model.possible, result.model.certain)


def _numbers(result: Result, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> Longs:
    return a.astype(np.int64) * len(result.ids) + b


def _implied(result: Result) -> tuple[Longs, Longs]:
    """The pairs of rows that clusters join and that stand in no file: joined through other records."""
    a, b = pairs_together(result.label, result.first)
    fresh = ~np.isin(_numbers(result, a, b), _numbers(result, result.a, result.b))
    return a[fresh], b[fresh]


def _weigh(encoded: Encoded, result: Result, a: Longs, b: Longs, workers: int | None) -> Floats:
    """float64[k]: the weight of each pair of rows a < b, none twice; each has a key of its own."""
    keys = np.repeat(np.arange(len(a)), 2)
    rows = np.column_stack((a, b)).ravel().astype(np.int32)
    found = local.link(encoded.matrix, keys, rows, result.model, -inf, workers)
    weight = np.empty(len(a), np.float64)
    weight[np.argsort(_numbers(result, a, b))] = found.weight[np.argsort(_numbers(result, found.a, found.b))]
    return weight


def _with_links(
    result: Result,
    a: Longs,
    b: Longs,
    weight: Floats,
    compared: Truths,
    *,
    looked: bool,
    least: float,
    passed_over: int,
) -> Population:
    """The pairs of the result first, then the pairs a-b, which are none of them."""
    with np.errstate(over="ignore"):
        likely = 1.0 / (1.0 + np.exp2(-weight))
    return Population(
        a=np.concatenate((result.a, a)),
        b=np.concatenate((result.b, b)),
        weight=np.concatenate((result.weight, weight)),
        probability=np.concatenate((result.probability, likely)),
        joined=np.concatenate((result.joined, result.label[a] == result.label[b])),
        compared=np.concatenate((np.ones(len(result.a), np.bool_), compared)),
        edges=_edges(result),
        looked=looked,
        least=least,
        passed_over=passed_over,
    )

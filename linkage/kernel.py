"""The kernel: one compiled function weighs a pair, on line, in bulk and in the explanation a reviewer reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from linkage.blocking import block_keys
from linkage.comparison import COLUMNS, HOUSEHOLD
from linkage.compiled import compiled
from linkage.encode import encode
from linkage.errors import ModelError
from linkage.kernel_guards import CONFUSION
from linkage.layout import ENCODING_VERSION, TAG, Levels, Rows, Words
from linkage.model import Model, Numbers
from linkage.record import StandardRecord
from linkage.steps import adjust_date, compare_fields, compare_texts, conclude, may_reach

Weighing = tuple[Numbers, Numbers, float]
"""The weights and rules of a model, and the floor below which a pair is not kept."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the kernel says of n pairs.

    weight: float32[n], total in bits with the prior. guards: uint32[n], bits of `Guard`. pattern: uint8[n, COLUMNS],
    the level of every comparison, 0 missing.
    """

    weight: npt.NDArray[np.float32]
    guards: npt.NDArray[np.uint32]
    pattern: Levels


@compiled
def compare(
    a8: Rows,
    a: Words,
    i: int,
    b8: Rows,
    b: Words,
    j: int,
    weights: Numbers,
    rules: Numbers,
    floor: float,
    levels: Levels,
    adjust: Numbers,
) -> tuple[np.float32, int]:
    """Weigh row i of a against row j of b: the total weight and the guards.

    Fills levels[COLUMNS] and adjust[COLUMNS], the bits beside the table's for frequency, estimated dates and
    household; the total is the prior and, in the order of columns, the sum of weights[c, levels[c]] + adjust[c]. A
    pair that cannot reach `floor` whatever its names say is given up as -inf, unless it shares an NHS number: a
    confusion must be seen.
    """
    adjust[:] = 0.0
    levels[:] = 0
    compare_fields(a, i, b, j, rules, levels)
    adjust_date(a, i, b, j, weights, rules, levels, adjust)
    if not may_reach(weights, rules, floor, levels, adjust):
        return np.float32(-inf), 0
    compare_texts(a8, a, i, b8, b, j, rules, levels, adjust)
    return conclude(a, i, b, j, weights, rules, levels, adjust)


@compiled
def compare_either(
    a8: Rows,
    a: Words,
    i: int,
    b8: Rows,
    b: Words,
    j: int,
    model: Weighing,
    other: Weighing,
    levels: Levels,
    adjust: Numbers,
) -> tuple[np.float32, int, bool]:
    """As `compare`, and whether the pair is kept: for it weighs the model's floor, or it is a confusion.

    A pair that is not kept has a second chance by the other model, which must compare alike; what is kept by that one
    alone weighs -inf. With a floor of inf it gives none.
    """
    weights, rules, floor = model
    other_weights, other_rules, other_floor = other
    adjust[:] = 0.0
    levels[:] = 0
    compare_fields(a, i, b, j, rules, levels)
    again = False
    if other_floor < inf:
        adjust_date(a, i, b, j, other_weights, other_rules, levels, adjust)
        again = may_reach(other_weights, other_rules, other_floor, levels, adjust)
    adjust_date(a, i, b, j, weights, rules, levels, adjust)
    first = may_reach(weights, rules, floor, levels, adjust)
    if not (first or again):
        return np.float32(-inf), 0, False
    compare_texts(a8, a, i, b8, b, j, rules, levels, adjust)
    bits, guard = np.float32(-inf), 0
    if first:
        bits, guard = conclude(a, i, b, j, weights, rules, levels, adjust)
        if bits >= floor or guard & CONFUSION:
            return bits, guard, True
    if again:
        levels[HOUSEHOLD], adjust[HOUSEHOLD] = 0, 0.0
        adjust_date(a, i, b, j, other_weights, other_rules, levels, adjust)
        bits, guard = conclude(a, i, b, j, other_weights, other_rules, levels, adjust)
    return np.float32(-inf), guard, again and bool(bits >= other_floor or guard & CONFUSION)


@compiled
def score_rows(
    one8: Rows,
    one: Words,
    row: int,
    many8: Rows,
    many: Words,
    weights: Numbers,
    rules: Numbers,
    weight: npt.NDArray[np.float32],
    guards: npt.NDArray[np.uint32],
    pattern: Levels,
    adjust: Numbers,
) -> None:
    """Fill the three results for a row of `one` against every row of `many`; `adjust` is the last pair's.

    The row's number is an argument because the compiler would make another kernel for the constant 0.
    """
    for j in range(many.shape[0]):
        weight[j], guards[j] = compare(one8, one, row, many8, many, j, weights, rules, -inf, pattern[j], adjust)


def rows_of(encoded: Rows, model: Model) -> tuple[Rows, Words]:
    """Encoded rows as the kernel takes them: read-only bytes and words of the same memory, uint8[N, model.size].

    Raises `ModelError` unless every row was encoded for this model: its frequencies stand inside the rows.
    """
    rows = np.ascontiguousarray(encoded, dtype=np.uint8).reshape(-1, model.size).view()
    rows.setflags(write=False)
    words = rows.view(np.int64)
    tag = np.uint64(model.tag).astype(np.int64)
    if not (np.all(rows[:, 0] == ENCODING_VERSION) and np.all(words[:, TAG] == tag)):
        raise ModelError("a record was encoded for another model; encode it again")
    return rows, words


def score(one: bytes, many: Sequence[bytes], model: Model) -> Scores:
    """Weigh one encoded record against each of many; n may be 0. Raises `ModelError` for rows of another model."""
    return score_adjusted(one, many, model)[0]


def score_adjusted(one: bytes, many: Sequence[bytes], model: Model) -> tuple[Scores, Numbers]:
    """As `score`, with float64[COLUMNS]: the bits beside the model's table in the last pair, for its explanation."""
    if len(one) != model.size or any(len(row) != model.size for row in many):
        raise ModelError(f"an encoded record has {model.size} bytes under this model")
    row, word = rows_of(np.frombuffer(one, np.uint8), model)
    rows, words = rows_of(np.frombuffer(b"".join(many), np.uint8), model)
    n, adjust = len(rows), np.zeros(COLUMNS)
    scores = Scores(np.empty(n, np.float32), np.empty(n, np.uint32), np.empty((n, COLUMNS), np.uint8))
    results = scores.weight, scores.guards, scores.pattern, adjust
    score_rows(row, word, 0, rows, words, model.weights, model.rules, *results)
    return scores, adjust


def score_pair(a: bytes, b: bytes, model: Model) -> Scores:
    """Weigh two encoded records; arrays of length 1."""
    return score(a, (b,), model)


def warm(model: Model) -> None:
    """Compile the kernel, or load it from the cache, before the first request waits for it."""
    row = encode(StandardRecord(), model)
    score_pair(row, row, model)
    block_keys(StandardRecord(nhs_number="9990000018"))

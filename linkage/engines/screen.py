"""Which records of a component conflict: the kernel over the pairs inside it, in compiled code on all cores.

A conflict is what keeps two clusters apart (design section 4): a guard of `CONFLICTS`, or a weight below the model's
veto floor; a record of an unidentified patient is wrong about who it is, and vetoes nobody by its weight. A component
in which no pair conflicts is one cluster, whatever the order of its edges.

Components up to `LISTED` records have all their conflicts listed. A larger one is only asked whether it has any: in
round k every record is weighed against the k-th after it, all round, until a conflict is found, and after `ROUNDS`
rounds it is given up as not clear. So the screen never takes more than LISTED / 2 or `ROUNDS` pairs for each record,
and one odd record in a chain of thousands is found in the first rounds.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS
from linkage.compiled import allocating, compiled
from linkage.guard import CONFLICTS, Guard
from linkage.kernel import compare
from linkage.layout import Levels, Rows, Words
from linkage.model import Model, Numbers

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint32]
Column = TypeVar("Column", Longs, npt.NDArray[np.int32], Floats, Bits)

LISTED = 256
ROUNDS = 4096
PAIRS_PER_SHARE = 250_000
_CONFLICTS, _UNIDENTIFIED = int(CONFLICTS), int(Guard.UNIDENTIFIED)


@dataclass(frozen=True, slots=True)
class Population:
    """Checked rows of a model with its components: `rows` and `first` as `components.gather` gives them.

    apart: of the first so many rows no two are one person, and of the others neither; 0 when nothing of the kind is
    known.
    """

    matrix: Rows
    words: Words
    rows: Longs
    first: Longs
    model: Model
    apart: int = 0


@dataclass(frozen=True, slots=True)
class Conflicts:
    """All conflicts of the listed components, and which large ones may have some.

    With a balance, any pair below it is listed too: where there is none, every average is above it.

    component: int64[n], ascending; a < b: int64[n], places in the component; weight float32[n], guards uint32[n].
    unclear: int64[m], large components with a conflict, or with more pairs than were looked at.
    """

    component: Longs
    a: Longs
    b: Longs
    weight: Floats
    guards: Bits
    unclear: Longs


def screen(population: Population, workers: int, listed: int, rounds: int) -> Conflicts:
    """Find the conflicts inside every component, the same for any number of threads; see `LISTED` and `ROUNDS`."""
    model = population.model

    def run(share: tuple[int, int]) -> tuple[Longs, Longs, Longs, Floats, Bits, Longs]:
        return screen_share(
            population.matrix,
            population.words,
            population.rows,
            population.first,
            model.weights,
            model.rules,
            model.veto if model.balance is None else max(model.veto, model.balance),
            population.apart,
            listed,
            rounds,
            *share,
        )

    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(run, shares(np.diff(population.first), listed, rounds)))
    return Conflicts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def shares(sizes: Longs, listed: int, rounds: int) -> list[tuple[int, int]]:
    """Cut the components into runs [from, to) of about `PAIRS_PER_SHARE` pairs; at least one run."""
    each = np.where(sizes > listed, np.minimum(sizes // 2, rounds), sizes // 2 + 1)
    work = np.concatenate((np.zeros(1, np.int64), np.cumsum(each * sizes)))
    cuts = np.searchsorted(work, np.arange(0, work[-1], PAIRS_PER_SHARE))
    edges = np.unique(np.concatenate((np.zeros(1, np.int64), cuts, np.array([len(sizes)]))))
    return [(int(low), int(high)) for low, high in pairwise(edges)] or [(0, 0)]


@allocating
def screen_share(
    matrix: Rows,
    words: Words,
    rows: Longs,
    first: Longs,
    weights: Numbers,
    rules: Numbers,
    veto: float,
    apart: int,
    listed: int,
    rounds: int,
    low: int,
    high: int,
) -> tuple[Longs, Longs, Longs, Floats, Bits, Longs]:
    """The columns of `Conflicts` for the components low to high."""
    room, kept, unclear_count = 1024, 0, 0
    component, a, b = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    weight, guards = np.empty(room, np.float32), np.empty(room, np.uint32)
    unclear = np.empty(high - low, np.int64)
    levels, adjust = np.empty(COLUMNS, np.uint8), np.empty(COLUMNS)
    for c in range(low, high):
        members = rows[first[c] : first[c + 1]]
        size = len(members)
        if size > listed:
            if not is_clear(matrix, words, members, weights, rules, veto, apart, rounds, levels, adjust):
                unclear[unclear_count] = c
                unclear_count += 1
            continue
        for i in range(size):
            if kept + size > room:
                room = 2 * room + size
                component, a, b = grown(component, room), grown(a, room), grown(b, room)
                weight, guards = grown(weight, room), grown(guards, room)
            span = (b[kept:], weight[kept:], guards[kept:])
            found = against(
                matrix, words, members, i, i + 1, size, weights, rules, veto, apart, levels, adjust, *span
            )
            component[kept : kept + found] = c
            a[kept : kept + found] = i
            kept += found
    told = component[:kept].copy(), a[:kept].copy(), b[:kept].copy()
    return (*told, weight[:kept].copy(), guards[:kept].copy(), unclear[:unclear_count].copy())


@compiled
def against(
    matrix: Rows,
    words: Words,
    members: Longs,
    i: int,
    low: int,
    high: int,
    weights: Numbers,
    rules: Numbers,
    veto: float,
    apart: int,
    levels: Levels,
    adjust: Numbers,
    other: Longs,
    weight: Floats,
    guards: Bits,
) -> int:
    """Weigh member i against the members low to high; fill in those that conflict, and say how many they are."""
    found = 0
    for j in range(low, high):
        bits, guard = compare(
            matrix, words, members[i], matrix, words, members[j], weights, rules, -inf, levels, adjust
        )
        if is_conflict(bits, guard, veto) or is_of_one_file(members[i], members[j], apart):
            other[found], weight[found], guards[found] = j, bits, guard
            found += 1
    return found


@compiled
def is_clear(
    matrix: Rows,
    words: Words,
    members: Longs,
    weights: Numbers,
    rules: Numbers,
    veto: float,
    apart: int,
    rounds: int,
    levels: Levels,
    adjust: Numbers,
) -> bool:
    """Whether no two members conflict; False also when that takes more than so many rounds to say."""
    size = len(members)
    for step in range(1, min(size // 2, rounds) + 1):
        for i in range(step if 2 * step == size else size):
            j = i + step if i + step < size else i + step - size
            one, other = members[min(i, j)], members[max(i, j)]
            bits, guard = compare(matrix, words, one, matrix, words, other, weights, rules, -inf, levels, adjust)
            if is_conflict(bits, guard, veto) or is_of_one_file(one, other, apart):
                return False
    return bool(size // 2 <= rounds)


@compiled
def is_conflict(weight: np.float32, guards: int, veto: float) -> bool:
    """Whether a pair that weighs so much and carries these guards keeps two clusters apart."""
    return bool(guards & _CONFLICTS or (not guards & _UNIDENTIFIED and weight < veto))


@compiled
def is_of_one_file(one: int, other: int, apart: int) -> bool:
    """Whether two rows are of one of two files that hold a person once each; the first has the first `apart` rows."""
    return bool(apart > 0 and (one < apart) == (other < apart))


@allocating
def grown(column: Column, room: int) -> Column:
    """A longer copy of a column; what is new in it is not set."""
    longer = np.empty(room, column.dtype)
    longer[: len(column)] = column
    return longer

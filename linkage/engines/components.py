"""Connected components of a whole population, in compiled code and time linear in rows and edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkage.compiled import allocating, compiled

Longs = npt.NDArray[np.int64]


def components(n: int, a: Longs, b: Longs) -> Longs:
    """int64[n]: for each of n rows the smallest row it is connected with by the edges a-b (int64, rows below n)."""
    label = np.arange(n)
    connect(label, a, b)
    return label


@compiled
def connect(parent: Longs, a: Longs, b: Longs) -> None:
    """Union-find in place: `parent` starts with each row its own, and ends with each row's smallest connected one.

    The larger root always goes under the smaller, so no parent is ever after its child, and one pass upwards at the
    end finds every row's root.
    """
    for edge in range(len(a)):
        one, other = root(parent, a[edge]), root(parent, b[edge])
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    for row in range(len(parent)):
        parent[row] = parent[parent[row]]


@compiled
def root(parent: Longs, row: int) -> int:
    """The root of a row, halving the way to it for the next."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@allocating
def gather(label: Longs, order: Longs) -> tuple[Longs, Longs]:
    """The rows of every component of two or more, one component after another, each in the given order of rows.

    label: int64[N] from `components`; order: int64[N], every row once. Returns rows int64[K] and first int64[C + 1]:
    component c holds rows[first[c]:first[c + 1]].
    """
    n = len(label)
    place = np.zeros(n, np.int64)
    for row in range(n):
        place[label[row]] += 1
    held = several = 0
    for row in range(n):
        if place[row] > 1:
            held, several = held + place[row], several + 1
    rows, first = np.empty(held, np.int64), np.empty(several + 1, np.int64)
    held = several = 0
    for row in range(n):
        size = place[row]
        place[row] = held if size > 1 else -1
        if size > 1:
            first[several] = held
            held, several = held + size, several + 1
    first[several] = held
    for row in order:
        at = place[label[row]]
        if at >= 0:
            rows[at] = row
            place[label[row]] = at + 1
    return rows, first

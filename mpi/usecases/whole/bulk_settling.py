"""Every edge of a whole population in columns, its connected components, and their settlement in worker processes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS
from linkage.engines.local import Pairs
from linkage.guard import Guard
from mpi.domain.evidence import Edge
from mpi.domain.identifiers import Identifier
from mpi.domain.settlement import Component, Member, Settler
from mpi.usecases.identity.matching import Matching

Longs = npt.NDArray[np.int64]
_GROUP = 4_000  # records that one worker settles at a time
_TOLD = 8  # of the edges that made a link, as many stand in its reason


@dataclass(frozen=True, slots=True)
class Weighed:
    """Edges in columns, by a and then b: records a < b (int64[n], from 0), weight float32[n], guards int32[n],
    joins bool[n], pattern uint8[n, COLUMNS]."""

    a: Longs
    b: Longs
    weight: npt.NDArray[np.float32]
    guards: npt.NDArray[np.int32]
    joins: npt.NDArray[np.bool_]
    pattern: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.a)

    @classmethod
    def of(cls, pairs: Pairs, able: Longs, identifiers: Sequence[Identifier], matching: Matching) -> Weighed:
        """What the kernel kept, with the guards that come from the network's feeds; `able` are the rows compared."""
        order = np.lexsort((pairs.b, pairs.a))
        a, b = able[pairs.a[order]], able[pairs.b[order]]
        guards = pairs.guards[order].astype(np.int32) | _stops(a, b, identifiers, matching)
        weight = pairs.weight[order]
        # In 64 bits, as one edge is judged on line: at the threshold itself 32 bits would round it.
        joins = (weight.astype(np.float64) >= matching.model.certain) & (guards == 0)
        return cls(a, b, weight, guards, joins, pairs.pattern[order])

    @classmethod
    def none(cls) -> Weighed:
        """No edge at all."""
        rows, bits = np.empty(0, np.int64), np.empty(0, np.int32)
        pattern = np.empty((0, COLUMNS), np.uint8)
        return cls(rows, rows, np.empty(0, np.float32), bits, np.empty(0, np.bool_), pattern)

    def each(
        self, which: Longs, identifiers: Sequence[Identifier], matching: Matching
    ) -> Iterator[tuple[int, int, Edge]]:
        """Some of the edges one by one, with the rows of their ends."""
        columns = (self.a, self.b, self.weight, self.guards)
        rows = zip(*(column[which].tolist() for column in columns), self.pattern[which], strict=True)
        for a, b, weight, bits, pattern in rows:
            yield a, b, matching.edge(identifiers[a], identifiers[b], weight, bits, pattern.tobytes())


@dataclass(frozen=True, slots=True)
class Group:
    """Some components, one after another: `sizes` are how many of `rows` each has. `edges` are the edges inside
    them: (positions of both ends, weight, guards, pattern), `edge_counts` how many each component has."""

    rows: list[int]
    sizes: list[int]
    identifiers: list[Identifier]
    encoded: list[bytes]
    edges: list[tuple[int, int, float, int, bytes]]
    edge_counts: list[int]


Settled = list[tuple[list[list[int]], str]]
"""For each component its blocks, as rows, and the reason of their links as JSON."""


def components(n: int, edges: Weighed, joined: Iterable[tuple[int, int]] = ()) -> Longs:
    """The component of each of n records, named by one of its rows: joined by edges that join by themselves, and by
    whatever else has `joined` two rows."""
    parent = list(range(n))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    joining = np.flatnonzero(edges.joins)
    for a, b in chain(zip(edges.a[joining].tolist(), edges.b[joining].tolist(), strict=True), joined):
        parent[root(b)] = root(a)
    return np.fromiter(map(root, range(n)), np.int64, n)


def groups(
    label: Longs, edges: Weighed, identifiers: Sequence[Identifier], encoded: npt.NDArray[np.uint8], able: Longs
) -> Iterator[Group]:
    """All components of two records or more, in groups to be settled apart."""
    several = np.bincount(label, minlength=len(label))[label] > 1
    rows = np.flatnonzero(several)
    rows = rows[np.argsort(label[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(label[rows], prepend=-1))
    inside = np.flatnonzero((label[edges.a] == label[edges.b]) & several[edges.a])
    inside = inside[np.argsort(label[edges.a[inside]], kind="stable")]
    labels = label[edges.a[inside]]
    bounds = np.append(starts, len(rows))
    at = 0
    while at < len(starts):
        end = max(int(np.searchsorted(bounds, bounds[at] + _GROUP, side="right")) - 1, at + 1)
        chosen, names = rows[bounds[at] : bounds[end]], label[rows[starts[at:end]]]
        first, last = np.searchsorted(labels, names, side="left"), np.searchsorted(labels, names, side="right")
        chosen_edges = inside[first[0] : last[-1]]
        position = dict(zip(chosen.tolist(), range(len(chosen)), strict=True))
        matrix = encoded[np.searchsorted(able, chosen)]
        yield Group(
            chosen.tolist(),
            np.diff(bounds[at : end + 1]).tolist(),
            [identifiers[row] for row in position],
            [row.tobytes() for row in matrix],
            _inside(edges, chosen_edges, position),
            (last - first).tolist(),
        )
        at = end


def settle(matching: Matching, group: Group) -> Settled:
    """Settle every component of a group; runs in a worker process."""
    settled: Settled = []
    row = edge = 0
    for size, edge_count in zip(group.sizes, group.edge_counts, strict=True):
        members = [
            Member(identifier, None, encoded, live=True)
            for identifier, encoded in zip(
                group.identifiers[row : row + size], group.encoded[row : row + size], strict=True
            )
        ]
        edges = [
            matching.edge(group.identifiers[a], group.identifiers[b], weight, bits, pattern)
            for a, b, weight, bits, pattern in group.edges[edge : edge + edge_count]
        ]
        component = Component(tuple(members), tuple(edges), (), ())
        blocks = Settler(component, matching.thresholds, matching.score).settle().blocks
        row_of = {member.identifier: group.rows[row + n] for n, member in enumerate(members)}
        settled.append(([[row_of[identifier] for identifier in block] for block in blocks], reason(edges, matching)))
        row, edge = row + size, edge + edge_count
    return settled


def reason(edges: Iterable[Edge], matching: Matching) -> str:
    """Why links were made, in weights and with the model that gave them, as JSON (promise 6; see `Rematch`)."""
    joining = sorted((e for e in edges if e.joins), key=lambda e: (-e.weight, e.pair))[:_TOLD]
    told: dict[str, Any] = {
        "cause": "bulk-load",
        "message": None,
        "model": matching.model.fingerprint,
        "edges": [[str(e.pair.one), str(e.pair.other), round(e.weight, 3), e.pattern.hex()] for e in joining],
        "assertions": [],
    }
    return json.dumps(told)


def _inside(edges: Weighed, which: Longs, position: dict[int, int]) -> list[tuple[int, int, float, int, bytes]]:
    rows = zip(
        edges.a[which].tolist(),
        edges.b[which].tolist(),
        edges.weight[which].tolist(),
        edges.guards[which].tolist(),
        edges.pattern[which],
        strict=True,
    )
    return [(position[a], position[b], weight, bits, pattern.tobytes()) for a, b, weight, bits, pattern in rows]


def _stops(a: Longs, b: Longs, identifiers: Sequence[Identifier], matching: Matching) -> npt.NDArray[np.int32]:
    """The guards that depend on the sources alone (SEC-2): asked once for each pair of authorities."""
    names = sorted({identifier.authority for identifier in identifiers})
    ordinal = {name: n for n, name in enumerate(names)}
    of_row = np.fromiter((ordinal[i.authority] for i in identifiers), np.int16, len(identifiers))
    one, other = [Identifier(name, "1") for name in names], [Identifier(name, "2") for name in names]
    table = np.array([[int(matching.edge(x, y, 0.0, int(Guard.NONE)).guards) for y in other] for x in one], np.int32)
    return table[of_row[a], of_row[b]].astype(np.int32, copy=False)

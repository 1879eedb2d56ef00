"""The whole index in columns under one model: records as it encodes them, edges as it weighs them, in components."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from linkage.encode import ENCODED_SIZE
from linkage.engines.local import link
from linkage.partition import Verdict
from mpi.domain.evidence import Assertion
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record
from mpi.domain.settlement import Component, Member
from mpi.domain.views import RecordState
from mpi.errors import Conflict
from mpi.usecases.identity.matching import Matching
from mpi.usecases.whole.bulk_settling import Weighed, components

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Population:
    """Every record by its row. encoded: uint8[A, ENCODED_SIZE], of the rows `able` int64[A] that take part in
    linkage; keys: int64[K] and of_key: int64[K], the row of each; `ids` are database ids; `live`,
    `overlaid` and `contested` as in `Member`."""

    identifiers: list[Identifier]
    golden_ids: list[UUID]
    able: Longs
    encoded: npt.NDArray[np.uint8]
    keys: Longs
    of_key: Longs
    live: list[bool]
    overlaid: list[bool]
    contested: list[bool]
    ids: list[int]

    def __len__(self) -> int:
        return len(self.identifiers)

    def row_of(self) -> dict[Identifier, int]:
        """The row of each record."""
        return {identifier: row for row, identifier in enumerate(self.identifiers)}


def read(records: Iterable[Record], matching: Matching, *, encoded_so: bool) -> Population:
    """The records encoded for the model of `matching`; `encoded_so` when they are stored so. Raises `Conflict` for an
    index that is broken."""
    made = Population([], [], *_columns([], [], [], []), [], [], [], [])
    rows: list[bytes] = []
    able: list[int] = []
    keys: list[npt.NDArray[np.int64]] = []
    counts: list[int] = []
    for row, record in enumerate(records):
        encoded, own = (record.encoded, record.keys) if encoded_so else matching.prepare(record)
        if record.golden_id is None or record.id is None:
            raise Conflict("a record belongs to no golden identity; run mpi verify, which names it")
        made.identifiers.append(record.identifier)
        made.golden_ids.append(record.golden_id)
        made.live.append(record.state is not RecordState.SUBSUMED)
        made.overlaid.append(record.overlaid)
        made.contested.append(record.contested)
        made.ids.append(record.id)
        keys.append(np.array(own, np.int64))
        counts.append(len(own))
        if encoded is not None:
            able.append(row)
            rows.append(encoded)
    columns = _columns(able, rows, keys, counts)
    marks = (made.live, made.overlaid, made.contested, made.ids)
    return Population(made.identifiers, made.golden_ids, *columns, *marks)


def _columns(
    able: Sequence[int], rows: Sequence[bytes], keys: Sequence[Longs], counts: Sequence[int]
) -> tuple[Longs, npt.NDArray[np.uint8], Longs, Longs]:
    return (
        np.array(able, np.int64),
        np.frombuffer(b"".join(rows), np.uint8).reshape(-1, ENCODED_SIZE),
        np.concatenate([np.empty(0, np.int64), *keys]),
        np.repeat(np.arange(len(counts), dtype=np.int64), counts),
    )


def weigh(population: Population, matching: Matching) -> Weighed:
    """Every edge, as message intake would have kept it."""
    if not len(population.able):
        return Weighed.none()
    place = np.zeros(len(population), np.int32)
    place[population.able] = np.arange(len(population.able), dtype=np.int32)
    pairs = link(population.encoded, population.keys, place[population.of_key], matching.model)
    return Weighed.of(pairs, population.able, population.identifiers, matching)


def parts(
    population: Population, edges: Weighed, assertions: Sequence[Assertion], matching: Matching
) -> Iterator[Component]:
    """Every component of two records or more, joined by edges, SAME assertions and golden identities."""
    row_of = population.row_of()
    label = components(len(population), edges, _joined(population, assertions, row_of))
    several = np.bincount(label, minlength=len(label))[label] > 1
    rows = _by_label(np.flatnonzero(several), label)
    inside = np.flatnonzero((label[edges.a] == label[edges.b]) & several[edges.a])
    inside = inside[np.argsort(label[edges.a[inside]], kind="stable")]
    of_edge = label[edges.a[inside]]
    about: dict[int, list[Assertion]] = defaultdict(list)
    for made in assertions:
        for at in {int(label[row_of[made.pair.one]]), int(label[row_of[made.pair.other]])}:
            about[at].append(made)
    encoded_at = np.full(len(population), -1, np.int64)
    encoded_at[population.able] = np.arange(len(population.able))
    for members in np.split(rows, np.flatnonzero(np.diff(label[rows])) + 1) if len(rows) else []:
        at = int(label[members[0]])
        first, last = np.searchsorted(of_edge, [at, at + 1], side="left")
        weighed = tuple(edge for _, _, edge in edges.each(inside[first:last], population.identifiers, matching))
        standing = tuple(about.get(at, ()))
        made_of = tuple(_member(population, row, int(encoded_at[row])) for row in members.tolist())
        yield Component(made_of, weighed, standing, standing)


def _by_label(rows: Longs, label: Longs) -> Longs:
    return rows[np.argsort(label[rows], kind="stable")]


def _joined(
    population: Population, assertions: Sequence[Assertion], row_of: dict[Identifier, int]
) -> Iterator[tuple[int, int]]:
    for made in assertions:
        if made.verdict is Verdict.SAME:
            yield row_of[made.pair.one], row_of[made.pair.other]
    first: dict[UUID, int] = {}
    for row, golden_id in enumerate(population.golden_ids):
        if (held := first.setdefault(golden_id, row)) != row:
            yield held, row


def _member(population: Population, row: int, encoded_at: int) -> Member:
    return Member(
        population.identifiers[row],
        population.golden_ids[row],
        population.encoded[encoded_at].tobytes() if encoded_at >= 0 else None,
        population.live[row],
        population.contested[row],
        population.overlaid[row],
    )

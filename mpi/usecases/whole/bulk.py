"""Load an empty index in bulk, by the functions that messages go through, and so to the same end (promise 2).

Standardising, encoding and settling run in worker processes, edges are weighed on all cores in one pass, and one
transaction writes everything: a crash leaves an empty index. An initial load publishes no events: it is refused
when somebody has subscribed already, and whoever subscribes later reads the people as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt

from linkage.encode import ENCODED_SIZE
from linkage.engines.local import link
from mpi.domain import questions
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Envelope, Register
from mpi.domain.draft import Draft
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.network import Network
from mpi.domain.record import Record, Update
from mpi.domain.views import Study
from mpi.errors import Fault, Refused
from mpi.ports import Ids
from mpi.usecases.identity.matching import Matching
from mpi.usecases.whole.bulk_settling import Weighed, components, groups, reason, settle
from mpi.usecases.whole.bulk_workers import Workers

Longs = npt.NDArray[np.int64]
Line = tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]]
"""A record ready to be copied into the database, each thing said of it, and its other names; without database ids."""
Render = Callable[[Record, Sequence[Update]], Line]
Told = Callable[[str, int], None]
"""Called with a phase that has ended and how many rows it made."""
Batch = Iterable[Update]
"""Sent to a worker process as it is and read there: a list, or anything that can be pickled and makes the updates
when it is iterated. All updates of one identifier stand together in one batch; some thousand are a good size."""
Registration = tuple[Envelope, Identifier]
"""A message that registers one identifier and says no more."""


class Store(Protocol):
    """One loading transaction. Records are numbered from 1 in the order added: their database ids."""

    def claim(self) -> None:
        """Hold the index for this transaction alone; raises `Refused` unless it is empty."""

    def add_messages(self, registrations: Iterable[Registration], callers: Mapping[str, Caller]) -> int:
        """Messages whose updates come with this load, with the audit row of each by the caller of its feed; they are
        numbered one after another, and the number of the first is returned: the arrivals of the updates."""

    def add_records(self, first: int, rows: Sequence[Line]) -> None:
        """Records numbered from `first`. Raises `Refused` for an identifier that was added before."""

    def add_keys(self, keys: Longs, records: Longs) -> None:
        """Blocking keys, and the record of each."""

    def add_edges(self, edges: Weighed) -> None:
        """Every edge; its ends count records from 0."""

    def add_people(self, people: Iterable[tuple[UUID, Sequence[int], str]], contested: Collection[int]) -> int:
        """Golden identities: id, the numbers of its records, why they are linked (JSON). `contested` are the records
        whose links are. Returns how many people."""

    def add_tasks(self, asked: Iterable[tuple[questions.Question, tuple[int, int]]]) -> int:
        """Review tasks with the numbers of their two records. Returns how many."""

    def add_studies(self, studies: Iterable[Study]) -> int:
        """Studies of records that are in the index; raises `Refused` when one is not, or a study is known."""

    def close(self, caller: Caller, action: str, detail: dict[str, int]) -> None:
        """Write the audit row, tell the database's planner what has come in, and commit."""


class Stores(Protocol):
    """Opens loading transactions."""

    def begin(self) -> AbstractContextManager[Store]:
        """A transaction, rolled back at exit unless closed. Raises `Unavailable`."""

    @property
    def render(self) -> Render:
        """A function that can be pickled; called in worker processes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a bulk load has made."""

    records: int
    keys: int
    edges: int
    people: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """One batch as a worker made it. keys: int64[K]; counts: int32[n], keys of each record; encoded: rows of those
    records that take part in linkage, able: bool[n]."""

    identifiers: list[Identifier]
    rows: list[Line]
    able: npt.NDArray[np.bool_]
    encoded: bytes
    keys: Longs
    counts: npt.NDArray[np.int32]
    overlaid: list[Identifier]


@dataclass(frozen=True, slots=True)
class _Population:
    """All records of the load, in their order; arrays as in `Prepared`."""

    identifiers: list[Identifier]
    able: Longs  # the records that take part in linkage
    encoded: npt.NDArray[np.uint8]  # [len(able), ENCODED_SIZE]
    keys: Longs
    of_key: Longs  # the record of each key
    overlaid: dict[Identifier, int]  # the number of each record that waits for a reviewer


class BulkLoad:
    """The first filling of an index. `workers` processes, 1 for none but this one."""

    def __init__(self, stores: Stores, matching: Matching, network: Network, ids: Ids, workers: int) -> None:
        self._stores = stores
        self._matching = matching
        self._ids = ids
        self._workers = workers
        self._authorities = frozenset(a.id for a in network.authorities) - {NHS_AUTHORITY}

    def run(
        self,
        batches: Iterable[Batch],
        caller: Caller,
        told: Told = lambda phase, rows: None,
        begun: Callable[[Store], None] = lambda store: None,
    ) -> Loaded:
        """Load source records and link them. Needs OPERATE; the index must be empty and without subscribers. `begun`
        is called in the transaction before the first batch is read.

        Nobody is answered meanwhile, feeds are told to try again. Raises `Refused` (CONFLICT: not empty;
        UNKNOWN_AUTHORITY; IDENTIFIER_IN_USE: not all updates of an identifier stood together; BAD_VALUE) and
        `Unavailable`; then nothing was loaded.
        """
        caller.require(Right.OPERATE)
        with self._stores.begin() as store, Workers(self._workers) as workers:
            store.claim()
            begun(store)
            population = self._records(store, workers, batches)
            told("records", len(population.identifiers))
            order = np.argsort(population.keys, kind="stable")  # an index is filled fastest in its own order
            store.add_keys(population.keys[order], population.of_key[order] + 1)
            told("keys", len(order))
            edges = self._weigh(population)
            told("edges weighed", len(edges))
            store.add_edges(edges)
            told("edges", len(edges))
            people, golden_of = self._settle(store, workers, population, edges)
            told("people", people)
            tasks = store.add_tasks(self._questions(population, edges, golden_of))
            told("tasks", tasks)
            loaded = Loaded(len(population.identifiers), len(order), len(edges), people, tasks)
            store.close(caller, "bulk-load", {name: getattr(loaded, name) for name in loaded.__slots__})
            told("commit", 1)
            return loaded

    def studies(self, studies: Iterable[Study], caller: Caller) -> int:
        """Load studies of records that are in the index, all or none; returns how many. No events. Needs OPERATE.

        Raises `Refused` (UNKNOWN_IDENTIFIER, CONFLICT: a study is known already), `Unavailable`.
        """
        caller.require(Right.OPERATE)
        with self._stores.begin() as store:
            count = store.add_studies(studies)
            store.close(caller, "bulk-load-studies", {"studies": count})
            return count

    def _records(self, store: Store, workers: Workers, batches: Iterable[Batch]) -> _Population:
        parts: list[Prepared] = []
        identifiers: list[Identifier] = []
        for part in workers.map(partial(prepare, self._matching, self._stores.render), batches):
            if unknown := {i.authority for i in part.identifiers} - self._authorities:
                text = f"assigning authority '{min(unknown)}' is not in this network"
                raise Refused(Fault.UNKNOWN_AUTHORITY, text)
            store.add_records(len(identifiers) + 1, part.rows)
            identifiers += part.identifiers
            part.rows.clear()
            parts.append(part)
        counts = np.concatenate([part.counts for part in parts] or [np.empty(0, np.int32)])
        able = np.concatenate([part.able for part in parts] or [np.empty(0, np.bool_)])
        return _Population(
            identifiers,
            np.flatnonzero(able),
            np.frombuffer(b"".join(part.encoded for part in parts), np.uint8).reshape(-1, ENCODED_SIZE),
            np.concatenate([part.keys for part in parts] or [np.empty(0, np.int64)]),
            np.repeat(np.arange(len(counts)), counts),
            _numbers(identifiers, {one for part in parts for one in part.overlaid}),
        )

    def _weigh(self, population: _Population) -> Weighed:
        """Every edge, as message intake would have kept it."""
        if not len(population.able):
            return Weighed.none()
        place = np.zeros(len(population.identifiers), np.int32)
        place[population.able] = np.arange(len(population.able), dtype=np.int32)
        pairs = link(population.encoded, population.keys, place[population.of_key], self._matching.model)
        return Weighed.of(pairs, population.able, population.identifiers, self._matching)

    def _settle(
        self, store: Store, workers: Workers, population: _Population, edges: Weighed
    ) -> tuple[int, npt.NDArray[np.int32]]:
        """Make the golden identities; returns how many, and the ordinal of each record's."""
        golden_of = [-1] * len(population.identifiers)
        people = self._people(workers, population, edges, golden_of)
        return store.add_people(people, frozenset(population.overlaid.values())), np.array(golden_of, np.int32)

    def _people(
        self, workers: Workers, population: _Population, edges: Weighed, golden_of: list[int]
    ) -> Iterator[tuple[UUID, Sequence[int], str]]:
        label = components(len(golden_of), edges)
        work = groups(label, edges, population.identifiers, population.encoded, population.able)
        made = 0
        for settled in workers.map(partial(settle, self._matching), work):
            for blocks, why in settled:
                for block in blocks:
                    for row in block:
                        golden_of[row] = made
                    made += 1
                    yield self._ids.golden(), [row + 1 for row in block], why
        alone = reason([], self._matching)
        for row, golden in enumerate(golden_of):
            if golden < 0:
                golden_of[row] = made
                made += 1
                yield self._ids.golden(), (row + 1,), alone

    def _questions(
        self, population: _Population, edges: Weighed, golden_of: npt.NDArray[np.int32]
    ) -> Iterator[tuple[questions.Question, tuple[int, int]]]:
        """What could not join is asked, and who an overlaid record is. No link is held."""
        identifiers = population.identifiers
        apart = np.flatnonzero(golden_of[edges.a] != golden_of[edges.b])
        number: dict[Identifier, int] = {}

        def placed() -> Iterator[questions.Placed]:
            for a, b, edge in edges.each(apart, identifiers, self._matching):
                number[identifiers[a]], number[identifiers[b]] = a + 1, b + 1
                # Only whether two ids differ matters here, so the ordinals stand for them.
                yield questions.Placed(edge, UUID(int=int(golden_of[a])), UUID(int=int(golden_of[b])))

        for question in questions.between(placed(), frozenset(), self._matching.model.certain):
            yield question, (number[question.pair.one], number[question.pair.other])
        for identifier, record in population.overlaid.items():
            yield questions.overlaid(identifier), (record, record)


def prepare(matching: Matching, render: Render, batch: Batch) -> Prepared:
    """The records of one batch, ready to store and to compare; runs in a worker process."""
    records: list[Record] = []
    rows: list[Line] = []
    for identifier, updates in groupby(batch, attrgetter("addressed")):
        draft = Draft((), ())
        for update in updates:
            draft.apply(Register((identifier,), update.patch, update.stamp))
        if draft.needs_refold:
            draft.refold(())
        (record,) = draft.changed
        encoded, keys = matching.prepare(record)
        records.append(replace(record, encoded=encoded, keys=keys))
        rows.append(render(records[-1], draft.updates))
    return Prepared(
        [record.identifier for record in records],
        rows,
        np.array([record.encoded is not None for record in records], np.bool_),
        b"".join(record.encoded or b"" for record in records),
        np.array([key for record in records for key in record.keys], np.int64),
        np.array([len(record.keys) for record in records], np.int32),
        [record.identifier for record in records if record.overlaid],
    )


def _numbers(identifiers: Sequence[Identifier], wanted: Collection[Identifier]) -> dict[Identifier, int]:
    if not wanted:
        return {}
    return {identifier: row + 1 for row, identifier in enumerate(identifiers) if identifier in wanted}

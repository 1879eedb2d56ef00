"""Recompute the whole index from its evidence and report every difference no open task accounts for (promise 2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.encode import ENCODED_SIZE
from linkage.engines.local import link
from linkage.partition import Verdict
from mpi.domain.codec import pending_to_json, registers_to_json
from mpi.domain.draft import hops
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ToldOrder, settled
from mpi.domain.record import Hop, Record, Update
from mpi.domain.routing import borrowers, fold
from mpi.domain.settlement import Component, Member, Settler
from mpi.domain.versions import Versions
from mpi.domain.views import RecordState, TaskKind
from mpi.ports import Units
from mpi.usecases.identity.matching import Matching

_TOLERANCE = 1e-3  # of a weight in log2 units: stored as a 32-bit float


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the index is not what its evidence says; no demographics."""

    what: str
    subject: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared and what was found. `accounted` groups hold a link as an open contested-link task says."""

    records: int
    edges: int
    components: int
    accounted: int
    differences: tuple[Difference, ...]


class Verify:
    """Reads one snapshot of the database; changes nothing."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def run(self) -> Verification:
        """Compare everything that is derived with what it derives from."""
        with self._units.begin(read_only=True) as unit:
            records = list(unit.scan.records())
            updates = _by_identifier(unit.scan.updates())
            assertions = unit.scan.assertions()
            orders = list(unit.scan.orders())
            stored = dict(_keyed(unit.scan.edges()))
            contested, overlaid = unit.scan.asked(TaskKind.CONTESTED_LINK), unit.scan.asked(TaskKind.OVERLAY)
            found = [Difference("broken row", text) for text in unit.scan.broken()]
        found += self._registers(records, updates, assertions)
        found += _overlays(records, overlaid)
        found += _orders(orders, _families(hops(assertions)))
        found += self._encodings(records)
        edges = self._weighed(records)
        found += self._edges(edges, stored)
        components, accounted, unaccounted = self._partitions(records, edges, assertions, contested)
        return Verification(len(records), len(edges), components, accounted, (*found, *unaccounted))

    def _registers(
        self, records: Sequence[Record], updates: Mapping[Identifier, list[Update]], assertions: list[Assertion]
    ) -> Iterator[Difference]:
        merged = hops(assertions)
        family_of = _families(merged)
        families: dict[Identifier, list[Record]] = defaultdict(list)
        for record in records:
            families[family_of.get(record.identifier, record.identifier)].append(record)
        for family in families.values():
            members = [record.identifier for record in family]
            told = [update for member in members for update in updates.get(member, [])]
            expected = fold(told, merged, members)
            borrowed = borrowers(told, {m: merged[m] for m in members if m in merged}, members)
            for record in family:
                yield from _compare(record, expected[record.identifier], merged.get(record.identifier), borrowed)

    def _encodings(self, records: Sequence[Record]) -> Iterator[Difference]:
        for record in records:
            if self._matching.prepare(record) != (record.encoded, record.keys):
                yield Difference("encoding or keys differ from what the record says", str(record.identifier))

    def _weighed(self, records: Sequence[Record]) -> dict[Pair, Edge]:
        """Every edge, weighed anew in bulk by the same kernel."""
        able = [record for record in records if record.encoded is not None]
        if not able:
            return {}
        encoded = np.frombuffer(b"".join(r.encoded or b"" for r in able), np.uint8).reshape(-1, ENCODED_SIZE)
        keys = np.array([key for record in able for key in record.keys], np.int64)
        rows = np.repeat(np.arange(len(able), dtype=np.int32), [len(record.keys) for record in able])
        pairs = link(encoded, keys, rows, self._matching.model)
        edges = {}
        for a, b, weight, bits in zip(
            pairs.a.tolist(), pairs.b.tolist(), pairs.weight.tolist(), pairs.guards.tolist(), strict=True
        ):
            edge = self._matching.edge(able[a].identifier, able[b].identifier, weight, bits)
            edges[edge.pair] = edge
        return edges

    def _edges(self, expected: Mapping[Pair, Edge], stored: Mapping[Pair, tuple[Edge, str]]) -> Iterator[Difference]:
        fingerprint = self._matching.model.fingerprint
        for pair in sorted(expected.keys() | stored.keys()):
            subject = f"{pair.one} {pair.other}"
            if pair not in stored:
                yield Difference("edge missing", subject)
            elif pair not in expected:
                yield Difference("edge without evidence", subject)
            elif not _same(expected[pair], stored[pair][0]):
                yield Difference("edge weighs otherwise", subject)
            elif stored[pair][1] != fingerprint:
                yield Difference("edge weighed by another model", subject)

    def _partitions(
        self,
        records: Sequence[Record],
        edges: Mapping[Pair, Edge],
        assertions: Sequence[Assertion],
        contested: frozenset[Identifier],
    ) -> tuple[int, int, list[Difference]]:
        accounted = 0
        found: list[Difference] = []
        components = list(_components(records, edges, assertions))
        for component in components:
            settlement = Settler(component, self._matching.thresholds, self._matching.score).stored()
            subject = " ".join(str(member.identifier) for member in component.members)
            if {frozenset(block) for block in settlement.blocks} != _stored_blocks(component):
                found.append(Difference("partition differs from the evidence", subject))
            elif any({pair.one, pair.other} - contested for pair in settlement.contested):  # a task names one pair
                found.append(Difference("held link without an open contested-link task", subject))
            else:
                accounted += bool(settlement.contested)
        return len(components), accounted, found


def _by_identifier(updates: Iterable[Update]) -> dict[Identifier, list[Update]]:
    grouped: dict[Identifier, list[Update]] = defaultdict(list)
    for update in updates:
        grouped[update.addressed].append(update)
    return grouped


def _keyed(edges: Iterable[tuple[Edge, str]]) -> Iterator[tuple[Pair, tuple[Edge, str]]]:
    return ((edge.pair, (edge, model)) for edge, model in edges)


def _same(one: Edge, other: Edge) -> bool:
    alike = (one.guards, one.joins) == (other.guards, other.joins)
    return alike and abs(one.weight - other.weight) < _TOLERANCE


def _compare(
    record: Record, expected: Versions, hop: Hop | None, borrowed: frozenset[Identifier]
) -> Iterator[Difference]:
    subject = str(record.identifier)
    if registers_to_json(expected.registers) != registers_to_json(record.registers):
        yield Difference("registers differ from what was said", subject)
    if pending_to_json(expected.pending) != pending_to_json(record.pending):
        yield Difference("pending version differs from what was said", subject)
    if record.subsumed_by != (hop.survivor if hop else None):
        yield Difference("subsumption differs from the merges", subject)
    if record.borrowed != (record.identifier in borrowed):
        yield Difference("borrowed mark differs from the merges", subject)


def _overlays(records: Sequence[Record], asked: frozenset[Identifier]) -> Iterator[Difference]:
    for record in records:
        if record.overlaid and record.identifier not in asked:
            yield Difference("overlay without an open task", str(record.identifier))
        if record.overlaid and not record.contested:
            yield Difference("overlay whose link is not contested", str(record.identifier))
        if record.identifier in asked and not record.overlaid:
            yield Difference("open task about an overlay that is none", str(record.identifier))


def _orders(told: Iterable[ToldOrder], family_of: Mapping[Identifier, Identifier]) -> Iterator[Difference]:
    families: dict[Identifier, list[ToldOrder]] = defaultdict(list)
    for one in told:
        families[family_of.get(one.patient, one.patient)].append(one)
    for family in families.values():
        expected = {(one.patient, one.number): one for one in settled(family)}
        for one in family:
            if expected[one.patient, one.number] != one:
                yield Difference("order differs from what was said of it", f"{one.patient} {one.number}")


def _families(merged: Mapping[Identifier, Hop]) -> dict[Identifier, Identifier]:
    """The root survivor of every identifier that a merge names."""
    roots: dict[Identifier, Identifier] = {}
    for identifier in (*merged, *(hop.survivor for hop in merged.values())):
        place = identifier
        while place in merged:
            place = merged[place].survivor
        roots[identifier] = place
    return roots


def _stored_blocks(component: Component) -> set[frozenset[Identifier]]:
    blocks: dict[object, set[Identifier]] = defaultdict(set)
    for member in component.members:
        blocks[member.golden_id].add(member.identifier)
    return {frozenset(block) for block in blocks.values()}


def _components(
    records: Sequence[Record], edges: Mapping[Pair, Edge], assertions: Sequence[Assertion]
) -> Iterator[Component]:
    """Every connected component by joining edges, SAME assertions and golden identities, of two records or more."""
    parent = {record.identifier: record.identifier for record in records}

    def root(identifier: Identifier) -> Identifier:
        while parent[identifier] != identifier:
            parent[identifier] = parent[parent[identifier]]
            identifier = parent[identifier]
        return identifier

    for edge in edges.values():
        if edge.joins:
            parent[root(edge.pair.one)] = root(edge.pair.other)
    for assertion in assertions:
        if assertion.verdict is Verdict.SAME:
            parent[root(assertion.pair.one)] = root(assertion.pair.other)
    first: dict[object, Identifier] = {}
    for record in records:
        parent[root(record.identifier)] = root(first.setdefault(record.golden_id, record.identifier))
    members: dict[Identifier, list[Record]] = defaultdict(list)
    for record in records:
        members[root(record.identifier)].append(record)
    inside_edges: dict[Identifier, list[Edge]] = defaultdict(list)
    for edge in edges.values():
        if (at := root(edge.pair.one)) == root(edge.pair.other):
            inside_edges[at].append(edge)
    inside_assertions: dict[Identifier, list[Assertion]] = defaultdict(list)
    for assertion in assertions:
        if (at := root(assertion.pair.one)) == root(assertion.pair.other):
            inside_assertions[at].append(assertion)
    for at, group in members.items():
        if len(group) > 1:
            standing = tuple(inside_assertions[at])
            yield Component(tuple(map(_member, group)), tuple(inside_edges[at]), standing, standing)


def _member(record: Record) -> Member:
    live = record.state is not RecordState.SUBSUMED
    return Member(record.identifier, record.golden_id, record.encoded, live, overlaid=record.overlaid)

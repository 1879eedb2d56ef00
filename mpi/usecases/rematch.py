"""Bring identity in line with changed evidence: edges, the touched component's partition, links, tasks, events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from linkage.partition import AssertionRank, Verdict
from mpi.domain import changes, questions
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Rank, Stamp
from mpi.domain.draft import Draft
from mpi.domain.evidence import Assertion, Edge, effective
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage, trace
from mpi.domain.questions import Placed, Question
from mpi.domain.record import Record
from mpi.domain.settlement import Component, Joins, Member, Settlement, Settler
from mpi.domain.views import Event, RecordState, TaskKind
from mpi.ports import Change, Clock, Ids, Unit
from mpi.usecases.asking import of_settled
from mpi.usecases.gathering import follow
from mpi.usecases.matching import Matching
from mpi.usecases.telling import with_studies

_INDEX = Caller("index", Role.ADMINISTRATOR, "")  # who makes and withdraws holds
ALARM_REASONS = {
    TaskKind.LATE_MESSAGE: "a message came for an identifier that had been merged away",
    TaskKind.MOVE: "their source moved what was filed under one of them to the other; nothing was changed here",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why identity is looked at again, for events, links and audit."""

    caller: Caller
    reason: str
    message_id: int | None = None


@dataclass(slots=True)
class _Seeds:
    """The records from which the touched component grows, and how its assertions change.

    `lone` are new records that no evidence connects with any other: each is a component by itself. `at` marks all
    events of the change.
    """

    at: datetime
    identifiers: set[Identifier] = field(default_factory=set)
    lone: dict[Identifier, Record] = field(default_factory=dict)
    released: frozenset[Identifier] = frozenset()
    edges: bool = False
    added: list[Assertion] = field(default_factory=list)
    withdrawn: list[Assertion] = field(default_factory=list)


class Rematch:
    """One mechanism for every change: intake, review, images. It works inside the caller's transaction."""

    def __init__(self, matching: Matching, clock: Clock, ids: Ids) -> None:
        self._matching = matching
        self._clock = clock
        self._ids = ids

    def now(self) -> datetime:
        """The time by this mechanism's clock."""
        return self._clock.now()

    @property
    def population(self) -> str:
        """Whose NHS numbers may be in this index (NHS-5)."""
        return self._matching.population

    def absorb(
        self,
        unit: Unit,
        draft: Draft,
        cause: Cause,
        withdrawn: Sequence[Assertion] = (),
        ruled: Collection[Identifier] = (),
        released: Collection[Identifier] = (),
    ) -> list[int]:
        """Store a draft and everything that follows from it; returns the ids of its assertions.

        `ruled` are records of which a reviewer has said who they are, or has taken it back: their questions are asked
        anew. `released` are those of them that are somebody else now (see `Component`).
        """
        at = self._clock.now()
        seeds = _Seeds(at, identifiers=set(ruled), withdrawn=list(withdrawn), released=frozenset(released))
        records = [self._prepared(record) for record in draft.changed]
        stored = self._store_records(unit, draft, records, cause, seeds)
        made = unit.evidence.add_assertions(draft.assertions, cause.caller, cause.reason)
        seeds.added += [replace(a, id=number) for a, number in zip(draft.assertions, made, strict=True)]
        for assertion in (*seeds.added, *seeds.withdrawn):
            seeds.identifiers |= {assertion.pair.one, assertion.pair.other}
        moved = self._settle(unit, seeds, cause) if seeds.identifiers else frozenset()
        told = with_studies(unit, changes.renamed(stored, moved, at, cause.reason))
        unit.outbox.publish(told, cause.caller, cause.message_id)
        follow(unit, stored)
        for kind, pair in draft.alarms:
            unit.tasks.raise_alarm(kind, pair, ALARM_REASONS[kind])
        return made

    def _prepared(self, record: Record) -> Record:
        encoded, keys = self._matching.prepare(record)
        return replace(record, encoded=encoded, keys=keys)

    def _store_records(
        self, unit: Unit, draft: Draft, records: Sequence[Record], cause: Cause, seeds: _Seeds
    ) -> list[Change]:
        changes_made: list[Change] = [(draft.before(record.identifier), record) for record in records]
        rescored = [(before, r) for before, r in changes_made if before is None or _evidence(before) != _evidence(r)]
        self._lock(unit, rescored)
        unit.records.save(changes_made, draft.updates, cause.message_id)
        for before, record in rescored:
            edges = self._weigh(unit, record, fresh=before is None)
            seeds.edges = seeds.edges or bool(edges)
            if before is None and not any(edge.joins for edge in edges):
                seeds.lone[record.identifier] = record
            seeds.identifiers.add(record.identifier)
        # A merged record may no longer veto, an awaited one may now be shown, an overlaid one is contested: its
        # component is settled anew.
        seeds.identifiers |= {
            r.identifier for before, r in changes_made if before and _standing(before) != _standing(r)
        }
        for before, record in changes_made:
            if before and before.overlaid and record.overlaid and _standing(before) != _standing(record):
                # Somebody else waits now: an answer to the old question must not be taken for one about them.
                unit.tasks.withdraw(TaskKind.OVERLAY, record.identifier)
        return changes_made

    def _lock(self, unit: Unit, rescored: Sequence[Change]) -> None:
        """Two transactions whose records share a key, old or new, must see one another: keys are held from here."""
        held = [before for before, _ in rescored if before is not None]
        keys = {key for record in (*held, *(record for _, record in rescored)) for key in record.keys}
        unit.records.lock_matching(keys, {before.golden_id for before in held if before.golden_id is not None})

    def _weigh(self, unit: Unit, record: Record, *, fresh: bool) -> list[Edge]:
        edges: list[Edge] = []
        if record.encoded is not None:
            candidates = unit.records.candidates(record.keys, record.identifier)
            edges = self._matching.weigh(record.identifier, record.encoded, candidates)
        if edges or not fresh:
            unit.evidence.replace_edges(record.identifier, edges)
        return edges

    def _settle(self, unit: Unit, seeds: _Seeds, cause: Cause) -> frozenset[Identifier]:
        """Settle the component that grows from the seeds; returns the records that were linked anew."""
        alone = not seeds.added and seeds.identifiers == seeds.lone.keys()
        members = [_alone(r) for r in seeds.lone.values()] if alone else unit.evidence.component(seeds.identifiers)
        identifiers = [member.identifier for member in members]
        bears = seeds.edges or not alone
        placed, assertions, joins = unit.evidence.bearing_on(identifiers) if bears else ([], [], None)
        component = _component(members, placed, assertions, seeds, joins)
        settlement = Settler(component, self._matching.thresholds, self._matching.score).settle()
        self._hold(unit, settlement, cause)
        held = {m.identifier: m.golden_id for m in members if m.golden_id is not None}
        lineage = self._lineage(unit, settlement, _staying(held, seeds.released))
        if parted := [i for i, golden_id in held.items() if lineage.golden_of[i] != golden_id]:
            # Thousands of edges may lie inside a golden identity: they are asked for only when records leave it.
            placed += unit.evidence.inside(parted)
            component = _component(members, placed, assertions, seeds, joins)
        told = self._move(unit, held, lineage, component, cause, seeds.at)
        told += self._contest(unit, members, settlement, lineage, cause)
        unit.outbox.publish(told, cause.caller, cause.message_id)
        if placed or not alone:
            unit.tasks.sync(identifiers, self._questions(unit, placed, component, settlement, lineage))
        return frozenset(i for i, golden_id in lineage.golden_of.items() if held.get(i) != golden_id)

    def _hold(self, unit: Unit, settlement: Settlement, cause: Cause) -> None:
        stamp = Stamp(Rank.FEED, now := self._clock.now(), now)
        holds = [Assertion(p, Verdict.SAME, AssertionRank.HOLD, stamp) for p in settlement.new_holds]
        unit.evidence.add_assertions(holds, _INDEX, cause.reason)
        for spent in settlement.spent:
            if spent.id is not None:
                unit.evidence.withdraw(spent.id, _INDEX, cause.reason)

    def _lineage(self, unit: Unit, settlement: Settlement, held: Mapping[Identifier, UUID]) -> Lineage:
        several = set(held.values())
        born = unit.identities.born(several) if len(several) > 1 else {}
        since = unit.identities.under_since(list(held)) if _splits(settlement.blocks, held) else {}
        return trace(settlement.blocks, held, lambda golden_id: born.get(golden_id, 0), self._ids.golden, since)

    def _move(
        self,
        unit: Unit,
        held: Mapping[Identifier, UUID],
        lineage: Lineage,
        component: Component,
        cause: Cause,
        at: datetime,
    ) -> list[Event]:
        moves = {i: golden for i, golden in lineage.golden_of.items() if held.get(i) != golden}
        unit.identities.create(lineage.minted)
        unit.identities.link(moves, held, self._reason(moves, component, cause))
        unit.identities.retire(lineage.retired)
        if parted := [identifier for identifier in moves if identifier in held]:
            unit.identities.follow(parted)
        return with_studies(unit, changes.events(held, lineage, at, cause.reason))

    def _reason(self, moves: Collection[Identifier], component: Component, cause: Cause) -> dict[str, Any]:
        """Why these links were made, in weights and with the model that gave them (promise 6)."""
        edges = [e for e in component.edges if e.joins and (e.pair.one in moves or e.pair.other in moves)]
        strongest = sorted(edges, key=lambda e: (-e.weight, e.pair))[:8]
        return {
            "cause": cause.reason,
            "message": cause.message_id,
            "model": self._matching.model.fingerprint,
            "edges": [[str(e.pair.one), str(e.pair.other), round(e.weight, 3), e.pattern.hex()] for e in strongest],
            "assertions": [a.id for a in component.assertions if a.pair.one in moves or a.pair.other in moves],
        }

    def _contest(
        self, unit: Unit, members: Sequence[Member], settlement: Settlement, lineage: Lineage, cause: Cause
    ) -> list[Event]:
        contested = settlement.contested_records
        unmoved = (member for member in members if lineage.golden_of[member.identifier] == member.golden_id)
        if contested == {member.identifier for member in unmoved if member.contested}:
            return []
        changed = unit.identities.mark_contested([member.identifier for member in members], contested)
        now = self._clock.now()
        told = [
            changes.contested(lineage.golden_of[i], i, now, cause.reason, is_so=is_so)
            for i, is_so in sorted(changed.items())
        ]
        return with_studies(unit, told)

    def _questions(
        self,
        unit: Unit,
        placed: Sequence[Placed],
        component: Component,
        settlement: Settlement,
        lineage: Lineage,
    ) -> list[Question]:
        moved = [_placed_after(item, lineage) for item in placed]
        asked = questions.between(moved, self._apart(unit, component.assertions), self._matching.model.certain)
        return asked + of_settled(self._matching, component, settlement)

    def _apart(self, unit: Unit, assertions: Sequence[Assertion]) -> frozenset[frozenset[UUID]]:
        different = [p for p, a in effective(assertions).items() if a.verdict is Verdict.DIFFERENT]
        if not different:
            return frozenset()
        golden_of = unit.identities.current({i for pair in different for i in (pair.one, pair.other)})
        return frozenset(frozenset((golden_of[p.one], golden_of[p.other])) for p in different)


def _splits(blocks: Sequence[Sequence[Identifier]], held: Mapping[Identifier, UUID]) -> bool:
    """Whether some golden id is claimed by two blocks."""
    claims = {(number, held[member]) for number, block in enumerate(blocks) for member in block if member in held}
    return len(claims) > len({golden_id for _, golden_id in claims})


def _staying(held: Mapping[Identifier, UUID], released: Collection[Identifier]) -> Mapping[Identifier, UUID]:
    """Who may claim a golden id: it stays with the person, not with the record that has become somebody else."""
    persons = {golden_id for identifier, golden_id in held.items() if identifier not in released}
    return {i: golden_id for i, golden_id in held.items() if i not in released or golden_id not in persons}


def _standing(record: Record) -> tuple[RecordState, Stamp | None]:
    return record.state, record.pending.opened if record.pending and record.overlaid else None


def _evidence(record: Record) -> tuple[bytes | None, tuple[int, ...]]:
    return record.encoded, record.keys


def _alone(record: Record) -> Member:
    live = record.state is not RecordState.SUBSUMED
    return Member(record.identifier, record.golden_id, record.encoded, live, overlaid=record.overlaid)


def _component(
    members: Sequence[Member],
    placed: Sequence[Placed],
    assertions: Sequence[Assertion],
    seeds: _Seeds,
    joins: Joins | None,
) -> Component:
    inside = {member.identifier for member in members}
    added = {assertion.id for assertion in seeds.added}
    return Component(
        members=tuple(members),
        edges=tuple(p.edge for p in placed if p.edge.pair.one in inside and p.edge.pair.other in inside),
        assertions=tuple(assertions),
        before=(*(a for a in assertions if a.id not in added), *seeds.withdrawn),
        released=seeds.released,
        joins=joins,
    )


def _placed_after(item: Placed, lineage: Lineage) -> Placed:
    """The edge between where its ends stand now; those outside the component have not moved."""
    pair = item.edge.pair
    return Placed(item.edge, lineage.golden_of.get(pair.one, item.one), lineage.golden_of.get(pair.other, item.other))

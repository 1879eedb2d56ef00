"""Bring identity in line with changed evidence: edges, the touched component's partition, links, tasks, events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from linkage.partition import Verdict
from mpi.domain import changes, questions
from mpi.domain.commands import Stamp
from mpi.domain.draft import Draft
from mpi.domain.evidence import Assertion, Edge, effective
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage
from mpi.domain.questions import Placed, Question
from mpi.domain.record import Record
from mpi.domain.settlement import Component, Joins, Member, Settlement, Settler
from mpi.domain.views import RecordState, TaskKind
from mpi.ports import Change, Clock, Ids, Unit
from mpi.usecases.identity.applying import Applying, Cause
from mpi.usecases.identity.asking import follow_merges, of_settled
from mpi.usecases.identity.gathering import follow
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.telling import with_studies

__all__ = ["ALARM_REASONS", "Cause", "Rematch"]

ALARM_REASONS = {
    TaskKind.LATE_MESSAGE: "a message came for an identifier that had been merged away",
    TaskKind.MOVE: "their source moved what was filed under one of them to the other; nothing was changed here",
}


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
        self._applying = Applying(matching, clock, ids)

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
        follow_merges(unit, seeds.added, seeds.withdrawn)
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
        lineage = self._applying.hold(unit, component, settlement, cause)
        if parted := [m.identifier for m in members if m.golden_id not in (None, lineage.golden_of[m.identifier])]:
            # Thousands of edges may lie inside a golden identity: they are asked for only when records leave it.
            placed += unit.evidence.inside(parted)
            component = _component(members, placed, assertions, seeds, joins)
        self._applying.move(unit, component, settlement, lineage, cause, seeds.at)
        if placed or not alone:
            unit.tasks.sync(identifiers, self._questions(unit, placed, component, settlement, lineage))
        return frozenset(m.identifier for m in members if lineage.golden_of[m.identifier] != m.golden_id)

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

"""Foresee what another model would make of the index, by the functions that would apply it; nothing is changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, islice
from uuid import UUID

import numpy as np

from linkage.partition import Verdict
from mpi.domain import questions
from mpi.domain.evidence import Assertion, Pair, effective
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage, trace
from mpi.domain.model_change import Change, Counts, ModelDifference, Placing, kinds_of, placings, shown_by
from mpi.domain.questions import Question
from mpi.domain.settlement import Component, Settler
from mpi.domain.views import TaskKind
from mpi.ports import Units
from mpi.usecases.asking import of_settled, weigh_pair
from mpi.usecases.bulk_settling import Weighed
from mpi.usecases.bulk_workers import Workers
from mpi.usecases.matching import Matching
from mpi.usecases.population import Population, parts, read, weigh

_BATCH = 500  # components that one worker settles at a time
Told = Callable[[str, int], None]
"""Called with a phase that has ended and how many rows it made."""
Asked = tuple[TaskKind, Pair]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One component as the new model leaves it. `contested_records` are those whose link would be contested."""

    component: Component
    blocks: tuple[tuple[Identifier, ...], ...]
    contested: tuple[Pair, ...]
    contested_records: frozenset[Identifier]
    questions: tuple[Question, ...]

    @property
    def regroups(self) -> bool:
        """Whether some golden identity holds other records than before."""
        held = {member.identifier: member.golden_id for member in self.component.members}
        golden_ids = [{held[identifier] for identifier in block} for block in self.blocks]
        return any(len(ids) > 1 for ids in golden_ids) or len(set().union(*golden_ids)) < len(self.blocks)

    @property
    def newly_held(self) -> frozenset[Identifier]:
        """The records whose link becomes contested."""
        return self.contested_records - self._contested_before

    @property
    def freed(self) -> frozenset[Identifier]:
        """The records whose link is contested no more."""
        return self._contested_before - self.contested_records

    @property
    def _contested_before(self) -> frozenset[Identifier]:
        return frozenset(member.identifier for member in self.component.members if member.contested)


class Foreseeing:
    """Compares the index as it stands with what `proposed` would make of it. `workers` processes, 1 for none but
    this one."""

    def __init__(self, units: Units, current: Matching, proposed: Matching, workers: int = 1) -> None:
        self._units = units
        self._proposed = proposed
        self._encoded_so = current.model.tag == proposed.model.tag
        self._workers = workers

    def run(self, told: Told = lambda phase, rows: None) -> ModelDifference:
        """Score everything anew, settle it and tell the difference. Reads one moment of the index."""
        with self._units.begin(read_only=True) as unit:
            unit.scan.hold_still()
            population = read(unit.scan.records(), self._proposed, encoded_so=self._encoded_so)
            assertions = unit.scan.assertions()
            asked = unit.scan.asked_now()
        told("records", len(population))
        edges = weigh(population, self._proposed)
        told("edges", len(edges))
        changed: list[Outcome] = []
        wanted: set[Asked] = set()
        for outcome in self._settled(population, edges, assertions):
            wanted.update((question.kind, question.pair) for question in outcome.questions)
            if outcome.regroups or outcome.newly_held or outcome.freed:
                changed.append(outcome)
        told("changed groups", len(changed))
        traced = self._traced(changed)
        wanted |= self._asked(population, edges, assertions, traced.golden_of)
        counts = replace(
            traced.counts,
            records=len(population),
            edges=len(edges),
            tasks_opened=len(wanted - asked),
            tasks_closed=len(asked - wanted),
        )
        return ModelDifference(counts, tuple(traced.changes))

    def _settled(self, population: Population, edges: Weighed, assertions: Sequence[Assertion]) -> Iterator[Outcome]:
        components = parts(population, edges, assertions, self._proposed)
        with Workers(self._workers) as workers:
            for settled in workers.map(partial(settle, self._proposed), _batches(components)):
                yield from settled

    def _traced(self, changed: Sequence[Outcome]) -> _Traced:
        """Which golden ids the changed groups would carry, and the studies that go along."""
        everyone = [member for outcome in changed for member in outcome.component.members]
        golden_ids = {member.golden_id for member in everyone if member.golden_id is not None}
        with self._units.begin(read_only=True) as unit:
            born = unit.identities.born(golden_ids) if golden_ids else {}
            since = unit.identities.under_since([member.identifier for member in everyone])
            studies = unit.scan.studies_of([member.identifier for member in everyone])
        found = _Traced()
        numbers = count(1)
        for outcome in changed:
            held = {m.identifier: m.golden_id for m in outcome.component.members if m.golden_id is not None}
            lineage = trace(
                outcome.blocks, held, lambda golden_id: born.get(golden_id, 0), lambda: UUID(int=next(numbers)), since
            )
            found.golden_of.update(lineage.golden_of)
            moved = [i for i, golden_id in lineage.golden_of.items() if held[i] != golden_id and studies.get(i)]
            found.histories.update(golden_id for i in moved for golden_id in (held[i], lineage.golden_of[i]))
            blocks = placings(outcome.blocks, held, lineage)
            found.add(self._change(outcome, blocks, sum(studies[i] for i in moved)), outcome, lineage, held)
        return found

    def _change(self, outcome: Outcome, blocks: tuple[tuple[Placing, ...], ...], studies: int) -> Change:
        kinds = kinds_of(blocks, outcome.newly_held, outcome.freed)
        weights = {edge.pair: edge.weight for edge in outcome.component.edges}
        pair = max(
            sorted(shown_by(kinds[0], blocks, outcome.contested)), key=lambda pair: weights.get(pair, -math.inf)
        )
        weight = weights[pair] if pair in weights else weigh_pair(self._proposed, outcome.component, pair)[0]
        return Change(kinds, blocks, outcome.contested, pair, weight, studies)

    def _asked(
        self,
        population: Population,
        edges: Weighed,
        assertions: Sequence[Assertion],
        golden_of: Mapping[Identifier, UUID],
    ) -> set[Asked]:
        """The questions between people as they would stand, and who overlaid records are."""
        everyone = population.identifiers
        after = [golden_of.get(i, held) for i, held in zip(everyone, population.golden_ids, strict=True)]
        ordinal = {golden_id: number for number, golden_id in enumerate(dict.fromkeys(after))}
        stands = np.fromiter((ordinal[golden_id] for golden_id in after), np.int64, len(after))
        crossing = np.flatnonzero(stands[edges.a] != stands[edges.b])
        row_of = population.row_of()
        apart = frozenset(
            frozenset((after[row_of[pair.one]], after[row_of[pair.other]]))
            for pair, made in effective(assertions).items()
            if made.verdict is Verdict.DIFFERENT
        )
        placed = (
            questions.Placed(edge, *_ends(edge.pair, everyone[a], after[a], after[b]))
            for a, b, edge in edges.each(crossing, everyone, self._proposed)
        )
        asked = questions.between(placed, apart, self._proposed.model.certain)
        asked += [questions.overlaid(i) for i, so in zip(everyone, population.overlaid, strict=True) if so]
        return {(question.kind, question.pair) for question in asked}


@dataclass(slots=True)
class _Traced:
    """What has been traced so far; `histories` are golden ids that gain or lose a study."""

    golden_of: dict[Identifier, UUID] = field(default_factory=dict)
    histories: set[UUID] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    def add(self, change: Change, outcome: Outcome, lineage: Lineage, held: Mapping[Identifier, UUID]) -> None:
        """Count one more change."""
        self.changes.append(change)
        self.counts = replace(
            self.counts,
            joined=self.counts.joined + len(lineage.retired),
            parted=self.counts.parted + len(lineage.minted),
            moved=self.counts.moved + sum(held[i] != golden_id for i, golden_id in lineage.golden_of.items()),
            held=self.counts.held + len(outcome.newly_held),
            freed=self.counts.freed + len(outcome.freed),
            studies=self.counts.studies + change.studies,
            histories=len(self.histories),
        )


def settle(matching: Matching, components: Sequence[Component]) -> list[Outcome]:
    """Settle each component as a change would; runs in a worker process."""
    settled = []
    for component in components:
        made = Settler(component, matching.thresholds, matching.score).settle()
        asked = of_settled(matching, component, made)
        settled.append(Outcome(component, made.blocks, made.contested, made.contested_records, tuple(asked)))
    return settled


def _batches(components: Iterator[Component]) -> Iterator[list[Component]]:
    while some := list(islice(components, _BATCH)):
        yield some


def _ends(pair: Pair, one: Identifier, golden_id: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (golden_id, other) if pair.one == one else (other, golden_id)

"""Foresee what another model would make of the index, by the functions that would apply it; nothing is changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import trace
from mpi.domain.model_change import Change, ModelDifference, Placing, kinds_of, placings, shown_by
from mpi.domain.views import TaskKind
from mpi.ports import Units
from mpi.usecases.identity.asking import weigh_pair
from mpi.usecases.identity.matching import Matching
from mpi.usecases.whole.population import read, weigh
from mpi.usecases.whole.resettling import Outcome, Resettling, Tally

Told = Callable[[str, int], None]
"""Called with a phase that has ended and how many rows it made."""
Asked = tuple[TaskKind, Pair]


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
            population = read(unit.scan.records(), self._proposed, encoded_so=self._encoded_so)
            assertions = unit.scan.assertions()
            asked = unit.scan.asked_now()
        told("records", len(population))
        edges = weigh(population, self._proposed)
        told("edges", len(edges))
        anew = Resettling(self._proposed, population, edges, assertions)
        changed: list[Outcome] = []
        wanted: set[Asked] = set()
        for outcome in anew.outcomes(self._workers):
            wanted.update((question.kind, question.pair) for question in outcome.questions)
            if outcome.changes:
                changed.append(outcome)
        told("changed groups", len(changed))
        traced = self._traced(changed)
        wanted |= {(question.kind, question.pair) for question in anew.asked(traced.golden_of)}
        counts = replace(
            traced.tally.counts,
            records=len(population),
            edges=len(edges),
            tasks_opened=len(wanted - asked),
            tasks_closed=len(asked - wanted),
        )
        return ModelDifference(counts, tuple(traced.changes))

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
            blocks = outcome.settlement.blocks
            lineage = trace(
                blocks, held, lambda golden_id: born.get(golden_id, 0), lambda: UUID(int=next(numbers)), since
            )
            found.golden_of.update(lineage.golden_of)
            placed = placings(blocks, held, lineage)
            found.changes.append(self._change(outcome, placed, found.tally.add(outcome, lineage, studies)))
        return found

    def _change(self, outcome: Outcome, blocks: tuple[tuple[Placing, ...], ...], studies: int) -> Change:
        kinds = kinds_of(blocks, outcome.newly_held, outcome.freed)
        weights = {edge.pair: edge.weight for edge in outcome.component.edges}
        pair = max(
            sorted(shown_by(kinds[0], blocks, outcome.settlement.contested)),
            key=lambda pair: weights.get(pair, -math.inf),
        )
        weight = weights[pair] if pair in weights else weigh_pair(self._proposed, outcome.component, pair)[0]
        return Change(kinds, blocks, outcome.settlement.contested, pair, weight, studies)


@dataclass(slots=True)
class _Traced:
    """What has been traced so far."""

    golden_of: dict[Identifier, UUID] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

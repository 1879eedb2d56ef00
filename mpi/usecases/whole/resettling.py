"""The whole index under a model: weighed, settled component by component, and what reviewers are asked then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from uuid import UUID

import numpy as np

from linkage.partition import Verdict
from mpi.domain import questions
from mpi.domain.evidence import Assertion, Pair, effective
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage
from mpi.domain.model_change import Counts
from mpi.domain.questions import Question
from mpi.domain.settlement import Component, Settlement, Settler
from mpi.usecases.identity.asking import of_settled
from mpi.usecases.identity.matching import Matching
from mpi.usecases.whole.bulk_settling import Weighed
from mpi.usecases.whole.bulk_workers import Workers
from mpi.usecases.whole.population import Population, parts

_BATCH = 500  # components that one worker settles at a time


@dataclass(frozen=True, slots=True)
class Outcome:
    """One component as another model leaves it, and what is asked of it besides what its edges ask."""

    component: Component
    settlement: Settlement
    questions: tuple[Question, ...]

    @property
    def changes(self) -> bool:
        """Whether anybody would notice."""
        return bool(self.regroups or self.newly_held or self.freed)

    @property
    def changes_holds(self) -> bool:
        """Whether other holds stand behind the same links."""
        return bool(self.settlement.new_holds or self.settlement.spent)

    @property
    def regroups(self) -> bool:
        """Whether some golden identity holds other records than before."""
        held = {member.identifier: member.golden_id for member in self.component.members}
        golden_ids = [{held[identifier] for identifier in block} for block in self.settlement.blocks]
        return any(len(ids) > 1 for ids in golden_ids) or len(set().union(*golden_ids)) < len(self.settlement.blocks)

    @property
    def newly_held(self) -> frozenset[Identifier]:
        """The records whose link becomes contested."""
        return self.settlement.contested_records - self._contested_before

    @property
    def freed(self) -> frozenset[Identifier]:
        """The records whose link is contested no more."""
        return self._contested_before - self.settlement.contested_records

    @property
    def _contested_before(self) -> frozenset[Identifier]:
        return frozenset(member.identifier for member in self.component.members if member.contested)


@dataclass(frozen=True, slots=True)
class Resettling:
    """Everything that bears on who is one person under the model of `matching`. `former` as in `Component`."""

    matching: Matching
    population: Population
    edges: Weighed
    assertions: Sequence[Assertion]
    former: Mapping[Identifier, UUID] | None = None

    def outcomes(self, workers: int) -> Iterator[Outcome]:
        """Every component settled, by so many worker processes."""
        components = map(self._component, parts(self.population, self.edges, self.assertions, self.matching))
        with Workers(workers) as pool:
            for settled in pool.map(partial(settle, self.matching), _batches(components)):
                yield from settled

    def _component(self, component: Component) -> Component:
        if self.former is None:
            return component
        known = {m.identifier: self.former.get(m.identifier) for m in component.members}
        return replace(component, former={i: golden_id for i, golden_id in known.items() if golden_id})

    def asked(self, golden_of: Mapping[Identifier, UUID]) -> list[Question]:
        """The questions between people as they stand when these records have these golden ids, and who overlaid
        records are."""
        population, edges = self.population, self.edges
        everyone = population.identifiers
        after = [golden_of.get(i, held) for i, held in zip(everyone, population.golden_ids, strict=True)]
        ordinal = {golden_id: number for number, golden_id in enumerate(dict.fromkeys(after))}
        stands = np.fromiter((ordinal[golden_id] for golden_id in after), np.int64, len(after))
        crossing = np.flatnonzero(stands[edges.a] != stands[edges.b])
        row_of = population.row_of()
        apart = frozenset(
            frozenset((after[row_of[pair.one]], after[row_of[pair.other]]))
            for pair, made in effective(self.assertions).items()
            if made.verdict is Verdict.DIFFERENT
        )
        placed = (
            questions.Placed(edge, *_ends(edge.pair, everyone[a], after[a], after[b]))
            for a, b, edge in edges.each(crossing, everyone, self.matching)
        )
        asked = questions.between(placed, apart, self.matching.model.certain)
        asked += [questions.overlaid(i) for i, so in zip(everyone, population.overlaid, strict=True) if so]
        return asked


@dataclass(slots=True)
class Tally:
    """Counts of what happens to people; `histories` are golden ids that gain or lose a study."""

    counts: Counts = field(default_factory=Counts)
    histories: set[UUID] = field(default_factory=set)

    def add(self, outcome: Outcome, lineage: Lineage, studies: Mapping[Identifier, int]) -> int:
        """Count one more component; `studies` of each of its records that has any. Returns how many studies move."""
        held = {m.identifier: m.golden_id for m in outcome.component.members if m.golden_id is not None}
        moved = [i for i, golden_id in lineage.golden_of.items() if held[i] != golden_id]
        with_studies = [i for i in moved if studies.get(i)]
        self.histories.update(golden_id for i in with_studies for golden_id in (held[i], lineage.golden_of[i]))
        moving = sum(studies[i] for i in with_studies)
        self.counts = replace(
            self.counts,
            joined=self.counts.joined + len(lineage.retired),
            parted=self.counts.parted + len(lineage.minted),
            moved=self.counts.moved + len(moved),
            held=self.counts.held + len(outcome.newly_held),
            freed=self.counts.freed + len(outcome.freed),
            studies=self.counts.studies + moving,
            histories=len(self.histories),
        )
        return moving


def settle(matching: Matching, components: Sequence[Component]) -> list[Outcome]:
    """Settle each component as a change would; runs in a worker process."""
    settled = []
    for component in components:
        made = Settler(component, matching.thresholds, matching.score).settle()
        asked = of_settled(matching, component, made)
        settled.append(Outcome(component, made, tuple(asked)))
    return settled


def _batches(components: Iterator[Component]) -> Iterator[list[Component]]:
    while some := list(islice(components, _BATCH)):
        yield some


def _ends(pair: Pair, one: Identifier, golden_id: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (golden_id, other) if pair.one == one else (other, golden_id)

"""Put everything side by side that a reviewer needs to answer one task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from linkage.explain import Explanation
from linkage.guard import Guard
from linkage.record import Demographics
from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import Identifier
from mpi.domain.views import PersonView, TaskKind, TaskView
from mpi.errors import NotFound
from mpi.ports import Unit, Units
from mpi.usecases.matching import Matching
from mpi.usecases.people import people


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says. `asked`: it is one of the two the task is about; `waiting`: it is the version of an
    overlaid record that does not count yet. `unusable` names the fields whose value is a placeholder or a default,
    and is not compared."""

    identifier: Identifier
    golden_id: UUID
    demographics: Demographics
    asked: bool
    waiting: bool
    restricted: bool
    unusable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A task with the people it is about, one or two, all that their records say, those asked about first on each
    side, and why the pair weighs what it weighs (None when one of them cannot be compared). `certain` and `possible`
    are the model's thresholds in bits."""

    task: TaskView
    people: tuple[PersonView, ...]
    sides: tuple[tuple[Said, ...], ...]
    explanation: Explanation | None
    guards: Guard
    certain: float
    possible: float


class Comparing:
    """Reads tasks for comparison; needs REVIEW."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def compare(self, task_id: int, caller: Caller) -> Comparison:
        """Everything about one task. Raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            task = unit.tasks.get(task_id)
            if task is None:
                raise NotFound("no review task has this id")
            found = people(unit, list(dict.fromkeys(task.golden_ids)))
            subjects = [f"task/{task_id}", *(str(person.golden_id) for person in found)]
            explanation = explain(unit, self._matching, task)
            unit.audit.record(caller, "compare-task", subjects, {})
            unit.commit()
        return Comparison(
            task,
            tuple(found),
            tuple(tuple(self._side(person, task)) for person in found),
            explanation,
            explanation.guards if explanation else Guard.NONE,
            self._matching.model.certain,
            self._matching.model.possible,
        )

    def side(self, unit: Unit, identifiers: Sequence[Identifier], asked: Collection[Identifier]) -> tuple[Said, ...]:
        """What some records say as they stand, those `asked` about first."""
        told = [
            Said(
                record.identifier,
                record.golden_id,
                record.registers.demographics,
                record.identifier in asked,
                False,
                record.registers.restricted,
                self._matching.unusable(record.registers.demographics),
            )
            for record in unit.records.of_identifiers(identifiers)
            if record.golden_id is not None
        ]
        return tuple(sorted(told, key=lambda said: not said.asked))

    def _side(self, person: PersonView, task: TaskView) -> list[Said]:
        told: list[Said] = []
        for record in person.records:
            asked = record.identifier in (task.one, task.other)
            versions = [(record.demographics, False)]
            if record.pending is not None and task.kind is TaskKind.OVERLAY:
                versions.append((record.pending, True))
            told += [
                Said(
                    record.identifier,
                    record.golden_id,
                    demographics,
                    asked,
                    waiting,
                    record.restricted,
                    self._matching.unusable(demographics),
                )
                for demographics, waiting in versions
            ]
        return sorted(told, key=lambda said: not said.asked)


def explain(unit: Unit, matching: Matching, task: TaskView) -> Explanation | None:
    """Why the pair of a task weighs what it weighs; of an overlay the version that counts and the one that waits."""
    records = unit.records.of_identifiers([task.one, task.other])
    encoded = [r.encoded for r in records if r.encoded]
    waiting = [r.pending for r in records if r.pending is not None and task.kind is TaskKind.OVERLAY]
    encoded += [matching.encode(pending.registers.demographics)[0] for pending in waiting]
    if len(encoded) < 2 and task.one != task.other:
        return None
    return matching.explanation(encoded[0], encoded[-1]) if encoded else None

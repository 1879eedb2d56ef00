"""Put everything side by side that a reviewer needs to answer one task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from linkage.explain import Explanation
from linkage.guard import Guard
from linkage.record import Demographics
from mpi.domain.access import Caller, Right
from mpi.domain.blinding import blinded, is_blind
from mpi.domain.identifiers import Identifier
from mpi.domain.views import PersonView, TaskKind, TaskView
from mpi.errors import NotFound
from mpi.ports import Unit, Units
from mpi.usecases.deciding.overlaid import versions_then
from mpi.usecases.deciding.showing import require_shown
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.people import people
from mpi.usecases.imaging.conflicting import with_orders


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says. `asked`: it is one of the two the task is about; `waiting`: it is the version of an
    overlaid record that does not count yet, or that waited until the task was settled. `unusable` names the fields
    whose value is a placeholder or a default, and is not compared."""

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
    are the model's thresholds in bits.

    `blind`: the index keeps its opinion to itself, and only the two records are here, as if each were a person's one
    record. `read`: a blind sample that the caller has answered, or has looked behind.
    """

    task: TaskView
    people: tuple[PersonView, ...]
    sides: tuple[tuple[Said, ...], ...]
    explanation: Explanation | None
    guards: Guard
    certain: float
    possible: float
    blind: bool = False
    read: bool = False


class Comparing:
    """Reads tasks for comparison; needs REVIEW."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def compare(self, task_id: int, caller: Caller, *, behind: bool = False) -> Comparison:
        """Everything about one task. While blind samples wait for answers a possible match is told as one, unless
        the caller wants to look `behind` it; a sample's own task always, until its reader has answered or given it
        up (`Sampling.look`). Raises NotFound, Forbidden for people who are kept apart."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            task = unit.tasks.get(task_id)
            if task is None:
                raise NotFound("no review task has this id")
            require_shown(unit, task, caller)
            found = people(unit, list(dict.fromkeys(task.golden_ids)))
            then = versions_then(unit, task) if task.kind is TaskKind.OVERLAY else None
            explanation = self._between(*then) if then else explain(unit, self._matching, task)
            subjects = [str(person.golden_id) for person in found]
            told = with_orders(unit, task, caller)
            unit.audit.record_each(caller, "compare-task", subjects, {"task": task_id})
            read = task.kind is TaskKind.BLIND_SAMPLE and unit.samples.has_read(task_id, caller.user)
            blind = is_blind(task, unit.samples.waiting()) and not (
                behind and (read or task.kind is TaskKind.POSSIBLE_MATCH)
            )
            unit.commit()
        if blind:
            return self._blind(task, found, read)
        return Comparison(
            told,
            tuple(found),
            tuple(tuple(self._side(person, task, then)) for person in found),
            explanation,
            explanation.guards if explanation else Guard.NONE,
            self._matching.model.certain,
            self._matching.model.possible,
            read=read,
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

    def _blind(self, task: TaskView, found: list[PersonView], read: bool) -> Comparison:
        told = {said.identifier: said for person in found for said in self._side(person, task, None)}
        sides = tuple((told[identifier],) for identifier in (task.one, task.other))
        model = self._matching.model
        return Comparison(
            blinded(task, read=read),
            (),
            sides,
            None,
            Guard.NONE,
            model.certain,
            model.possible,
            blind=True,
            read=read,
        )

    def _between(self, one: Demographics, other: Demographics) -> Explanation:
        return self._matching.explanation(self._matching.encode(one)[0], self._matching.encode(other)[0])

    def _side(self, person: PersonView, task: TaskView, then: tuple[Demographics, Demographics] | None) -> list[Said]:
        told: list[Said] = []
        for record in person.records:
            asked = record.identifier in (task.one, task.other)
            versions = [(record.demographics, False)]
            if asked and then is not None:
                versions = [(then[0], False), (then[1], True)]
            elif record.pending is not None and task.kind is TaskKind.OVERLAY:
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
    records = unit.records.of_identifiers({task.one, task.other})
    encoded = [r.encoded for r in records if r.encoded]
    waiting = [r.pending for r in records if r.pending is not None and task.kind is TaskKind.OVERLAY]
    encoded += [matching.encode(pending.registers.demographics)[0] for pending in waiting]
    return matching.explanation(encoded[0], encoded[1]) if len(encoded) > 1 else None

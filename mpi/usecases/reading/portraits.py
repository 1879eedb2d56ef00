"""One person as their page shows them: what is believed and why, how they were built, what is open, who looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from linkage.explain import levels_in_words
from linkage.partition import AssertionRank
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Field
from mpi.domain.formation import Saying, Span, Step, retractable, steps
from mpi.domain.identifiers import Identifier
from mpi.domain.survivorship import Origin, origins
from mpi.domain.views import HistoryFilter, PersonView, Study, TaskView
from mpi.errors import NotFound
from mpi.ports import Unit, Units
from mpi.ports.provenance import Look, Sender
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.people import person
from mpi.usecases.reading.reasons import require_reason

_NEWEST = 3  # studies
LOOKS = 50  # on a page


@dataclass(frozen=True, slots=True)
class Building:
    """How a person was built, oldest step first. `senders` are of the messages that the steps name; `words` say the
    comparison levels of a pattern, where the present `model` gave it. `standing` is what people and sources say of
    these records and nobody has taken back; `tasks` are those whose answers it was, by assertion; `retractable` what
    of it can be taken back from here."""

    steps: tuple[Step, ...] = ()
    senders: Mapping[int, Sender] | None = None
    words: Mapping[bytes, tuple[str, ...]] | None = None
    standing: tuple[Saying, ...] = ()
    model: str = ""
    tasks: Mapping[int, int] | None = None
    retractable: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Portrait:
    """`since` is when each record was linked, `origins` where each surviving value comes from, `tasks` what is open
    about the records, `newest` the last of `studies` studies. `earlier` are the retired golden ids that
    lead here. Who may neither review nor protect gets no `building` and no tasks."""

    person: PersonView
    origins: Mapping[Field, Origin]
    since: Mapping[Identifier, datetime]
    studies: int
    newest: tuple[Study, ...]
    tasks: tuple[TaskView, ...] = ()
    building: Building = Building()
    earlier: tuple[UUID, ...] = ()


class Portraits:
    """Reads people for their pages, following retired golden ids. Raises `Forbidden`, `ReasonNeeded` (see `reasons`),
    `NotFound`, `Unavailable`."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def of(self, golden_id: UUID, caller: Caller) -> Portrait:
        """Everything about one person. Needs READ_PERSON."""
        caller.require(Right.READ_PERSON)
        with self._units.begin(read_only=True) as unit:
            living = _living(unit, golden_id)
            records = unit.records.of_golden([living])
            shown = person(unit, living, golden_id)
            require_reason(self._matching.network, shown, caller)
            spans = unit.provenance.spans(living)
            building = self._building(unit, spans, caller)
            studies, total, _ = unit.studies.history(living, HistoryFilter(), _NEWEST, "")
            inside = caller.may(Right.REVIEW) or caller.may(Right.PRIVACY)
            portrait = Portrait(
                shown,
                origins(records),
                {span.identifier: span.since for span in spans if span.until is None},
                total,
                tuple(studies),
                tuple(unit.tasks.touching([record.identifier for record in records])) if inside else (),
                building if inside else Building(),
                _earlier(unit, living, spans),
            )
            unit.audit.record(caller, "read-person", [str(living)], {})
            unit.commit()
            return portrait

    def after(self, golden_id: UUID, number: int, caller: Caller) -> tuple[PersonView, Building]:
        """The person as they were after a step, counted from 1, shown with what their records say today; and the
        whole building. Needs REVIEW or PRIVACY. Raises NotFound for a step that there is not."""
        caller.require(Right.READ_PERSON)
        if not caller.may(Right.PRIVACY):
            caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            living = _living(unit, golden_id)
            building = self._building(unit, unit.provenance.spans(living), caller)
            if not 1 <= number <= len(building.steps):
                raise NotFound("this person was not built in so many steps")
            members = building.steps[number - 1].members
            then = person(unit, living, golden_id, unit.records.of_identifiers(members))
            require_reason(self._matching.network, person(unit, living), caller)
            unit.audit.record(caller, "read-person-then", [str(living)], {"step": number})
            unit.commit()
            return then, building

    def looks(
        self, golden_id: UUID, caller: Caller, before: int | None = None
    ) -> tuple[PersonView, tuple[Look, ...]]:
        """Who but feeds looked at this person or did anything to them (AUD-3), newest first, also under golden ids
        that they have succeeded and by the numbers of their records; one more than a page when there are older ones.
        Needs PRIVACY."""
        caller.require(Right.PRIVACY)
        with self._units.begin(read_only=True) as unit:
            living = _living(unit, golden_id)
            spans = unit.provenance.spans(living)
            succeeded = _earlier(unit, living, spans)
            numbers = [str(span.identifier) for span in spans if span.until is None]
            subjects = [str(living), *map(str, succeeded), *numbers]
            found = unit.provenance.looks(subjects, LOOKS + 1, before)
            shown = person(unit, living, golden_id)
            require_reason(self._matching.network, shown, caller)
            unit.audit.record(caller, "read-looks", [str(living)], {})
            unit.commit()
            return shown, tuple(found)

    def whom(self, golden_id: UUID, caller: Caller) -> PersonView:
        """The person alone, for who wants to change them. Needs REVIEW."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            shown = person(unit, _living(unit, golden_id), golden_id)
            require_reason(self._matching.network, shown, caller)
            unit.audit.record(caller, "read-person", [str(shown.golden_id)], {})
            unit.commit()
            return shown

    def break_glass(self, golden_id: UUID, caller: Caller) -> None:
        """Record that the caller is about to see a person, for the reason they carry. Needs READ_PERSON and a
        strong sign-in."""
        caller.require(Right.READ_PERSON)
        caller.require_strong()
        with self._units.begin() as unit:
            unit.audit.record(caller, "break-glass", [str(_living(unit, golden_id))], {})
            unit.commit()

    def _building(self, unit: Unit, spans: Sequence[Span], caller: Caller) -> Building:
        sayings = unit.provenance.sayings({span.identifier for span in spans})
        if any(saying.rank is AssertionRank.PRIVACY for saying in sayings) and not caller.may(Right.PRIVACY):
            spans, sayings = _as_if_never_together(spans, sayings)
        made = steps(spans, sayings)
        model = self._matching.model
        patterns = {pair.pattern for step in made if step.model == model.fingerprint for pair in step.weighed}
        standing = tuple(saying for saying in sayings if saying.withdrawn_at is None)
        return Building(
            tuple(made),
            unit.provenance.senders({step.message for step in made if step.message is not None}),
            {pattern: levels_in_words(pattern, model) for pattern in patterns if pattern},
            standing,
            model.fingerprint,
            unit.provenance.tasks_of([saying.id for saying in standing]),
            retractable(spans, sayings, made),
        )


def _as_if_never_together(spans: Sequence[Span], sayings: Sequence[Saying]) -> tuple[list[Span], list[Saying]]:
    """The past of those who are linked now, and no more: who is kept apart for privacy is never shown together, not
    even as they once were (NHS-56)."""
    here = {span.identifier for span in spans if span.until is None}
    shown = [replace(span, why=_within(span.why, here)) for span in spans if span.identifier in here]
    told = [s for s in sayings if {s.one, s.other} <= here and s.rank is not AssertionRank.PRIVACY]
    return shown, told


def _within(why: Mapping[str, Any], here: Collection[Identifier]) -> Mapping[str, Any]:
    named = {str(identifier) for identifier in here}
    return {**why, "edges": [edge for edge in why.get("edges", ()) if {edge[0], edge[1]} <= named]}


def _earlier(unit: Unit, living: UUID, spans: Sequence[Span]) -> tuple[UUID, ...]:
    """The retired golden ids that lead to a living one: also those of its records that came by way of others."""
    here = [span.identifier for span in spans if span.until is None]
    once = unit.identities.once_under(here) | {span.came_from for span in spans if span.came_from is not None}
    return tuple(one for one in sorted(once - {living}) if unit.identities.resolve(one) == living)


def _living(unit: Unit, golden_id: UUID) -> UUID:
    found = unit.identities.resolve(golden_id)
    if found is None:
        raise NotFound("no golden identity has this id")
    return found

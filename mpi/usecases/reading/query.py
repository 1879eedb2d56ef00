"""Ask who somebody is. Read-only; every look leaves an audit row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from linkage.guard import CONFLICTS
from linkage.record import Demographics
from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import Identifier
from mpi.domain.matches import MatchCandidate, MatchGrade
from mpi.domain.snapshot import Found
from mpi.domain.views import (
    CrossReferences,
    PersonView,
    RecordState,
    SearchCriteria,
)
from mpi.domain.wanted import Wanted
from mpi.domain.withholding import identifiers_told, person_told
from mpi.errors import Fault, NotFound, Refused
from mpi.ports import Unit, Units
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.people import Outline, identifiers, outline_of, outlines, people, person
from mpi.usecases.reading.paging import Shown
from mpi.usecases.reading.resembling import Likeness, resembling
from mpi.usecases.reading.resolving import find, with_others

Tell = Callable[[Sequence[Identifier]], Sequence[Identifier]]
"""Which of a person's identifiers the asker is told."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Everybody found, the first of them whole, and whether that is all: a search that reached its limit may have
    left out some."""

    found: tuple[Found, ...]
    shown: tuple[Shown, ...]
    complete: bool


class Query:
    """All methods raise `Forbidden` and `Unavailable`; `NotFound` and `Refused` as said. Of a restricted person
    nobody is told more than `domain.withholding` lets them know (NHS-57)."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def person(self, golden_id: UUID, caller: Caller) -> PersonView:
        """The person of a golden id, following retired ids. Raises NotFound. Needs READ_PERSON."""
        caller.require(Right.READ_PERSON)
        with self._units.begin(read_only=True) as unit:
            living = unit.identities.resolve(golden_id)
            if living is None:
                raise NotFound("no golden identity has this id")
            return self._seen(unit, caller, "read-person", [person(unit, living, golden_id)])[0]

    def person_of(self, identifier: Identifier, caller: Caller, as_of: datetime | None = None) -> PersonView:
        """The person an identifier belongs to (now, or as believed at `as_of`); NHS numbers too when one person
        alone holds that number. Raises NotFound. Needs READ_PERSON.

        At a time in the past the records are those linked then, shown with what they say today."""
        caller.require(Right.READ_PERSON)
        with self._units.begin(read_only=True) as unit:
            if as_of is not None:
                found = _believed(unit, identifier, as_of)
            else:
                golden_id = find(unit, self._matching, identifier).golden_id
                if golden_id is None:
                    raise NotFound("no person has this identifier")
                found = person(unit, golden_id)
            return self._seen(unit, caller, "read-person", [found])[0]

    def cross_references(self, identifier: Identifier, caller: Caller) -> CrossReferences:
        """All live identifiers of the same person (PIX). An awaited or deleted one is NotFound. Needs RESOLVE."""
        caller.require(Right.RESOLVE)
        with self._units.begin(read_only=True) as unit:
            unit.audit.record(caller, "cross-references", [str(identifier)], {})
            if not self._matching.is_nhs(identifier):  # one look
                unit.commit_with_next()
            try:
                record, others = with_others(unit, self._matching, identifier)
            except NotFound:  # who asked is noted all the same
                unit.commit()
                raise
            unit.commit()
            if record.golden_id is None or record.state in {RecordState.AWAITED, RecordState.DELETED}:
                raise NotFound("no person has this identifier")
            restricted = any(one.registers.restricted for one in others)
            told = identifiers_told(identifiers(others), caller, restricted=restricted)
            found = tuple(one for one in told if one != identifier)
            return CrossReferences(identifier, record.golden_id, found)

    def match(
        self, demographics: Demographics, caller: Caller, count: int = 10, only_certain: bool = False
    ) -> tuple[MatchCandidate, ...]:
        """Golden identities that resemble the demographics, best first; grades as the linker itself would decide
        (IHE-46). `only_certain`: those that would link, or none when they are not one person (IHE-45).
        Needs READ_PERSON."""
        caller.require(Right.READ_PERSON)
        encoded, keys = self._matching.encode(demographics)
        with self._units.begin(read_only=True) as unit:
            likenesses = resembling(unit, self._matching, encoded, keys)
            found = [self._candidate(unit, encoded, likeness) for likeness in likenesses]
            if only_certain:
                certain = [c for c in found if c.grade is MatchGrade.CERTAIN]
                found = certain if len(certain) == 1 else []
            found = found[:count]
            shown = self._seen(unit, caller, "match", [c.person for c in found])
            return tuple(replace(one, person=person) for one, person in zip(found, shown, strict=True))

    def search(self, criteria: SearchCriteria, caller: Caller) -> tuple[PersonView, ...]:
        """People with a live record meeting every criterion, at most `limit`. A search by postcode finds no
        restricted person (NHS-57); a confidential service's record is found by its own number only (NHS-58). Raises
        Refused for too few criteria. Needs READ_PERSON."""
        caller.require(Right.READ_PERSON)
        _require_enough(criteria)
        with self._units.begin(read_only=True) as unit:
            found = people(unit, self._matching_ids(unit, criteria))
            shown = [p for p in found if may_be_found(outline_of(p), criteria, self._matching)]
            return tuple(self._seen(unit, caller, "search", shown, _named([criteria])))

    def look_up(self, wanted: Wanted, first: int, tell: Tell, caller: Caller) -> LookedUp:
        """Everybody wanted of whom `tell` tells an identifier, and the `first` of them whole (0: all), found as
        `search` finds them; who is shown is audited (AUD-2). Raises Refused as `search`. Needs READ_PERSON."""
        caller.require(Right.READ_PERSON)
        with self._units.begin(read_only=True) as unit:
            met, complete = self._met(unit, wanted.criteria)
            known = _named(wanted.criteria)

            def told(one: Outline) -> Sequence[Identifier]:
                return tell(identifiers_told(one.told, caller, restricted=one.restricted, known=known))

            if wanted.filters or not first or len(met) <= first:
                outline = {view.golden_id: (outline_of(view), view) for view in people(unit, list(met))}
                views = wanted.keep([person_told(view, caller, known) for _, view in outline.values()])
                found = self._told((outline[view.golden_id][0] for view in views), met, told)
            else:  # a page of many: those on it are read whole
                found = self._told(outlines(unit, list(met)), met, told)
                views = people(unit, [one.golden_id for one in found[:first]])
            view_of = {view.golden_id: view for view in views}
            shown = [Shown(view_of[one.golden_id], one.told) for one in found[: first or None]]
            seen = self._seen(unit, caller, "search", [one.person for one in shown], known)
            shown = [Shown(person, one.told) for person, one in zip(seen, shown, strict=True)]
            return LookedUp(tuple(found), tuple(shown), complete)

    def _met(
        self, unit: Unit, alternatives: Sequence[SearchCriteria]
    ) -> tuple[dict[UUID, list[SearchCriteria]], bool]:
        """Whom each of the criteria finds, and whether that is all of them."""
        met: dict[UUID, list[SearchCriteria]] = defaultdict(list)
        complete = True
        for criteria in alternatives:
            _require_enough(criteria)
            ids = self._matching_ids(unit, criteria)
            complete = complete and len(ids) < criteria.limit
            for golden_id in ids:
                met[golden_id].append(criteria)
        return met, complete

    def _told(
        self,
        found: Iterable[Outline],
        met: Mapping[UUID, Sequence[SearchCriteria]],
        tell: Callable[[Outline], Sequence[Identifier]],
    ) -> list[Found]:
        allowed = [
            one for one in found if any(may_be_found(one, asked, self._matching) for asked in met[one.golden_id])
        ]
        told = [Found(one.golden_id, tuple(tell(one)), one.members) for one in allowed]
        return [one for one in told if one.told]  # IHE-32

    def _matching_ids(self, unit: Unit, criteria: SearchCriteria) -> list[UUID]:
        if criteria.identifier is None or not self._matching.is_nhs(criteria.identifier):
            return unit.records.search(criteria)
        holders = unit.records.holders_of_key(self._matching.nhs_key(criteria.identifier.value))
        return sorted({r.golden_id for r in holders if r.golden_id and r.state is RecordState.LIVE})[: criteria.limit]

    def _candidate(self, unit: Unit, asked: bytes, likeness: Likeness) -> MatchCandidate:
        model, golden_id, edge = self._matching.model, likeness.golden_id, likeness.edge
        grade = MatchGrade.POSSIBLE
        if edge.weight >= model.certain:
            agreed = edge.joins and not self._contradicted(unit, asked, golden_id)
            grade = MatchGrade.CERTAIN if agreed else MatchGrade.PROBABLE
        return MatchCandidate(
            person=person(unit, golden_id),
            weight=edge.weight,
            probability=model.probability(edge.weight),
            grade=grade,
            explanation=self._matching.explain(asked, likeness.encoded),
            model=model.fingerprint,
        )

    def _contradicted(self, unit: Unit, asked: bytes, golden_id: UUID) -> bool:
        """Whether some record of the person would keep the one asked about out of its cluster."""
        for record in unit.records.of_golden([golden_id]):
            if record.encoded is not None:
                weight, guards = self._matching.score_pair(asked, record.encoded)
                live = record.state is not RecordState.SUBSUMED
                if guards & CONFLICTS or (live and weight < self._matching.model.veto):
                    return True
        return False

    def _seen(
        self,
        unit: Unit,
        caller: Caller,
        action: str,
        shown: list[PersonView],
        known: Collection[Identifier] = (),
    ) -> list[PersonView]:
        """Audit who was shown, one row a person (AUD-2); they are returned as the caller may see them."""
        if shown:
            unit.audit.record_each(caller, action, [str(seen.golden_id) for seen in shown], {})
        else:
            unit.audit.record(caller, action, [], {})
        unit.commit()
        return [person_told(seen, caller, known) for seen in shown]


def _named(alternatives: Sequence[SearchCriteria]) -> frozenset[Identifier]:
    return frozenset(criteria.identifier for criteria in alternatives if criteria.identifier is not None)


def may_be_found(found: Outline, criteria: SearchCriteria, matching: Matching) -> bool:
    """Whether a search may tell of a person: never by postcode of a restricted one (NHS-57), of a confidential
    service's only by its own number (NHS-58)."""
    if criteria.postcode and found.restricted:
        return False
    return criteria.identifier in found.live or not all(map(matching.is_confidential, found.live))


def _require_enough(criteria: SearchCriteria) -> None:
    if not (criteria.identifier or criteria.family or criteria.birth_date):
        raise Refused(Fault.BAD_VALUE, "a search needs at least an identifier, a family name or a birth date")


def _believed(unit: Unit, identifier: Identifier, at: datetime) -> PersonView:
    golden_id = unit.identities.linked_at(identifier, at)
    if golden_id is None:
        raise NotFound("the index did not know this identifier then")
    members = unit.identities.members_at(golden_id, at)
    return person(unit, golden_id, records=unit.records.of_identifiers(members))

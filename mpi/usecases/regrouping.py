"""Move records to another person, split a person, merge two: previewed as a whole, done as a whole, undone as a
whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linkage.partition import AssertionRank
from mpi.domain.access import Caller, Right
from mpi.domain.consequence import Consequence
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import Regroup, Statements, Wish, statements
from mpi.domain.views import RecordState
from mpi.errors import Conflict, Fault, Forbidden, NotFound, Refused
from mpi.ports import Contention, Unit, Units
from mpi.usecases.asserting import Asserting
from mpi.usecases.attempts import attempt
from mpi.usecases.contradicting import Contradictions, contradictions
from mpi.usecases.drafting import hold_people
from mpi.usecases.matching import Matching
from mpi.usecases.rehearsing import Rehearsing
from mpi.usecases.sayings import require_about

_FIRST = (RecordState.LIVE, RecordState.AWAITED, RecordState.SUBSUMED, RecordState.DELETED)
_CHANGED = "the records of these people have changed since you looked"


class Opposed(Conflict):
    """Statements of equal or higher rank stand against what is wished; `pairs` are what they keep apart."""

    def __init__(self, pairs: tuple[Pair, ...]) -> None:
        super().__init__("somebody has decided otherwise of these records; take that decision back first")
        self.pairs = pairs


@dataclass(frozen=True, slots=True)
class Preview:
    """What a wish would do. `mark` is to be given back when it is confirmed; `unmerged` are records whose merge into
    another record, made by their source, would no longer count; `against` is what contradicts between those that
    would be joined."""

    consequence: Consequence
    needs_senior: bool
    mark: str
    unmerged: tuple[Identifier, ...]
    against: Contradictions


class Regrouping:
    """Every method needs REVIEW, and raises `Opposed`, `Refused`, `NotFound`, `Forbidden` (NHS-58)."""

    def __init__(self, units: Units, matching: Matching, asserting: Asserting, rehearsing: Rehearsing) -> None:
        self._units = units
        self._matching = matching
        self._asserting = asserting
        self._rehearsing = rehearsing

    def preview(self, wish: Wish, caller: Caller) -> Preview:
        """What would happen, by doing it and taking it back."""
        caller.require(Right.REVIEW)
        (mark, unmerged, against), told = attempt(
            lambda: self._rehearsing.rehearse(
                lambda unit: self._rehearse(unit, wish, caller), str(wish.golden_id), caller
            )
        )
        return Preview(told, against.unlike or self._rehearsing.needs_two(told), mark, unmerged, against)

    def apply(self, wish: Wish, mark: str, comment: str, caller: Caller) -> tuple[int, ...]:
        """Do it; returns the assertions it rests on. Raises `Conflict` when the people have other records by now than
        those that `mark` was given for, `Forbidden` when it needs a senior reviewer."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._apply(wish, mark, comment, caller))

    def undo(self, golden_id: UUID, assertions: Sequence[int], comment: str, caller: Caller) -> None:
        """Take back all that was stated in the acts these assertions are a part of: identity is exactly as without
        them. One's own, or any with UNDO_ANY. Raises `NotFound` unless every one given is a reviewer's and about this
        person, `Conflict` when one is the answer to a task, `Forbidden` when it needs a senior reviewer."""
        caller.require(Right.REVIEW)
        attempt(lambda: self._undo(golden_id, assertions, comment, caller))

    def _rehearse(self, unit: Unit, wish: Wish, caller: Caller) -> tuple[str, tuple[Identifier, ...], Contradictions]:
        found, unmerged = self._held(unit, wish)
        against = self._against(unit, found)
        self._state(unit, wish, found, "", caller)
        return found.mark, unmerged, against

    def _apply(self, wish: Wish, mark: str, comment: str, caller: Caller) -> tuple[int, ...]:
        with self._units.begin() as unit:
            try:
                found, _ = self._held(unit, wish)
            except Refused as refused:  # it could be wished when its preview was read
                raise Conflict(_CHANGED) from refused
            if found.mark != mark:
                raise Conflict(_CHANGED)
            unlike = self._against(unit, found).unlike
            made = self._state(unit, wish, found, comment, caller)
            self._rehearsing.require_second(unit, caller)
            if unlike and not caller.may(Right.UNDO_ANY):
                raise Forbidden("these people look different: for a senior reviewer")
            people = [wish.golden_id, *([wish.other] if wish.other else [])]
            detail = {"assertions": made, "records": list(map(str, wish.records)), "reason": comment}
            unit.audit.record_each(caller, wish.kind, list(map(str, people)), detail)
            unit.commit()
            return tuple(made)

    def _undo(self, golden_id: UUID, assertions: Sequence[int], comment: str, caller: Caller) -> None:
        with self._units.begin() as unit:
            require_about(unit, golden_id, assertions)
            if answered := unit.provenance.tasks_of(assertions):
                raise Conflict(f"this was the answer to task {min(answered.values())}: take it back there")
            taken = self._asserting.withdraw(unit, assertions, comment, caller)
            self._rehearsing.require_second(unit, caller)
            ends = {end for made in taken for end in (made.pair.one, made.pair.other)}
            left = {old for event in unit.outbox.published for old in event.old_golden_ids}
            people = {golden_id, *left, *unit.identities.current(ends).values()}
            detail = {"assertions": [made.id for made in taken], "reason": comment}
            unit.audit.record_each(caller, "withdraw-assertion", sorted(map(str, people)), detail)
            unit.commit()

    def _against(self, unit: Unit, found: Statements) -> Contradictions:
        return contradictions(unit, self._matching, found.leaving, found.others)

    def _state(self, unit: Unit, wish: Wish, found: Statements, comment: str, caller: Caller) -> list[int]:
        everybody = found.everybody
        standing = unit.evidence.assertions(everybody)
        if found.opposed(standing, AssertionRank.PRIVACY):
            # Which of their records, and why, is not told (NHS-56).
            raise Forbidden("these people must not be linked")
        if against := found.opposed(standing, AssertionRank.REVIEWER):
            raise Opposed(against)
        made = self._asserting.state_all(unit, found.said, comment or f"reviewer: {wish.kind}", caller)
        if not found.achieved(unit.identities.current(everybody)):
            raise Conflict("the evidence does not let these records be as you wish; look at their tasks first")
        return made

    def _held(self, unit: Unit, wish: Wish) -> tuple[Statements, tuple[Identifier, ...]]:
        """The statements about people whom nobody else can change, or decide about, until the transaction ends."""
        seen, _ = self._statements(unit, wish)
        hold_people(unit, seen.everybody)
        found, unmerged = self._statements(unit, wish)
        if set(found.everybody) - set(seen.everybody):
            raise Contention("these people were given more records")
        return found, unmerged

    def _statements(self, unit: Unit, wish: Wish) -> tuple[Statements, tuple[Identifier, ...]]:
        """What is to be stated, and which records it takes out of a merge."""
        if (wish.kind is Regroup.SPLIT) != (wish.other is None):
            raise Refused(Fault.BAD_VALUE, "a move and a merge need another person, a split has none")
        if wish.other == wish.golden_id:
            raise Refused(Fault.BAD_VALUE, "this is the same person")
        members = _members(unit, wish.golden_id)
        others = _members(unit, wish.other) if wish.other else {}
        if set(wish.records) - set(members):
            raise Conflict("a record is not linked to this person any more")
        found = statements(wish.kind, wish.records, list(members), list(others))
        apart = set(found.staying)
        unmerged = [one for one in found.leaving if members[one] in apart]
        unmerged += [one for one in found.staying if members[one] in found.leaving]
        return found, tuple(unmerged)


def _members(unit: Unit, golden_id: UUID) -> dict[Identifier, Identifier | None]:
    """The records of a living golden id, the surest to be right first, each with what it is merged into."""
    records = unit.records.of_golden([golden_id])
    if not records:
        if unit.identities.resolve(golden_id) is not None:
            raise Conflict("this person is under another golden id by now")
        raise NotFound("no person is under this golden id")
    ordered = sorted(records, key=lambda record: (_FIRST.index(record.state), record.identifier))
    return {record.identifier: record.subsumed_by for record in ordered}

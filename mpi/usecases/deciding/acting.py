"""Do what a reviewer would do to people without having been asked: rehearsed, at once, and by two, all by the same
code (decisions 25 and 34). Every method works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linkage.partition import AssertionRank, Verdict
from mpi.domain.access import Caller
from mpi.domain.acts import Act, Retraction, Statement
from mpi.domain.evidence import Assertion, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import Regroup, Statements, Wish, statements
from mpi.domain.views import RecordState, TaskView
from mpi.errors import Conflict, Fault, Forbidden, NotFound, Refused
from mpi.ports import Contention, Unit
from mpi.usecases.identity.asserting import Asserting
from mpi.usecases.identity.contradicting import NOTHING_AGAINST, Contradictions, contradictions
from mpi.usecases.identity.drafting import hold_people
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.sayings import require_about

_FIRST = (RecordState.LIVE, RecordState.AWAITED, RecordState.SUBSUMED, RecordState.DELETED)


class Outlived(Conflict):
    """The people are not as they were when somebody looked at what an act would do to them."""

    def __init__(self, text: str = "the records of these people have changed since you looked") -> None:
        super().__init__(text)


class Opposed(Conflict):
    """Statements of equal or higher rank stand against what is wished; `pairs` are what they keep apart."""

    def __init__(self, pairs: tuple[Pair, ...]) -> None:
        super().__init__("somebody has decided otherwise of these records; take that decision back first")
        self.pairs = pairs


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act has done besides what the unit has published. `assertions` are those it made, or took back; `pair`
    two records of the people it was about, of both where there were two. `mark` tells a move, split or merge of these
    people from any other; `unmerged` are records whose merge into another, made by their source, counts no longer;
    `against` is what contradicts between those that were joined."""

    assertions: tuple[int, ...]
    pair: Pair
    mark: str = ""
    unmerged: tuple[Identifier, ...] = ()
    against: Contradictions = NOTHING_AGAINST


class Acting:
    """Raises `Opposed`, `Outlived`, `Refused`, `NotFound`, `Forbidden` (NHS-58)."""

    def __init__(self, matching: Matching, asserting: Asserting) -> None:
        self._matching = matching
        self._asserting = asserting

    def perform(
        self, unit: Unit, act: Act, comment: str, caller: Caller, mark: str | None = None, proposer: str = ""
    ) -> Performed:
        """Do an act, and audit it. Of a move, split or merge `mark` is that of what was looked at, None when this is
        the look. A `proposer`'s own statements may be taken back for them."""
        if isinstance(act, Wish):
            return self._regroup(unit, act, comment, caller, mark)
        if isinstance(act, Statement):
            return self._state(unit, act, comment, caller)
        return self._take_back(unit, act, comment, caller, proposer)

    def second(self, unit: Unit, asked: TaskView, comment: str, caller: Caller) -> Performed:
        """Do what somebody else has proposed, of people who are as they were then."""
        if asked.proposal is None:
            raise Conflict("nothing has been proposed here")
        hold_people(unit, [asked.one, asked.other])
        if unit.tasks.is_outlived(asked.id):
            raise Outlived("the records of these people have changed since this was proposed")
        by = asked.proposal.by
        both = f"{by}: {asked.comment}; {caller.user}: {comment}"
        return self.perform(unit, asked.proposal.act, both, caller, asked.proposal.mark, by)

    def _regroup(self, unit: Unit, wish: Wish, comment: str, caller: Caller, mark: str | None) -> Performed:
        try:
            found, unmerged = self._held(unit, wish)
        except Refused as refused:
            if mark is None:
                raise
            raise Outlived from refused  # it could be wished when its preview was read
        if mark not in {None, found.mark}:
            raise Outlived
        against = contradictions(unit, self._matching, found.leaving, found.others)
        made = self._state_all(unit, wish, found, comment, caller)
        people = [wish.golden_id, *([wish.other] if wish.other else [])]
        detail = {"assertions": made, "records": list(map(str, wish.records)), "reason": comment}
        unit.audit.record_each(caller, wish.kind, list(map(str, people)), detail)
        pair = Pair.of(found.leaving[0], (*found.others, *found.staying)[0])
        return Performed(tuple(made), pair, found.mark, unmerged, against)

    def _state(self, unit: Unit, act: Statement, comment: str, caller: Caller) -> Performed:
        if act.one == act.other:
            raise Refused(Fault.BAD_VALUE, "a record cannot be asserted same as or different from itself")
        if len(unit.records.of_identifiers([act.one, act.other])) != 2:
            raise NotFound("both records must be known")
        verdict = Verdict.SAME if act.same else Verdict.DIFFERENT
        against = self._asserting.against(unit, act.one, act.other, verdict)
        made = self._asserting.state(unit, act.one, act.other, verdict, comment, caller)
        unit.audit.record(caller, f"assert-{verdict.value}", [str(act.one), str(act.other)], {"assertion": made})
        return Performed((made,), Pair.of(act.one, act.other), against=against)

    def _take_back(self, unit: Unit, act: Retraction, comment: str, caller: Caller, proposer: str) -> Performed:
        if act.golden_id is not None:
            require_about(unit, act.golden_id, act.assertions)
        if answered := unit.provenance.tasks_of(act.assertions):
            raise Conflict(f"this was the answer to task {min(answered.values())}: take it back there")
        taken = self._asserting.withdraw(unit, act.assertions, comment, caller, proposer)
        ends = {end for made in taken for end in (made.pair.one, made.pair.other)}
        left = {old for event in unit.outbox.published for old in event.old_golden_ids}
        people = {*left, *unit.identities.current(ends).values(), *([act.golden_id] if act.golden_id else [])}
        detail = {"assertions": [made.id for made in taken], "reason": comment}
        unit.audit.record_each(caller, "withdraw-assertion", sorted(map(str, people)), detail)
        return Performed(tuple(made.id for made in taken if made.id is not None), _across(taken))

    def _state_all(self, unit: Unit, wish: Wish, found: Statements, comment: str, caller: Caller) -> list[int]:
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
        """The statements about people whom nobody else can change, or decide about, until the transaction ends; and
        which records they take out of a merge."""
        seen, _ = self._statements(unit, wish)
        hold_people(unit, seen.everybody)
        found, unmerged = self._statements(unit, wish)
        if set(found.everybody) - set(seen.everybody):
            raise Contention("these people were given more records")
        return found, unmerged

    def _statements(self, unit: Unit, wish: Wish) -> tuple[Statements, tuple[Identifier, ...]]:
        if (wish.kind is Regroup.SPLIT) != (wish.other is None):
            raise Refused(Fault.BAD_VALUE, "a move and a merge need another person, a split has none")
        if wish.other == wish.golden_id:
            raise Refused(Fault.BAD_VALUE, "this is the same person")
        members = _members(unit, wish.golden_id)
        others = _members(unit, wish.other) if wish.other else {}
        if set(wish.records) - set(members):
            raise Outlived("a record is not linked to this person any more")
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
            raise Outlived("this person is under another golden id by now")
        raise NotFound("no person is under this golden id")
    ordered = sorted(records, key=lambda record: (_FIRST.index(record.state), record.identifier))
    return {record.identifier: record.subsumed_by for record in ordered}


def _across(taken: Sequence[Assertion]) -> Pair:
    """The statement that most likely stands for everybody concerned: what is kept apart is two people."""
    return min(taken, key=lambda made: (made.verdict is Verdict.SAME, made.id or 0)).pair

"""State what a person, or a privacy officer, says of records, and take it back; identity follows in the same
transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from linkage.partition import AssertionRank, Verdict
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Decision, TaskView
from mpi.errors import Conflict, Forbidden, NotFound
from mpi.ports import Clock, Unit
from mpi.usecases.identity.contradicting import NOTHING_AGAINST, Contradictions, between_people
from mpi.usecases.identity.drafting import hold_people, open_draft
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Cause, Rematch


class Asserting:
    """Statements about records. Every method works inside the caller's transaction."""

    def __init__(self, matching: Matching, rematch: Rematch, clock: Clock) -> None:
        self._matching = matching
        self._rematch = rematch
        self._clock = clock

    def state(
        self, unit: Unit, one: Identifier, other: Identifier, verdict: Verdict, reason: str, caller: Caller
    ) -> int:
        """Assert same or different; returns the assertion's id. Raises Forbidden (NHS-58)."""
        return self.state_all(unit, [(Pair.of(one, other), verdict)], reason, caller)[0]

    def state_all(self, unit: Unit, said: Sequence[tuple[Pair, Verdict]], reason: str, caller: Caller) -> list[int]:
        """Several at once, of which identity follows as from one; returns their ids. Raises Forbidden (NHS-58)."""
        for pair, verdict in said:
            confidential = self._matching.is_confidential(pair.one) or self._matching.is_confidential(pair.other)
            if verdict is Verdict.SAME and confidential and pair.one.authority != pair.other.authority:
                # It would show a confidential service's studies to everyone: for the privacy officer alone (NHS-58).
                caller.require(Right.PRIVACY)
        now = self._clock.now()
        draft = open_draft(unit, {end for pair, _ in said for end in (pair.one, pair.other)})
        if any(self._kept_apart(unit, pair) for pair, verdict in said if verdict is Verdict.SAME):
            raise Forbidden("these two records must not be linked")
        for pair, verdict in said:
            draft.add(Assertion(pair, verdict, AssertionRank.REVIEWER, Stamp(Rank.FEED, now, now)))
        if draft.needs_refold:
            draft.refold(unit.records.updates(draft.members))
        verdicts = ", ".join(dict.fromkeys(verdict.value for _, verdict in said))
        return self._rematch.absorb(unit, draft, Cause(caller, reason or f"reviewer: {verdicts}"))

    def _kept_apart(self, unit: Unit, pair: Pair) -> bool:
        standing = unit.evidence.assertions([pair.one])
        return any(made.rank is AssertionRank.PRIVACY and made.pair == pair for made in standing)

    def against(self, unit: Unit, one: Identifier, other: Identifier, verdict: Verdict) -> Contradictions:
        """What contradicts between those whom this, not stated yet, would join: whoever joins those who are `unlike`
        is a senior, or two people. Nobody else changes them then until the transaction ends."""
        if verdict is not Verdict.SAME:
            return NOTHING_AGAINST
        hold_people(unit, [one, other])
        return between_people(unit, self._matching, one, other)

    def withdraw(
        self, unit: Unit, assertion_ids: Sequence[int], comment: str, caller: Caller, proposer: str = ""
    ) -> list[Assertion]:
        """Take assertions back, each with all that was stated in one act with it; returns what was taken back.
        Raises NotFound when one of them does not stand, Forbidden when they are neither the caller's nor a
        `proposer`'s, who has asked for it."""
        makers = {caller.user, proposer}
        # What is asked for stays wanted when it does not stand any more, so that somebody is told.
        wanted = sorted({*assertion_ids, *unit.evidence.whole_acts(assertion_ids)})
        ends = {end for one in wanted for end in _ends(self._withdrawable(unit, one, caller, makers))}
        unit.records.lock_identifiers(ends)
        # Somebody else may have taken one back while we waited.
        withdrawn = [self._withdrawable(unit, one, caller, makers) for one in wanted]
        for one in wanted:
            unit.evidence.withdraw(one, caller, comment)
        draft = open_draft(unit, ends)
        if draft.needs_refold or any(made.subsumed is not None for made in withdrawn):
            draft.refold(unit.records.updates(draft.members))
        self._rematch.absorb(unit, draft, Cause(caller, comment or "undo"), withdrawn=withdrawn)
        return withdrawn

    def _withdrawable(self, unit: Unit, assertion_id: int, caller: Caller, makers: Collection[str]) -> Assertion:
        found = unit.evidence.assertion(assertion_id)
        if found is None:
            raise NotFound("no standing assertion has this id")
        assertion, made_by = found
        if assertion.rank is AssertionRank.PRIVACY:
            raise Forbidden("what keeps records apart for privacy is lifted by two privacy officers")
        if made_by not in makers and not caller.may(Right.UNDO_ANY):
            raise Forbidden("only its maker or a senior reviewer may take an assertion back")
        return assertion

    def rule(self, unit: Unit, asked: TaskView, decision: Decision, comment: str, caller: Caller) -> None:
        """Say who an overlaid record is: the pending version counts from now on, or never."""
        unit.records.lock_identifiers([asked.one])
        (record,) = unit.records.of_identifiers([asked.one])
        if record.pending is None or record.pending.rejected:
            raise Conflict("nothing waits at this record any more")
        accepted = decision is Decision.ACCEPT
        unit.rulings.add(record.pending, accepted, asked.id, caller, comment or asked.reason)
        cause = Cause(caller, comment or f"reviewer: {decision.value}")
        self._reread(unit, asked.one, cause, [asked.one] if accepted else [])

    def unrule(self, unit: Unit, decided: TaskView, comment: str, caller: Caller) -> None:
        """Take back what was said of an overlaid record."""
        unit.rulings.withdraw(decided.id, caller, comment)
        released = [decided.one] if decided.decision is Decision.ACCEPT else []
        self._reread(unit, decided.one, Cause(caller, comment or "undo"), released)

    def _reread(self, unit: Unit, one: Identifier, cause: Cause, released: Sequence[Identifier]) -> None:
        draft = open_draft(unit, [one])
        draft.refold(unit.records.updates(draft.members))
        self._rematch.absorb(unit, draft, cause, ruled=[one], released=released)


def _ends(made: Assertion) -> tuple[Identifier, Identifier]:
    return made.pair.one, made.pair.other

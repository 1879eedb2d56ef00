"""Records that must never be linked or shown together (NHS-56): stated by a privacy officer, lifted by two."""

from __future__ import annotations

from linkage.partition import AssertionRank, Verdict
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion, KeptApart, Pair
from mpi.domain.identifiers import Identifier
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.drafting import open_draft
from mpi.usecases.identity.rematch import Cause, Rematch

_CAUSE = "kept apart"  # all that others are told; why stands beside the statement
_LIFTED = "no longer kept apart"


class KeepingApart:
    """Do-not-link statements. No weight, feed or reviewer outranks them; every method needs PRIVACY."""

    def __init__(self, units: Units, rematch: Rematch, clock: Clock) -> None:
        self._units = units
        self._rematch = rematch
        self._clock = clock

    def keep_apart(self, one: Identifier, other: Identifier, reason: str, caller: Caller) -> int:
        """Part two known records, and the people they are of, for good; returns the statement's id. Raises `Refused`
        for a record and itself, `Conflict` when they are kept apart already, NotFound."""
        caller.require(Right.PRIVACY)
        if one == other:
            raise Refused(Fault.BAD_VALUE, "a record cannot be kept apart from itself")
        return attempt(lambda: self._keep_apart(Pair.of(one, other), reason, caller))

    def standing(self, caller: Caller) -> list[KeptApart]:
        """All that stands, the newest first."""
        caller.require(Right.PRIVACY)
        with self._units.begin(read_only=True) as unit:
            found = unit.evidence.kept_apart()
            unit.audit.record(caller, "list-kept-apart", [], {"pairs": len(found)})
            unit.commit()
            return found

    def lift(self, statement: int, reason: str, caller: Caller) -> bool:
        """Take a statement back. The first privacy officer asks for it (False), another does it (True). Raises
        `Conflict` for the one who has asked already, `StrongerNeeded`, NotFound."""
        caller.require(Right.PRIVACY)
        caller.require_strong()
        return attempt(lambda: self._lift(statement, reason, caller))

    def _keep_apart(self, pair: Pair, reason: str, caller: Caller) -> int:
        with self._units.begin() as unit:
            draft = open_draft(unit, [pair.one, pair.other])
            if draft.before(pair.one) is None or draft.before(pair.other) is None:
                raise NotFound("both records must be known")
            if any(_keeps_apart(made) for made in unit.evidence.assertions([pair.one]) if made.pair == pair):
                raise Conflict("these two records are kept apart already")
            now = self._clock.now()
            stamp = Stamp(Rank.FEED, now, now)
            draft.add(Assertion(pair, Verdict.DIFFERENT, AssertionRank.PRIVACY, stamp))
            if draft.needs_refold:
                draft.refold(unit.records.updates(draft.members))
            (made,) = self._rematch.absorb(unit, draft, Cause(caller, _CAUSE))
            unit.evidence.give_reason(made, reason)
            unit.audit.record(caller, "keep-apart", [str(pair.one), str(pair.other)], {"assertion": made})
            unit.commit()
            return made

    def _lift(self, statement: int, reason: str, caller: Caller) -> bool:
        with self._units.begin() as unit:
            held = next((one for one in unit.evidence.kept_apart() if one.id == statement), None)
            if held is None:
                raise NotFound("no two records are kept apart by this")
            if held.lift_asked_by == caller.user:
                raise Conflict("you have asked for this already: another privacy officer has to confirm it")
            subjects = [str(held.pair.one), str(held.pair.other)]
            if not held.lift_asked_by:
                unit.evidence.ask_to_lift(statement, caller.user, reason)
            else:
                both = f"{held.lift_asked_by}: {held.lift_reason}; {caller.user}: {reason}"
                self._withdraw(unit, held, both, caller)
            action = "lift-kept-apart" if held.lift_asked_by else "ask-to-lift-kept-apart"
            unit.audit.record(caller, action, subjects, {"assertion": statement})
            unit.commit()
            return bool(held.lift_asked_by)

    def _withdraw(self, unit: Unit, held: KeptApart, reason: str, caller: Caller) -> None:
        pair = held.pair
        unit.records.lock_identifiers([pair.one, pair.other])
        found = unit.evidence.assertion(held.id)
        if found is None:
            raise NotFound("no two records are kept apart by this")
        unit.evidence.withdraw(held.id, caller, reason)
        draft = open_draft(unit, [pair.one, pair.other])
        if draft.needs_refold:
            draft.refold(unit.records.updates(draft.members))
        self._rematch.absorb(unit, draft, Cause(caller, _LIFTED), withdrawn=[found[0]])


def _keeps_apart(made: Assertion) -> bool:
    return made.rank is AssertionRank.PRIVACY and made.verdict is Verdict.DIFFERENT

"""Tell the archive who a patient id is. An image is never refused for want of an identity (promise 7)."""

from __future__ import annotations

from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.commands import Patch, Rank, Stamp
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.views import RecordState, Resolution
from mpi.errors import Fault, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.drafting import open_draft
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Cause, Rematch
from mpi.usecases.identity.screening import screen_patch
from mpi.usecases.reading.resolving import Known, known, resolution, resolution_of_golden


class Resolve:
    """The archive's question on every ingest."""

    def __init__(self, units: Units, matching: Matching, rematch: Rematch, clock: Clock) -> None:
        self._units = units
        self._matching = matching
        self._rematch = rematch
        self._clock = clock

    def resolve(self, identifier: Identifier, patch: Patch | None, caller: Caller) -> Resolution:
        """Who is this? An id nobody has named before is registered with what the archive knows (`patch`), as
        provisional, so that it has a golden id at once; the known path only reads. Needs RESOLVE.
        Raises `Unavailable`, and NotFound for an NHS number that not exactly one person holds."""
        caller.require(Right.RESOLVE)
        try:
            with self._units.begin(read_only=True) as unit:
                found = known(unit, self._matching, identifier)
                if not (patch and found.record.state is RecordState.AWAITED and not found.record.registers.cells):
                    return self._answer(unit, identifier, found, caller)
        except NotFound:
            if self._matching.is_nhs(identifier):
                self._note_asked(identifier, caller)
                raise
        return attempt(lambda: self._provide(identifier, patch, caller))

    def _note_asked(self, identifier: Identifier, caller: Caller) -> None:
        with self._units.begin(read_only=True) as unit:
            unit.audit.record(caller, "resolve", [str(identifier)], {})
            unit.commit()

    def resolve_golden(self, identifier: Identifier, caller: Caller) -> Resolution:
        """Who is this golden id, present or retired? An archive asks so about an image that carries one and does not
        tell under which id it was acquired. Needs RESOLVE. Raises NotFound, Refused (BAD_VALUE: it is no UUID)."""
        caller.require(Right.RESOLVE)
        try:
            asked = UUID(identifier.value)
        except ValueError:
            raise Refused(Fault.BAD_VALUE, "a golden id is a UUID", "patient_id") from None
        with self._units.begin(read_only=True) as unit:
            golden_id = unit.identities.resolve(asked)
            if golden_id is None:
                raise NotFound("no person has this golden id")
            found = resolution_of_golden(unit, identifier, golden_id, caller)
            unit.audit.record(caller, "resolve", [str(golden_id)], {"state": found.state})
            unit.commit()
            return found

    def _answer(self, unit: Unit, identifier: Identifier, found: Known, caller: Caller) -> Resolution:
        told = resolution(identifier, found, caller)
        unit.audit.record(caller, "resolve", [str(identifier)], {"state": told.state})
        unit.commit()
        return told

    def _provide(self, identifier: Identifier, patch: Patch | None, caller: Caller) -> Resolution:
        with self._units.begin() as unit:
            provide(unit, self._rematch, identifier, patch, Cause(caller, "resolve"), self._clock)
            return self._answer(unit, identifier, known(unit, self._matching, identifier), caller)


def provide(
    unit: Unit, rematch: Rematch, identifier: Identifier, patch: Patch | None, cause: Cause, clock: Clock
) -> None:
    """Make sure that an identifier has a record, and so a golden id, in this transaction.

    Of what is said of it an NHS number that has no business here is left out (NHS-5).
    """
    if identifier.authority == NHS_AUTHORITY:
        raise Refused(Fault.BAD_VALUE, "an NHS number names a person, not a patient id that a trust has issued")
    draft = open_draft(unit, [identifier])
    now = clock.now()
    draft.introduce(identifier, screen_patch(patch or {}, rematch.population), Stamp(Rank.ARCHIVE, now, now))
    if draft.changed:
        rematch.absorb(unit, draft, cause)

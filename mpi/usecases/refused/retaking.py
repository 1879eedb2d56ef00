"""Takes in a copy of a refused message as `Intake` takes in any other, and remembers what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mpi.domain.access import Caller, Right
from mpi.domain.commands import Command, Envelope, Receipt, Status
from mpi.domain.network import Network
from mpi.domain.quarantine import Copy
from mpi.errors import Fault, Forbidden, Refused, Unavailable
from mpi.ports import Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.rematch import Cause, Rematch
from mpi.usecases.imaging.hanging import hang
from mpi.usecases.imaging.images import Image
from mpi.usecases.intake import copies
from mpi.usecases.intake.intake import Intake


class Retaking(Intake):
    """Intake of one copy, behind whatever reads messages of its protocol."""

    def __init__(self, units: Units, rematch: Rematch, network: Network, copy: Copy) -> None:
        super().__init__(units, rematch, network)
        self._copy = copy
        self._receipt: Receipt | None = None
        self._failure: Exception | None = None

    def register(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        """See `Intake.register`."""
        try:
            self._receipt = super().register(replace(envelope, copy=self._copy), commands, caller)
        except (Unavailable, Forbidden) as failure:
            self._failure = failure
            raise
        return self._receipt

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        """See `Intake.refuse`."""
        try:
            self._receipt = super().refuse(replace(envelope, copy=self._copy), reason, caller)
        except Unavailable as failure:
            self._failure = failure
            raise
        return self._receipt

    def store(self, envelope: Envelope, image: Image, caller: Caller) -> Receipt:
        """Register the study that a header in quarantine speaks of, as `Images.take` does. One that is still flawed
        is refused anew. Raises `Unavailable`. Needs WRITE_IMAGING."""
        caller.require(Right.WRITE_IMAGING)
        marked = replace(envelope, copy=self._copy)
        try:
            if image.flaw is not None:
                raise image.flaw
            return attempt(lambda: self._store(marked, image, caller))
        except Refused as reason:
            return self.refuse(envelope, reason, caller)

    def _store(self, envelope: Envelope, image: Image, caller: Caller) -> Receipt:
        with self._units.begin() as unit:
            claim = unit.inbox.claim(envelope)
            if claim.receipt is not None:
                return claim.receipt
            cause, study = Cause(caller, "store-image"), image.study
            _, _, created = hang(unit, self._rematch, self._rematch, study, image.patch, cause, join=True)
            unit.audit.record(caller, "store-image", [str(study.patient), study.study_uid], {"new": created})
            copies.note(unit, envelope, claim.message_id, accepted=True)
            unit.commit()
            return Receipt(Status.ACCEPTED, claim.message_id, created=created)

    def outcome(self) -> Receipt:
        """What became of the copy. Raises what the reader may have answered in its own way, and `Refused` when it
        asked for nothing to be taken in."""
        if self._receipt is not None:
            return self._receipt
        if self._failure is not None:
            raise self._failure
        raise Refused(Fault.UNSUPPORTED_TYPE, "there is nothing in this message to take in")

"""Take in what images say, one by one: study and patient at once; what cannot be right waits in quarantine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.availability import Notice
from mpi.domain.commands import Envelope, Patch
from mpi.domain.evidence import Pair
from mpi.domain.views import Study, TaskKind
from mpi.errors import Fault, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.rematch import Cause, Rematch
from mpi.usecases.imaging.hanging import ask_whose, hang


@dataclass(frozen=True, slots=True)
class Image:
    """What an image says. `patch` is None when it says nothing of the patient, or nothing that can be read; then
    `flaw` tells why."""

    study: Study
    patch: Patch | None = None
    flaw: Refused | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an image, committed: under whom its study is (None: under nobody new), and the fault for which
    its header is in quarantine, "" when it is not."""

    golden_id: UUID | None = None
    created: bool = False
    fault: str = ""


class Images:
    """Images on their way into an archive. An image is never refused for what it says (promise 7)."""

    def __init__(self, units: Units, rematch: Rematch, clock: Clock) -> None:
        self._units = units
        self._rematch = rematch
        self._clock = clock

    def take(self, envelope: Envelope, image: Image, caller: Caller) -> Taken:
        """Register the study of an image under its patient id, joining what is known of both.

        A header with a flaw goes to quarantine besides, and a task is raised. So does one whose study is under
        another patient already: the study stays where it is, and a task asks about the two patients. Raises
        `Unavailable` when nothing could be stored. Needs WRITE_IMAGING.
        """
        caller.require(Right.WRITE_IMAGING)
        try:
            return attempt(lambda: self._take(envelope, image, caller))
        except Refused as refused:
            reason = refused
        return attempt(lambda: self._quarantine(envelope, image, reason, caller))

    def note(self, notice: Notice, caller: Caller) -> UUID | None:
        """Note how a study can be had; the golden id it is under, None when it is not known (yet: the note stands).
        Raises `Unavailable`. Needs WRITE_IMAGING."""
        caller.require(Right.WRITE_IMAGING)
        return attempt(lambda: self._note(notice, caller))

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Taken:
        """Quarantine the header of an image without an identity. Raises `Unavailable`. Needs WRITE_IMAGING."""
        caller.require(Right.WRITE_IMAGING)
        return attempt(lambda: self._quarantine(envelope, None, reason, caller))

    def _take(self, envelope: Envelope, image: Image, caller: Caller) -> Taken:
        with self._units.begin() as unit:
            cause = Cause(caller, "store-image")
            study = image.study
            _, golden_id, created = hang(unit, self._rematch, self._clock, study, image.patch, cause, join=True)
            unit.audit.record(caller, "store-image", [str(study.patient), study.study_uid], {"new": created})
            if image.flaw is not None and self._keep(unit, envelope, image.flaw, caller):
                pair = Pair.of(study.patient, study.patient)
                said = f"of an image {image.flaw.text}"
                unit.tasks.raise_alarm(TaskKind.UNREADABLE_IMAGE, pair, said, study.study_uid)
            unit.commit()
            return Taken(golden_id, created, image.flaw.fault if image.flaw else "")

    def _note(self, notice: Notice, caller: Caller) -> UUID | None:
        with self._units.begin() as unit:
            unit.studies.note(notice)
            known = unit.studies.get(notice.study_uid)
            if known is not None:
                study = known[0]
                series, instances = max(study.series, notice.series), max(study.instances, notice.instances)
                unit.studies.put(replace(study, series=series, instances=instances))
            detail = {"availability": notice.holding.availability, "archive": notice.archive}
            unit.audit.record(caller, "note-availability", [notice.study_uid], detail)
            unit.commit()
            return known[1] if known else None

    def _quarantine(self, envelope: Envelope, image: Image | None, reason: Refused, caller: Caller) -> Taken:
        with self._units.begin() as unit:
            if self._keep(unit, envelope, reason, caller) and image is not None and reason.fault is Fault.CONFLICT:
                cause = Cause(caller, "store-image")
                ask_whose(unit, self._rematch, self._clock, image.study, image.patch, cause)
            unit.commit()
            return Taken(fault=reason.fault)

    def _keep(self, unit: Unit, envelope: Envelope, reason: Refused, caller: Caller) -> bool:
        """Whether the header was not in quarantine before."""
        claim = unit.inbox.claim(envelope)
        if claim.receipt is not None:
            return False
        unit.inbox.refuse(claim.message_id, reason)
        detail = {"message": claim.message_id, "fault": reason.fault, "location": reason.location}
        unit.audit.record(caller, "quarantine", [], detail)
        return True

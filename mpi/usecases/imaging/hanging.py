"""Hang studies on the records of their patients, and ask about one that came under two; inside the caller's
transaction."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from mpi.domain.commands import Patch
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.imaging import joined
from mpi.domain.views import Event, EventType, Study, TaskKind
from mpi.errors import Fault, Refused
from mpi.ports import Clock, Unit
from mpi.usecases.identity.rematch import Cause, Rematch
from mpi.usecases.imaging.resolve import provide

_TWO_PATIENTS = "one study came under two patient ids; it stays under the first"


def hang(
    unit: Unit,
    rematch: Rematch,
    clock: Clock,
    study: Study,
    patch: Patch | None,
    cause: Cause,
    *,
    join: bool = False,
) -> tuple[Identifier, UUID, bool]:
    """Hang a study on its patient's record in this transaction: the record, its golden id, whether the study was new.

    `patch` is what is known of a patient whom no feed has described. With `join` the study is what one image says,
    and adds to what is known. Raises `Refused` (CONFLICT) when the study is another patient's.
    """
    provide(unit, rematch, study.patient, patch, cause, clock)
    known = unit.studies.get(study.study_uid)
    wanted = study if known is None or not join else replace(joined(known[0], study), patient=study.patient)
    owner, created = unit.studies.put(wanted)
    if owner != study.patient:
        _check_merged(unit, owner, study.patient)
        unit.studies.put(replace(wanted, patient=owner))
    golden_id = unit.identities.current([owner])[owner]
    if known is None or _interest(known[0]) != _interest(wanted):
        event = registered(replace(study, patient=owner), golden_id, clock)
        unit.outbox.publish([event if created else _changed(event)], cause.caller, None)
    return owner, golden_id, created


def ask_whose(unit: Unit, rematch: Rematch, clock: Clock, study: Study, patch: Patch | None, cause: Cause) -> None:
    """Ask about the two patients of a study that came under a second one; it stays under the first."""
    provide(unit, rematch, study.patient, patch, cause, clock)
    held = unit.studies.get(study.study_uid)
    if held is not None and held[0].patient != study.patient:
        pair = Pair.of(held[0].patient, study.patient)
        unit.tasks.raise_alarm(TaskKind.STUDY_CONFLICT, pair, _TWO_PATIENTS, study.study_uid)


def _interest(study: Study) -> tuple[tuple[str, ...], str]:
    """By what subscribers choose studies."""
    return study.modalities, study.body_site


def registered(study: Study, golden_id: UUID, clock: Clock) -> Event:
    """What subscribers are told of a new study."""
    return Event(
        id=0,
        type=EventType.STUDY_REGISTERED,
        at=clock.now(),
        old_golden_ids=(),
        new_golden_ids=(golden_id,),
        identifiers=(study.patient,),
        studies=(study.study_uid,),
        reason="register-study",
    )


def _changed(event: Event) -> Event:
    return replace(event, type=EventType.STUDY_CHANGED, old_golden_ids=event.new_golden_ids)


def _check_merged(unit: Unit, owner: Identifier, asked: Identifier) -> None:
    """An archive that follows an A40 names the survivor from then on: its trust says that is the same patient."""
    if asked not in {record.identifier for record in unit.records.family([owner])}:
        raise Refused(Fault.CONFLICT, "this study is already registered under another patient id", "study_uid")

"""Studies and imaging histories: a study hangs on a source record, a history is read through the links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.commands import Patch
from mpi.domain.evidence import Pair
from mpi.domain.history import HistoryChange, history_changes
from mpi.domain.identifiers import Identifier
from mpi.domain.imaging import joined
from mpi.domain.order_fold import ImagingOrder, OrderPage
from mpi.domain.priors import Prior, also_planned, priors
from mpi.domain.views import Event, EventType, HistoryFilter, HistoryPage, RecordState, Study, TaskKind
from mpi.domain.withholding import WITHHELD, may_know_whereabouts, order_withheld, study_withheld
from mpi.errors import Fault, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.matching import Matching
from mpi.usecases.rematch import Cause, Rematch
from mpi.usecases.resolve import provide
from mpi.usecases.resolving import find

_MOST = 500
_CONSIDERED = 2_000  # studies of one person that are looked through for priors, the newest of them
REPEAT_DAYS = 30
_TWO_PATIENTS = "one study came under two patient ids; it stays under the first"
_A_DAY = timedelta(days=1)  # a filter's dates are London's


class Imaging:
    """Register studies; read one person's history across trusts."""

    def __init__(self, units: Units, matching: Matching, rematch: Rematch, clock: Clock) -> None:
        self._units = units
        self._matching = matching
        self._rematch = rematch
        self._clock = clock

    def register(self, study: Study, caller: Caller) -> tuple[UUID, bool]:
        """Register a study under its patient id (an id nobody has named becomes an awaited record). Returns the
        golden id and whether the study was new. The same study again under the same patient, or under an id merged
        with the patient's, updates it where it is; under another patient it is refused with CONFLICT, and a task
        asks about the two patients. Needs WRITE_IMAGING."""
        caller.require(Right.WRITE_IMAGING)
        try:
            return attempt(lambda: self._register(study, caller))
        except Refused as refused:
            if refused.fault is Fault.CONFLICT:
                attempt(lambda: self._ask(study, caller))
            raise

    def _register(self, study: Study, caller: Caller) -> tuple[UUID, bool]:
        with self._units.begin() as unit:
            cause = Cause(caller, "register-study")
            owner, golden_id, created = hang(unit, self._rematch, self._clock, study, None, cause)
            unit.audit.record(caller, "register-study", [str(owner), study.study_uid], {"new": created})
            unit.commit()
            return golden_id, created

    def _ask(self, study: Study, caller: Caller) -> None:
        with self._units.begin() as unit:
            ask_whose(unit, self._rematch, self._clock, study, None, Cause(caller, "register-study"))
            unit.audit.record(caller, "study-conflict", [str(study.patient), study.study_uid], {})
            unit.commit()

    def history(
        self,
        person: UUID | Identifier,
        caller: Caller,
        wanted: HistoryFilter = HistoryFilter(),
        limit: int = 100,
        after: str = "",
        *,
        standing: bool = False,
    ) -> HistoryPage:
        """One page of the history, newest first; at most 500 studies. Raises NotFound, Refused (BAD_VALUE for a bad
        `after`). With `standing` nothing is told under an id that has been merged away, by its source or by us: the
        rule of registries (IHE-66). Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            golden_id = self._golden_id(unit, person, wanted.as_of)
            if standing and not _stands(unit, person, golden_id):
                return HistoryPage(golden_id, (), 0)
            if wanted.organisation and self._withholds(unit, golden_id, caller):  # an answer would tell
                return HistoryPage(golden_id, (), 0)
            studies, total, following = unit.studies.history(golden_id, wanted, max(1, min(limit, _MOST)), after)
            shown = self._shown(unit, golden_id, studies, caller)
            unit.audit.record(caller, "read-history", [str(golden_id)], {})
            unit.commit()
            return HistoryPage(golden_id, tuple(shown), total, following)

    def study(self, study_uid: str, caller: Caller) -> tuple[Study, UUID]:
        """One study and the golden id whose history it is in. Raises NotFound. Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            found = unit.studies.get(study_uid)
            if found is None:
                raise NotFound("no study has this UID")
            (shown,) = self._shown(unit, found[1], found[:1], caller)
            unit.audit.record(caller, "read-study", [study_uid, str(found[1])], {})
            unit.commit()
            return shown, found[1]

    def orders(
        self, golden_id: UUID, caller: Caller, limit: int = 100, after: str = "", *, awaited: bool = False
    ) -> OrderPage:
        """One page of a person's orders, newest first, undated last; at most 500. `awaited`: only those whose study
        is still to come. Raises NotFound, Refused (BAD_VALUE for a bad `after`). Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            found = self._golden_id(unit, golden_id, None)
            orders, total, following = unit.orders.of_golden(found, max(1, min(limit, _MOST)), after, awaited=awaited)
            if self._withholds(unit, found, caller):
                orders = [order_withheld(order) for order in orders]
            unit.audit.record(caller, "read-orders", [str(found)], {})
            unit.commit()
            return OrderPage(found, tuple(orders), total, following)

    def held(self, archive: str, caller: Caller, after: str = "", limit: int = _MOST) -> list[tuple[str, UUID]]:
        """The studies that an archive holds, as far as the index knows, with the golden id each is under: at most
        500, from the one after `after` on. What an archive compares itself with. Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            found = unit.studies.held(archive, after, max(1, min(limit, _MOST)))
            unit.audit.record(caller, "read-archive", [f"archive/{archive}"], {})
            unit.commit()
            return found

    def priors(
        self, examination: Study | str, caller: Caller, at: datetime | None = None, repeat_days: int = REPEAT_DAYS
    ) -> tuple[UUID, list[Prior], list[ImagingOrder]]:
        """The earlier studies worth opening beside one, and those it may be repeating: beside a registered study, by
        its UID, or beside one that is only planned, of which the patient, modalities and part of the body are said
        and which begins `at` (now by default). Returns the golden id, the studies, and the
        orders for the same examination that are planned near it. Raises NotFound. Needs READ_IMAGING.
        """
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            if isinstance(examination, str):
                found = unit.studies.get(examination)
                if found is None:
                    raise NotFound("no study has this UID")
                examination, golden_id = found
            else:
                golden_id = self._golden_id(unit, examination.patient, None)
            begins = at or examination.started_at or self._clock.now()
            history, _, _ = unit.studies.history(
                golden_id, HistoryFilter(until=(begins + _A_DAY).date()), _CONSIDERED, ""
            )
            orders, _, _ = unit.orders.of_golden(golden_id, _MOST, "", awaited=True)
            if self._withholds(unit, golden_id, caller):
                history, orders = [*map(study_withheld, history)], [*map(order_withheld, orders)]
            unit.audit.record(caller, "read-priors", [str(golden_id)], {})
            unit.commit()
            earlier = priors(examination, begins, history, repeat_days)
            return golden_id, earlier, also_planned(examination, begins, orders, repeat_days)

    def changes(self, golden_id: UUID, caller: Caller) -> list[HistoryChange]:
        """Which studies joined or left the history of a golden id, present or retired, when and by what, newest
        first. Raises NotFound. Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            if not unit.identities.born([golden_id]):
                raise NotFound("no person has this id")
            told = history_changes(unit.studies.stays(golden_id))
            if self._withholds(unit, golden_id, caller):
                told = [replace(change, identifier=WITHHELD) for change in told]
            unit.audit.record(caller, "read-history-changes", [str(golden_id)], {})
            unit.commit()
            return told

    def _shown(self, unit: Unit, golden_id: UUID, studies: Sequence[Study], caller: Caller) -> Sequence[Study]:
        return [*map(study_withheld, studies)] if self._withholds(unit, golden_id, caller) else studies

    def _withholds(self, unit: Unit, golden_id: UUID, caller: Caller) -> bool:
        """Whether the caller may not know where this person is treated (NHS-57)."""
        if may_know_whereabouts(caller):
            return False
        living = unit.identities.resolve(golden_id) or golden_id  # nobody is under a retired id any more
        return any(record.registers.restricted for record in unit.identities.outlines([living]))

    def _golden_id(self, unit: Unit, person: UUID | Identifier, as_of: datetime | None) -> UUID:
        if as_of is not None:
            golden_id = unit.identities.linked_at(person, as_of) if isinstance(person, Identifier) else person
            if golden_id is None or not unit.identities.born([golden_id]):
                raise NotFound("the index did not know this person then")
            return golden_id
        if isinstance(person, Identifier):
            golden_id = find(unit, self._matching, person).golden_id
        else:
            golden_id = unit.identities.resolve(person)
        if golden_id is None:
            raise NotFound("no person has this id")
        return golden_id


def _stands(unit: Unit, person: UUID | Identifier, golden_id: UUID) -> bool:
    if isinstance(person, UUID):
        return person == golden_id
    return all(record.state is not RecordState.SUBSUMED for record in unit.records.of_identifiers([person]))


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
        unit.tasks.raise_alarm(TaskKind.STUDY_CONFLICT, Pair.of(held[0].patient, study.patient), _TWO_PATIENTS)


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

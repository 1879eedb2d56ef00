"""Studies and imaging histories: a study hangs on a source record, a history is read through the links."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.history import HistoryChange
from mpi.domain.identifiers import WITHHELD, Identifier
from mpi.domain.order_fold import ImagingOrder, OrderFilter, OrderPage
from mpi.domain.priors import Prior, also_planned, priors
from mpi.domain.views import HistoryFilter, HistoryPage, RecordState, Study
from mpi.domain.withholding import may_know_whereabouts, order_withheld, study_withheld
from mpi.errors import Fault, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Cause, Rematch
from mpi.usecases.imaging.hanging import ask_whose, hang
from mpi.usecases.reading.looking_back import changes_told, members_at, restricted_among
from mpi.usecases.reading.resolving import find

_MOST = 500
_CONSIDERED = 2_000  # studies of one person that are looked through for priors, the newest of them
REPEAT_DAYS = 30
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
            withholds = self._withholds(unit, golden_id, caller, members_at(unit, golden_id, wanted.as_of))
            if wanted.organisation and withholds:  # an answer would tell
                return HistoryPage(golden_id, (), 0)
            unit.audit.record(caller, "read-history", [str(golden_id)], {})
            unit.commit_with_next()
            studies, total, following = unit.studies.history(golden_id, wanted, max(1, min(limit, _MOST)), after)
            unit.commit()
            shown = map(study_withheld, studies) if withholds else studies
            return HistoryPage(golden_id, tuple(shown), total, following)

    def study(self, study_uid: str, caller: Caller) -> tuple[Study, UUID]:
        """One study and the golden id whose history it is in. Raises NotFound. Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            found = unit.studies.get(study_uid)
            if found is None:
                raise NotFound("no study has this UID")
            shown, golden_id = found
            if self._withholds(unit, golden_id, caller):
                shown = study_withheld(shown)
            unit.audit.record(caller, "read-study", [study_uid, str(golden_id)], {})
            unit.commit()
            return shown, golden_id

    def orders(
        self,
        person: UUID | Identifier,
        caller: Caller,
        wanted: OrderFilter = OrderFilter(),
        limit: int = 100,
        after: str = "",
    ) -> OrderPage:
        """One page of a person's orders, newest first, undated last; at most 500. Raises NotFound, Refused (BAD_VALUE
        for a bad `after`). Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            found = self._golden_id(unit, person, wanted.as_of)
            withholds = self._withholds(unit, found, caller, members_at(unit, found, wanted.as_of))
            if wanted.number and withholds:  # an answer would tell
                return OrderPage(found, (), 0)
            orders, total, following = unit.orders.of_golden(found, wanted, max(1, min(limit, _MOST)), after)
            unit.audit.record(caller, "read-orders", [str(found)], {})
            unit.commit()
            shown = map(order_withheld, orders) if withholds else orders
            return OrderPage(found, tuple(shown), total, following)

    def order(self, order_id: int, caller: Caller) -> tuple[ImagingOrder, UUID]:
        """One order and the golden id it is under. Raises NotFound. Needs READ_IMAGING."""
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            found = unit.orders.get(order_id)
            if found is None:
                raise NotFound("no order has this id")
            shown, golden_id = found
            if self._withholds(unit, golden_id, caller):
                shown = order_withheld(shown)
            unit.audit.record(caller, "read-order", [f"order/{order_id}", str(golden_id)], {})
            unit.commit()
            return shown, golden_id

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
            orders, _, _ = unit.orders.of_golden(golden_id, OrderFilter(awaited=True), _MOST, "")
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
            told = changes_told(unit, golden_id, caller)
            if self._withholds(unit, golden_id, caller):
                told = [replace(change, identifier=WITHHELD) for change in told]
            unit.audit.record(caller, "read-history-changes", [str(golden_id)], {})
            unit.commit()
            return told

    def _withholds(self, unit: Unit, golden_id: UUID, caller: Caller, then: Collection[Identifier] = ()) -> bool:
        """Whether the caller may not know where this person is treated (NHS-57). Of another time both count, who is
        under the id now and `then`, who was under it: whichever of them is restricted today is protected."""
        if may_know_whereabouts(caller):
            return False
        living = unit.identities.resolve(golden_id) or golden_id  # nobody is under a retired id any more
        if any(record.registers.restricted for record in unit.identities.outlines([living])):
            return True
        return bool(restricted_among(unit, then))

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

"""One person's imaging history with all that its page shows, read at one moment: who they are, every study, possible
repeats, what is planned, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.history import HistoryChange, HistoryStep
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder, OrderFilter
from mpi.domain.orders import OrderStatus
from mpi.domain.priors import repeats
from mpi.domain.timeline import plan_key
from mpi.domain.views import HistoryFilter, PersonView, Study
from mpi.errors import NotFound
from mpi.ports import Unit, Units
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.people import person
from mpi.usecases.imaging.imaging import REPEAT_DAYS
from mpi.usecases.reading.looking_back import changes_told, members_at, restricted_among
from mpi.usecases.reading.reasons import require_reason
from mpi.usecases.reading.resolving import find

MOST_AWAITED = 50
_MADE = frozenset({OrderStatus.COMPLETED})  # its images will say themselves what they repeat
MOST = 2_000  # studies of one person, the newest; nobody reads more on a page


@dataclass(frozen=True, slots=True)
class Timeline:
    """`studies` newest first, undated last; `total` counts also those beyond the `MOST` newest. `repeated`: by study
    UID, or `plan_key` of an order, the earlier study or plan it may repeat. `changes`: what joined or left, newest
    first, registrations left out. `awaited`: orders whose study is still to come, `MOST_AWAITED` of `awaited_total`.
    `person` is restricted when somebody is who was under their id at the time asked about (NHS-57)."""

    person: PersonView
    studies: tuple[Study, ...]
    total: int
    repeated: Mapping[str, Study]
    changes: tuple[HistoryChange, ...]
    awaited: tuple[ImagingOrder, ...] = ()
    awaited_total: int = 0


class Timelines:
    """Reads timelines. Raises `Forbidden`, `NotFound`, `Unavailable`."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def of(self, whom: UUID | Identifier, caller: Caller, as_of: datetime | None = None) -> Timeline:
        """The timeline of a golden id, following retired ones, or of whom an identifier belongs to now; with `as_of`
        the studies and orders that were believed to be theirs at that time. Needs READ_PERSON and READ_IMAGING."""
        caller.require(Right.READ_PERSON)
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            golden_id = self._living(unit, whom)
            requested = whom if isinstance(whom, UUID) else golden_id
            seen = person(unit, golden_id, requested)
            if restricted_among(unit, members_at(unit, golden_id, as_of)):
                seen = replace(seen, restricted=True)
            require_reason(self._matching.network, seen, caller)
            studies, total, _ = unit.studies.history(golden_id, HistoryFilter(as_of=as_of), MOST, "")
            changes = changes_told(unit, golden_id, caller)
            awaited = OrderFilter(awaited=True, as_of=as_of)
            orders, ordered, _ = unit.orders.of_golden(golden_id, awaited, MOST_AWAITED, "")
            unit.audit.record(caller, "read-timeline", [str(golden_id)], {})
            unit.commit()
        plans = [replace(one.planned(), study_uid=plan_key(one)) for one in orders if one.status not in _MADE]
        moved = tuple(change for change in changes if change.step is not HistoryStep.REGISTERED)
        repeated = repeats([*studies, *plans], REPEAT_DAYS)
        return Timeline(seen, tuple(studies), total, repeated, moved, tuple(orders), ordered)

    def _living(self, unit: Unit, whom: UUID | Identifier) -> UUID:
        if isinstance(whom, Identifier):
            found = find(unit, self._matching, whom).golden_id
        else:
            found = unit.identities.resolve(whom)
        if found is None:
            raise NotFound("no person has this id")
        return found

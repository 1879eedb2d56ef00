"""One person's imaging history with all that its page shows, read at one moment: who they are, every study, possible
repeats, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.history import HistoryChange, HistoryStep, history_changes
from mpi.domain.identifiers import Identifier
from mpi.domain.priors import repeats
from mpi.domain.views import HistoryFilter, PersonView, Study
from mpi.errors import NotFound
from mpi.ports import Unit, Units
from mpi.usecases.imaging import REPEAT_DAYS
from mpi.usecases.matching import Matching
from mpi.usecases.people import person
from mpi.usecases.reasons import require_reason
from mpi.usecases.resolving import find

MOST = 2_000  # studies of one person, the newest; nobody reads more on a page


@dataclass(frozen=True, slots=True)
class Timeline:
    """`studies` newest first, undated last; `total` counts also those beyond the `MOST` newest. `repeated`: by study
    UID, the earlier study it may repeat. `changes`: what joined or left, newest first, registrations left out."""

    person: PersonView
    studies: tuple[Study, ...]
    total: int
    repeated: Mapping[str, Study]
    changes: tuple[HistoryChange, ...]


class Timelines:
    """Reads timelines. Raises `Forbidden`, `NotFound`, `Unavailable`."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching

    def of(self, whom: UUID | Identifier, caller: Caller, as_of: datetime | None = None) -> Timeline:
        """The timeline of a golden id, following retired ones, or of whom an identifier belongs to now; with `as_of`
        the studies that were believed to be theirs at that time. Needs READ_PERSON and READ_IMAGING."""
        caller.require(Right.READ_PERSON)
        caller.require(Right.READ_IMAGING)
        with self._units.begin(read_only=True) as unit:
            golden_id = self._living(unit, whom)
            requested = whom if isinstance(whom, UUID) else golden_id
            seen = person(unit, golden_id, requested)
            require_reason(self._matching.network, seen, caller)
            studies, total, _ = unit.studies.history(golden_id, HistoryFilter(as_of=as_of), MOST, "")
            changes = history_changes(unit.studies.stays(golden_id))
            unit.audit.record(caller, "read-timeline", [str(golden_id)], {})
            unit.commit()
        moved = tuple(change for change in changes if change.step is not HistoryStep.REGISTERED)
        return Timeline(seen, tuple(studies), total, repeats(studies, REPEAT_DAYS), moved)

    def _living(self, unit: Unit, whom: UUID | Identifier) -> UUID:
        if isinstance(whom, Identifier):
            found = find(unit, self._matching, whom).golden_id
        else:
            found = unit.identities.resolve(whom)
        if found is None:
            raise NotFound("no person has this id")
        return found

"""What consumers are told of a change: the identifiers of a person as they stood right after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Event
from mpi.ports import Unit, Units
from mpi.usecases.identity.people import identifiers


def with_studies(unit: Unit, told: Iterable[Event]) -> list[Event]:
    """Events with the studies of the records they are about, in this transaction; a record that is new has none."""
    return [
        replace(event, studies=tuple(unit.studies.of_records(event.identifiers))) if event.old_golden_ids else event
        for event in told
    ]


class Telling:
    """Read for a notification. Both methods raise `Unavailable`."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def set_of(self, golden_id: UUID, at: datetime, caller: Caller) -> tuple[Identifier, ...]:
        """The identifiers that may be given out (as by a PIX query) of the records that were one person at `at`."""
        with self._units.begin(read_only=True) as unit:
            members = unit.identities.members_at(golden_id, at)
            found = identifiers(unit.records.of_identifiers(members)) if members else ()
            unit.audit.record(caller, "notify", [str(golden_id)], {})
            unit.commit()
            return found

    def survivor(self, identifier: Identifier) -> Identifier:
        """The identifier that stands for this one after every merge by its source; itself when it was not merged."""
        with self._units.begin(read_only=True) as unit:
            subsumed_by = {record.identifier: record.subsumed_by for record in unit.records.family([identifier])}
        place = identifier
        while (further := subsumed_by.get(place)) is not None:
            place = further
        return place

"""Who was under a golden id at another time, and what of them may not be told (NHS-57)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.history import HistoryChange, history_changes
from mpi.domain.identifiers import WITHHELD, Identifier
from mpi.domain.withholding import may_know_whereabouts
from mpi.ports import Unit


def members_at(unit: Unit, golden_id: UUID, as_of: datetime | None) -> Collection[Identifier]:
    """Who was under a golden id at a time; nobody without one."""
    return unit.identities.members_at(golden_id, as_of) if as_of is not None else ()


def restricted_among(unit: Unit, identifiers: Collection[Identifier]) -> frozenset[Identifier]:
    """Those of the records that are restricted now, wherever they are linked."""
    records = unit.records.of_identifiers(identifiers) if identifiers else ()
    return frozenset(record.identifier for record in records if record.registers.restricted)


def changes_told(unit: Unit, golden_id: UUID, caller: Caller) -> list[HistoryChange]:
    """The changes of a history, newest first, without the numbers of restricted people, who may be somebody else by
    now, unless the caller may know them."""
    told = history_changes(unit.studies.stays(golden_id))
    if may_know_whereabouts(caller):
        return told
    restricted = restricted_among(unit, {change.identifier for change in told})
    return [replace(one, identifier=WITHHELD) if one.identifier in restricted else one for one in told]

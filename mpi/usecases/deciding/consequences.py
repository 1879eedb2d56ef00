"""Tell what a transaction has done to golden identities so far, whether or not it will be committed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from mpi.domain.commands import Field, NhsNumber
from mpi.domain.consequence import Consequence, Departure, concerned, departures
from mpi.domain.network import Network
from mpi.domain.record import Record
from mpi.domain.views import EventType
from mpi.ports import Unit

_VERIFIED = "01"


def consequence(unit: Unit, network: Network) -> Consequence:
    """What the events that this unit has published say, and whom they concern."""
    events = unit.outbox.published
    gone = departures(events)
    golden_ids = {golden for event in events for golden in (*event.old_golden_ids, *event.new_golden_ids)}
    people = unit.records.of_golden(golden_ids)
    return Consequence(
        departures=gone,
        contested=concerned(events, EventType.LINK_CONTESTED),
        confirmed=concerned(events, EventType.LINK_CONFIRMED),
        told=tuple(sorted({network.authority_by_id[r.identifier.authority].owner for r in people})),
        minted=_minted(gone, people),
        breaks_verified=_breaks_verified(gone, people),
    )


def _minted(gone: Iterable[Departure], people: Collection[Record]) -> tuple[UUID, ...]:
    """The golden ids whose records have all just come: one that was there before has kept some of its own."""
    arrived = {identifier for departure in gone for identifier in departure.identifiers}
    reached = {departure.new for departure in gone}
    held_before = {record.golden_id for record in people if record.identifier not in arrived}
    return tuple(sorted(reached - held_before))


def _breaks_verified(gone: Iterable[Departure], people: Collection[Record]) -> bool:
    """Whether records that go leave one behind that has their verified NHS number."""
    numbers = {record.identifier: _verified(record) for record in people}
    for departure in gone:
        left = {numbers[r.identifier] for r in people if r.golden_id == departure.old} - {""}
        if left & {numbers.get(identifier, "") for identifier in departure.identifiers}:
            return True
    return False


def _verified(record: Record) -> str:
    number = record.registers.value(Field.NHS_NUMBER)
    return number.value if isinstance(number, NhsNumber) and number.status == _VERIFIED else ""

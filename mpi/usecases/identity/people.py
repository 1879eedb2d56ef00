"""Put a golden identity together for its readers: records, surviving demographics, contested links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from linkage import nhs_number
from mpi.domain.commands import Field, NhsNumber
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.record import Record
from mpi.domain.survivorship import golden, survivor
from mpi.domain.views import PersonView, RecordState, RecordView
from mpi.ports import Unit

_ORDER = (RecordState.LIVE, RecordState.AWAITED, RecordState.SUBSUMED, RecordState.DELETED)
_VERIFIED = "01"


def person(
    unit: Unit, golden_id: UUID, requested_id: UUID | None = None, records: Sequence[Record] | None = None
) -> PersonView:
    """The person under a golden id; of the records linked now, unless others are given."""
    if records is None:
        (found,) = people(unit, [golden_id])
    else:  # as it once was; by now the golden id may have no record left
        (found,) = people_of(unit, {golden_id: records})
    if requested_id is None or requested_id == golden_id:
        return found
    retired = unit.identities.retired([requested_id]).get(requested_id)
    renewed = retired is not None and found.created_at > retired
    return replace(found, requested_id=requested_id, renewed=renewed)


def people(unit: Unit, golden_ids: Sequence[UUID]) -> list[PersonView]:
    """The people under living golden ids, in their order, of the records linked now."""
    members: dict[UUID, list[Record]] = {golden_id: [] for golden_id in golden_ids}
    for record in unit.records.of_golden(members):
        if record.golden_id is not None:
            members[record.golden_id].append(record)
    ages = unit.identities.ages(members)
    return [_person(golden_id, records, *ages[golden_id]) for golden_id, records in members.items()]


def people_of(unit: Unit, members: Mapping[UUID, Sequence[Record]]) -> list[PersonView]:
    """The people that golden ids stood for when they had these records, shown with what the records say today."""
    born = unit.identities.born(members)
    changed = {
        golden_id: max((r.updated_at for r in records if r.updated_at), default=born[golden_id])
        for golden_id, records in members.items()
    }
    return [_person(one, records, born[one], changed[one]) for one, records in members.items()]


def _person(golden_id: UUID, records: Sequence[Record], born: datetime, changed: datetime) -> PersonView:
    surviving = golden(records)
    views = [_view(record, golden_id) for record in records]
    return PersonView(
        golden_id=golden_id,
        requested_id=golden_id,
        records=tuple(sorted(views, key=lambda v: (_ORDER.index(v.state), v.identifier))),
        demographics=surviving.demographics,
        death=surviving.death,
        restricted=surviving.restricted,
        contested=any(record.contested for record in records),
        created_at=born,
        updated_at=changed,
    )


@dataclass(frozen=True, slots=True)
class Outline:
    """A person without demographics: the identifiers to be told (`PersonView.told`), those of the live records, and
    those of all records."""

    golden_id: UUID
    told: tuple[Identifier, ...]
    live: frozenset[Identifier]
    members: tuple[Identifier, ...]
    restricted: bool


def outline_of(seen: PersonView) -> Outline:
    """The outline of a person who is read whole."""
    members = tuple(record.identifier for record in seen.records)
    live = frozenset(record.identifier for record in seen.live)
    return Outline(seen.golden_id, seen.told, live, members, seen.restricted)


def outlines(unit: Unit, golden_ids: Sequence[UUID]) -> list[Outline]:
    """The people under living golden ids, in their order, as `outline_of` would show them."""
    members: dict[UUID, list[Record]] = {golden_id: [] for golden_id in golden_ids}
    for record in unit.identities.outlines(members):
        if record.golden_id is not None:
            members[record.golden_id].append(record)
    return [_outline(golden_id, records) for golden_id, records in members.items()]


def _outline(golden_id: UUID, records: Sequence[Record]) -> Outline:
    ordered = sorted((_ORDER.index(record.state), record.identifier) for record in records)
    live = [identifier for place, identifier in ordered if place == _ORDER.index(RecordState.LIVE)]
    number = survivor(Field.NHS_NUMBER, records)
    accepted = nhs_number.accept(number.value) if isinstance(number, NhsNumber) else ""
    national = [Identifier(NHS_AUTHORITY, accepted)] if accepted else []
    return Outline(
        golden_id,
        (*national, *live),
        frozenset(live),
        tuple(identifier for _, identifier in ordered),
        survivor(Field.RESTRICTED, records) is True,
    )


def identifiers(records: Sequence[Record]) -> tuple[Identifier, ...]:
    """The identifiers that may be given out: those of live records, and the NHS number when it is verified."""
    live = [record for record in records if record.state is RecordState.LIVE]
    told = survivor(Field.NHS_NUMBER, live)
    number = told.value if isinstance(told, NhsNumber) and told.status == _VERIFIED else ""
    number = "".join(number.split()).replace("-", "")
    verified = [Identifier(NHS_AUTHORITY, number)] if number else []
    return tuple(sorted([record.identifier for record in live] + verified))


def _view(record: Record, golden_id: UUID) -> RecordView:
    return RecordView(
        identifier=record.identifier,
        state=record.state,
        golden_id=golden_id,
        demographics=record.registers.demographics,
        death=record.registers.death,
        ethnic_category=record.registers.ethnic_category,
        restricted=record.registers.restricted,
        subsumed_by=record.subsumed_by,
        contested=record.contested,
        pending=record.pending.registers.demographics if record.overlaid and record.pending else None,
        updated_at=record.updated_at,
    )

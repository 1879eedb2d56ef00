"""Put a golden identity together for its readers: records, surviving demographics, contested links."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.record import Record
from mpi.domain.survivorship import golden
from mpi.domain.views import PersonView, RecordState, RecordView
from mpi.ports import Unit

_ORDER = (RecordState.LIVE, RecordState.AWAITED, RecordState.SUBSUMED, RecordState.DELETED)
_VERIFIED = "01"


def person(
    unit: Unit, golden_id: UUID, requested_id: UUID | None = None, records: Sequence[Record] | None = None
) -> PersonView:
    """The person under a golden id; of the records linked now, unless others are given."""
    born = unit.identities.born([golden_id])[golden_id]
    if records is None:
        records = unit.records.of_golden([golden_id])
        changed = unit.identities.changed(golden_id)
    else:  # as it once was; by now the golden id may have no record left
        changed = max((r.updated_at for r in records if r.updated_at), default=born)
    surviving = golden(records)
    views = [_view(record, golden_id) for record in records]
    return PersonView(
        golden_id=golden_id,
        requested_id=requested_id or golden_id,
        records=tuple(sorted(views, key=lambda v: (_ORDER.index(v.state), v.identifier))),
        demographics=surviving.demographics,
        death=surviving.death,
        restricted=surviving.restricted,
        contested=any(record.contested for record in records),
        created_at=born,
        updated_at=changed,
    )


def identifiers(records: Sequence[Record]) -> tuple[Identifier, ...]:
    """The identifiers that may be given out: those of live records, and the NHS number when it is verified."""
    live = [record for record in records if record.state is RecordState.LIVE]
    demographics = golden(live).demographics
    number = "".join(demographics.nhs_number.split()).replace("-", "")
    verified = [Identifier(NHS_AUTHORITY, number)] if number and demographics.nhs_status == _VERIFIED else []
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
        updated_at=record.updated_at,
    )

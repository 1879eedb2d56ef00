"""From an identifier to its record, and from a record to what the archive is told."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record
from mpi.domain.views import RecordState, Resolution, ResolutionState, TaskKind, TaskView
from mpi.domain.withholding import identifiers_told, may_know_whereabouts
from mpi.errors import NotFound
from mpi.ports import Unit
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.people import identifiers

_OPEN_QUESTIONS = frozenset(
    {
        TaskKind.POSSIBLE_MATCH,
        TaskKind.NHS_NUMBER_CONFUSION,
        TaskKind.NHS_NUMBER_DUPLICATE,
        TaskKind.OVERLAY,
        TaskKind.LATE_MESSAGE,
    }
)


def find(unit: Unit, matching: Matching, identifier: Identifier) -> Record:
    """The record of a local identifier, or of an NHS number that one person alone holds. Raises NotFound."""
    if matching.is_nhs(identifier):
        holders = unit.records.holders_of_key(matching.nhs_key(identifier.value))
        live = [record for record in holders if record.state is RecordState.LIVE]
        if len({record.golden_id for record in live}) != 1:
            raise NotFound("not exactly one person has this NHS number")
        return live[0]
    records = unit.records.of_identifiers([identifier])
    if not records:
        raise NotFound("no person has this identifier")
    return records[0]


def with_others(unit: Unit, matching: Matching, identifier: Identifier) -> tuple[Record, list[Record]]:
    """The record of an identifier, as `find`, and all of its person. Raises NotFound."""
    if matching.is_nhs(identifier):
        record = find(unit, matching, identifier)
        return record, unit.records.of_golden([record.golden_id] if record.golden_id else [])
    records = unit.records.of_person(identifier)
    own = [record for record in records if record.identifier == identifier]
    if not own:
        raise NotFound("no person has this identifier")
    return own[0], records


@dataclass(frozen=True, slots=True)
class Known:
    """A record, all records of its person, itself among them, and the unanswered tasks about it."""

    record: Record
    others: list[Record]
    tasks: list[TaskView]


def known(unit: Unit, matching: Matching, identifier: Identifier) -> Known:
    """What a resolution is made of. Raises NotFound as `find`."""
    if matching.is_nhs(identifier):
        record, others = with_others(unit, matching, identifier)
        return Known(record, others, unit.tasks.touching([record.identifier]))
    tasks = unit.tasks.about(identifier)  # in one round trip with the records
    record, others = with_others(unit, matching, identifier)
    return Known(record, others, list(tasks))


def resolution(asked: Identifier, found: Known, caller: Caller) -> Resolution:
    """Who the record is: ids only, and of a restricted person those the caller may know (NHS-57). `asked` is left out
    of the identifiers (IHE-1)."""
    record, records, tasks = found.record, found.others, found.tasks
    if record.golden_id is None:
        raise NotFound("no person has this identifier")
    told, hidden = _told(records, caller)
    questions = tuple(task.id for task in tasks if task.kind in _OPEN_QUESTIONS)
    return Resolution(
        identifier=asked,
        golden_id=record.golden_id,
        state=_state(record, asked=bool(questions)),
        identifiers=tuple(i for i in told if i != asked),
        subsumed_by=None if hidden else _survivor(record, records),
        task_ids=tuple(task.id for task in tasks),
    )


def resolution_of_golden(unit: Unit, asked: Identifier, golden_id: UUID, caller: Caller) -> Resolution:
    """Who a golden id is: as `resolution`, about every record of it, and in the state of the least sure of them."""
    records = unit.records.of_golden([golden_id])
    tasks = unit.tasks.touching([record.identifier for record in records])
    questions = any(task.kind in _OPEN_QUESTIONS for task in tasks)
    states = {_state(record, asked=questions) for record in records if record.state is not RecordState.SUBSUMED}
    doubts = (ResolutionState.CONTESTED, ResolutionState.AMBIGUOUS, ResolutionState.CERTAIN)
    return Resolution(
        identifier=asked,
        golden_id=golden_id,
        state=next((state for state in doubts if state in states), ResolutionState.PROVISIONAL),
        identifiers=_told(records, caller)[0],
        task_ids=tuple(task.id for task in tasks),
    )


def _told(records: list[Record], caller: Caller) -> tuple[tuple[Identifier, ...], bool]:
    """The identifiers told, and whether others are withheld."""
    restricted = any(record.registers.restricted for record in records)
    told = identifiers_told(identifiers(records), caller, restricted=restricted)
    return told, restricted and not may_know_whereabouts(caller)


def _state(record: Record, *, asked: bool) -> ResolutionState:
    if record.contested:
        return ResolutionState.CONTESTED
    if record.state in {RecordState.AWAITED, RecordState.DELETED}:
        return ResolutionState.PROVISIONAL
    return ResolutionState.AMBIGUOUS if asked else ResolutionState.CERTAIN


def _survivor(record: Record, records: list[Record]) -> Identifier | None:
    """The live end of the chain of merges; all of it is in one golden identity."""
    by_identifier = {r.identifier: r for r in records}
    place = record.subsumed_by
    while place is not None and place in by_identifier and by_identifier[place].subsumed_by is not None:
        place = by_identifier[place].subsumed_by
    return place

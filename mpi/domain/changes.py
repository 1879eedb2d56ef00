"""What subscribers must be told when links change: every event carries old and new golden ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from mpi.domain.commands import Field, Move, Moved, NhsNumber
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage
from mpi.domain.record import Record
from mpi.domain.views import Event, EventType, RecordState

_VERIFIED = "01"


def events(held: Mapping[Identifier, UUID], lineage: Lineage, at: datetime, reason: str) -> list[Event]:
    """The events between the golden ids `held` and those of `lineage`; `held` lacks new records."""
    moves: dict[tuple[UUID | None, UUID], list[Identifier]] = defaultdict(list)
    for identifier, golden_id in lineage.golden_of.items():
        if held.get(identifier) != golden_id:
            moves[held.get(identifier), golden_id].append(identifier)
    return [
        _event(old, new, sorted(identifiers), lineage, at, reason)
        for (old, new), identifiers in sorted(moves.items(), key=lambda move: (str(move[0][0]), str(move[0][1])))
    ]


def contested(golden_id: UUID, identifier: Identifier, at: datetime, reason: str, *, is_so: bool) -> Event:
    """The event of a link that is contested now, or is so no more and stays."""
    kind = EventType.LINK_CONTESTED if is_so else EventType.LINK_CONFIRMED
    return Event(0, kind, at, (golden_id,), (golden_id,), (identifier,), reason=reason)


def renamed(
    stored: Iterable[tuple[Record | None, Record]], moved: Collection[Identifier], at: datetime, reason: str
) -> list[Event]:
    """The events of records that stayed under their golden id, and by which a person is told other identifiers than
    before: merged away or restored, deleted or revived, with another verified NHS number. `stored` are pairs of a
    record before and after."""
    told: dict[UUID, list[Identifier]] = defaultdict(list)
    for before, record in stored:
        if before is None or before.golden_id is None or record.identifier in moved:
            continue
        if _told(before) != _told(record):
            told[before.golden_id].append(record.identifier)
    return [
        Event(
            0,
            EventType.IDENTIFIERS_CHANGED,
            at,
            (golden_id,),
            (golden_id,),
            tuple(sorted(identifiers)),
            reason=reason,
            detail=_mark(at),
        )
        for golden_id, identifiers in sorted(told.items())
    ]


def filed_elsewhere(
    move: Move, golden_of: Mapping[Identifier, UUID], studies: Iterable[str], at: datetime, reason: str
) -> Event:
    """The event of a move of an account or of visits: no identity changes, but imaging filed by their numbers may
    have to be indexed anew. `studies` are those with one of them as accession number; the golden id of a record that
    is not known is left out."""
    old, new = ((golden_of[i],) if i in golden_of else () for i in (move.source, move.target))
    kind = EventType.ACCOUNT_MOVED if move.what is Moved.ACCOUNT else EventType.VISITS_MOVED
    detail = {
        "source": str(move.source),
        "target": str(move.target),
        "accounts": " ".join(move.accounts),
        "visits": " ".join(move.visits),
    }
    named = tuple(dict.fromkeys((move.source, move.target)))
    return Event(0, kind, at, old, new, named, tuple(studies), reason, {k: v for k, v in detail.items() if v})


def _told(record: Record) -> tuple[bool, str, Identifier | None]:
    number = record.registers.value(Field.NHS_NUMBER)
    verified = number.value if isinstance(number, NhsNumber) and number.status == _VERIFIED else ""
    return record.state is RecordState.LIVE, verified, record.subsumed_by


def _event(
    old: UUID | None, new: UUID, identifiers: list[Identifier], lineage: Lineage, at: datetime, reason: str
) -> Event:
    if old is None:
        kind = EventType.IDENTITY_CREATED if new in lineage.minted else EventType.RECORD_JOINED
        return Event(0, kind, at, (), (new,), tuple(identifiers), reason=reason, detail=_mark(at))
    merged = old in lineage.retired
    kind = EventType.IDENTITY_MERGED if merged else EventType.RECORD_MOVED
    return Event(0, kind, at, (old,), (new,), tuple(identifiers), reason=reason, detail=_mark(at))


def _mark(at: datetime) -> dict[str, str]:
    """Events of one change carry the same, for who tells of a change once and not of each of its events."""
    return {"change": at.isoformat()}

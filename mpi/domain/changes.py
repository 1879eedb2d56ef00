"""What subscribers must be told when links change: every event carries old and new golden ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage
from mpi.domain.views import Event, EventType


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


def contested(golden_id: UUID, identifiers: Iterable[Identifier], at: datetime, reason: str) -> Event:
    """The event of links that are now held against newer evidence."""
    return Event(0, EventType.LINK_CONTESTED, at, (golden_id,), (golden_id,), tuple(identifiers), reason=reason)


def _event(
    old: UUID | None, new: UUID, identifiers: list[Identifier], lineage: Lineage, at: datetime, reason: str
) -> Event:
    if old is None:
        kind = EventType.IDENTITY_CREATED if new in lineage.minted else EventType.RECORD_JOINED
        return Event(0, kind, at, (), (new,), tuple(identifiers), reason=reason)
    merged = old in lineage.retired
    kind = EventType.IDENTITY_MERGED if merged else EventType.RECORD_MOVED
    return Event(0, kind, at, (old,), (new,), tuple(identifiers), reason=reason)

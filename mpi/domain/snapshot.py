"""Who a search had found when it was made, for an answer that is told page by page (IHE-33). No demographics."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mpi.domain.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class Found:
    """One person found: the identifiers to be told, and all the records that were theirs then."""

    golden_id: UUID
    told: tuple[Identifier, ...]
    members: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All people found, in order; `owner` alone may read on, with the question of `digest`, or cancel by `tag`.
    `complete` is False when more may match than were found."""

    owner: str
    tag: str
    digest: bytes
    people: tuple[Found, ...]
    complete: bool

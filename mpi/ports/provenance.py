"""The store of how people came to be what they are, and who has looked at them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from mpi.domain.formation import Saying, Span
from mpi.domain.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a message came from: the feed's id, its event and control id."""

    feed: str
    event: str
    control_id: str


@dataclass(frozen=True, slots=True)
class Look:
    """A row of the audit trail: who did or saw what, as what, from where and why."""

    id: int
    at: datetime
    user: str
    role: str
    organisation: str
    purpose: str
    action: str
    reason: str = ""


class Provenance(Protocol):
    """Reads what has been written for ever."""

    def spans(self, golden_id: UUID) -> list[Span]:
        """Every time that a record was linked to a golden id."""

    def sayings(self, identifiers: Collection[Identifier]) -> list[Saying]:
        """All assertions ever made with an end among these, oldest first; those of the index itself left out."""

    def tasks_of(self, assertions: Collection[int]) -> Mapping[int, int]:
        """The tasks whose answers made these assertions, by assertion; those made without a task are left out."""

    def are_apart(self, one: Identifier, other: Identifier) -> bool:
        """Whether a privacy officer keeps the people of these two records apart (NHS-56)."""

    def senders(self, messages: Collection[int]) -> Mapping[int, Sender]:
        """Where these messages came from."""

    def looks(self, subjects: Collection[str], limit: int, before: int | None) -> list[Look]:
        """Audit rows whose first subject is one of these, newest first, but for what feeds send; with `before` those
        older than that row."""

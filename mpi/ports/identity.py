"""The stores that identity is made from: source records, evidence, golden identities."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.evidence import Assertion, Edge, KeptApart
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Placed
from mpi.domain.record import Record, Update
from mpi.domain.settlement import Joins, Member
from mpi.domain.views import (
    SearchCriteria,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that shares a blocking key."""

    identifier: Identifier
    encoded: bytes


Change = tuple[Record | None, Record]
"""A record as it was (None when it is new) and as it shall be."""


class Records(Protocol):
    """Source records and all that was ever said of them."""

    def lock_identifiers(self, identifiers: Collection[Identifier]) -> None:
        """Hold these identifiers, known or not, until the transaction ends: what is read from now on is read when
        nobody else holds them."""

    def lock_matching(self, keys: Collection[int], golden_ids: Collection[UUID]) -> None:
        """Hold these blocking keys and golden ids until the transaction ends, so that records which share a key, and
        changes to one person, wait in line."""

    def family(self, identifiers: Collection[Identifier]) -> list[Record]:
        """The records of these identifiers and of all merged with them, by identifier; unknown ones are left out."""

    def updates(self, identifiers: Collection[Identifier]) -> list[Update]:
        """All that was ever said of these identifiers, oldest arrival first."""

    def save(self, changes: Sequence[Change], updates: Sequence[Update], message_id: int | None) -> None:
        """Insert or update records (registers, keys, subsumption) and append updates."""

    def candidates(self, keys: Sequence[int], but: Identifier) -> list[Candidate]:
        """All other records that share one of the keys."""

    def of_golden(self, golden_ids: Collection[UUID]) -> list[Record]:
        """The records now linked to these golden ids, by identifier."""

    def of_identifiers(self, identifiers: Collection[Identifier]) -> list[Record]:
        """The records of these identifiers, by identifier; unknown ones are left out."""

    def of_person(self, identifier: Identifier) -> list[Record]:
        """The records linked to the same golden id as this identifier's, itself among them, by identifier; none when
        it is unknown."""

    def holders_of_key(self, key: int) -> list[Record]:
        """The records that emit one blocking key."""

    def search(self, criteria: SearchCriteria) -> list[UUID]:
        """Golden ids with a live record that meets every criterion."""


class Evidence(Protocol):
    """Weighed edges and assertions."""

    def replace_edges(self, of: Identifier, edges: Sequence[Edge]) -> None:
        """Make `edges` all the edges of one record."""

    def component(self, seeds: Collection[Identifier]) -> list[Member]:
        """Lock and return all records connected with the seeds by certain unguarded edges, SAME assertions or a
        shared golden id, by identifier."""

    def bearing_on(self, identifiers: Sequence[Identifier]) -> tuple[list[Placed], list[Assertion], Joins]:
        """The edges with an end among these that are not inside one golden identity, and where their ends are linked;
        all standing assertions with at least one end among these; and the edges among these that join by themselves,
        with the places of their ends in `identifiers`."""

    def inside(self, identifiers: Collection[Identifier]) -> list[Placed]:
        """The edges with an end among these of which one golden identity holds both ends."""

    def assertions(self, identifiers: Collection[Identifier]) -> list[Assertion]:
        """All standing assertions with at least one end among these."""

    def add_assertions(self, assertions: Sequence[Assertion], caller: Caller, reason: str) -> list[int]:
        """Store assertions; returns their ids."""

    def assertion(self, assertion_id: int) -> tuple[Assertion, str] | None:
        """A standing assertion and the user who made it."""

    def whole_acts(self, assertion_ids: Collection[int]) -> list[int]:
        """These assertions and all that stand of the acts they were stated in."""

    def withdraw(self, assertion_id: int, caller: Caller, reason: str) -> None:
        """Take an assertion back; it stays on record."""

    def give_reason(self, assertion_id: int, reason: str) -> None:
        """Note why an assertion was made, for those who may read it; the links it made do not say."""

    def kept_apart(self) -> list[KeptApart]:
        """The privacy officers' standing assertions, the newest first."""

    def ask_to_lift(self, assertion_id: int, user: str, reason: str) -> None:
        """Note who has asked to take one of them back, and why."""


class Identities(Protocol):
    """Golden identities and which records are linked to them, now and at any time before."""

    def create(self, golden_ids: Collection[UUID]) -> None:
        """New golden identities."""

    def retire(self, successors: Mapping[UUID, UUID]) -> None:
        """Retire golden ids, each with a pointer to its successor."""

    def follow(self, moved: Collection[Identifier]) -> None:
        """Point the retired golden ids that these records were once under to where their records are now, if all of
        them are under one: after a split an old id leads to its own person."""

    def link(self, moves: Mapping[Identifier, UUID], held: Collection[Identifier], reason: Mapping[str, Any]) -> None:
        """Link records to golden ids from now on, closing the links that those in `held` had."""

    def mark_contested(
        self, among: Collection[Identifier], contested: Collection[Identifier]
    ) -> Mapping[Identifier, bool]:
        """Make `contested` the contested links among these records; returns those that changed, and whether they are
        so now."""

    def current(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, UUID]:
        """The golden ids these records are linked to now."""

    def under_since(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, datetime]:
        """When each of these records first came under the golden id it is linked to now."""

    def resolve(self, golden_id: UUID) -> UUID | None:
        """The living golden id at the end of the chain of successors; None when never known."""

    def retired(self, golden_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When those of these golden ids were retired that were."""

    def once_under(self, identifiers: Collection[Identifier]) -> set[UUID]:
        """The golden ids that these records were under and left."""

    def born(self, golden_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When these golden ids were made."""

    def ages(self, golden_ids: Collection[UUID]) -> Mapping[UUID, tuple[datetime, datetime]]:
        """When living golden identities were made, and when they, their links or their records last changed."""

    def outlines(self, golden_ids: Collection[UUID]) -> list[Record]:
        """The records linked to these golden ids, by identifier, with no more of their registers than says whether
        they are live, their NHS number and whether the person is restricted."""

    def linked_at(self, identifier: Identifier, at: datetime) -> UUID | None:
        """The golden id a record was linked to at a time."""

    def members_at(self, golden_id: UUID, at: datetime) -> list[Identifier]:
        """The records linked to a golden id at a time."""

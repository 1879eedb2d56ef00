"""Open a draft on the records a change touches, held against everyone else until the transaction ends."""

from __future__ import annotations

from collections.abc import Collection

from mpi.domain.draft import Draft
from mpi.domain.identifiers import Identifier
from mpi.ports import Contention, Unit

_ROUNDS = 4


def open_draft(unit: Unit, identifiers: Collection[Identifier]) -> Draft:
    """A draft on these identifiers and all merged with them. Raises `Contention` when the family keeps growing."""
    wanted = set(identifiers)
    held: set[Identifier] = set()
    for _ in range(_ROUNDS):
        unit.records.lock_identifiers(wanted - held)
        held |= wanted
        family = unit.records.family(identifiers) if identifiers else []
        wanted = held | {record.identifier for record in family}
        if wanted == held:
            stored = [record.identifier for record in family]
            # One record that nothing was merged with can have no merge standing between its family.
            plain = len(stored) <= 1 and len(held) <= 1
            return Draft(family, [] if plain else unit.evidence.assertions(stored))
    raise Contention("a family of merged identifiers kept growing")


def hold_people(unit: Unit, identifiers: Collection[Identifier]) -> None:
    """Hold these records, and everybody linked to them or to be, as they are until the transaction ends: a person is
    read under this wherever a change depends on who they are."""
    open_draft(unit, identifiers)
    unit.evidence.component(identifiers)  # its rows too: a message joins a record without holding theirs

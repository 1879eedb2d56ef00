"""Keep the orders of merged records in line: read together, they are other orders than each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ToldOrder, settled
from mpi.ports import Change, Unit


def follow(unit: Unit, changes: Sequence[Change]) -> None:
    """Settle the orders of every family that a merge, or the end of one, has changed."""
    touched: set[Identifier] = set()
    for before, record in changes:
        survivors = {record.subsumed_by, before.subsumed_by if before else None}
        if len(survivors) > 1:
            touched |= {record.identifier, *(one for one in survivors if one is not None)}
    while touched:
        family = {record.identifier for record in unit.records.family([touched.pop()])}
        touched -= family
        told = unit.orders.of_records(family)
        save(unit, told, settled(told))


def save(unit: Unit, before: Iterable[ToldOrder], after: Iterable[ToldOrder]) -> None:
    """Store what differs."""
    known = {(one.patient, one.number): one for one in before}
    unit.orders.put([one for one in after if known.get((one.patient, one.number)) != one])

"""Which values a golden identity shows, out of all its records': a pure choice, made anew at every reading.

A verified NHS number before an unverified one; otherwise, field by field, the latest telling by a live record, then
by any other. Nothing is stored, so nothing can go stale when records come and go.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpi.domain.commands import Field, NhsNumber, Stamp
from mpi.domain.record import Record
from mpi.domain.registers import Cell, Registers
from mpi.domain.views import RecordState

_VERIFIED = "01"


def golden(records: Sequence[Record]) -> Registers:
    """The surviving fields of a golden identity's records."""
    return Registers({name: cell for name in Field if (cell := _best(name, records)) is not None})


def _best(name: Field, records: Sequence[Record]) -> Cell | None:
    told = [
        (record, cell)
        for record in records
        if (cell := record.registers.cells.get(name)) is not None and cell.value is not None
    ]
    if not told:
        return None
    if name is Field.RESTRICTED:  # one trust's mark protects the person everywhere (NHS-57)
        return max((cell for _, cell in told), key=lambda cell: (cell.value is True, cell.stamp))
    rank = _number_rank if name is Field.NHS_NUMBER else _plain_rank
    return max(told, key=lambda item: rank(*item))[1]


def _plain_rank(record: Record, cell: Cell) -> tuple[bool, bool, Stamp]:
    return (record.state is RecordState.LIVE, False, cell.stamp)


def _number_rank(record: Record, cell: Cell) -> tuple[bool, bool, Stamp]:
    verified = isinstance(cell.value, NhsNumber) and cell.value.status == _VERIFIED
    return (verified, record.state is RecordState.LIVE, cell.stamp)

"""Which values a golden identity shows, out of all its records': a pure choice, made anew at every reading.

A verified NHS number before an unverified one; otherwise, field by field, the latest telling by a live record, then
by any other. Nothing is stored, so nothing can go stale when records come and go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mpi.domain.commands import Field, NhsNumber, Stamp, Value
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record
from mpi.domain.registers import Cell, Registers
from mpi.domain.views import RecordState

_VERIFIED = "01"


_Told = tuple[bool, Cell]
"""Whether the record that tells it is live, and what it tells."""


def golden(records: Sequence[Record]) -> Registers:
    """The surviving fields of a golden identity's records."""
    told = [(record.state is RecordState.LIVE, record.registers.cells) for record in records]
    return Registers({name: cell for name in Field if (cell := _best(name, told)) is not None})


def survivor(name: Field, records: Sequence[Record]) -> Value:
    """The value of one field of `golden`, None when nobody tells it."""
    best = _best(name, [(record.state is RecordState.LIVE, record.registers.cells) for record in records])
    return None if best is None else best.value


def _best(name: Field, records: Sequence[tuple[bool, Mapping[Field, Cell]]]) -> Cell | None:
    told = [
        (live, cell) for live, cells in records if (cell := cells.get(name)) is not None and cell.value is not None
    ]
    if len(told) < 2:
        return told[0][1] if told else None
    if name is Field.RESTRICTED:  # one trust's mark protects the person everywhere (NHS-57)
        return max((cell for _, cell in told), key=lambda cell: (cell.value is True, cell.stamp))
    return max(told, key=_number_rank if name is Field.NHS_NUMBER else _plain_rank)[1]


def _plain_rank(told: _Told) -> tuple[bool, Stamp]:
    live, cell = told
    return live, cell.stamp


def _number_rank(told: _Told) -> tuple[bool, bool, Stamp]:
    live, cell = told
    verified = isinstance(cell.value, NhsNumber) and cell.value.status == _VERIFIED
    return verified, live, cell.stamp


class Choice(StrEnum):
    """Why a value survives."""

    ONLY = "only"  # no other record tells the field
    VERIFIED = "verified"  # a verified NHS number comes before any other
    PROTECTS = "protects"  # one mark of restriction counts for all
    LATEST = "latest"  # told last by a live record, or by any when none is live


@dataclass(frozen=True, slots=True)
class Origin:
    """The record that tells a surviving value, when it was told there, and why it survives."""

    identifier: Identifier
    told_at: datetime
    choice: Choice


def origins(records: Sequence[Record]) -> Mapping[Field, Origin]:
    """Where each field of `golden` comes from."""
    told = [(record.state is RecordState.LIVE, record.registers.cells) for record in records]
    found = {}
    for name in Field:
        best = _best(name, told)
        if best is not None:
            record = next(r for r in records if r.registers.cells.get(name) is best)
            found[name] = Origin(record.identifier, best.stamp.occurred, _choice(name, best, records))
    return found


def _choice(name: Field, best: Cell, records: Sequence[Record]) -> Choice:
    if sum(record.registers.value(name) is not None for record in records) < 2:
        return Choice.ONLY
    if name is Field.RESTRICTED:
        return Choice.PROTECTS
    verified = isinstance(best.value, NhsNumber) and best.value.status == _VERIFIED
    return Choice.VERIFIED if verified else Choice.LATEST

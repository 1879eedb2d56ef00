"""A source record's fields, each holding the latest value told of it, whatever order the telling came in (V2-61).

Writing is commutative: any order of the same writes ends in the same registers. Names and addresses also keep what
they held before, newest first, because people are known by them elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from linkage.record import Address, Demographics, Name, Reliability, Sex
from mpi.domain.commands import Death, Field, NhsNumber, Patch, Rank, Stamp, Value

_REMEMBERED = 8  # past names or addresses kept for matching; the newest by stamp, so the cut does not depend on order
_WITH_PAST = frozenset({Field.NAMES, Field.ADDRESSES})


@dataclass(frozen=True, slots=True)
class Cell:
    """One field's value and when it became true; `past` holds earlier distinct values, newest first."""

    value: Value
    stamp: Stamp
    past: tuple[tuple[Value, Stamp], ...] = ()

    def write(self, value: Value, stamp: Stamp, *, remember: bool) -> Cell:
        """The cell after one more telling, in any order."""
        winner = (value, stamp) if stamp > self.stamp else (self.value, self.stamp)
        if not remember:
            return Cell(*winner)
        latest: dict[Value, Stamp] = {}
        for known, when in (*self.past, (self.value, self.stamp), (value, stamp)):
            if known is not None and (known not in latest or latest[known] < when):
                latest[known] = when
        latest.pop(winner[0], None)
        # With the winner the same number of values always, or else the cut would depend on when a deletion came.
        kept = _REMEMBERED + (winner[0] is None)
        past = sorted(latest.items(), key=lambda item: item[1], reverse=True)[:kept]
        return Cell(*winner, tuple(past))


@dataclass(frozen=True, slots=True)
class Registers:
    """All the fields of one source record; absent fields were never told."""

    cells: Mapping[Field, Cell] = field(default_factory=dict)

    def write(self, patch: Patch, stamp: Stamp) -> Registers:
        """The registers after one message. A None in the patch deletes; an absent field is kept (V2-22)."""
        cells = dict(self.cells)
        for name, value in patch.items():
            held = cells.get(name)
            cells[name] = (
                Cell(value, stamp) if held is None else held.write(value, stamp, remember=name in _WITH_PAST)
            )
        return Registers(cells)

    def value(self, name: Field) -> Value:
        """The field's value, None when deleted or never told."""
        cell = self.cells.get(name)
        return None if cell is None else cell.value

    @property
    def active(self) -> bool:
        """Whether a feed says that the patient exists and has not deleted it since (A29)."""
        return self.value(Field.ACTIVE) is True

    @property
    def deleted(self) -> bool:
        """Whether the patient was deleted (A29)."""
        return self.value(Field.ACTIVE) is False

    @property
    def restricted(self) -> bool:
        """Whether the patient is marked sensitive (NHS-57)."""
        return self.value(Field.RESTRICTED) is True

    @property
    def ethnic_category(self) -> str:
        """The ethnic category as sent; for bias monitoring only."""
        return cast(str, self.value(Field.ETHNIC_CATEGORY) or "")

    @property
    def death(self) -> Death | None:
        """The latest death told and not retracted; an A13 takes back only what an A03 told."""
        cells = [self.cells[name] for name in (Field.DEATH, Field.DISCHARGE_DEATH) if name in self.cells]
        told = [cell for cell in cells if isinstance(cell.value, Death)]
        return cast(Death, max(told, key=lambda cell: cell.stamp).value) if told else None

    @property
    def demographics(self) -> Demographics:
        """What the record says about the person, as matching and people see it."""
        nhs = cast("NhsNumber | None", self.value(Field.NHS_NUMBER)) or NhsNumber("")
        return Demographics(
            names=self._list(Field.NAMES),
            previous_names=tuple(n for past in self._past(Field.NAMES) for n in cast("tuple[Name, ...]", past)),
            birth_date=self._text(Field.BIRTH_DATE),
            sex=cast("Sex | None", self.value(Field.SEX)) or Sex.UNKNOWN,
            addresses=self._list(Field.ADDRESSES),
            previous_addresses=tuple(
                a for past in self._past(Field.ADDRESSES) for a in cast("tuple[Address, ...]", past)
            ),
            phones=self._list(Field.PHONES),
            emails=self._list(Field.EMAILS),
            nhs_number=nhs.value,
            nhs_status=nhs.status,
            gp_practice=self._text(Field.GP_PRACTICE),
            mothers_maiden_name=self._text(Field.MOTHERS_MAIDEN_NAME),
            multiple_birth=cast("bool | None", self.value(Field.MULTIPLE_BIRTH)),
            birth_order=cast("int | None", self.value(Field.BIRTH_ORDER)),
            identity_unknown=self.value(Field.IDENTITY_UNKNOWN) is True,
            reliability=cast("frozenset[Reliability] | None", self.value(Field.RELIABILITY)) or frozenset(),
            imported=bool(self.cells) and all(cell.stamp.rank is Rank.ARCHIVE for cell in self.cells.values()),
        )

    def _text(self, name: Field) -> str:
        return cast(str, self.value(name) or "")

    def _list(self, name: Field) -> tuple:  # type: ignore[type-arg]  # the element type is the field's, see Patch
        return cast(tuple, self.value(name) or ())  # type: ignore[type-arg]

    def _past(self, name: Field) -> tuple[Value, ...]:
        cell = self.cells.get(name)
        return () if cell is None else tuple(value for value, _ in cell.past)

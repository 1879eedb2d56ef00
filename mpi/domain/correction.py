"""Duplicates within one assigning authority: records of its own that the index holds to be one person (NHS-11).

The index links them; only whoever issued the numbers can merge them, and is told which record seems the better one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linkage.record import Demographics
from mpi.domain.commands import Field, NhsNumber
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record

COMPARED = (
    "names",
    "nhs_number",
    "birth_date",
    "sex",
    "addresses",
    "phones",
    "emails",
    "gp_practice",
    "mothers_maiden_name",
)
"""The fields of `Demographics` in which duplicates are compared."""

Doubled = tuple[UUID, str]
"""A golden identity and an assigning authority of which it has several records."""

_PROTECTED = frozenset({"addresses", "phones", "emails", "gp_practice"})  # of a restricted person (NHS-57)
_VERIFIED = "01"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A record among its duplicates, with how many studies were acquired under it."""

    record: Record
    studies: int

    @property
    def identifier(self) -> Identifier:
        """Its number."""
        return self.record.identifier

    @property
    def demographics(self) -> Demographics:
        """What it says."""
        return self.record.registers.demographics

    @property
    def verified(self) -> bool:
        """Whether it holds a verified NHS number."""
        number = self.record.registers.value(Field.NHS_NUMBER)
        return isinstance(number, NhsNumber) and number.status == _VERIFIED


@dataclass(frozen=True, slots=True)
class Correction:
    """Merge `duplicates` into `survivor`, which `because` says in words why; each of them with the fields in which it
    differs from the survivor. `restricted`: what tells where the person lives is left out."""

    golden_id: UUID
    survivor: Numbered
    because: str
    duplicates: tuple[tuple[Numbered, tuple[str, ...]], ...]
    restricted: bool


def correction(golden_id: UUID, members: Sequence[Numbered]) -> Correction:
    """What to suggest of two or more records of one authority and one person."""
    ranked = sorted(members, key=_rank)
    survivor, *others = ranked
    restricted = any(one.record.registers.restricted for one in members)
    return Correction(
        golden_id,
        survivor,
        _because(survivor, others),
        tuple((one, differing(survivor.demographics, one.demographics, restricted)) for one in others),
        restricted,
    )


def differing(one: Demographics, other: Demographics, restricted: bool) -> tuple[str, ...]:
    """The compared fields whose values differ, those included that one of them says nothing of."""
    shown = [name for name in COMPARED if not (restricted and name in _PROTECTED)]
    return tuple(name for name in shown if getattr(one, name) != getattr(other, name))


def _rank(one: Numbered) -> tuple[bool, int, int]:
    return not one.verified, -one.studies, one.record.id or 0


def _because(survivor: Numbered, others: Sequence[Numbered]) -> str:
    if survivor.verified and not any(one.verified for one in others):
        return "it alone has a verified NHS number"
    if all(survivor.studies > one.studies for one in others):
        return "most studies were acquired under it"
    return "it was here first"

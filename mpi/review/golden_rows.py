"""What survives of a person, field by field, with the record that tells it and why that one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mpi.domain.commands import Field
from mpi.domain.survivorship import Choice, Origin
from mpi.review import dates
from mpi.review.comparison_rows import FIELDS, WHEREABOUTS
from mpi.usecases.reading.portraits import Portrait

_TOLD_BY = {
    "previous_names": Field.NAMES,
    "previous_addresses": Field.ADDRESSES,
    "nhs_status": Field.NHS_NUMBER,
}
CHOICES = {
    Choice.ONLY: "The only record that says so",
    Choice.VERIFIED: "A verified NHS number comes first",
    Choice.PROTECTS: "One mark protects the person everywhere",
    Choice.LATEST: "Said last",
}


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """One field of a person. `withheld`: it is known, and not shown to this reader."""

    field: str
    values: tuple[str, ...]
    origin: Origin | None
    withheld: bool = False


def golden_rows(portrait: Portrait, *, withheld: bool) -> list[GoldenRow]:
    """The fields of which anything is known."""
    told = portrait.person.demographics
    made = []
    for name, key, read in FIELDS:
        values = tuple(text for text in read(told) if text)
        if values:
            hidden = withheld and key in WHEREABOUTS
            origin = portrait.origins.get(_TOLD_BY.get(key) or Field(key))
            made.append(GoldenRow(name, () if hidden else values, origin, hidden))
    return [*made, *_death(portrait)]


def _death(portrait: Portrait) -> Iterable[GoldenRow]:
    death = portrait.person.death
    if death is not None:
        origin = portrait.origins.get(Field.DEATH) or portrait.origins.get(Field.DISCHARGE_DEATH)
        yield GoldenRow("Died", (dates.day(death.at) if death.at else "Date not known",), origin)

"""A comparison as a table: a column for each record, a row for each field, differences marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from linkage.record import Demographics
from mpi.review import dates, words
from mpi.review.differences import Piece, pieces
from mpi.usecases.deciding.comparing import Said

WHEREABOUTS = frozenset({"addresses", "previous_addresses", "phones", "emails", "gp_practice"})
"""Fields that tell where a person lives: kept back of restricted people (NHS-57)."""
_STATUSES = {
    "01": "verified",
    "02": "not traced",
    "03": "trace needed",
    "04": "trace attempted, no match",
    "05": "trace needs checking",
    "06": "trace in progress",
    "07": "not present, trace not needed",
    "08": "trace postponed",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The values of one record in one field, each in pieces. `unusable`: a placeholder or default, not compared."""

    values: tuple[tuple[Piece, ...], ...]
    unusable: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One field: what the two records asked about make of it in words, and a cell for each record."""

    field: str
    verdict: str
    cells: tuple[Cell, ...]


def _status(said: Demographics) -> Iterable[str]:
    if said.nhs_number:
        yield _STATUSES.get(said.nhs_status or "02", "status not known")


def _birth(said: Demographics) -> Iterable[str]:
    order = f", number {said.birth_order} of the birth" if said.birth_order else ""
    if said.multiple_birth:
        yield f"Yes{order}"
    elif said.multiple_birth is False:
        yield "No"


FIELDS: tuple[tuple[str, str, Callable[[Demographics], Iterable[str]]], ...] = (
    ("Name", "names", lambda said: map(words.full_name, said.names)),
    ("Former names", "previous_names", lambda said: map(words.full_name, said.previous_names)),
    ("NHS number", "nhs_number", lambda said: [words.nhs_number(said.nhs_number)] if said.nhs_number else []),
    ("NHS number status", "nhs_status", _status),
    ("Date of birth", "birth_date", lambda said: [dates.day(said.birth_date)] if said.birth_date else []),
    ("Gender", "sex", lambda said: [words.sex(said.sex)]),
    ("Address", "addresses", lambda said: map(words.address, said.addresses)),
    ("Former addresses", "previous_addresses", lambda said: map(words.address, said.previous_addresses)),
    ("Telephone", "phones", lambda said: said.phones),
    ("Email", "emails", lambda said: said.emails),
    ("GP practice", "gp_practice", lambda said: [said.gp_practice] if said.gp_practice else []),
    ("Mother's maiden name", "mothers_maiden_name", lambda said: filter(None, [said.mothers_maiden_name])),
    ("Twin or multiple birth", "multiple_birth", _birth),
)


def columns(sides: Sequence[Sequence[Said]]) -> list[tuple[int, Said]]:
    """The records from left to right with the number of their side: the two asked about first."""
    told = [(number, said) for number, side in enumerate(sides) for said in side]
    return sorted(told, key=lambda column: not column[1].asked)


def rows(sides: Sequence[Sequence[Said]]) -> list[Row]:
    """The fields of which any record says anything."""
    shown = [said for _, said in columns(sides)]
    focal = [place for place, said in enumerate(shown) if said.asked][:2]
    made = []
    for name, key, read in FIELDS:
        texts = [[] if _hidden(said, key) else [text for text in read(said.demographics) if text] for said in shown]
        if any(texts):
            unusable = [key in said.unusable for said in shown]
            made.append(Row(name, _verdict(texts, focal), _cells(texts, unusable, focal)))
    return made


def _hidden(said: Said, key: str) -> bool:
    return said.restricted and key in WHEREABOUTS


def _cells(texts: Sequence[Sequence[str]], unusable: Sequence[bool], focal: Sequence[int]) -> tuple[Cell, ...]:
    """The two asked about are marked against each other, the others against both of them."""
    made = []
    for place, values in enumerate(texts):
        beside = [text for other in focal if other != place for text in texts[other]]
        made.append(Cell(tuple(pieces(value, beside) for value in values), bool(values) and unusable[place]))
    return tuple(made)


def _verdict(texts: Sequence[Sequence[str]], focal: Sequence[int]) -> str:
    if len(focal) < 2:
        return ""
    one, other = ({text.casefold() for text in texts[place]} for place in focal)
    if not one or not other:
        return "One says nothing" if one or other else "Neither says"
    if one == other:
        return "Same"
    return "Partly the same" if one & other else "Different"

"""Further fields of a model: columns of a file that have no comparison of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linkage.comparison import MOST_FURTHER
from linkage.errors import ModelError
from linkage.frequencies import Frequencies
from linkage.record import Kind
from linkage.terms import TermWeight

KIND_CODES = {Kind.CODE: 1, Kind.NAME: 2, Kind.TEXT: 3, Kind.CATEGORY: 4, Kind.NUMBER: 5}
"""How compiled code knows a kind."""
LEAST, MOST = -5.0, 4.0
"""Bits that the frequency of an agreed value may take and add."""


@dataclass(frozen=True, slots=True)
class FurtherField:
    """A field by name; `family` when a household shares it. terms: the frequencies of its values, None for codes and
    numbers, which are each one's own."""

    name: str
    kind: Kind
    family: bool
    terms: TermWeight | None

    def adjustment(self, value: str) -> float:
        """Bits to add when two records agree on a standardised value."""
        return self.terms.adjustment(value) if self.terms else 0.0


def read_fields(document: Mapping[str, Any]) -> tuple[FurtherField, ...] | None:
    """The further fields that a model's document lists, None when it has no place for them. Raises `ModelError`."""
    listed = document.get("further")
    if listed is None:
        return None
    if not isinstance(listed, list) or len(listed) > MOST_FURTHER:
        raise ModelError(f"'further' must be a list of at most {MOST_FURTHER} fields")
    fields = tuple(_field(part, place) for place, part in enumerate(listed, 1))
    if len({field.name for field in fields}) < len(fields):
        raise ModelError("two further fields have one name")
    return fields


def _field(part: object, place: int) -> FurtherField:
    if not isinstance(part, dict) or not isinstance(part.get("name"), str) or part.get("kind") not in set(Kind):
        raise ModelError(f"further field {place} needs a name, and a kind out of {', '.join(Kind)}")
    name, shares = part["name"], part.get("frequencies")
    terms = None
    if shares is not None:
        table = Frequencies.from_document(shares, (name,))
        average = part.get("average")
        if not isinstance(average, float) or not 0.0 < average <= 1.0:
            raise ModelError(f"further field '{name}' needs its average share above 0 and at most 1")
        terms = TermWeight(name, table, average, LEAST, MOST, {})
    return FurtherField(name, Kind(part["kind"]), bool(part.get("family")), terms)

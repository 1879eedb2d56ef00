"""What the frequency of an agreed value adds to the weight of its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

from linkage.documents import read_number, read_part
from linkage.errors import ModelError
from linkage.frequencies import Frequencies


@dataclass(frozen=True, slots=True)
class TermWeight:
    """What the frequency of an agreed name adds to its field's weight for an average one.

    average: u of exact agreement, the frequency at which nothing is added. `most` caps what rarity adds, because a
    name that is not listed need not be rare where this patient lives. together: by how much to multiply the shares of
    names that one community bears, because there the forename goes with the surname, and with the place.
    """

    field: str
    frequencies: Frequencies
    average: float
    least: float
    most: float
    together: Mapping[str, float]

    def adjustment(self, name: str) -> float:
        """Bits to add when `name` agrees exactly: negative for a common name; 0 for no name."""
        if not name:
            return 0.0
        share = self.frequencies.frequency(self.field, name) * self.together.get(name, 1.0)
        bits = log2(self.average / share)
        return min(self.most, max(self.least, bits))

    def lists(self, name: str) -> bool:
        """Whether `name` is in the table of frequencies, and so no slip of the hand."""
        return name in self.frequencies.shares.get(self.field, {})


def read_term_weight(document: Mapping[str, Any], field: str, average: float) -> TermWeight:
    """The limits and frequencies of a field of a model's document. Raises `ModelError`."""
    limits = read_part(read_part(document, "term_frequency", "the model"), field, "term_frequency")
    place = f"term_frequency '{field}'"
    return TermWeight(
        field=field,
        frequencies=Frequencies.from_document(read_part(document, "frequencies", "the model")),
        average=average,
        least=read_number(limits, "least", place, -30.0, 0.0),
        most=read_number(limits, "most", place, 0.0, 30.0),
        together=_together(limits.get("together", []), place),
    )


def read_postcode_weight(document: Mapping[str, Any]) -> TermWeight | None:
    """What the frequency of a postcode says, where the model has frequencies of them and the rows a place."""
    limits = read_part(document, "term_frequency", "the model").get("postcode")
    if not isinstance(limits, Mapping):
        return None
    average = read_number(limits, "average", "term_frequency 'postcode'", 1e-12, 1.0)
    return read_term_weight(document, "postcode", average)


def _together(groups: object, place: str) -> dict[str, float]:
    """The factor of every name from a list of {"factor", "names"}."""
    factors: dict[str, float] = {}
    for group in groups if isinstance(groups, list) else [groups]:
        if not isinstance(group, dict) or not isinstance(names := group.get("names"), list):
            raise ModelError(f"{place}: 'together' needs a list of objects with factor and names")
        factors |= dict.fromkeys(map(str, names), read_number(group, "factor", place, 1.0, 100.0))
    return factors

"""What the frequency of an agreed value adds to the weight of its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

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

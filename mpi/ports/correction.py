"""The store that finds duplicates within an assigning authority."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from mpi.domain.correction import Doubled
from mpi.domain.identifiers import Identifier


class Duplicates(Protocol):
    """Live records of one authority under one golden identity. Left out are contested links, and records that an
    overlay makes doubtful: whether they are one person is still asked."""

    def doubled(self, authorities: Collection[str], after: Doubled | None, limit: int) -> tuple[list[Doubled], int]:
        """Who is doubled, in order from the one after `after` on, and how many there are in all."""

    def members(self, doubled: Sequence[Doubled]) -> Mapping[Doubled, Mapping[Identifier, int]]:
        """The records of each, with how many studies were acquired under it."""

"""What PDQ and PDQm ask for: people by alternatives and further conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mpi.domain.person_filters import Filter, has_identifier_in
from mpi.domain.views import PersonView, SearchCriteria


@dataclass(frozen=True, slots=True)
class Wanted:
    """People who meet one of the `criteria`, every one of the `filters`, and have an identifier to tell in one of the
    `domains` (authority ids; none of them asks for nothing)."""

    criteria: Sequence[SearchCriteria]
    filters: Sequence[Filter] = ()
    domains: frozenset[str] = frozenset()

    def keep(self, people: Sequence[PersonView]) -> list[PersonView]:
        """Those of `people` who meet filters and domains."""
        kept = [person for person in people if all(holds(person) for holds in self.filters)]
        return [person for person in kept if has_identifier_in(person, self.domains)] if self.domains else kept

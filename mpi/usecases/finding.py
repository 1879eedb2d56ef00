"""Find people by alternatives and further conditions: what PDQ and PDQm ask, by the one search of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.person_filters import Filter, has_identifier_in
from mpi.domain.views import PersonView, SearchCriteria
from mpi.usecases.query import Query


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


def find(query: Query, wanted: Wanted, caller: Caller) -> tuple[list[PersonView], bool]:
    """The people found, each once, and whether they are all: a search that reached its limit may have left out some.

    Raises what `Query.search` raises. Needs READ_PERSON.
    """
    found: dict[UUID, PersonView] = {}
    complete = True
    for criteria in wanted.criteria:
        people = query.search(criteria, caller)
        complete = complete and len(people) < criteria.limit
        found |= {person.requested_id: person for person in people}
    return wanted.keep(list(found.values())), complete

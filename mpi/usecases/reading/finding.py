"""Find people by alternatives and further conditions, all of them whole: what PDQm asks."""

from __future__ import annotations

from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.views import PersonView
from mpi.domain.wanted import Wanted
from mpi.usecases.reading.query import Query


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

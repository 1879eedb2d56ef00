"""Ask who somebody is. SIGNATURES ONLY while the body is being written."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from linkage.record import Demographics
from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.views import MatchCandidate, PersonView, Resolution, SearchCriteria


class Query:
    """Read-only questions; each leaves an audit row. All raise `Forbidden` and `Unavailable`; `NotFound` as said."""

    def person(self, golden_id: UUID, caller: Caller) -> PersonView:
        """The person of a golden id, following retired ids. Raises NotFound. Needs READ_PERSON."""
        raise NotImplementedError

    def person_of(self, identifier: Identifier, caller: Caller, as_of: datetime | None = None) -> PersonView:
        """The person an identifier belongs to (now, or as believed at `as_of`); NHS numbers too when one person
        alone holds that number. Raises NotFound. Needs READ_PERSON."""
        raise NotImplementedError

    def cross_references(self, identifier: Identifier, caller: Caller) -> Resolution:
        """All live identifiers of the same person (PIX). An awaited or deleted identifier is NotFound. Needs RESOLVE."""
        raise NotImplementedError

    def match(
        self, demographics: Demographics, caller: Caller, count: int = 10, only_certain: bool = False
    ) -> tuple[MatchCandidate, ...]:
        """Golden identities that resemble the demographics, best first; grades as the linker itself would
        decide (IHE-46). `only_certain`: those that would link, or none when they are not one person (IHE-45).
        Needs READ_PERSON."""
        raise NotImplementedError

    def search(self, criteria: SearchCriteria, caller: Caller) -> tuple[PersonView, ...]:
        """People with a live record meeting every criterion, at most `limit`. Raises Refused for no criteria.
        Needs READ_PERSON."""
        raise NotImplementedError

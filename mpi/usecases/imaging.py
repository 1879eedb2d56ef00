"""Studies and imaging histories. SIGNATURES ONLY while the body is being written."""

from __future__ import annotations

from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.identifiers import Identifier
from mpi.domain.views import HistoryFilter, HistoryPage, Study


class Imaging:
    """Register studies; read one person's history across trusts."""

    def register(self, study: Study, caller: Caller) -> tuple[UUID, bool]:
        """Register a study under its patient id (awaited records are created). Returns the golden id and whether
        the study was new. The same study again under the same patient updates it; under another patient it is
        refused with CONFLICT and a task (nothing guessed). Needs WRITE_IMAGING."""
        raise NotImplementedError

    def history(
        self,
        person: UUID | Identifier,
        caller: Caller,
        wanted: HistoryFilter = HistoryFilter(),
        limit: int = 100,
        after: str = "",
    ) -> HistoryPage:
        """One page of the history, newest first. Raises NotFound, Refused (BAD_VALUE for a bad `after`).
        Needs READ_IMAGING."""
        raise NotImplementedError

    def study(self, study_uid: str, caller: Caller) -> tuple[Study, UUID]:
        """One study and the golden id whose history it is in. Raises NotFound. Needs READ_IMAGING."""
        raise NotImplementedError

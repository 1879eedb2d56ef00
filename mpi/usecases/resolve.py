"""Tell the archive who a patient id is. SIGNATURES ONLY while the body is being written."""

from __future__ import annotations

from mpi.domain.access import Caller
from mpi.domain.commands import Patch
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Resolution


class Resolve:
    """The archive's question on every ingest."""

    def resolve(self, identifier: Identifier, patch: Patch | None, caller: Caller) -> Resolution:
        """Who is this? An id no feed has described is registered with what the archive knows (`patch`), as
        provisional, so that it has a golden id at once; the known path only reads. Needs RESOLVE.
        Raises `Refused` (UNKNOWN_AUTHORITY is the edge's to find), `Unavailable`."""
        raise NotImplementedError

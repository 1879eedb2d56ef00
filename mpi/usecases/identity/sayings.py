"""Which standing statements a reviewer made about one person."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from mpi.domain.formation import retractable, steps
from mpi.errors import NotFound
from mpi.ports import Unit


def require_about(unit: Unit, golden_id: UUID, wanted: Collection[int]) -> None:
    """Raise `NotFound`, without saying which or why, when one of these is not a standing statement of a reviewer, or
    is about nobody who is now of this person or came or went by it."""
    living = unit.identities.resolve(golden_id)
    if living is None:
        raise NotFound("no golden identity has this id")
    spans = unit.provenance.spans(living)
    sayings = unit.provenance.sayings({span.identifier for span in spans})
    if set(wanted) - retractable(spans, sayings, steps(spans, sayings)):
        raise NotFound("not all of these are standing statements of reviewers about this person")

"""Which standing statements a reviewer made about one person."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from mpi.domain.formation import Saying, retractable, steps
from mpi.errors import NotFound
from mpi.ports import Unit


def reviewers_about(unit: Unit, golden_id: UUID, wanted: Collection[int]) -> list[Saying]:
    """The standing statements with these ids. Raises `NotFound`, without saying which or why, when one of them is not
    a reviewer's, or is about nobody who is now of this person or came or went by it."""
    living = unit.identities.resolve(golden_id)
    if living is None:
        raise NotFound("no golden identity has this id")
    spans = unit.provenance.spans(living)
    sayings = unit.provenance.sayings({span.identifier for span in spans})
    may = retractable(spans, sayings, steps(spans, sayings))
    found = [saying for saying in sayings if saying.id in may & set(wanted)]
    if {saying.id for saying in found} != set(wanted):
        raise NotFound("not all of these are standing statements of reviewers about this person")
    return found

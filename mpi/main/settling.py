"""Puts together what reviewers settle more than one pair with: whole people, and many tasks alike."""

from __future__ import annotations

from mpi.ports import Clock, Ids, Units
from mpi.settings import Settings
from mpi.usecases.deciding.acting import Acting
from mpi.usecases.deciding.acts import Acts
from mpi.usecases.deciding.answering import Answering
from mpi.usecases.deciding.batches import Batches
from mpi.usecases.deciding.rehearsing import Rehearsing
from mpi.usecases.identity.asserting import Asserting
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Rematch


def compose_settling(
    units: Units, matching: Matching, rematch: Rematch, clock: Clock, ids: Ids, settings: Settings
) -> tuple[Acts, Batches]:
    """What moves, splits and merges people by hand, and what answers many tasks alike."""
    asserting = Asserting(matching, rematch, clock)
    acting = Acting(matching, asserting)
    rehearsing = Rehearsing(units, matching.network, settings.second_person_studies)
    answering = Answering(asserting, acting, rehearsing, clock)
    batches = Batches(units, matching, answering, clock, ids, settings.bulk_sample)
    return Acts(units, acting, rehearsing), batches

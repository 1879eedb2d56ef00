"""Where a restricted person is treated is told to archives and privacy officers, and to who says it is urgent
(NHS-57, SEC-6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field
from mpi.domain.identifiers import WITHHELD
from mpi.domain.views import HistoryFilter, Study
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    REVIEWER,
    World,
    of,
    other_person,
    person,
    register,
    study,
)

VIEWER = Caller("vera", Role.VIEWER, "RMC")
OFFICER = Caller("pat", Role.PRIVACY_OFFICER, "RMC")
TOLD = {"organisation": "RBV", "accession": "A1", "archive": "vna"}


@pytest.fixture
def restricted(world: World) -> Study:
    world.tell(register("CHR|1", 1, person(more={Field.RESTRICTED: True})))
    made = study("1.1", "CHR|1", description="CT thorax", **TOLD)
    world.imaging.register(made, ARCHIVE)
    return made


@pytest.mark.parametrize("caller", [VIEWER, REVIEWER])
def test_nhs_57_others_are_told_what_was_seen_and_not_where(world: World, restricted: Study, caller: Caller) -> None:
    imaging, golden_id = world.imaging, world.golden("CHR|1")
    bare = replace(restricted, patient=WITHHELD, organisation="", accession="", archive="")
    assert imaging.history(golden_id, caller).studies == (bare,)
    assert imaging.study("1.1", caller) == (bare, golden_id)
    planned = study("", "CHR|1", started_at=None)
    assert [prior.study for prior in imaging.priors(planned, caller)[1]] == [bare]
    assert [change.identifier for change in imaging.changes(golden_id, caller)] == [WITHHELD]
    assert imaging.history(golden_id, caller, HistoryFilter(organisation="RBV")).total == 0


def test_a_retired_id_of_theirs_tells_no_more(world: World, restricted: Study) -> None:
    world.tell(register("BOL|2", 2, other_person()))
    world.imaging.register(study("1.2", "BOL|2", **TOLD), ARCHIVE)
    retired = world.golden("BOL|2")
    world.review.assert_pair(of("BOL|2"), of("CHR|1"), True, "", ADMINISTRATOR)
    assert retired != world.golden("BOL|2")
    assert {change.identifier for change in world.imaging.changes(retired, VIEWER)} == {WITHHELD}


@pytest.mark.parametrize("caller", [ARCHIVE, OFFICER, replace(VIEWER, purpose="break-glass")])
def test_who_may_know_is_told(world: World, restricted: Study, caller: Caller) -> None:
    golden_id = world.golden("CHR|1")
    assert world.imaging.history(golden_id, caller).studies == (restricted,)
    assert world.imaging.history(golden_id, caller, HistoryFilter(organisation="RBV")).total == 1
    purposes = world.rows("select purpose from audit where action = 'read-history' order by id")
    assert {row.purpose for row in purposes} == {caller.purpose}


def test_of_everybody_else_all_is_told(world: World) -> None:
    world.tell(register("CHR|1", 1))
    made = study("1.1", "CHR|1", **TOLD)
    world.imaging.register(made, ARCHIVE)
    assert world.imaging.history(world.golden("CHR|1"), VIEWER).studies == (made,)

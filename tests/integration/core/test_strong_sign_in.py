"""Sensitive acts ask for a strong sign-in, and without one nothing is done (SEC-5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linkage.model import Model
from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field
from mpi.domain.regrouping import Regroup
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.errors import StrongerNeeded
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.models.reigning import Reigning
from mpi.usecases.reading.portraits import Portraits
from tests.integration.core.other_models import keener
from tests.integration.core.regroups import regrouping, two_people, wish
from tests.integration.core.test_foreseeing import asked_about
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    SENIOR,
    World,
    nhs,
    of,
    person,
    register,
    study,
)

TWIN = {Field.MULTIPLE_BIRTH: True}


def weak(caller: Caller) -> Caller:
    """The same, signed in less surely than a sensitive act asks."""
    return replace(caller, strong=False)


@pytest.fixture
def asked(world: World) -> TaskView:
    """Whether two records are one child; joining them moves a study."""
    for identifier, given in (("BOL|1", "Aisha"), ("CHR|1", "Ayesha")):
        world.tell(register(identifier, 1, person("Begum", given, "2015-01-05", Sex.FEMALE, more=TWIN)))
    world.imaging.register(study("1.1", "CHR|1"), ARCHIVE)
    return world.task(TaskKind.POSSIBLE_MATCH)


def review(world: World, studies: int) -> Review:
    index = world.index
    return Review(index.units, index.matching, index.rematch, index.clock, second_person_studies=studies)


def test_an_answer_of_high_impact_asks_its_first_and_its_second_person(world: World, asked: TaskView) -> None:
    grave = review(world, studies=0)
    with pytest.raises(StrongerNeeded):
        grave.decide(asked.id, Decision.SAME, "", weak(REVIEWER))
    assert world.task(TaskKind.POSSIBLE_MATCH).proposed is None
    assert grave.decide(asked.id, Decision.SAME, "", REVIEWER).proposed is Decision.SAME
    with pytest.raises(StrongerNeeded):
        grave.decide(asked.id, Decision.SAME, "", weak(COLLEAGUE))
    assert not world.together("BOL|1", "CHR|1")
    assert grave.decide(asked.id, Decision.SAME, "", COLLEAGUE).state is TaskState.DECIDED


def test_other_answers_do_not(world: World, asked: TaskView) -> None:
    assert review(world, 0).decide(asked.id, Decision.UNSURE, "", weak(REVIEWER)).proposed is Decision.UNSURE
    decided = review(world, 20).decide(asked.id, Decision.SAME, "", weak(COLLEAGUE))
    assert decided.state is TaskState.DECIDED


def test_what_a_senior_may_do_alone_asks(world: World) -> None:
    one = person(number=nhs(1))
    world.tell(register("BOL|1", 1, one), register("CHR|1", 2, one))
    with pytest.raises(StrongerNeeded):
        world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "", weak(SENIOR))
    with pytest.raises(StrongerNeeded):  # who proposes it too: it takes two people who have proved who they are
        world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "", weak(REVIEWER))
    assert world.together("BOL|1", "CHR|1")
    (made,) = world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "", SENIOR).assertions
    world.review.withdraw(made, "", weak(SENIOR))  # joins them again: that moves nothing
    assert world.together("BOL|1", "CHR|1")


def test_merging_people_who_look_different_asks(world: World) -> None:
    acts = regrouping(two_people(world))
    merge = wish(world, Regroup.MERGE, other="BOL|9")
    preview = acts.preview(merge, SENIOR)
    assert preview.needs_two
    with pytest.raises(StrongerNeeded):
        acts.apply(merge, preview.mark, "", weak(SENIOR))
    assert world.count("assertion") == 0


def test_lifting_a_do_not_link_asks_and_stating_one_does_not(world: World) -> None:
    world.tell(register("BOL|1", 1), register("CHR|1", 1))
    apart = KeepingApart(world.index.units, world.index.rematch, world.index.clock)
    officer = Caller("pat", Role.PRIVACY_OFFICER, "RMC", strong=False)
    statement = apart.keep_apart(of("BOL|1"), of("CHR|1"), "why", officer)
    with pytest.raises(StrongerNeeded):
        apart.lift(statement, "why", officer)
    (held,) = apart.standing(officer)
    assert not held.lift_asked_by


def test_breaking_the_glass_asks(world: World) -> None:
    world.tell(register("BOL|1", 1))
    with pytest.raises(StrongerNeeded):
        Portraits(world.index.units, world.index.matching).break_glass(world.golden("BOL|1"), weak(REVIEWER))
    assert world.rows("select * from audit where action = 'break-glass'") == []


def test_approving_a_model_asks_and_declining_it_does_not(world: World) -> None:
    asked_about(world)
    Reigning(world.index.units).model(Model.default(), "operator")
    room = world.index.models
    made, _ = room.propose(keener(), ADMINISTRATOR)
    with pytest.raises(StrongerNeeded):
        room.answer(made, True, "", weak(SENIOR))
    room.answer(made, False, "", weak(SENIOR))

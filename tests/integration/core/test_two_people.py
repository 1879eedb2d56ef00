"""What an answer would do is known before, and answers of high impact need two people."""

from __future__ import annotations

import pytest

from linkage.record import Sex
from mpi.domain.acts import Statement
from mpi.domain.commands import Field, Link
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.errors import Conflict, Forbidden, NotFound, Refused
from mpi.usecases.deciding.review import Review
from tests.integration.core.regroups import regrouping
from tests.integration.core.world import (
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    SENIOR,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

TWIN = {Field.MULTIPLE_BIRTH: True}


@pytest.fixture
def asked(world: World) -> TaskView:
    """Whether two records are twins or one child; the second has three studies."""
    for identifier, given in (("BOL|1", "Aisha"), ("CHR|1", "Ayesha")):
        world.tell(register(identifier, 1, person("Begum", given, "2015-01-05", Sex.FEMALE, more=TWIN)))
    for number in range(3):
        world.imaging.register(study(f"1.{number}", "CHR|1"), ARCHIVE)
    return world.task(TaskKind.POSSIBLE_MATCH)


def strict(world: World, studies: int = 2) -> Review:
    index = world.index
    return Review(index.units, index.matching, index.rematch, index.clock, second_person_studies=studies)


def everything(world: World) -> object:
    tables = ("link", "assertion", "task", "event", "delivery", "golden_identity", "source_record")
    return [world.rows(f"select * from {table} order by 1") for table in tables]


def test_a_preview_is_what_then_happens(world: World, asked: TaskView) -> None:
    """The same code does it, and takes it back: nothing is left but the audit row."""
    before, was = everything(world), world.golden("CHR|1")
    found, needs_two = world.review.preview(asked.id, Decision.SAME, REVIEWER)
    assert everything(world) == before
    (gone,) = found.departures
    assert (gone.old, gone.new, gone.identifiers, gone.retires) == (was, world.golden("BOL|1"), (of("CHR|1"),), True)
    assert gone.studies == ("1.0", "1.1", "1.2")
    assert (found.studies, found.told, found.minted, needs_two) == (3, ("RBV", "RMC"), (), False)
    told = world.rows("select subjects, detail from audit where action = 'preview'")
    assert [(row.subjects, row.detail) for row in told] == [([f"task/{asked.id}"], {"studies": 3})]
    world.review.decide(asked.id, Decision.SAME, "one child", REVIEWER)
    assert world.golden("CHR|1") == gone.new
    world.verify()


def test_a_preview_of_what_cannot_be_answered_says_so(world: World, asked: TaskView) -> None:
    with pytest.raises(Refused):
        world.review.preview(asked.id, Decision.ACCEPT, REVIEWER)
    with pytest.raises(Forbidden):
        world.review.preview(asked.id, Decision.SAME, ARCHIVE)


def test_many_studies_need_a_second_person(world: World, asked: TaskView) -> None:
    review = strict(world)
    assert review.preview(asked.id, Decision.SAME, REVIEWER)[1]
    proposed = review.decide(asked.id, Decision.SAME, "one child", REVIEWER)
    assert (proposed.state, proposed.proposed, proposed.proposed_by) == (TaskState.OPEN, Decision.SAME, "rita")
    assert not world.together("BOL|1", "CHR|1")
    with pytest.raises(Conflict, match="somebody else"):
        review.decide(asked.id, Decision.SAME, "really", REVIEWER)
    decided = review.decide(asked.id, Decision.SAME, "I agree", COLLEAGUE)
    assert (decided.state, decided.decided_by, decided.proposed_by) == (TaskState.DECIDED, "ravi", "")
    assert world.together("BOL|1", "CHR|1")
    (row,) = world.rows("select detail from audit where action = 'decide-same'")
    assert row.detail == {"proposed_by": "rita"}
    world.verify()


def test_a_second_person_may_think_otherwise(world: World, asked: TaskView) -> None:
    review = strict(world)
    review.decide(asked.id, Decision.SAME, "one child", REVIEWER)
    decided = review.decide(asked.id, Decision.DIFFERENT, "twins", COLLEAGUE)  # nothing moves: it stands at once
    assert decided.state is TaskState.DECIDED
    assert not world.together("BOL|1", "CHR|1")


def test_parting_a_verified_number_needs_a_second_person(world: World) -> None:
    one = person(number=nhs(1))
    world.tell(register("BOL|1", 1, one), register("CHR|1", 2, one))
    assert world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "two people", REVIEWER).task is not None
    assert world.together("BOL|1", "CHR|1")
    assert world.count("assertion") == 0
    world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "two people", SENIOR)
    assert not world.together("BOL|1", "CHR|1")


def test_a_split_tells_that_the_new_identity_has_no_id_yet(world: World) -> None:
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 1, same), register("BOL|2", 1, other_person()))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)))
    world.imaging.register(study("1.9", "BOL|2"), ARCHIVE)
    preview = regrouping(world).preview(Statement(of("BOL|1"), of("BOL|2"), False), REVIEWER)
    found = preview.consequence
    gone, come = found.departures
    assert (come.identifiers, come.new, come.retires) == ((of("CHR|1"),), gone.old, True)  # nothing keeps it out now
    assert (gone.identifiers, gone.studies, gone.retires) == ((of("BOL|2"),), ("1.9",), False)
    assert (found.minted, preview.needs_two) == ((gone.new,), False)
    assert world.golden("BOL|2") == world.golden("BOL|1") == gone.old
    with pytest.raises(NotFound):
        regrouping(world).preview(Statement(of("BOL|1"), of("BOL|99"), True), REVIEWER)


@pytest.mark.parametrize("proposed", [Decision.UNSURE, Decision.SAME])
def test_who_proposed_takes_it_back(world: World, asked: TaskView, proposed: Decision) -> None:
    """The task is as free as before; nobody else takes it back for them."""
    review = strict(world)
    assert review.decide(asked.id, proposed, "hm", REVIEWER).proposed is proposed
    with pytest.raises(Conflict):
        review.undo(asked.id, "", COLLEAGUE)
    again = review.undo(asked.id, "looked again", REVIEWER)
    assert (again.state, again.proposed, again.proposed_by) == (TaskState.OPEN, None, "")
    assert review.decide(asked.id, Decision.DIFFERENT, "", REVIEWER).state is TaskState.DECIDED
    assert world.rows("select count(*) as n from audit where action = 'undo-proposal'")[0].n == 1


def test_who_looks_different_is_joined_by_a_senior_or_two(world: World) -> None:
    """SEC-3, decision 25: a statement about two records asks what a merge of two people asks."""
    world.tell(register("BOL|1", 1), register("CHR|1", 1, other_person()))
    before = world.partition()
    assert regrouping(world).preview(Statement(of("BOL|1"), of("CHR|1"), True), REVIEWER).needs_two
    assert world.review.assert_pair(of("BOL|1"), of("CHR|1"), True, "", REVIEWER).task is not None
    assert world.partition() == before
    world.review.assert_pair(of("BOL|1"), of("CHR|1"), True, "the same passport", SENIOR)
    assert world.together("BOL|1", "CHR|1")

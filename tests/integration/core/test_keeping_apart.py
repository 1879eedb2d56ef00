"""Records that must never be linked: nothing joins them, nobody is told why, and two lift it (NHS-56, SEC-3)."""

from __future__ import annotations

import pytest

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Link, Merge
from mpi.domain.views import Decision, TaskKind, TaskState
from mpi.errors import Conflict, Forbidden, NotFound, Refused
from mpi.usecases.deciding.comparing import Comparing
from mpi.usecases.deciding.keeping_apart import KeepingApart
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    REVIEWER,
    SENIOR,
    World,
    at,
    nhs,
    of,
    person,
    register,
    study,
)

OFFICER, OTHER = (Caller(user, Role.PRIVACY_OFFICER, "RMC") for user in ("pat", "petra"))
WHY = "adopted in 2019, court order"


@pytest.fixture
def apart(world: World) -> KeepingApart:
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|2", 2, person(number=nhs(1))))
    assert world.together("BOL|1", "CHR|2")
    return KeepingApart(world.index.units, world.index.rematch, world.index.clock)


def test_two_records_are_parted_and_nothing_joins_them(world: World, apart: KeepingApart) -> None:
    """NHS-56: no score, feed or reviewer."""
    world.imaging.register(study("1.1", "BOL|1"), ARCHIVE)
    world.imaging.register(study("1.2", "CHR|2"), ARCHIVE)
    apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OFFICER)
    assert (world.history("BOL|1"), world.history("CHR|2")) == (["1.1"], ["1.2"])
    world.tell(register("CHR|2", 3, person(number=nhs(1), postcode="M13 9WM")))
    with pytest.raises(Forbidden, match="must not be linked"):
        world.review.assert_pair(of("BOL|1"), of("CHR|2"), True, "the same", SENIOR)
    assert not world.together("BOL|1", "CHR|2")
    assert world.tasks() == []
    world.verify()


def test_no_record_of_a_third_trust_joins_them_either(world: World, apart: KeepingApart) -> None:
    apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OFFICER)
    world.tell(register("BOL|3", 3, person(number=nhs(1))))
    world.review.assert_pair(of("BOL|3"), of("CHR|2"), True, "", SENIOR)
    world.review.assert_pair(of("BOL|3"), of("BOL|1"), True, "", SENIOR)
    assert not world.together("BOL|1", "CHR|2")
    world.verify()


def test_a_merge_by_the_trust_does_not_join_them(world: World, apart: KeepingApart) -> None:
    world.tell(register("BOL|4", 3, person(number=nhs(1))))
    apart.keep_apart(of("BOL|1"), of("BOL|4"), WHY, OFFICER)
    world.tell(Merge(of("BOL|1"), of("BOL|4"), at(5)), Link(of("BOL|1"), of("BOL|4"), at(6)))
    assert not world.together("BOL|1", "BOL|4")
    world.verify()


def test_why_is_for_privacy_officers_alone(world: World, apart: KeepingApart) -> None:
    made = apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OFFICER)
    (told,) = apart.standing(OTHER)
    assert (told.id, told.reason, told.made_by) == (made, WHY, "pat")
    assert world.review.assertions(of("BOL|1"), SENIOR) == ()
    assert [view.rank for view in world.review.assertions(of("BOL|1"), ADMINISTRATOR)] == ["privacy"]
    for table, column in (("link", "reason"), ("event", "reason"), ("audit", "detail"), ("task", "reason")):
        assert world.count(f"{table} where {column}::text like '%court%'") == 0, table
    for caller in (REVIEWER, SENIOR, ARCHIVE):
        with pytest.raises(Forbidden):
            apart.standing(caller)
        with pytest.raises(Forbidden):
            apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, caller)


def test_it_takes_two_privacy_officers_to_lift_it(world: World, apart: KeepingApart) -> None:
    """SEC-3: and identity is then as if it had never been said."""
    before = world.partition()
    made = apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OFFICER)
    assert world.partition() != before
    assert apart.lift(made, "wrong records", OFFICER) is False
    with pytest.raises(Conflict, match="another privacy officer"):
        apart.lift(made, "wrong records", OFFICER)
    assert world.partition() != before
    told = apart.standing(OTHER)[0]
    assert (told.lift_asked_by, told.lift_reason) == ("pat", "wrong records")
    assert apart.lift(made, "seen the order", OTHER) is True
    assert world.partition() == before
    assert apart.standing(OTHER) == []
    (row,) = world.rows("select withdrawn_reason from assertion where withdrawn_at is not null")
    assert row.withdrawn_reason == "pat: wrong records; petra: seen the order"
    with pytest.raises(NotFound):
        apart.lift(made, "", OTHER)
    actions = [row.action for row in world.rows("select action from audit where action like '%apart' order by id")]
    assert [action for action in actions if not action.startswith("list")] == [
        "keep-apart",
        "ask-to-lift-kept-apart",
        "lift-kept-apart",
    ]
    world.verify()


def test_no_reviewer_takes_it_back(world: World, apart: KeepingApart) -> None:
    made = apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OFFICER)
    for caller in (SENIOR, ADMINISTRATOR):
        with pytest.raises(Forbidden, match="two privacy officers"):
            world.review.withdraw(made, "no", caller)


def test_what_cannot_be_kept_apart_is_said(world: World, apart: KeepingApart) -> None:
    with pytest.raises(Refused, match="itself"):
        apart.keep_apart(of("BOL|1"), of("BOL|1"), WHY, OFFICER)
    with pytest.raises(NotFound):
        apart.keep_apart(of("BOL|1"), of("BOL|9"), WHY, OFFICER)
    assert world.count("source_record where value = '9'") == 0
    apart.keep_apart(of("CHR|2"), of("BOL|1"), WHY, OFFICER)
    with pytest.raises(Conflict, match="already"):
        apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OTHER)


@pytest.mark.parametrize("answered", [True, False])
def test_a_task_of_before_does_not_show_them_together(world: World, answered: bool) -> None:
    """NHS-56: neither one that was answered nor one that nobody is asked any more."""
    twins = {Field.MULTIPLE_BIRTH: True}
    for identifier, given in (("BOL|1", "Aisha"), ("CHR|2", "Ayesha")):
        world.tell(register(identifier, 1, person("Begum", given, "2015-01-05", Sex.FEMALE, more=twins)))
    task = world.task(TaskKind.POSSIBLE_MATCH)
    if answered:
        world.review.decide(task.id, Decision.DIFFERENT, "", REVIEWER)
    comparing = Comparing(world.index.units, world.index.matching)
    assert len(comparing.compare(task.id, REVIEWER).sides) == 2
    apart = KeepingApart(world.index.units, world.index.rematch, world.index.clock)
    apart.keep_apart(of("BOL|1"), of("CHR|2"), WHY, OFFICER)
    every = tuple(TaskState)
    for look in (comparing.compare, world.review.explain, world.review.task):
        with pytest.raises(Forbidden, match="must not be shown together"):
            look(task.id, REVIEWER)
    with pytest.raises(Forbidden, match="must not be shown together"):
        world.review.preview(task.id, Decision.SAME, REVIEWER)
    assert world.review.tasks(REVIEWER, every) == ()
    assert [one.id for one in world.review.tasks(ADMINISTRATOR, every)] == [task.id]

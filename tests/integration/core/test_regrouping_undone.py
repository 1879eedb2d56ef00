"""Moves, splits and merges taken back: of one person, by whom it may be, and on record (SEC-3, AUD-3)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from mpi.domain.commands import Merge
from mpi.domain.regrouping import Regroup
from mpi.domain.views import Decision
from mpi.errors import Conflict, Forbidden, NotFound
from mpi.usecases.deciding.keeping_apart import KeepingApart
from tests.integration.core.regroups import do, everything, regrouping, two_people, wish
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    SENIOR,
    World,
    at,
    of,
    person,
    register,
    study,
)


@pytest.fixture
def two(world: World) -> World:
    """Ada and Bernard."""
    return two_people(world)


def test_only_its_maker_or_a_senior_undoes_it(two: World) -> None:
    made = do(two, wish(two, Regroup.SPLIT, "CHR|1"))
    with pytest.raises(Forbidden):
        regrouping(two).undo(two.golden("BOL|1"), made, "", COLLEAGUE)
    assert not two.together("BOL|1", "CHR|1")
    regrouping(two).undo(two.golden("BOL|1"), [*made, made[0]], "", SENIOR)
    assert two.together("BOL|1", "CHR|1")
    with pytest.raises(NotFound):
        regrouping(two).undo(two.golden("BOL|1"), made, "", SENIOR)


def test_taking_back_is_audited_for_every_person_concerned(two: World) -> None:
    """AUD-3: who has looked shows the taking back beside the merge, of whoever they were and are."""
    asked = wish(two, Regroup.MERGE, other="BOL|9")
    made = do(two, asked, SENIOR)
    regrouping(two).undo(two.golden("BOL|1"), made, "two people", SENIOR)
    rows = two.rows("select * from audit where action = 'withdraw-assertion'")
    subjects = {row.subjects[0] for row in rows}
    assert subjects >= {str(two.golden("BOL|1")), str(two.golden("BOL|9"))}
    assert all(row.detail == {"assertions": list(made), "reason": "two people"} for row in rows)


def test_taking_back_needs_a_senior_where_doing_does(two: World) -> None:
    """SEC-3: as for one statement alone; here many studies have come since."""
    made = do(two, wish(two, Regroup.SPLIT, "BOL|2"))
    two.imaging.register(study("1.9", "BOL|2"), ARCHIVE)
    strict = regrouping(two, most_studies=0)
    assert strict.undo(two.golden("BOL|1"), made, "", REVIEWER).task is not None
    assert not two.together("BOL|1", "BOL|2")
    strict.undo(two.golden("BOL|1"), made, "", SENIOR)
    assert two.together("BOL|1", "BOL|2")
    two.verify()


def test_only_what_a_reviewer_said_of_this_person_is_taken_back_here(two: World) -> None:
    two.tell(Merge(of("BOL|1"), of("BOL|2"), at(10)), register("STO|1", 11))
    made = do(two, wish(two, Regroup.SPLIT, "CHR|1"))
    (merged,) = (row.id for row in two.rows("select id from assertion where subsumed_id is not null"))
    apart = KeepingApart(two.index.units, two.index.rematch, two.index.clock)
    private = apart.keep_apart(of("BOL|1"), of("BOL|9"), "adopted", ADMINISTRATOR)
    before, acts, ada = everything(two), regrouping(two), two.golden("BOL|1")
    for golden_id, wanted in (
        (ada, [merged]),
        (ada, [*made, merged]),
        (ada, [private]),
        (ada, [*made, 10**9]),
        (two.golden("STO|1"), made),
        (two.golden("CHR|9"), made),
        (uuid4(), made),
    ):
        with pytest.raises(NotFound):
            acts.undo(golden_id, wanted, "", SENIOR)
    assert everything(two) == before
    acts.undo(two.golden("CHR|1"), made, "", SENIOR)  # of either side of a split
    assert two.together("BOL|1", "CHR|1")


def test_a_person_left_by_a_move_takes_back_all_of_it(two: World) -> None:
    """The tie to the other person is about two records of theirs by now, and this person's page tells of it."""
    asked = wish(two, Regroup.MOVE, "CHR|1", other="BOL|9")
    made = do(two, asked, SENIOR)
    regrouping(two).undo(asked.golden_id, made, "", SENIOR)
    assert two.together("BOL|1", "CHR|1")


@pytest.mark.parametrize("part", [0, 1, -1])
@pytest.mark.parametrize("by_person", [True, False])
def test_a_part_of_an_act_brings_the_whole_along(two: World, part: int, *, by_person: bool) -> None:
    """Decision 25: half a move undone is a person nobody wished for."""
    before, golden_id = two.partition(), two.golden("BOL|1")
    made = do(two, wish(two, Regroup.MOVE, "BOL|2", "CHR|1", other="BOL|9"), SENIOR)
    others = do(two, wish(two, Regroup.SPLIT, "CHR|9", of_="BOL|9"), SENIOR)
    regrouping(two).undo(two.golden("CHR|9"), others, "", SENIOR)
    assert len(made) > 3
    if by_person:
        regrouping(two).undo(golden_id, [made[part]], "", SENIOR)
    else:
        two.review.withdraw(made[part], "", SENIOR)
    assert two.partition() == before
    assert two.count("assertion where withdrawn_at is null") == 0
    two.verify()


def test_what_was_taken_back_of_an_act_before_does_not_stand_in_its_way(two: World) -> None:
    """An older version took back what it was given and no more."""
    before = two.partition()
    made = do(two, wish(two, Regroup.MOVE, "BOL|2", "CHR|1", other="BOL|9"), SENIOR)
    with two.index.units.begin() as unit:
        unit.evidence.withdraw(made[0], SENIOR, "")
        unit.commit()
    regrouping(two).undo(two.golden("BOL|1"), [made[1]], "", SENIOR)
    assert two.partition() == before
    two.verify()


def test_the_answer_to_a_task_is_taken_back_at_the_task(world: World) -> None:
    """Or else the task would stay settled by what nobody says any more."""
    world.tell(register("BOL|1", 1, person()), register("STO|1", 2, person()))
    (task,) = world.tasks()
    world.review.decide(task.id, Decision.SAME, "", REVIEWER)
    made = [row.id for row in world.rows("select id from assertion where rank = 2 or made_by = 'rita'")]
    with pytest.raises(Conflict, match=f"task {task.id}"):
        regrouping(world).undo(world.golden("BOL|1"), made, "", REVIEWER)
    world.review.undo(task.id, "", REVIEWER)
    assert not world.together("BOL|1", "STO|1")

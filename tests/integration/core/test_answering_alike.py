"""Bulk answers: a random sample one by one, confirmed by a second person, then the rest (SEC-3)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mpi.domain.access import Caller, Role
from mpi.domain.batches import Outcome, Stage, Standing
from mpi.domain.commands import Field
from mpi.domain.views import Decision, TaskState
from mpi.errors import Conflict, Forbidden, NotFound
from mpi.main.index import TimeOrderedIds
from mpi.usecases.deciding.acting import Acting
from mpi.usecases.deciding.answering import Answering
from mpi.usecases.deciding.batches import ANSWERED_ANEW, CHANGED, Batches
from mpi.usecases.deciding.rehearsing import Rehearsing
from mpi.usecases.identity.asserting import Asserting
from tests.integration.core.alike import alike, record
from tests.integration.core.world import ARCHIVE, COLLEAGUE, REVIEWER, SENIOR, World, register, study

SIZE = 4
VIEWER = Caller("vera", Role.VIEWER, "RMC")


def batches_of(world: World, studies: int = 20) -> Batches:
    index = world.index
    asserting = Asserting(index.matching, index.rematch, index.clock)
    rehearsing = Rehearsing(index.units, index.network, studies)
    answering = Answering(asserting, Acting(index.matching, asserting), rehearsing, index.clock)
    return Batches(index.units, index.matching, answering, index.clock, TimeOrderedIds(), SIZE)


@pytest.fixture
def many(world: World) -> World:
    """Twelve pairs of one pattern."""
    alike(world, 12)
    return world


@pytest.fixture
def batches(many: World) -> Batches:
    return batches_of(many)


def opened(batches: Batches) -> Standing:
    (group,) = batches.groups(REVIEWER)
    return batches.open(group.pattern, REVIEWER, seed=1)


def answered(world: World, batches: Batches, decision: Decision = Decision.SAME) -> Standing:
    found = opened(batches)
    for task in found.sample:
        world.review.decide(task.id, decision, "looked", REVIEWER)
    return batches.standing(found.batch.id, REVIEWER)


def confirmed(world: World, batches: Batches, decision: Decision = Decision.SAME) -> Standing:
    return batches.confirm(answered(world, batches, decision).batch.id, decision, COLLEAGUE)


def rest_of(world: World, standing: Standing) -> list[int]:
    rows = world.rows("select task_id from batch_task where batch_id = :id order by place", id=standing.batch.id)
    sample = {task.id for task in standing.sample}
    return [row.task_id for row in rows if row.task_id not in sample]


def test_a_group_is_answered_by_its_sample_and_two_people(many: World, batches: Batches) -> None:
    before = many.partition()
    (group,) = batches.groups(REVIEWER)
    assert (group.tasks, group.batch) == (12, None)
    assert group.least <= group.greatest
    found = answered(many, batches)
    assert (found.stage, found.agreed, found.waiting) == (Stage.AGREED, Decision.SAME, 8)
    with pytest.raises(Forbidden):
        batches.confirm(found.batch.id, Decision.SAME, REVIEWER)
    with pytest.raises(Conflict):
        batches.confirm(found.batch.id, Decision.DIFFERENT, COLLEAGUE)
    going = batches.confirm(found.batch.id, Decision.SAME, COLLEAGUE)
    assert (going.stage, going.waiting) == (Stage.ANSWERING, 8)
    with pytest.raises(Conflict):
        batches.confirm(found.batch.id, Decision.SAME, SENIOR)
    assert batches.apply(found.batch.id, COLLEAGUE, most=3).rest == {Outcome.WAITING: 5, Outcome.ANSWERED: 3}
    done = batches.apply(found.batch.id, COLLEAGUE)
    assert (done.stage, done.rest, done.reasons) == (Stage.DONE, {Outcome.ANSWERED: 8}, {})
    assert many.tasks() == []
    assert len(many.partition()) == len(before) - 12
    comments = many.rows("select comment, decided_by from task where comment like 'batch%'")
    assert {(row.comment, row.decided_by) for row in comments} == {(f"batch {found.batch.id}", COLLEAGUE.user)}
    many.verify()
    assert batches.apply(found.batch.id, COLLEAGUE) == done


def test_every_step_is_audited(many: World, batches: Batches) -> None:
    found = confirmed(many, batches)
    batches.apply(found.batch.id, COLLEAGUE)
    batches.undo(found.batch.id, COLLEAGUE)
    seen = {row.action for row in many.rows("select distinct action from audit")}
    assert {"list-groups", "open-batch", "read-batch", "confirm-batch", "decide-same", "undo-batch"} <= seen
    each = many.rows("select action, count(*) as n from audit where detail ? 'batch' group by action")
    assert {row.action: row.n for row in each} == {"decide-same": 8, "undo-task": 8}


def test_the_same_seed_draws_the_same_sample(many: World, batches: Batches) -> None:
    found = opened(batches)
    order = [task.id for task in found.sample]
    other = batches_of(many)
    with many.index.engine.begin() as connection:
        connection.exec_driver_sql("delete from batch_task")
        connection.exec_driver_sql("delete from batch")
    assert [task.id for task in opened(other).sample] == order
    assert order != sorted(order)


@pytest.mark.parametrize("odd", [Decision.DIFFERENT, Decision.UNSURE, Decision.DEFER])
def test_one_dissent_closes_it_for_good(many: World, batches: Batches, odd: Decision) -> None:
    found = opened(batches)
    *others, last = found.sample
    for task in others:
        many.review.decide(task.id, Decision.SAME, "", REVIEWER)
    many.review.decide(last.id, odd, "", REVIEWER)
    assert batches.standing(found.batch.id, REVIEWER).stage is Stage.CLOSED
    with pytest.raises(Conflict):
        batches.confirm(found.batch.id, Decision.SAME, COLLEAGUE)
    with pytest.raises(Forbidden):
        batches.apply(found.batch.id, COLLEAGUE)
    assert batches.apply(found.batch.id, SENIOR).rest == {Outcome.WAITING: 8}
    alike(many, 12, 2000)
    (group,) = batches.groups(REVIEWER)
    assert group.stage is Stage.CLOSED
    with pytest.raises(Conflict, match="closed"):
        batches.open(group.pattern, REVIEWER)


def test_a_sampled_task_that_evidence_withdraws_is_replaced(many: World, batches: Batches) -> None:
    found = opened(batches)
    gone = found.sample[0]
    many.tell(register(str(gone.other), 5, record(5, False) | {Field.BIRTH_DATE: "1801-01-01"}))
    now = batches.standing(found.batch.id, REVIEWER)
    assert gone.id not in {task.id for task in now.sample}
    assert (len(now.sample), [task.id for task in now.sample[:3]]) == (4, [task.id for task in found.sample[1:]])


def _claim(world: World, task_id: int) -> None:
    world.review.claim(task_id, SENIOR)


def _answer(world: World, task_id: int) -> None:
    world.review.decide(task_id, Decision.DIFFERENT, "twins", SENIOR)


def _restrict(world: World, task_id: int) -> None:
    one = world.review.task(task_id, REVIEWER).one
    world.tell(register(str(one), 6, {Field.RESTRICTED: True}))


def _image(world: World, task_id: int) -> None:
    world.imaging.register(study(f"1.2.{task_id}", str(world.review.task(task_id, REVIEWER).other)), ARCHIVE)


def _withdraw(world: World, task_id: int) -> None:
    one = world.review.task(task_id, REVIEWER).one
    world.tell(register(str(one), 7, record(5, False) | {Field.BIRTH_DATE: "1801-01-01"}))


def _other_pattern(world: World, task_id: int) -> None:
    """Still possible: now their phones are compared too."""
    task = world.review.task(task_id, REVIEWER)
    for one, phone in ((task.one, "0161 496 0777"), (task.other, "0161 496 0123")):
        world.tell(register(str(one), 8, {Field.PHONES: (phone,)}))
    assert world.review.task(task_id, REVIEWER).state is TaskState.OPEN


@pytest.mark.parametrize("change", [_claim, _answer, _restrict, _image, _withdraw, _other_pattern])
def test_what_has_changed_meanwhile_is_left_as_it_is(
    many: World, batches: Batches, change: Callable[[World, int], None]
) -> None:
    found = confirmed(many, batches)
    first, *others = rest_of(many, found)
    change(many, first)
    before = many.review.task(first, REVIEWER)
    done = batches.apply(found.batch.id, COLLEAGUE)
    assert (done.stage, done.rest) == (Stage.DONE, {Outcome.LEFT: 1, Outcome.ANSWERED: 7})
    assert done.reasons == {CHANGED: 1}
    assert many.review.task(first, REVIEWER) == before
    assert {many.review.task(one, REVIEWER).state for one in others} == {TaskState.DECIDED}
    many.verify()


def test_what_would_move_images_is_left(many: World, batches: Batches) -> None:
    """Somebody else's answer brings a study to one of the two people while the batch is being answered."""
    found = confirmed(many, batches)
    first = many.review.task(rest_of(many, found)[0], REVIEWER)
    many.tell(register("STO|77", 9, record(500, False)))
    many.imaging.register(study("1.2.77", "STO|77"), ARCHIVE)
    many.review.assert_pair(first.one, many.record("STO|77").identifier, True, "", SENIOR)
    done = batches.apply(found.batch.id, COLLEAGUE)
    assert (done.rest, done.reasons) == ({Outcome.LEFT: 1, Outcome.ANSWERED: 7}, {CHANGED: 1})
    assert not many.together(str(first.one), str(first.other))


def test_an_answer_of_the_sample_that_is_taken_back_stops_it(many: World, batches: Batches) -> None:
    found = confirmed(many, batches)
    batches.apply(found.batch.id, COLLEAGUE, most=2)
    many.review.undo(found.sample[1].id, "a mistake", REVIEWER)
    stopped = batches.apply(found.batch.id, COLLEAGUE)
    assert (stopped.stage, stopped.rest) == (Stage.CLOSED, {Outcome.WAITING: 6, Outcome.ANSWERED: 2})


def test_all_of_it_is_taken_back_but_what_was_answered_anew(many: World, batches: Batches) -> None:
    before = many.partition()
    found = confirmed(many, batches)
    with pytest.raises(Forbidden):
        batches.undo(found.batch.id, REVIEWER)
    batches.apply(found.batch.id, COLLEAGUE)
    anew = rest_of(many, found)[2]
    many.review.undo(anew, "looked again", COLLEAGUE)
    many.review.decide(anew, Decision.DIFFERENT, "twins", COLLEAGUE)
    assert batches.undo(found.batch.id, SENIOR, most=3).stage is Stage.UNDOING
    assert batches.apply(found.batch.id, COLLEAGUE).stage is Stage.UNDOING
    undone = batches.undo(found.batch.id, SENIOR)
    assert (undone.stage, undone.rest) == (Stage.UNDONE, {Outcome.TAKEN_BACK: 7, Outcome.KEPT: 1})
    assert undone.reasons == {ANSWERED_ANEW: 1}
    for task in found.sample:
        many.review.undo(task.id, "too", REVIEWER)
    many.review.undo(anew, "too", COLLEAGUE)
    assert many.partition() == before
    assert len(many.tasks()) == 12
    many.verify()
    with pytest.raises(Conflict, match="undone"):
        batches.open(found.batch.pattern, REVIEWER)


def test_two_who_go_on_at_once_answer_each_task_once(many: World, batches: Batches) -> None:
    found = confirmed(many, batches)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: batches_of(many).apply(found.batch.id, COLLEAGUE), range(4)))
    done = batches.standing(found.batch.id, REVIEWER)
    assert (done.stage, done.rest) == (Stage.DONE, {Outcome.ANSWERED: 8})
    assert len(many.rows("select from audit where action = 'decide-same' and detail ? 'batch'")) == 8
    many.verify()


def test_two_who_open_at_once_open_one(many: World, batches: Batches) -> None:
    (group,) = batches.groups(REVIEWER)

    def attempt_to(who: Caller) -> int:
        try:
            return batches_of(many).open(group.pattern, who).batch.id
        except Conflict:
            return 0

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(attempt_to, [REVIEWER, COLLEAGUE, SENIOR, REVIEWER]))
    assert len([one for one in made if one]) == 1
    assert many.count("batch") == 1


def test_pairs_of_one_authority_and_of_imaging_are_in_no_group(world: World) -> None:
    for number in range(1000, 1008):
        for value, moved in (("a", False), ("b", True)):
            world.tell(register(f"BOL|{number}{value}", 1, record(number, moved)))
    batches = batches_of(world)
    assert len(world.tasks()) == 8
    assert batches.groups(REVIEWER) == ()
    alike(world, 8, 3000)
    assert [group.tasks for group in batches.groups(REVIEWER)] == [8]
    world.imaging.register(study("1.2.3", "BOL|3001"), ARCHIVE)
    assert batches.groups(REVIEWER) == ()


def test_restricted_people_are_not_drawn(world: World) -> None:
    """NHS-57: a group may count them, a batch has none."""
    alike(world, 9)
    batches = batches_of(world)
    world.tell(register("CHR|1003", 2, {Field.RESTRICTED: True}))
    (group,) = batches.groups(REVIEWER)
    made = batches.open(group.pattern, REVIEWER)
    assert len(made.sample) + made.total == 8
    assert "1003" not in {world.review.task(one, REVIEWER).one.value for one in rest_of(world, made)}
    with pytest.raises(NotFound):
        batches.open(b"\1\2\3", REVIEWER)


def test_it_is_for_reviewers(many: World, batches: Batches) -> None:
    pattern = batches.groups(REVIEWER)[0].pattern
    made = opened(batches).batch.id
    for call in (
        lambda: batches.groups(VIEWER),
        lambda: batches.open(pattern, VIEWER),
        lambda: batches.standing(made, VIEWER),
        lambda: batches.confirm(made, Decision.SAME, VIEWER),
        lambda: batches.apply(made, VIEWER),
        lambda: batches.undo(made, VIEWER),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(NotFound):
        batches.standing(made + 1, REVIEWER)
    with pytest.raises(Forbidden):
        batches.undo(made, REVIEWER)
    with pytest.raises(Conflict):
        batches.undo(made, SENIOR)

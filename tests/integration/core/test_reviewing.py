"""Review tasks: who may decide what, and that every decision can be taken back (design sections 2 and 4)."""

from __future__ import annotations

import pytest

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Merge
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.errors import Conflict, Forbidden, NotFound, Refused
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
)

TWIN = {Field.MULTIPLE_BIRTH: True}


@pytest.fixture
def asked(world: World) -> TaskView:
    """The question whether two records are twins or one child."""
    for identifier, given in (("BOL|1", "Aisha"), ("CHR|1", "Ayesha")):
        world.tell(register(identifier, 1, person("Begum", given, "2015-01-05", Sex.FEMALE, more=TWIN)))
    return world.task(TaskKind.POSSIBLE_MATCH)


def test_same_joins_and_undo_restores_exactly(world: World, asked: TaskView) -> None:
    """Design 4: an undone decision leaves the partition as it was, and the question open."""
    before = world.partition(), world.records()
    decided = world.review.decide(asked.id, Decision.SAME, "one child, name misheard", REVIEWER)
    assert (decided.state, decided.decision, decided.decided_by) == (TaskState.DECIDED, Decision.SAME, "rita")
    assert world.together("BOL|1", "CHR|1")
    world.verify()
    reopened = world.review.undo(asked.id, "two children after all", REVIEWER)
    assert (reopened.state, reopened.decision, reopened.decided_by) == (TaskState.OPEN, None, "")
    assert (world.partition(), world.records()) == before
    world.verify()


def test_different_settles_the_question_for_good(world: World, asked: TaskView) -> None:
    """Design 4: a reviewer outranks any later weight."""
    world.review.decide(asked.id, Decision.DIFFERENT, "twins", REVIEWER)
    same = person("Begum", "Aisha", "2015-01-05", Sex.FEMALE, nhs(1), more=TWIN)
    world.tell(register("BOL|1", 5, same), register("CHR|1", 6, same))
    assert not world.together("BOL|1", "CHR|1")
    assert world.tasks() == []
    world.verify()


def test_undoing_different_lets_the_evidence_speak_again(world: World, asked: TaskView) -> None:
    """Design 4: the partition is exactly as without the decision."""
    world.review.decide(asked.id, Decision.DIFFERENT, "twins", REVIEWER)
    same = person("Begum", "Aisha", "2015-01-05", Sex.FEMALE, nhs(1), more=TWIN)
    world.tell(register("BOL|1", 5, same), register("CHR|1", 6, same))
    world.review.undo(asked.id, "one child", REVIEWER)
    assert world.together("BOL|1", "CHR|1")
    world.verify()


def test_defer_leaves_the_question_unanswered_and_dated(world: World, asked: TaskView) -> None:
    """NHS-11: confusions take weeks."""
    deferred = world.review.decide(asked.id, Decision.DEFER, "asked the trust", REVIEWER)
    assert deferred.state is TaskState.DEFERRED
    assert not world.together("BOL|1", "CHR|1")
    assert world.review.decide(asked.id, Decision.SAME, "answered", COLLEAGUE).state is TaskState.DECIDED


def test_a_question_the_evidence_answers_is_withdrawn(world: World, asked: TaskView) -> None:
    """Design 4: a task stands only while the evidence asks it."""
    world.tell(register("CHR|1", 5, other_person(sex=Sex.FEMALE)))
    assert world.review.task(asked.id, REVIEWER).state is TaskState.WITHDRAWN
    with pytest.raises(Conflict):
        world.review.decide(asked.id, Decision.SAME, "", REVIEWER)


def test_nobody_else_decides_a_claimed_task(world: World, asked: TaskView) -> None:
    """Design 2, promise 8; SEC-3."""
    assert world.review.claim(asked.id, REVIEWER).claimed_by == "rita"
    with pytest.raises(Conflict):
        world.review.decide(asked.id, Decision.SAME, "", COLLEAGUE)
    with pytest.raises(Conflict):
        world.review.claim(asked.id, COLLEAGUE)
    with pytest.raises(Conflict):
        world.review.release(asked.id, COLLEAGUE)
    assert world.review.release(asked.id, REVIEWER).state is TaskState.OPEN
    assert world.review.claim(asked.id, COLLEAGUE).claimed_by == "ravi"


def test_a_decided_task_is_not_decided_again(world: World, asked: TaskView) -> None:
    """Two reviewers at once: the second is told."""
    world.review.decide(asked.id, Decision.SAME, "", REVIEWER)
    with pytest.raises(Conflict):
        world.review.decide(asked.id, Decision.DIFFERENT, "", COLLEAGUE)
    with pytest.raises(Conflict):
        world.review.claim(asked.id, COLLEAGUE)


def test_only_the_decider_or_a_senior_undoes(world: World, asked: TaskView) -> None:
    """SEC-3."""
    world.review.decide(asked.id, Decision.SAME, "", REVIEWER)
    with pytest.raises(Forbidden):
        world.review.undo(asked.id, "", COLLEAGUE)
    assert world.together("BOL|1", "CHR|1")
    world.review.undo(asked.id, "", SENIOR)
    assert not world.together("BOL|1", "CHR|1")


def test_an_undecided_task_cannot_be_undone(world: World, asked: TaskView) -> None:
    with pytest.raises(Conflict):
        world.review.undo(asked.id, "", REVIEWER)


def test_review_needs_the_right(world: World, asked: TaskView) -> None:
    """SEC-5."""
    with pytest.raises(Forbidden):
        world.review.decide(asked.id, Decision.SAME, "", ARCHIVE)
    with pytest.raises(Forbidden):
        world.review.tasks(Caller("v", Role.VIEWER, "RMC"))


def test_a_reviewer_outranks_a_feeds_merge_and_the_merge_returns_after_the_withdrawal(world: World) -> None:
    """Design 4: reviewer over source system; V2-47."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()), Merge(of("BOL|1"), of("BOL|2"), at(5)))
    merged = world.partition(), world.records()
    made = world.review.assert_pair(of("BOL|1"), of("BOL|2"), False, "two people", REVIEWER).assertions[0]
    assert not world.together("BOL|1", "BOL|2")
    world.verify()
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(9)))
    assert not world.together("BOL|1", "BOL|2")
    world.verify()
    world.review.withdraw(made, "they were right", REVIEWER)
    assert (world.partition(), world.records()) == merged
    world.verify()


def test_only_its_maker_or_a_senior_takes_an_assertion_back(world: World) -> None:
    """SEC-3: a reviewer may not undo a feed's merge."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1), Merge(of("BOL|1"), of("BOL|2"), at(5)))
    (merge,) = world.rows("select id from assertion")
    with pytest.raises(Forbidden):
        world.review.withdraw(merge.id, "", REVIEWER)
    world.review.withdraw(merge.id, "", SENIOR)
    with pytest.raises(NotFound):
        world.review.withdraw(merge.id, "", SENIOR)


@pytest.mark.parametrize("decision", [Decision.SAME, Decision.DIFFERENT])
def test_an_answer_withdrawn_as_an_assertion_leaves_no_settled_task(
    world: World, asked: TaskView, decision: Decision
) -> None:
    """As when the answer is undone: the question is open again, or the evidence has answered it meanwhile."""
    before = world.partition()
    world.review.decide(asked.id, decision, "seen the letter", REVIEWER)
    (made,) = world.rows("select assertion_id from task where assertion_id is not null")
    with pytest.raises(Forbidden):
        world.review.withdraw(made.assertion_id, "not mine", COLLEAGUE)
    world.review.withdraw(made.assertion_id, "another child", REVIEWER)
    task = world.review.task(asked.id, REVIEWER)
    assert (task.state, task.decision, task.decided_by) == (TaskState.OPEN, None, "")
    assert world.partition() == before
    acts = world.rows("select action from audit where action in ('undo-task', 'withdraw-assertion') order by id")
    assert [row.action for row in acts] == ["undo-task"]
    world.verify()


def test_assertions_need_two_known_records(world: World) -> None:
    world.tell(register("BOL|1", 1))
    with pytest.raises(NotFound):
        world.review.assert_pair(of("BOL|1"), of("BOL|2"), True, "", REVIEWER)
    with pytest.raises(Refused):
        world.review.assert_pair(of("BOL|1"), of("BOL|1"), True, "", REVIEWER)


def test_an_alarm_that_rang_again_cannot_be_reopened_beside_itself(world: World) -> None:
    """V2-62: the answered question is asked anew by another late message; undoing the first answer says so."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1), Merge(of("BOL|1"), of("BOL|2"), at(5)))
    world.tell(register("BOL|2", 6))
    first = world.task(TaskKind.LATE_MESSAGE)
    world.review.decide(first.id, Decision.SAME, "known", REVIEWER)
    world.tell(register("BOL|2", 7))
    assert world.task(TaskKind.LATE_MESSAGE).id != first.id
    with pytest.raises(Conflict):
        world.review.undo(first.id, "", REVIEWER)


def test_the_questions_that_wait_are_counted_by_kind(world: World) -> None:
    def waiting() -> dict[TaskKind, int]:
        with world.index.units.begin(read_only=True) as unit:
            return dict(unit.tasks.waiting())

    assert waiting() == {}
    world.tell(register("BOL|1", 1), register("STO|1", 2))  # Stockport's links wait for a reviewer
    assert waiting() == {TaskKind.POSSIBLE_MATCH: 1}
    world.review.decide(world.task(TaskKind.POSSIBLE_MATCH).id, Decision.SAME, "known", REVIEWER)
    assert waiting() == {}

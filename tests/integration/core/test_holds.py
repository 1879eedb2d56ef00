"""What happens to a link when the evidence changes under it (design section 4, Holds)."""

from __future__ import annotations

from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field
from mpi.domain.views import Decision, EventType, ResolutionState, TaskKind, TaskState
from tests.integration.core.world import (
    ADMINISTRATOR,
    COLLEAGUE,
    REVIEWER,
    World,
    nhs,
    of,
    person,
    register,
    study,
)

SOFT = person(
    "Fitzgerald", "Niamh", "1975-09-30", postcode="SK1 1AA", lines=("7 Hill St",), more={Field.NHS_NUMBER: None}
)


def linked(world: World) -> None:
    """Two records joined by their verified number."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, person(number=nhs(1))))
    assert world.together("BOL|1", "CHR|1")


def drift(world: World) -> None:
    """The Bolton record softly turns into somebody unlike: other names, no verified number, another home."""
    linked(world)
    world.tell(register("BOL|1", 3, SOFT))


def test_a_soft_change_keeps_the_link_and_asks(world: World) -> None:
    """Holds: contested, with a task, and the archive is told."""
    drift(world)
    assert world.together("BOL|1", "CHR|1")
    task = world.task(TaskKind.CONTESTED_LINK)
    assert {task.one, task.other} == {of("BOL|1"), of("CHR|1")}
    assert {world.resolve(i).state for i in ("BOL|1", "CHR|1")} >= {ResolutionState.CONTESTED}
    assert world.query.person_of(of("CHR|1"), ADMINISTRATOR).contested
    assert world.verify().accounted == 1
    with world.index.units.begin() as unit:
        told = [e.type for e in unit.outbox.events(world.golden("BOL|1"))]
    assert told.count(EventType.LINK_CONTESTED) == 1


def test_a_hard_change_splits_by_itself_and_history_follows(world: World) -> None:
    """Holds: a verified NHS number that now conflicts; no study row moves (promise 5)."""
    linked(world)
    world.imaging.register(study("1.2.1", "BOL|1"), ADMINISTRATOR)
    world.imaging.register(study("1.2.2", "CHR|1"), ADMINISTRATOR)
    world.tell(register("BOL|1", 3, person(number=nhs(2))))
    assert not world.together("BOL|1", "CHR|1")
    assert (world.history("BOL|1"), world.history("CHR|1")) == (["1.2.1"], ["1.2.2"])
    assert world.tasks(TaskKind.CONTESTED_LINK) == []
    world.verify()


def test_a_contested_link_whose_evidence_comes_back_is_settled_and_its_task_withdrawn(world: World) -> None:
    """Holds: new evidence answers the question."""
    drift(world)
    task = world.task(TaskKind.CONTESTED_LINK)
    world.tell(register("BOL|1", 4, person(number=nhs(1))))
    assert world.review.task(task.id, REVIEWER).state is TaskState.WITHDRAWN
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN
    assert world.verify().accounted == 0


def test_a_reviewer_who_says_same_settles_a_contested_link(world: World) -> None:
    """Holds."""
    drift(world)
    world.review.decide(world.task(TaskKind.CONTESTED_LINK).id, Decision.SAME, "she married and moved", REVIEWER)
    assert world.together("BOL|1", "CHR|1")
    assert not world.query.person_of(of("CHR|1"), ADMINISTRATOR).contested
    assert world.tasks() == []
    assert world.verify().accounted == 0


def test_a_reviewer_who_says_different_splits_a_contested_link(world: World) -> None:
    """Holds."""
    drift(world)
    world.review.decide(world.task(TaskKind.CONTESTED_LINK).id, Decision.DIFFERENT, "another woman", REVIEWER)
    assert not world.together("BOL|1", "CHR|1")
    assert world.tasks() == []
    world.verify()


def test_undoing_different_on_a_contested_link_holds_it_again(world: World) -> None:
    """Review.undo: the partition is exactly as without the decision, and so are the question and the answer."""
    drift(world)
    before = world.partition()
    task = world.task(TaskKind.CONTESTED_LINK)
    world.review.decide(task.id, Decision.DIFFERENT, "another woman", REVIEWER)
    world.review.undo(task.id, "I was wrong", REVIEWER)
    assert world.partition() == before
    assert world.task(TaskKind.CONTESTED_LINK).id == task.id
    assert world.query.person_of(of("CHR|1"), ADMINISTRATOR).contested
    world.verify()


def test_a_deferred_question_still_accounts_for_the_hold(world: World) -> None:
    """Holds: deferring is no answer."""
    drift(world)
    task = world.task(TaskKind.CONTESTED_LINK)
    world.review.decide(task.id, Decision.DEFER, "waiting for the trust", REVIEWER)
    assert world.task(TaskKind.CONTESTED_LINK).state is TaskState.DEFERRED
    assert world.together("BOL|1", "CHR|1")
    assert world.verify().accounted == 1


def test_explanations_speak_without_values(world: World) -> None:
    """Promises 6 and 8: one sentence a comparison, and no demographics in any of them."""
    drift(world)
    sentences = world.review.explain(world.task(TaskKind.CONTESTED_LINK).id, COLLEAGUE)
    assert len(sentences) > 3
    said = " ".join(sentences).upper()
    for value in ("OKONKWO", "ADAEZE", "FITZGERALD", "NIAMH", "1961", "1975", nhs(1), "M13", "SK1", "LADYBARN"):
        assert value not in said


def test_no_demographics_reach_the_audit_trail_or_the_events(world: World) -> None:
    """Promise 8."""
    drift(world)
    world.query.person_of(of("CHR|1"), Caller("v", Role.VIEWER, "RBV"))
    for table in ("audit", "event", "task"):
        stored = " ".join(str(row) for row in world.rows(f"select t::text from {table} t")).upper()
        assert "OKONKWO" not in stored
        assert nhs(1) not in stored


def test_an_answer_taken_back_restores_the_hold_though_another_came_between(world: World) -> None:
    """Decision 2, promise 4: who joined one end because of the answer leaves it again."""
    world.tell(
        register("CHR|W", 1, person()),
        register("BOL|P", 2, person(number=nhs(1))),
    )
    assert world.together("CHR|W", "BOL|P")
    world.tell(
        register("BOL|P", 3, person("Ashworth", number=nhs(1), postcode="OL1 1AA", lines=("9 New Road",))),
        register("BOL|B", 4, person(number=nhs(2))),
    )
    task = world.task(TaskKind.CONTESTED_LINK)
    before, asked = world.partition(), {(t.id, t.kind) for t in world.tasks()}
    assert world.together("CHR|W", "BOL|P")
    assert not world.together("CHR|W", "BOL|B")
    world.review.decide(task.id, Decision.DIFFERENT, "two women", REVIEWER)
    assert world.together("CHR|W", "BOL|B")
    world.review.undo(task.id, "one after all", REVIEWER)
    assert world.partition() == before
    assert (task.id, TaskKind.CONTESTED_LINK) in {(t.id, t.kind) for t in world.tasks()}
    assert {kind for _, kind in asked} == {t.kind for t in world.tasks()}
    world.verify()

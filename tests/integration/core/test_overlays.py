"""An update that turns a record into somebody else waits for a reviewer (design section 3; V2-61)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linkage.record import Sex
from mpi.domain.commands import Delete, Field, Link, Status
from mpi.domain.network import Overlays
from mpi.domain.views import Decision, EventType, ResolutionState, TaskKind, TaskState
from mpi.errors import Conflict, Fault, Refused
from mpi.usecases.deciding.comparing import Comparing
from tests.integration.core.world import (
    ADMINISTRATOR,
    REVIEWER,
    World,
    at,
    network,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

ADA = person(number=nhs(1))
BERNARD = other_person()


@pytest.fixture
def overlaid(world: World) -> World:
    """Bolton and Christie know one woman; then Bolton's record says it is a man."""
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, ADA))
    assert world.together("BOL|1", "CHR|1")
    world.imaging.register(study("1.2.3", "BOL|1"), ADMINISTRATOR)
    world.tell(register("BOL|1", 3, BERNARD))
    return world


def state(world: World) -> tuple[object, ...]:
    return world.partition(), world.records()


def test_its_links_are_held_the_archive_sees_contested_and_a_task_asks(overlaid: World) -> None:
    world = overlaid
    assert world.together("BOL|1", "CHR|1")
    assert world.record("BOL|1").registers.value(Field.NAMES) == ADA[Field.NAMES]
    assert world.resolve("BOL|1").state is ResolutionState.CONTESTED
    assert world.resolve("CHR|1").state is ResolutionState.CERTAIN
    asked = world.task(TaskKind.OVERLAY)
    assert (asked.one, asked.other) == (of("BOL|1"), of("BOL|1"))
    assert asked.id in world.resolve("BOL|1").task_ids
    assert world.history("CHR|1") == ["1.2.3"]
    told = world.rows("select identifiers from event where type = :t", t=str(EventType.LINK_CONTESTED))
    assert [row.identifiers for row in told] == [["BOL|1"]]
    assert world.verify().accounted == 0


def test_a_reviewer_sees_who_waits_and_nobody_else(overlaid: World) -> None:
    view = overlaid.query.person_of(of("BOL|1"), REVIEWER)
    (waiting,) = [record.pending for record in view.records if record.pending]
    assert waiting.names == BERNARD[Field.NAMES]
    assert view.demographics.names == ADA[Field.NAMES]
    assert view.contested


def test_rejected_the_record_is_as_it_was_and_more_of_the_same_asks_nothing(overlaid: World) -> None:
    world = overlaid
    asked = world.task(TaskKind.OVERLAY)
    assert world.review.decide(asked.id, Decision.REJECT, "typed into the wrong record", REVIEWER).state == "decided"
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN
    told = world.rows("select identifiers from event where type = :t", t=str(EventType.LINK_CONFIRMED))
    assert [row.identifiers for row in told] == [["BOL|1"]]
    assert world.tasks() == []
    world.tell(register("BOL|1", 4, BERNARD))
    assert world.tasks() == []
    assert world.record("BOL|1").registers.value(Field.NAMES) == ADA[Field.NAMES]
    world.verify()
    world.tell(register("BOL|1", 5, person(number=nhs(1), family="Fitzgerald")))
    assert world.record("BOL|1").pending is None
    assert world.together("BOL|1", "CHR|1")
    world.verify()


def test_accepted_the_record_leaves_its_person_and_joins_whom_it_now_is(overlaid: World) -> None:
    """Soft evidence alone would hold the link: the reviewer's word is hard."""
    world = overlaid
    number = {Field.PHONES: ("0161 496 0777",)}
    world.tell(register("CHR|9", 1, other_person(more=number)), register("BOL|1", 4, other_person(more=number)))
    world.review.decide(world.task(TaskKind.OVERLAY).id, Decision.ACCEPT, "the number was reused", REVIEWER)
    assert not world.together("BOL|1", "CHR|1")
    assert world.together("BOL|1", "CHR|9")
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN
    assert world.tasks() == []
    assert world.history("CHR|9") == ["1.2.3"]
    assert world.record("BOL|1").registers.demographics.nhs_number == ""
    world.verify()


@pytest.mark.parametrize("decision", [Decision.ACCEPT, Decision.REJECT])
def test_undo_restores_exactly(overlaid: World, decision: Decision) -> None:
    """Promise 4."""
    world = overlaid
    before = state(world)
    asked = world.task(TaskKind.OVERLAY)
    world.review.decide(asked.id, decision, "", REVIEWER)
    assert state(world) != before or decision is Decision.REJECT
    world.verify()
    assert world.review.undo(asked.id, "too soon", REVIEWER).state is TaskState.OPEN
    assert state(world)[1] == before[1]
    assert world.together("BOL|1", "CHR|1")
    assert world.resolve("BOL|1").state is ResolutionState.CONTESTED
    assert world.task(TaskKind.OVERLAY).id == asked.id
    world.verify()


def test_a_correction_by_the_trust_withdraws_the_question(overlaid: World) -> None:
    world = overlaid
    asked = world.task(TaskKind.OVERLAY)
    world.tell(register("BOL|1", 5, ADA))
    assert world.review.task(asked.id, REVIEWER).state is TaskState.WITHDRAWN
    assert world.record("BOL|1").pending is None
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN
    with pytest.raises(Conflict):
        world.review.decide(asked.id, Decision.ACCEPT, "", REVIEWER)
    world.verify()


def test_a_question_is_answered_in_its_own_words(overlaid: World) -> None:
    world = overlaid
    asked = world.task(TaskKind.OVERLAY)
    with pytest.raises(Refused, match="accept, reject, defer, unsure"):
        world.review.decide(asked.id, Decision.SAME, "", REVIEWER)
    assert world.review.decide(asked.id, Decision.DEFER, "", REVIEWER).state is TaskState.DEFERRED
    assert world.resolve("BOL|1").state is ResolutionState.CONTESTED
    world.verify()


def test_promise_2_an_older_update_that_comes_late_counts_and_what_followed_it_waits(world: World) -> None:
    world.tell(register("BOL|1", 3, BERNARD))
    assert world.tasks() == []
    world.tell(register("BOL|1", 1, ADA))
    assert world.task(TaskKind.OVERLAY).one == of("BOL|1")
    assert world.record("BOL|1").registers.value(Field.NAMES) == ADA[Field.NAMES]
    assert world.verify().differences == ()


def test_an_assertion_keeps_what_an_accepted_overlay_would_part(overlaid: World) -> None:
    """A24 outranks weights, and a reviewer's word about one record is none about two."""
    world = overlaid
    world.tell(register("BOL|2", 1, ADA), Link(of("BOL|1"), of("BOL|2"), at(4)))
    world.review.decide(world.task(TaskKind.OVERLAY).id, Decision.ACCEPT, "", REVIEWER)
    assert world.together("BOL|1", "BOL|2")
    world.verify()


def test_a_deleted_record_is_deleted_though_an_overlay_waits(overlaid: World) -> None:
    overlaid.tell(Delete(of("BOL|1"), at(6)))
    assert overlaid.record("BOL|1").registers.deleted
    overlaid.verify()


def test_a_feed_may_have_overlays_refused(world: World) -> None:
    """The feed option: AE, and the message in quarantine."""
    feeds = tuple(replace(feed, overlays=Overlays.REFUSE) for feed in network().feeds)
    world.intake._network = replace(network(), feeds=feeds)
    world.tell(register("BOL|1", 1, ADA))
    receipt = world.send(register("BOL|1", 2, BERNARD))
    assert (receipt.status, receipt.fault, receipt.location) == (Status.REFUSED, Fault.OVERLAY, "PID^1^5")
    assert world.record("BOL|1").pending is None
    assert world.tasks() == []
    assert world.send(register("BOL|1", 3, other_person(sex=Sex.FEMALE))).status is Status.ACCEPTED
    world.verify()


def test_the_remark_of_an_overlay_stands_in_the_audit(overlaid: World) -> None:
    rows = overlaid.rows("select detail from audit where action = 'feed' order by id desc limit 1")
    assert rows[0].detail["flags"] == ["overlay, waits for a reviewer"]


def test_an_answer_taken_back_when_the_trust_has_put_it_right_asks_nothing(overlaid: World) -> None:
    world = overlaid
    asked = world.task(TaskKind.OVERLAY)
    world.review.decide(asked.id, Decision.REJECT, "", REVIEWER)
    world.tell(register("BOL|1", 5, ADA))
    world.review.undo(asked.id, "", REVIEWER)
    assert world.tasks() == []
    assert world.resolve("BOL|1").state is ResolutionState.CERTAIN
    world.verify()


def test_undoing_an_acceptance_takes_the_record_out_of_whom_it_had_joined(overlaid: World) -> None:
    """Soft evidence would hold that link too."""
    world = overlaid
    number = {Field.PHONES: ("0161 496 0777",)}
    world.tell(register("CHR|9", 1, other_person(more=number)), register("BOL|1", 4, other_person(more=number)))
    before = world.partition()
    asked = world.task(TaskKind.OVERLAY)
    world.review.decide(asked.id, Decision.ACCEPT, "", REVIEWER)
    assert world.together("BOL|1", "CHR|9")
    world.review.undo(asked.id, "no, a typing error", REVIEWER)
    assert world.partition() == before
    assert [task.kind for task in world.tasks()] == [TaskKind.OVERLAY]
    assert world.history("CHR|9") == []
    world.verify()


def test_the_golden_id_stays_with_the_person(overlaid: World) -> None:
    world = overlaid
    person_ = world.golden("CHR|1")
    world.review.decide(world.task(TaskKind.OVERLAY).id, Decision.ACCEPT, "", REVIEWER)
    assert world.golden("CHR|1") == person_ != world.golden("BOL|1")


def test_an_explanation_compares_who_counts_with_who_waits(overlaid: World) -> None:
    sentences = " ".join(overlaid.review.explain(overlaid.task(TaskKind.OVERLAY).id, REVIEWER))
    assert "different" in sentences.lower() or "differ" in sentences.lower(), sentences
    assert "Whitworth" not in sentences


@pytest.mark.parametrize("answer", [Decision.ACCEPT, Decision.REJECT])
def test_a_settled_overlay_still_shows_the_two_that_were_compared(overlaid: World, answer: Decision) -> None:
    """The record as it was beside what it became, whatever was said of it since; never a record beside itself."""
    task = overlaid.task(TaskKind.OVERLAY)
    comparing = Comparing(overlaid.index.units, overlaid.index.matching)
    before = comparing.compare(task.id, REVIEWER)
    overlaid.review.decide(task.id, answer, "", REVIEWER)
    overlaid.tell(register("BOL|1", 4, BERNARD))
    after = comparing.compare(task.id, REVIEWER)
    shown = [(said.demographics, said.waiting) for side in after.sides for said in side if said.asked]
    assert shown == [(said.demographics, said.waiting) for side in before.sides for said in side if said.asked]
    assert [waiting for _, waiting in shown] == [False, True]
    assert after.explanation == before.explanation
    overlaid.review.undo(task.id, "", REVIEWER)
    assert comparing.compare(task.id, REVIEWER).explanation == before.explanation


def test_a_third_person_is_another_question(overlaid: World) -> None:
    """A reviewer who has the second before him does not answer for the third."""
    world = overlaid
    seen = world.review.claim(world.task(TaskKind.OVERLAY).id, REVIEWER)
    world.tell(register("BOL|1", 4, person("Rahman", "Omar", "1990-07-21", Sex.MALE)))
    asked = world.task(TaskKind.OVERLAY)
    assert asked.id != seen.id
    assert world.review.task(seen.id, REVIEWER).state is TaskState.WITHDRAWN
    with pytest.raises(Conflict):
        world.review.decide(seen.id, Decision.ACCEPT, "", REVIEWER)
    assert world.record("BOL|1").registers.value(Field.NAMES) == ADA[Field.NAMES]
    world.tell(register("BOL|1", 5, person("Rahman", "Omar", "1990-07-21", Sex.MALE)))
    assert world.task(TaskKind.OVERLAY).id == asked.id
    world.verify()

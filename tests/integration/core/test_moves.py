"""Moves between patients, A43, A44 and A45: asked, on record and told, and no identity changes (standards 1.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.hl7v2.receive import Receiver
from mpi.domain.commands import Move, Moved
from mpi.domain.network import Moves
from mpi.domain.views import Decision, EventType, ResolutionState, TaskKind
from tests.integration.core.world import ARCHIVE, REVIEWER, World, at, nhs, of, other_person, person, register, study
from tests.unit.hl7v2.wire_builders import NOW, caller_of, condition, fields, message, pid

ONE, OTHER = "BOL|1", "BOL|2"


@pytest.fixture
def peopled(world: World) -> World:
    """Two patients of one trust, the first of whom another trust knows too."""
    world.tell(register(ONE, 1, person(number=nhs(1))), register("CHR|1", 2, person(number=nhs(1))))
    world.tell(register(OTHER, 3, other_person()))
    return world


def move(what: Moved, target: str, source: str, accounts: tuple[str, ...] = (), visits: tuple[str, ...] = ()) -> Move:
    return Move(what, of(target), of(source), at(10), accounts, visits)


def state(world: World) -> tuple[object, ...]:
    records = [(r.identifier, r.golden_id, r.registers, r.keys, r.contested) for r in map(world.record, (ONE, OTHER))]
    return world.partition(), records, world.count("assertion"), world.count("edge"), world.count("source_update")


def audited(world: World) -> list[tuple[list[str], dict[str, object]]]:
    found = world.rows("select subjects, detail from audit where action = 'move' order by id")
    return [(row.subjects, {k: v for k, v in row.detail.items() if k != "message"}) for row in found]


def test_a43_asks_a_person_and_changes_no_identity(peopled: World) -> None:
    before = state(peopled)
    peopled.tell(move(Moved.PATIENT, ONE, OTHER))
    task = peopled.task(TaskKind.MOVE)
    assert {task.one, task.other} == {of(ONE), of(OTHER)}
    assert state(peopled) == before
    assert peopled.count("event where type like '%moved'") == 0
    assert audited(peopled) == [([OTHER, ONE], {"what": "patient", "accounts": [], "visits": []})]
    peopled.verify()


@pytest.mark.parametrize(
    ("moves", "told", "tasks"), [(Moves.REVIEW, "AA", 1), (Moves.NOTE, "AA", 0), (Moves.REFUSE, "AR 201", 0)]
)
def test_a43_is_what_the_feeds_own_profile_says(peopled: World, moves: Moves, told: str, tasks: int) -> None:
    """A profile per source; the default queues for review."""
    known = peopled.index.network
    network = replace(known, feeds=tuple(replace(feed, moves=moves) for feed in known.feeds))
    assert all(feed.moves is Moves.REVIEW for feed in known.feeds)
    receiver = Receiver(peopled.intake, network, caller_of, lambda: NOW, lambda: "ACK1")
    before = state(peopled)
    reply = receiver.handle(message("ADT^A43", "EVN||20240101", pid(f3="1^^^BOL^PI"), "MRG|2^^^BOL^PI"))
    assert f"{fields(reply, 'MSA')[1]} {condition(reply)}".strip() == told
    assert state(peopled) == before
    assert len(peopled.tasks(TaskKind.MOVE)) == tasks
    last = peopled.rows("select subjects from audit where action in ('feed', 'quarantine') order by id desc")[0]
    assert last.subjects == {Moves.REVIEW: [ONE, OTHER], Moves.NOTE: [ONE, OTHER], Moves.REFUSE: []}[moves]


def test_a43_does_not_hold_the_archive_up(peopled: World) -> None:
    """Promise 7: what was filed is asked about, not who the two patients are."""
    peopled.tell(move(Moved.PATIENT, ONE, OTHER))
    assert peopled.resolve(ONE).state is ResolutionState.CERTAIN
    assert peopled.resolve(ONE).task_ids == (peopled.task(TaskKind.MOVE).id,)


def test_a43_of_one_identifier_is_no_self_merge(peopled: World) -> None:
    """Only the superiors differ: given PID-3.1 = MRG-1.1, then do not fail."""
    before = state(peopled)
    peopled.tell(move(Moved.PATIENT, ONE, ONE))
    task = peopled.task(TaskKind.MOVE)
    assert (task.one, task.other) == (of(ONE), of(ONE))
    peopled.review.decide(task.id, Decision.SAME, "the wristband was right", REVIEWER)
    assert state(peopled) == before
    assert peopled.tasks() == []


def test_a43_is_asked_once_until_it_is_answered(peopled: World) -> None:
    for _ in range(2):
        peopled.tell(move(Moved.PATIENT, ONE, OTHER), move(Moved.PATIENT, OTHER, ONE))
    first = peopled.task(TaskKind.MOVE)
    peopled.review.decide(first.id, Decision.DIFFERENT, "two people", REVIEWER)
    assert not peopled.together(ONE, OTHER)
    peopled.tell(move(Moved.PATIENT, ONE, OTHER))
    assert peopled.task(TaskKind.MOVE).id != first.id


def test_no_later_evidence_withdraws_the_question(peopled: World) -> None:
    peopled.tell(move(Moved.PATIENT, ONE, OTHER), register(OTHER, 20, other_person(postcode="M1 1AA")))
    assert peopled.task(TaskKind.MOVE).id


def test_a43_of_a_patient_nobody_has_described_waits_for_the_description(peopled: World) -> None:
    peopled.tell(move(Moved.PATIENT, "BOL|9", ONE))
    assert peopled.task(TaskKind.MOVE).other == of("BOL|9")
    assert peopled.resolve("BOL|9").state is ResolutionState.PROVISIONAL
    peopled.verify()


def test_a44_changes_nothing_and_tells_subscribers_of_account_and_imaging(peopled: World) -> None:
    peopled.imaging.register(study("1.2.1", OTHER, accession="ACC2"), ARCHIVE)
    peopled.imaging.register(study("1.2.2", OTHER, accession="ELSE"), ARCHIVE)
    peopled.imaging.register(study("1.2.3", ONE, accession="ACC2"), ARCHIVE)
    peopled.subscriptions.add("http://localhost/told", (EventType.ACCOUNT_MOVED,), "secret", ARCHIVE)
    before = state(peopled)
    peopled.tell(move(Moved.ACCOUNT, ONE, OTHER, accounts=("ACC2", "ACC3")))
    assert state(peopled) == before
    assert peopled.tasks() == []
    (event,) = peopled.rows("select * from event where type = 'account-moved'")
    assert (event.old_golden_ids, event.new_golden_ids) == ([peopled.golden(OTHER)], [peopled.golden(ONE)])
    assert (event.identifiers, event.studies, event.reason) == ([OTHER, ONE], ["1.2.1"], "A28")
    assert event.detail == {"source": OTHER, "target": ONE, "accounts": "ACC2 ACC3"}
    assert [row.event_id for row in peopled.rows("select event_id from delivery")] == [event.id]
    assert sorted(peopled.history(OTHER)) == ["1.2.1", "1.2.2"]  # a study stays where it was acquired (promise 5)
    assert audited(peopled) == [
        ([OTHER, ONE], {"what": "account", "accounts": ["ACC2", "ACC3"], "visits": []}),
    ]
    peopled.verify()


def test_a45_changes_nothing_and_tells_each_group_of_visits(peopled: World) -> None:
    before = state(peopled)
    peopled.send(
        move(Moved.VISITS, ONE, ONE, accounts=("A6", "A7"), visits=("V1",)),
        move(Moved.VISITS, ONE, OTHER, visits=("V2", "ALT2")),
        event="A45",
    )
    assert state(peopled) == before
    told = peopled.rows("select identifiers, detail from event where type = 'visits-moved' order by id")
    assert [row.identifiers for row in told] == [[ONE], [OTHER, ONE]]
    assert [row.detail for row in told] == [
        {"source": ONE, "target": ONE, "accounts": "A6 A7", "visits": "V1"},
        {"source": OTHER, "target": ONE, "visits": "V2 ALT2"},
    ]


def test_a44_of_patients_nobody_knows_makes_none(peopled: World) -> None:
    peopled.tell(move(Moved.ACCOUNT, "BOL|8", "BOL|9", accounts=("A", "A")))
    assert peopled.count("source_record") == 3
    (event,) = peopled.rows("select * from event where type = 'account-moved'")
    assert (event.old_golden_ids, event.new_golden_ids, event.identifiers) == ([], [], ["BOL|9", "BOL|8"])


def test_a_move_is_told_once_however_often_it_is_sent(peopled: World) -> None:
    """V2-16: the same message again has no second effect."""
    for _ in range(2):
        peopled.send(move(Moved.ACCOUNT, ONE, OTHER, accounts=("A", "A")), control_id="M1", raw=b"M1")
    assert peopled.count("event where type = 'account-moved'") == 1
    assert len(audited(peopled)) == 1


def test_promise_8_a_move_names_the_feeds_own_patients_only(peopled: World) -> None:
    receipt = peopled.send(move(Moved.ACCOUNT, ONE, "CHR|1", accounts=("A", "A")), feed="bolton")
    assert receipt.fault == "foreign-authority"
    assert audited(peopled) == []

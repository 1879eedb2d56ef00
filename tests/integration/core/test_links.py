"""A24 and A37, foreign authorities, and messages that come twice (standards 1.4; V2-16, V2-49)."""

from __future__ import annotations

from itertools import permutations

import pytest

from mpi.domain.access import Caller, Role
from mpi.domain.commands import Command, Envelope, Link, Merge, Register, Status, Unlink
from mpi.domain.quarantine import Sought
from mpi.domain.views import RecordState, ResolutionState
from mpi.errors import Fault, Forbidden, Refused
from tests.integration.core.world import World, at, nhs, of, other_person, person, register


def two_ids(minute: float) -> Register:
    """One patient whom the sender knows by two identifiers."""
    return Register((of("BOL|1"), of("BOL|2")), other_person(), at(minute))


def test_a24_links_two_persons_and_both_stay_live(world: World) -> None:
    """Standards 1.4, A24."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()), Link(of("BOL|1"), of("BOL|2"), at(2)))
    assert world.together("BOL|1", "BOL|2")
    assert {world.record(i).state for i in ("BOL|1", "BOL|2")} == {RecordState.LIVE}
    world.verify()


def test_a24_of_unknown_patients_is_remembered_and_creates_no_patient(world: World) -> None:
    """Standards 1.4, A24: the link is recorded even when both lists are unknown."""
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(1)))
    assert {world.record(i).state for i in ("BOL|1", "BOL|2")} == {RecordState.AWAITED}
    world.tell(register("BOL|1", 2), register("BOL|2", 3, other_person()))
    assert world.together("BOL|1", "BOL|2")
    world.verify()


def test_a37_keeps_two_records_apart_whatever_later_messages_say(world: World) -> None:
    """Standards 1.4, A37: the matcher does not link them again next minute."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1))
    assert world.together("BOL|1", "BOL|2")
    world.tell(Unlink(of("BOL|1"), of("BOL|2"), at(2)))
    world.tell(register("BOL|1", 3, person(number=nhs(1))), register("BOL|2", 4, person(number=nhs(1))))
    assert not world.together("BOL|1", "BOL|2")
    assert world.tasks() == []
    world.verify()


def test_a37_of_unknown_patients_is_remembered(world: World) -> None:
    """Standards 1.4, A37: no error; and the do-not-link stands when they come."""
    world.tell(Unlink(of("BOL|1"), of("BOL|2"), at(1)), register("BOL|1", 2), register("BOL|2", 3))
    assert not world.together("BOL|1", "BOL|2")
    world.verify()


def test_the_latest_of_a24_and_a37_holds_whatever_arrives_first(world: World) -> None:
    """Standards 1.4 and 1.6: among equals the latest by event time wins."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(9)), Unlink(of("BOL|1"), of("BOL|2"), at(5)))
    assert world.together("BOL|1", "BOL|2")
    world.verify()


def test_an_identifier_cannot_be_linked_to_itself(world: World) -> None:
    """Standards 1.4, A24."""
    assert world.send(Link(of("BOL|1"), of("BOL|1"), at(1))).fault == Fault.BAD_VALUE


def test_two_identifiers_in_one_list_are_one_person(world: World) -> None:
    """Standards 1.5, PID-3: by the sender's word."""
    world.tell(two_ids(1))
    assert world.together("BOL|1", "BOL|2")
    world.verify()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda o: "".join(map(str, o)))
def test_a37_outlasts_the_lists_before_and_after_it_in_any_order(world: World, order: tuple[int, ...]) -> None:
    """Standards 1.4, A37, and promise 2: any order, the same people."""
    told: list[Command] = [two_ids(1), Unlink(of("BOL|1"), of("BOL|2"), at(5)), two_ids(9)]
    world.tell(*(told[i] for i in order))
    assert not world.together("BOL|1", "BOL|2")
    world.verify()


@pytest.mark.parametrize(
    "foreign",
    [
        register("CHR|1", 1),
        Merge(of("BOL|1"), of("CHR|1"), at(1)),
        Link(of("BOL|1"), of("CHR|1"), at(1)),
        Unlink(of("CHR|1"), of("BOL|1"), at(1)),
    ],
    ids=["register", "merge", "link", "unlink"],
)
def test_v2_49_a_feed_asserts_only_its_own_trusts_identifiers(world: World, foreign: Register) -> None:
    """V2-49, promise 8: refused, nothing applied, in quarantine with its bytes."""
    world.tell(register("CHR|1", 1, other_person()))
    before = world.records()
    receipt = world.send(foreign, feed="bolton", raw=b"MSH|^~\\&|as it came")
    assert (receipt.status, receipt.fault) == (Status.REFUSED, Fault.FOREIGN_AUTHORITY)
    assert world.records() == before
    with world.index.units.begin() as unit:
        (refused,) = unit.quarantine.list(Sought(), None, 10)
        assert unit.quarantine.get(receipt.message_id) == (refused, b"MSH|^~\\&|as it came")
    assert (refused.id, refused.fault) == (receipt.message_id, Fault.FOREIGN_AUTHORITY)


def test_a_caller_without_a_feed_asserts_nothing(world: World) -> None:
    """Promise 8."""
    envelope = Envelope("", "PAS", "RMC", "c", "A28", b"raw")
    with pytest.raises(Forbidden):
        world.intake.register(envelope, [register("BOL|1", 1)], Caller("x", Role.FEED, "RMC"))
    with pytest.raises(Forbidden):
        world.intake.register(envelope, [register("BOL|1", 1)], Caller("x", Role.VIEWER, "RMC", feed="bolton"))


def test_v2_16_the_same_bytes_again_get_the_same_answer_and_no_effect(world: World) -> None:
    """V2-16."""
    first = world.send(register("BOL|1", 1), control_id="7", raw=b"one")
    again = world.send(register("BOL|1", 1), control_id="7", raw=b"one")
    assert (again.message_id, again.status, again.repeat) == (first.message_id, Status.ACCEPTED, True)
    assert (world.count("source_update"), world.count("message")) == (1, 1)


def test_v2_16_a_refusal_is_repeated_too(world: World) -> None:
    """V2-16: the same ack code as before."""
    first = world.send(Link(of("BOL|1"), of("BOL|1"), at(1)), control_id="7", raw=b"one")
    again = world.send(Link(of("BOL|1"), of("BOL|1"), at(1)), control_id="7", raw=b"one")
    assert (again.message_id, again.fault, again.repeat) == (first.message_id, first.fault, True)


def test_v2_16_a_control_id_used_for_other_bytes_is_processed_and_flagged(world: World) -> None:
    """V2-16: a PAS restart reuses control ids."""
    world.send(register("BOL|1", 1), control_id="7", raw=b"one")
    second = world.send(register("BOL|2", 1, other_person()), control_id="7", raw=b"two")
    assert (second.status, second.repeat) == (Status.ACCEPTED, False)
    assert world.record("BOL|2").state is RecordState.LIVE
    (row,) = world.rows("select detail from audit where detail ->> 'message' = :m", m=str(second.message_id))
    assert row.detail["flags"] == ["control id used before for another message"]


def test_a_message_without_control_id_has_no_key(world: World) -> None:
    """V2-16: the same bytes twice without MSH-10 are two messages."""
    world.send(register("BOL|1", 1), control_id="", raw=b"one")
    assert not world.send(register("BOL|1", 1), control_id="", raw=b"one").repeat


def test_v2_45_all_the_commands_of_a_message_or_none(world: World) -> None:
    """V2-45."""
    receipt = world.send(register("BOL|1", 1), Merge(of("BOL|1"), of("BOL|1"), at(2)))
    assert receipt.fault == Fault.SELF_MERGE
    assert world.count("source_record") == 0


def test_a_message_nobody_understood_is_kept(world: World) -> None:
    """Promise 7: the quarantine holds the bytes and the reason; sent again, the same answer."""
    envelope = Envelope("bolton", "PAS", "bolton", "9", "", b"\x00not a message")
    reason = Refused(Fault.MALFORMED, "this is no HL7 message", "MSH")
    caller = Caller("feed/bolton", Role.FEED, "RMC", feed="bolton")
    first = world.intake.refuse(envelope, reason, caller)
    assert (first.status, first.fault, first.location) == (Status.REFUSED, Fault.MALFORMED, "MSH")
    assert world.intake.refuse(envelope, reason, caller).message_id == first.message_id


def test_an_identifier_is_provisional_until_a_feed_describes_it(world: World) -> None:
    """IHE-69, V2-41: named by a link only."""
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(1)))
    assert world.resolve("BOL|1").state is ResolutionState.PROVISIONAL

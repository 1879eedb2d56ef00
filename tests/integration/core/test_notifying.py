"""ITI-10 and ITI-64 out, over real sockets and a real database: durable, ordered, retried, stopped (IHE-22 to 50)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import hl7apy.parser
import pytest
from hl7apy.consts import VALIDATION_LEVEL

from adapters.hl7v2.notify import Notifier
from mpi.domain.commands import Delete, Field, Link, Merge, NhsNumber, Register, Rename, Unlink
from mpi.domain.consumer import Consumer, Transaction
from mpi.errors import Forbidden, NotFound
from mpi.main.alarms import alarms
from mpi.main.index import Index
from mpi.usecases.subscribers.consumers import Consumers
from mpi.usecases.subscribers.subscriptions import Relay
from tests.acceptance.mllp_consumer import Receiver, field_of, listening, sets
from tests.integration.core.world import (
    ADMINISTRATOR,
    REVIEWER,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
)

XAD = "2.25.77"


@dataclass
class Told:
    """A world with one consumer."""

    world: World
    receiver: Receiver
    consumers: Consumers
    notifier: Notifier
    relay: Relay

    def now(self) -> list[str]:
        """Deliver what is owed; what was received."""
        with self.world.index.engine.begin() as connection:
            connection.exec_driver_sql("update subscription set due_at = clock_timestamp()")
        self.relay.run_once(self.notifier.deliver)
        return self.receiver.take()

    def standing(self) -> list[tuple[int, bool, str]]:
        return [(s.pending, s.active, s.last_error) for s in self.consumers.standing()]


Telling = Callable[..., Told]


@pytest.fixture
def telling(world: World) -> Iterator[Telling]:
    """`telling(authorities=(...), transactions=(...))`: a consumer that is told."""
    receiver = Receiver()
    opened: list[Notifier] = []

    def start(
        authorities: tuple[str, ...] = (),
        transactions: tuple[Transaction, ...] = (Transaction.PIX_UPDATE,),
        port: int = 0,
    ) -> Told:
        place = ("127.0.0.1", port or receiver.port)
        consumer = Consumer("ris", "RMC", "RIS", "RMC", frozenset(transactions), authorities, "P", *place, XAD)
        network = replace(world.index.network, consumers=(consumer,))
        consumers = Consumers(world.index.units, network)
        consumers.enrol()
        notifier = Notifier(consumers, world.index.telling, network)
        opened.append(notifier)
        return Told(world, receiver, consumers, notifier, Relay(world.index.units, consumers=True))

    with listening(receiver):
        yield start
        for notifier in opened:
            notifier.close()


def check(message: str, structure: str) -> None:
    assert "|| \r" in message
    named = message.replace("|| \r", "||X\r")  # hl7apy takes a single space for an absent field
    parsed = hl7apy.parser.parse_message(named, validation_level=VALIDATION_LEVEL.STRICT, force_validation=True)
    assert (parsed.version, parsed.name) == ("2.5", structure)


def test_ihe_22_the_message(telling: Telling) -> None:
    told = telling()
    told.world.tell(register("BOL|1", 1))
    (message,) = told.now()
    lines = message.rstrip("\r").split("\r")
    assert [line[:3] for line in lines] == ["MSH", "EVN", "PID", "PV1"]
    assert lines[0].split("|")[2:6] == ["MPI", "test", "RIS", "RMC"]
    assert lines[0].split("|")[8] == "ADT^A31^ADT_A05"
    assert lines[2] == "PID|||1^^^BOL&BOL&L^PI|| "  # IHE-22: one single space, and no other demographics
    assert lines[3] == "PV1||N"
    check(message, "ADT_A05")


def test_ihe_23_single_sets_links_and_unlinks(telling: Telling) -> None:
    """One for each new set of one, one for a link with both, two for an unlink."""
    told = telling()
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    assert sets(told.now()) == [["BOL|1"], ["BOL|2"]]
    told.world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)))
    assert sets(told.now()) == [["BOL|1", "BOL|2"]]
    told.world.tell(Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    assert sorted(sets(told.now())) == [["BOL|1"], ["BOL|2"]]


def test_a_set_is_told_as_it_stood_then_even_late(telling: Telling) -> None:
    """IHE-24: a consumer that was away hears the whole story in order, not its end three times."""
    told = telling()
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    told.world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)), Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    story = sets(told.now())
    assert story[:3] == [["BOL|1"], ["BOL|2"], ["BOL|1", "BOL|2"]]
    assert sorted(story[3:]) == [["BOL|1"], ["BOL|2"]]


def test_ihe_23_a_person_taken_into_three_is_three_notifications(telling: Telling) -> None:
    """One per resulting set, though two records moved away from the first."""
    told = telling()
    for number, family in ((1, "Adams"), (4, "Brown"), (7, "Clark")):
        patch = other_person(family=family, postcode=f"M{number} 1AA", born=f"19{number}0-01-0{number}")
        told.world.tell(register(f"BOL|{number}", 1, patch))
    told.world.tell(Link(of("BOL|1"), of("BOL|4"), at(5)), Link(of("BOL|4"), of("BOL|7"), at(5)))
    assert sets(told.now())[-1] == ["BOL|1", "BOL|4", "BOL|7"]
    receipt = told.world.send(Unlink(of("BOL|1"), of("BOL|4"), at(6)), Unlink(of("BOL|4"), of("BOL|7"), at(6)))
    assert receipt.fault == ""
    assert sorted(sets(told.now())) == [["BOL|1"], ["BOL|4"], ["BOL|7"]]


def test_ihe_22_only_the_domains_wanted(telling: Telling) -> None:
    """A set with nothing in them is not told, nor a change that does not touch them."""
    told = telling(("BOL", "NHS"))
    number = nhs(1)
    told.world.tell(register("CHR|1", 1, person(number=number)))
    assert sets(told.now()) == [[f"NHS|{number}"]]
    told.world.tell(register("BOL|1", 2, person(number=number)))
    assert sets(told.now()) == [["BOL|1", f"NHS|{number}"]]
    only = telling(("BOL",))
    only.world.tell(register("CHR|9", 3, other_person()))
    assert only.now() == []


def test_ihe_9_a_possible_match_is_not_told(telling: Telling) -> None:
    told = telling()
    told.world.tell(register("BOL|1", 1), register("STO|1", 2))  # Stockport's links wait for a reviewer
    assert sets(told.now()) == [["BOL|1"], ["STO|1"]]


def test_merges_deletions_and_numbers_within_a_person_are_told(telling: Telling) -> None:
    """What a PIX query would answer differently is told, though no link has moved."""
    told = telling()
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1))
    told.now()
    assert told.world.together("BOL|1", "BOL|2")
    told.world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    assert sets(told.now()) == [["BOL|1"]]
    number = nhs(3)
    told.world.tell(Register((of("BOL|1"),), {Field.NHS_NUMBER: NhsNumber(number, "01")}, at(6)))
    assert sets(told.now()) == [["BOL|1", f"NHS|{number}"]]
    told.world.tell(register("CHR|1", 7, person(number=number)))
    told.now()
    told.world.tell(Delete(of("CHR|1"), at(8)))
    assert sets(told.now()) == [["BOL|1", f"NHS|{number}"]]


def test_ihe_23_a_renamed_record_is_one_notification(telling: Telling) -> None:
    """The new number joins and the old one is merged away: two events of one change, and one resulting set."""
    told = telling()
    told.world.tell(register("BOL|1", 1))
    told.now()
    told.world.tell(Rename(of("BOL|2"), of("BOL|1"), at(2)))
    assert sets(told.now()) == [["BOL|2"]]
    told.world.tell(register("CHR|1", 3))
    assert sets(told.now()) == [["BOL|2", "CHR|1"]]
    told.world.tell(Rename(of("BOL|3"), of("BOL|2"), at(4)))
    assert sets(told.now()) == [["BOL|3", "CHR|1"]]


@pytest.mark.parametrize("fault", ["AR", "", "wrong"])
def test_ihe_24_what_was_not_accepted_comes_again_in_order(telling: Telling, fault: str) -> None:
    """AR, no acknowledgement, another message's: retried, with the same control ids (V2-16)."""
    told = telling()
    told.receiver.code = {"AR": "AR", "": ""}.get(fault, "AA")
    told.receiver.wrong_id = fault == "wrong"
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    first = told.now()
    assert [(pending, active, bool(error)) for pending, active, error in told.standing()] == [(2, True, True)]
    told.receiver.code, told.receiver.wrong_id = "AA", False
    again = told.now()
    assert sets(again) == [["BOL|1"], ["BOL|2"]]
    assert {field_of(m, "MSH", 9) for m in first} <= {field_of(again[0], "MSH", 9)}
    assert told.standing() == [(0, True, "")]


def test_ihe_24_a_consumer_that_is_not_there_is_told_when_it_is(telling: Telling) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    told = telling(port=port)
    told.world.tell(register("BOL|1", 1))
    assert told.now() == []
    ((pending, active, error),) = told.standing()
    assert (pending, active, error) == (1, True, "the consumer could not be reached: ConnectionRefusedError")
    assert sets(telling().now()) == [["BOL|1"]]


def test_ihe_24_after_ae_nothing_is_sent_until_somebody_has_looked(telling: Telling) -> None:
    told = telling()
    told.receiver.code = "AE"
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    assert len(told.now()) == 1
    told.receiver.code = "AA"
    assert told.now() == []
    ((pending, active, error),) = told.standing()
    assert (pending, active) == (2, False)
    assert error.startswith("the consumer answered AE")
    now = told.world.index.clock.now()
    (words,) = alarms(told.consumers.standing(), now)
    assert words.startswith("ris/ITI-10 is stopped with 2 events waiting")
    told.consumers.resume("ris", ADMINISTRATOR)
    assert sets(told.now()) == [["BOL|1"], ["BOL|2"]]
    assert alarms(told.consumers.standing(), now) == []


def test_an_operator_may_leave_out_what_was_refused(telling: Telling) -> None:
    told = telling()
    told.receiver.code = "AE"
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    told.now()
    told.receiver.code = "AA"
    with pytest.raises(Forbidden):
        told.consumers.resume("ris/ITI-10", REVIEWER, skip=True)
    told.consumers.resume("ris/ITI-10", ADMINISTRATOR, skip=True)
    assert sets(told.now()) == [["BOL|2"]]
    with pytest.raises(NotFound):
        told.consumers.resume("ris/ITI-10", ADMINISTRATOR)


def test_waiting_long_is_an_alarm_too(telling: Telling) -> None:
    told = telling()
    told.world.tell(register("BOL|1", 1))
    now = told.world.index.clock.now()
    assert alarms(told.consumers.standing(), now) == []
    (words,) = alarms(told.consumers.standing(), now + timedelta(hours=1))
    assert "ris/ITI-10 has 1 events waiting" in words


def test_what_is_owed_survives_a_new_address_and_ends_with_the_consumer(telling: Telling, world: World) -> None:
    """The network file may say that a consumer has moved; enrolling again loses nothing."""
    told = telling()
    told.world.tell(register("BOL|1", 1))
    telling()
    assert told.standing()[0][0] == 1
    Consumers(world.index.units, world.index.network).enrol()
    assert (told.standing(), world.count("delivery")) == ([], 0)


def test_aud_1_whom_a_consumer_was_told_of_is_audited(telling: Telling) -> None:
    told = telling()
    told.world.tell(register("BOL|1", 1))
    told.now()
    rows = told.world.rows("select \"user\", subjects from audit where action = 'notify'")
    assert [(r.user, r.subjects) for r in rows] == [("consumer/ris", [str(told.world.golden("BOL|1"))])]


def test_ihe_50_a_link_change(telling: Telling) -> None:
    """PID-3: new XAD-PID and local id; MRG-1: the previous XAD-PID; PID-5 a single space; uid and type."""
    told = telling((), (Transaction.XAD_PID_CHANGE,))
    world = told.world
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    one, two = world.golden("BOL|1"), world.golden("BOL|2")
    assert told.now() == []  # ITI-64 tells of changes, not of newcomers
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)))
    (message,) = told.now()
    check(message, "ADT_A43")
    new = world.golden("BOL|1")
    moved, old = ("BOL|2", two) if new == one else ("BOL|1", one)
    assert field_of(message, "MSH", 8) == "ADT^A43^ADT_A43"
    assert field_of(message, "PID", 3) == f"{new}^^^&{XAD}&ISO~{moved[4:]}^^^BOL&BOL&L^PI"
    assert field_of(message, "PID", 5) == " "
    assert field_of(message, "MRG", 1) == f"{old}^^^&{XAD}&ISO"
    world.tell(Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    (message,) = told.now()
    assert field_of(message, "MRG", 1) == f"{new}^^^&{XAD}&ISO"


def test_ihe_50_a_local_merge(telling: Telling) -> None:
    """The previous XAD-PID equals the new one, and MRG-1 names the subsumed local id."""
    told = telling((), (Transaction.XAD_PID_CHANGE,))
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1))
    told.now()
    golden_id = told.world.golden("BOL|1")
    told.world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    (message,) = told.now()
    check(message, "ADT_A43")
    assert field_of(message, "PID", 3) == f"{golden_id}^^^&{XAD}&ISO~1^^^BOL&BOL&L^PI"
    assert field_of(message, "MRG", 1) == f"{golden_id}^^^&{XAD}&ISO~2^^^BOL&BOL&L^PI"


def test_ihe_50_a_merge_that_moves(telling: Telling) -> None:
    """A merge of two people: the subsumed id comes from its own XAD-PID to the survivor's."""
    told = telling((), (Transaction.XAD_PID_CHANGE,))
    world = told.world
    world.tell(register("BOL|1", 1), register("BOL|2", 2, other_person()))
    told.now()
    held = {world.golden("BOL|1"): "1", world.golden("BOL|2"): "2"}
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    (message,) = told.now()
    new = world.golden("BOL|1")
    (old,) = held.keys() - {new}
    before = field_of(message, "MRG", 1).split("~")
    assert field_of(message, "PID", 3) == f"{new}^^^&{XAD}&ISO~1^^^BOL&BOL&L^PI"
    assert before[0] == f"{old}^^^&{XAD}&ISO"
    assert before[1:] == (["2^^^BOL&BOL&L^PI"] if held[old] == "2" else [])


def test_both_kinds_at_one_consumer_are_queues_of_their_own(telling: Telling) -> None:
    told = telling((), (Transaction.PIX_UPDATE, Transaction.XAD_PID_CHANGE))
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    told.world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)))
    ids = [field_of(m, "MSH", 9) for m in told.now()]
    assert len(ids) == len(set(ids)) == 4
    assert sorted(i[0] for i in ids) == ["P", "P", "P", "X"]


def test_webhooks_and_consumers_are_served_by_relays_of_their_own(telling: Telling) -> None:
    told = telling()
    told.world.subscriptions.add("https://archive.example/hook", (), "", ADMINISTRATOR)
    told.world.tell(register("BOL|1", 1))
    seen: list[str] = []
    assert told.world.relay.run_once(lambda subscription, event: seen.append(subscription.url)) == 1
    assert seen == ["https://archive.example/hook"]
    assert sets(told.now()) == [["BOL|1"]]


def test_the_index_knows_its_consumers(world: World) -> None:
    assert isinstance(world.index, Index)
    assert world.index.consumers.standing() == ()

"""The sequence number protocol of MSH-13 and MSA-4 over a real database (V2-18)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.hl7v2.exchange import ANYBODY, Peer
from adapters.hl7v2.mllp import COMMITTED, NOT_COMMITTED, wrap
from adapters.hl7v2.receive import Receiver
from adapters.hl7v2.server import MllpServer
from mpi.db import migrate
from mpi.ports import Contention
from tests.integration.core.test_safe_keeping import DIE, at_commit
from tests.integration.core.world import World
from tests.integration.test_mllp_server import read_frames
from tests.unit.hl7v2.wire_builders import NOW, caller_of, condition, fields, message, pid


@pytest.fixture
def world(emptied_url: str) -> Iterator[World]:
    made = World.over(emptied_url)
    yield made
    made.close()


class Link:
    """A link whose feed numbers its messages; each `send` is a message of its own unless told otherwise."""

    def __init__(self, world: World, *, on: bool = True, release: int = 1) -> None:
        network = world.index.network
        feeds = tuple(replace(feed, sequence_numbers=on, mllp_release=release) for feed in network.feeds)
        numbered = replace(network, feeds=feeds)
        self.receiver = Receiver(world.intake, numbered, caller_of, lambda: NOW, lambda: "ACK1")
        self._sent = 0

    def send(
        self, sequence: str, value: str = "", control_id: str = "", patient: str = "", peer: Peer = ANYBODY
    ) -> list[str]:
        """MSA-1, MSA-4, and the condition of ERR."""
        (reply,) = self.receiver.respond(self.wire(sequence, value, control_id, patient), peer).blocks
        msa = [*fields(reply, "MSA"), "", "", "", ""]
        return [msa[1], msa[4], condition(reply)]

    def wire(self, sequence: str, value: str = "", control_id: str = "", patient: str = "") -> bytes:
        """The bytes of the next message."""
        self._sent += 1
        patient = patient or pid(f3=f"{value or self._sent}^^^BOL^PI")
        return message(
            "ADT^A28", "EVN||20240301", patient, control_id=control_id or f"C{self._sent}", rest=f"|{sequence}"
        )


def test_v2_18_numbers_follow_one_another_from_wherever_the_sender_starts(world: World) -> None:
    link = Link(world)
    assert link.send("0") == ["AA", "-1", ""]  # none held
    assert link.send("41") == ["AA", "42", ""]
    assert link.send("42") == ["AA", "43", ""]
    assert link.send("0") == ["AA", "43", ""]  # a restart: the last accepted and one
    assert (world.count("message"), world.count("source_record")) == (2, 2)  # 0 carries no content


def test_v2_18_a_duplicate_is_acknowledged_again_without_effect(world: World) -> None:
    link = Link(world)
    assert link.send("1", "A", "SAME") == ["AA", "2", ""]
    assert link.send("1", "A", "SAME") == ["AA", "2", ""]
    assert link.send("1", "B", "OTHER") == ["AA", "2", ""]  # the number decides, whatever it carries
    assert (world.count("message"), world.count("source_record")) == (1, 1)
    assert link.send("2", patient=pid(f3="X^^^CHR^PI")) == ["AE", "3", "204"]
    assert link.send("2", "B")[:2] == ["AE", "3"]  # the answer that number had, though this one is right
    assert world.count("message") == 2


def test_v2_18_after_a_gap_nothing_is_applied_and_the_expected_number_is_told(world: World) -> None:
    link = Link(world)
    assert link.send("1") == ["AA", "2", ""]
    assert link.send("2") == ["AA", "3", ""]
    assert link.send("4", "C", "LATER") == ["AR", "3", "207"]
    assert link.send("1") == ["AR", "3", "207"]  # older than the last: no duplicate of it
    assert world.count("source_record") == 2
    assert link.send("3") == ["AA", "4", ""]
    assert link.send("4", "C", "LATER") == ["AA", "5", ""]  # sent again: the gap is not held against it


def test_v2_18_what_came_out_of_turn_is_kept_in_quarantine(world: World) -> None:
    link = Link(world)
    link.send("1", "A")
    assert link.send("4", "C", "LATER") == ["AR", "2", "207"]
    assert link.send("4", patient=pid(f3=""), control_id="FAULTY") == ["AR", "2", "207"]  # not for what else is wrong
    assert link.send("2", "B") == ["AA", "3", ""]
    assert link.send("3", "D") == ["AA", "4", ""]
    assert link.send("4", "C", "LATER") == ["AA", "5", ""]
    kept = world.rows("select fault, location, raw from message order by id")
    assert [(row.fault, row.location) for row in kept] == [
        ("", ""),
        *[("out-of-sequence", "MSH^1^13")] * 2,
        *[("", "")] * 3,
    ]
    assert kept[1].raw == kept[5].raw


def test_v2_3_a_commit_block_for_a_message_out_of_turn_is_true(world: World) -> None:
    """Over a socket: "in safe storage" is said of what is stored, and of nothing when nothing can be."""
    link = Link(world, release=2)
    server = MllpServer(link.receiver, ("127.0.0.1", 0))
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:

            def send(sequence: str, blocks: int) -> list[bytes]:
                sock.sendall(wrap(link.wire(sequence)))
                told = read_frames(sock, blocks)
                sock.sendall(wrap(COMMITTED) * (blocks - 1))
                return told

            assert send("1", 2)[0] == COMMITTED
            commit, reply = send("3", 2)
            assert (commit, fields(reply, "MSA")[1::3]) == (COMMITTED, ["AR", "2"])
            assert [row.fault for row in world.rows("select fault from message order by id")] == [
                "",
                "out-of-sequence",
            ]
            with at_commit(world, DIE):
                assert send("3", 1) == [NOT_COMMITTED]
            assert fields(send("2", 2)[1], "MSA")[1::3] == ["AA", "3"]
    finally:
        assert server.stop()


def test_v2_18_a_refused_message_has_used_its_number(world: World) -> None:
    link = Link(world)
    assert link.send("1", patient=pid(f3="")) == ["AE", "2", "101"]
    assert link.send("2") == ["AA", "3", ""]


@pytest.mark.parametrize(("sequence", "told"), [("", "101"), ("two", "102"), ("-1", "102"), ("9" * 16, "102")])
def test_v2_18_a_link_that_numbers_wants_a_number(world: World, sequence: str, told: str) -> None:
    assert Link(world).send(sequence) == ["AE", "", told]
    assert world.count("feed_sequence") == 0


def test_v2_18_it_is_off_unless_the_feed_turns_it_on_and_not_for_files(world: World) -> None:
    plain = Link(world, on=False)
    assert plain.send("7") == ["AA", "", ""]
    assert plain.send("3") == ["AA", "", ""]
    assert Link(world).send("", control_id="F1", value="F", peer=Peer(feed="bolton")) == ["AA", "", ""]
    assert world.count("feed_sequence") == 0


def test_v2_18_the_number_is_stored_before_the_acknowledgement_and_outlives_the_process(
    world: World, emptied_url: str
) -> None:
    Link(world).send("5")
    again = World.over(emptied_url)
    assert Link(again).send("0") == ["AA", "6", ""]
    again.close()


def test_v2_18_of_two_messages_with_one_number_at_once_one_counts(world: World) -> None:
    """Two connections of one feed: whatever the interleaving, each number is taken once."""
    link = Link(world)
    answers: list[list[str]] = []

    def send(value: str) -> None:
        answers.append(Link(world).send("1", value, control_id=value))

    threads = [threading.Thread(target=send, args=(value,)) for value in "ABCDEF"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [["AA", "2", ""]] * 6
    assert (world.count("message"), world.count("source_record")) == (1, 1)
    assert link.send("0") == ["AA", "2", ""]


def test_a_number_taken_meanwhile_is_contention(world: World) -> None:
    with world.index.units.begin() as unit:
        assert unit.inbox.last_in_sequence("bolton") is None
    Link(world).send("1")
    with pytest.raises(Contention), world.index.units.begin() as unit:
        unit.inbox.advance("bolton", 1, 1)


def test_the_migration_can_be_undone_and_done_again(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)
    migrate.downgrade(empty_database_url, "0001")
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)

"""MLLP release 2 and the limits of a connection, over real sockets on loopback (V2-3, V2-5)."""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import fields as members
from dataclasses import replace

import pytest

from adapters.hl7v2.conversation import Conversation, Limits
from adapters.hl7v2.exchange import ANYBODY
from adapters.hl7v2.mllp import wrap
from adapters.hl7v2.server import Counters, MllpServer
from mpi.errors import Unavailable
from mpi.metrics import Metrics
from tests.integration.test_mllp_server import Serve, SlowIntake, raw, read_frames, serve, wait_for
from tests.unit.hl7v2.wire_builders import BOLTON, NETWORK, RecordingIntake, fields, message, receiver

__all__ = ["serve"]

ACK, NAK = b"\x0b\x06\x1c\r", b"\x0b\x15\x1c\r"
RELEASE_2 = replace(NETWORK, feeds=(replace(BOLTON, mllp_release=2), *NETWORK.feeds[1:]))


def test_v2_3_release_2_commits_a_block_before_it_answers_it(serve: Serve) -> None:
    server = serve(receiver(network=RELEASE_2))
    with raw(server) as sock:
        sock.sendall(wrap(message()))
        commit, reply = read_frames(sock, 2)
        assert wrap(commit) == ACK
        assert fields(reply, "MSA")[1] == "AA"
        sock.sendall(ACK + wrap(message(control_id="C2")))
        assert wrap(read_frames(sock, 2)[0]) == ACK
    assert server.counters().commits == 1


def test_v2_3_nothing_follows_until_the_answer_is_committed_and_a_negative_one_repeats_it(serve: Serve) -> None:
    server = serve(receiver(network=RELEASE_2))
    with raw(server) as sock:
        sock.sendall(wrap(message(control_id="A")) + wrap(message(control_id="B")))
        first = read_frames(sock, 3)  # two commit blocks, but one answer
        assert [part for part in first if part == b"\x06"] == [b"\x06"] * 2
        assert [fields(part, "MSA")[2] for part in first if part != b"\x06"] == ["A"]
        sock.sendall(NAK)
        assert fields(read_frames(sock, 1)[0], "MSA")[2] == "A"
        sock.sendall(ACK)
        assert fields(read_frames(sock, 1)[0], "MSA")[2] == "B"


def test_v2_3_what_is_not_in_safe_storage_gets_a_negative_commit_block_alone(serve: Serve) -> None:
    intake = RecordingIntake()
    intake.trouble = Unavailable("down")
    server = serve(receiver(intake, RELEASE_2))
    with raw(server) as sock:
        sock.sendall(wrap(message()))
        assert wrap(read_frames(sock, 1)[0]) == NAK
        intake.trouble = None
        sock.sendall(wrap(message()))
        commit, reply = read_frames(sock, 2)
    assert wrap(commit) == ACK
    assert fields(reply, "MSA")[1] == "AA"


@pytest.mark.parametrize("sender", ["LORENZO|RBV", "WHO|XXX"])
def test_v2_3_a_release_1_peer_never_sees_0x06(serve: Serve, sender: str) -> None:
    server = serve(receiver(network=RELEASE_2))
    with raw(server) as sock:
        sock.sendall(ACK + wrap(message(sender=sender)) + wrap(b"rubbish"))
        sock.shutdown(socket.SHUT_WR)
        answers = b""
        while data := sock.recv(4096):
            answers += data
    assert b"\x06" not in answers
    assert b"\x15" not in answers
    assert answers.count(b"\x1c\r") == 2


def test_v2_3_a_peer_that_does_not_commit_loses_its_place(serve: Serve) -> None:
    server = serve(receiver(network=RELEASE_2), limits=Limits(send_timeout=0.2))
    with raw(server) as sock:
        sock.sendall(wrap(message()))
        assert len(read_frames(sock, 3)) == 2
    wait_for(lambda: server.counters().open == 0)
    assert server.counters().timeouts == 1


@pytest.fixture
def dripping() -> Iterator[ExitStack]:
    """Ends the threads that write a byte now and then."""
    with ExitStack() as stack:
        yield stack


def drip(stack: ExitStack, sock: socket.socket, first: bytes, more: bytes) -> None:
    """Sends `first`, then `more` again and again until the connection or the test ends."""
    done = threading.Event()

    def run() -> None:
        with suppress(OSError):
            sock.sendall(first)
            while not done.wait(0.02):
                sock.sendall(more)

    thread = threading.Thread(target=run)
    thread.start()
    stack.callback(thread.join)
    stack.callback(done.set)


def test_a_frame_that_never_ends_loses_its_place_though_bytes_keep_coming(serve: Serve, dripping: ExitStack) -> None:
    server = serve(receiver(), limits=Limits(idle_timeout=600, frame_timeout=0.3))
    with raw(server) as sock:
        drip(dripping, sock, b"\x0bMSH|", b"x")
        wait_for(lambda: server.counters().timeouts == 1)
        wait_for(lambda: server.counters().open == 0)
    assert server.counters().frames == 0


def test_a_frame_that_never_ends_loses_its_place_though_there_is_always_more_to_read() -> None:
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    told: Counter[str] = Counter()

    def tell(what: str, amount: int = 1, code: str = "") -> None:
        told[what] += amount

    with ours, theirs, os.fdopen(reader), os.fdopen(writer):
        theirs.sendall(b"\x0b" + b"x" * 150_000)
        theirs.shutdown(socket.SHUT_WR)
        Conversation(ours, ANYBODY, receiver(), Limits(frame_timeout=0), reader, tell).run()
    assert told["timeouts"] == 1
    assert 0 < told["discarded_bytes"] < 150_000


def test_bytes_outside_a_frame_do_not_keep_a_connection_from_being_idle(serve: Serve, dripping: ExitStack) -> None:
    server = serve(receiver(), limits=Limits(idle_timeout=0.3, frame_timeout=600))
    with raw(server) as sock:
        drip(dripping, sock, b"", b"\r")
        wait_for(lambda: server.counters().timeouts == 1)


def test_a_peer_that_does_not_read_loses_its_place_and_its_neighbours_do_not_notice(serve: Serve) -> None:
    server = serve(receiver(), limits=Limits(send_timeout=0.3))
    with raw(server) as deaf, raw(server) as good, suppress(OSError):
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.5)
        batch = b"".join(wrap(message(control_id="x" * 20_000)) for _ in range(50))
        with suppress(OSError):
            for _ in range(40):  # back-pressure: as nothing is read while an answer waits, writing blocks in the end
                deaf.sendall(batch)
        wait_for(lambda: server.counters().open == 1)
        good.sendall(wrap(message(control_id="GOOD")))
        assert fields(read_frames(good, 1)[0], "MSA")[2] == "GOOD"


def test_v2_3_stopping_lets_a_release_2_peer_commit_what_it_was_sent(serve: Serve) -> None:
    intake = SlowIntake()
    server = serve(receiver(intake, RELEASE_2))
    with raw(server) as sock:
        sock.sendall(wrap(message(control_id="HAND")))
        assert intake.begun.wait(5)
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        intake.go_on.set()
        commit, reply = read_frames(sock, 2)
        sock.sendall(ACK)
        assert sock.recv(1) == b""
        stopper.join(10)
    assert wrap(commit) == ACK
    assert fields(reply, "MSA")[1:3] == ["AA", "HAND"]


def test_everything_a_listener_counts_is_a_metric() -> None:
    metrics = Metrics()
    names = [member.name for member in members(Counters)]
    for name in names:
        metrics.mllp(name, 2, code="AA")
    metrics.mllp("open", -1)
    told = metrics.render().decode().splitlines()
    counts = {line.split(" ")[0]: float(line.split(" ")[1]) for line in told if line.startswith("mpi_mllp_")}
    for name in set(names) - {"open", "answers"}:
        assert counts[f"mpi_mllp_{name}_total"] == 2
    assert counts["mpi_mllp_open"] == 1
    assert counts['mpi_mllp_answers_total{code="AA"}'] == 2


def test_a_listener_tells_its_watcher_what_it_counts(serve: Serve) -> None:
    told: list[tuple[str, int, str]] = []

    def watch(what: str, amount: int = 1, code: str = "") -> None:
        told.append((what, amount, code))

    server: MllpServer = serve(receiver(), watch=watch)
    with raw(server) as sock:
        sock.sendall(b"xx" + wrap(message()))
        read_frames(sock, 1)
    wait_for(lambda: ("open", -1, "") in told)
    assert [entry for entry in told if entry[0] != "open"] == [
        ("connections", 1, ""),
        ("discarded_bytes", 2, ""),
        ("frames", 1, ""),
        ("answers", 1, "AA"),
    ]

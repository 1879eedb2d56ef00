"""The MLLP server over real sockets on loopback, with an intake that records (V2-1, V2-5, V2-12, V2-64)."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from adapters.hl7v2.conversation import Limits
from adapters.hl7v2.exchange import Peer, Reply, Responder
from adapters.hl7v2.mllp import wrap
from adapters.hl7v2.send import MllpClient
from adapters.hl7v2.server import MllpServer
from mpi.domain.commands import Envelope, Receipt
from mpi.errors import Unavailable
from tests.unit.hl7v2.wire_builders import RecordingIntake, condition, fields, message, receiver

LOOPBACK = ("127.0.0.1", 0)
Serve = Callable[..., MllpServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers on loopback and stops them after the test."""
    with ExitStack() as stack:

        def start(responder: Responder, **options: object) -> MllpServer:
            server = MllpServer(responder, LOOPBACK, **options)  # type: ignore[arg-type]
            server.start()
            stack.callback(server.stop)
            return server

        yield start


def connect(server: MllpServer) -> MllpClient:
    return MllpClient("127.0.0.1", server.port, timeout=5)


def raw(server: MllpServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def read_frames(sock: socket.socket, count: int) -> list[bytes]:
    data = b""
    while data.count(b"\x1c\r") < count:
        chunk = sock.recv(4096)
        if not chunk:
            break
        data += chunk
    return [part.removeprefix(b"\x0b") for part in data.split(b"\x1c\r") if part]


def wait_for(true: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_a_message_is_committed_and_acknowledged_on_the_same_connection(serve: Serve) -> None:
    intake = RecordingIntake()
    server = serve(receiver(intake))
    with connect(server) as client:
        for number in range(3):
            assert fields(client.send(message(control_id=f"C{number}")), "MSA") == ["MSA", "AA", f"C{number}"]
    assert [envelope.control_id for envelope, _, _ in intake.registered] == ["C0", "C1", "C2"]
    assert (server.counters().connections, server.counters().frames) == (1, 3)
    assert server.counters().answers == {"AA": 3}


def test_v2_1_frames_in_one_segment_and_a_frame_in_many(serve: Serve) -> None:
    server = serve(receiver())
    two = wrap(message(control_id="A")) + b"noise" + wrap(message(control_id="B"))
    with raw(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(two)
        assert [fields(reply, "MSA")[2] for reply in read_frames(sock, 2)] == ["A", "B"]
        for byte in wrap(message(control_id="C")):
            sock.sendall(bytes([byte]))
        assert [fields(reply, "MSA")[2] for reply in read_frames(sock, 1)] == ["C"]
    assert server.counters().discarded_bytes == len(b"noise")


def test_v2_64_one_connection_is_answered_in_order_while_others_run(serve: Serve) -> None:
    server = serve(receiver())
    replies: dict[int, list[str]] = {}

    def feed(line: int) -> None:
        with raw(server) as sock:
            sock.sendall(b"".join(wrap(message(control_id=f"{line}-{n}")) for n in range(40)))
            replies[line] = [fields(reply, "MSA")[2] for reply in read_frames(sock, 40)]

    threads = [threading.Thread(target=feed, args=(line,)) for line in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert replies == {line: [f"{line}-{n}" for n in range(40)] for line in range(8)}
    assert server.counters().answers == {"AA": 320}


def test_a_bad_connection_does_not_hurt_its_neighbours(serve: Serve) -> None:
    server = serve(receiver())
    with connect(server) as good:
        good.send(message())
        with raw(server) as garbage:
            garbage.sendall(os.urandom(20_000).replace(b"\x0b", b""))
        with raw(server) as reset:
            reset.sendall(b"\x0bMSH|half")
            reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with raw(server) as half:
            half.sendall(b"\x0bMSH|half a message")
        wait_for(lambda: (server.counters().connections, server.counters().open) == (4, 1))
        assert fields(good.send(message()), "MSA")[1] == "AA"
    assert server.counters().frames == 2
    assert server.counters().discarded_bytes > 15_000


class CrashingIntake(RecordingIntake):
    """Fails in a way nobody planned, on a chosen control id."""

    def register(self, envelope: Envelope, commands: object, caller: object) -> Receipt:
        if envelope.control_id == "CRASH":
            raise ZeroDivisionError("SMITH")
        return super().register(envelope, commands, caller)  # type: ignore[arg-type]


def test_a_failure_of_ours_is_quarantined_counted_and_answered_ar(serve: Serve) -> None:
    intake = CrashingIntake()
    server = serve(receiver(intake))
    with connect(server) as client:
        reply = client.send(message(control_id="CRASH"))
        assert fields(reply, "MSA")[:3] == ["MSA", "AR", "CRASH"]
        assert condition(reply) == "207"
        assert b"SMITH" not in reply
        assert fields(client.send(message()), "MSA")[1] == "AA"
    assert [envelope.raw for envelope, _, _ in intake.refused] == [message(control_id="CRASH")]
    assert server.counters().failures == 1
    assert server.counters().answers == {"AR": 1, "AA": 1}


class BrokenResponder:
    """Neither handles nor quarantines."""

    def respond(self, frame: bytes, peer: Peer) -> Reply:
        raise RuntimeError("broken")

    oversized = respond

    def crashed(self, frame: bytes, error: Exception, peer: Peer) -> Reply:
        raise RuntimeError("broken too")


def test_a_message_that_cannot_even_be_quarantined_is_never_acknowledged(serve: Serve) -> None:
    server = serve(BrokenResponder())
    for _ in range(2):
        with raw(server) as sock:
            sock.sendall(wrap(message()))
            assert read_frames(sock, 1) == []
    wait_for(lambda: server.counters().open == 0)
    assert server.counters().failures == 2
    assert server.counters().answers == {}


def test_v2_12_the_index_being_down_is_ar_and_a_later_send_is_taken(serve: Serve) -> None:
    intake = RecordingIntake()
    server = serve(receiver(intake))
    with connect(server) as client:
        intake.trouble = Unavailable("down")
        assert fields(client.send(message()), "MSA")[1] == "AR"
        intake.trouble = None
        assert fields(client.send(message()), "MSA")[1] == "AA"


def test_an_oversized_message_is_refused_and_the_next_one_taken(serve: Serve) -> None:
    intake = RecordingIntake()
    server = serve(receiver(intake), limits=Limits(frame=2000))
    with raw(server) as sock:
        sock.sendall(wrap(message(control_id="BIG") + b"NTE|" + b"x" * 200_000) + wrap(message(control_id="NEXT")))
        replies = read_frames(sock, 2)
    assert [fields(reply, "MSA")[1:3] for reply in replies] == [["AE", "BIG"], ["AA", "NEXT"]]
    assert len(intake.refused[0][0].raw) < 2000
    assert server.counters().oversized == 1
    assert server.counters().discarded_bytes > 190_000


def test_v2_5_an_idle_connection_is_closed_and_the_sender_reconnects_without_loss(serve: Serve) -> None:
    server = serve(receiver(), limits=Limits(idle_timeout=0.2))
    with connect(server) as client:
        client.send(message(control_id="A"))
        wait_for(lambda: server.counters().open == 0)
        assert fields(client.send(message(control_id="B")), "MSA")[2] == "B"
    assert server.counters().connections == 2


def test_connections_beyond_the_maximum_wait_their_turn(serve: Serve) -> None:
    server = serve(receiver(), max_connections=1)
    first = connect(server)
    first.send(message())
    with raw(server) as second:
        second.sendall(wrap(message(control_id="SECOND")))
        second.settimeout(0.5)
        with pytest.raises(TimeoutError):
            second.recv(1)
        first.close()
        second.settimeout(5)
        assert fields(read_frames(second, 1)[0], "MSA")[2] == "SECOND"


class SlowIntake(RecordingIntake):
    """Takes its time over a message."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def register(self, envelope: Envelope, commands: object, caller: object) -> Receipt:
        self.begun.set()
        self.go_on.wait(5)
        return super().register(envelope, commands, caller)  # type: ignore[arg-type]


def test_stopping_finishes_and_acknowledges_what_is_in_hand(serve: Serve) -> None:
    intake = SlowIntake()
    server = serve(receiver(intake))
    port = server.port
    with raw(server) as busy, raw(server) as idle:
        busy.sendall(wrap(message(control_id="HAND")))
        assert intake.begun.wait(5)
        busy.sendall(wrap(message(control_id="LATER")))
        stopped: list[bool] = []
        stopper = threading.Thread(target=lambda: stopped.append(server.stop()))
        stopper.start()
        with suppress(ConnectionResetError):  # not yet accepted when the server stopped: the same to its owner
            assert idle.recv(1) == b""
        intake.go_on.set()
        replies = read_frames(busy, 2)
        stopper.join(10)
    # What was not in hand is not acknowledged, so it is sent again: nothing is lost (promise 1).
    assert [fields(reply, "MSA")[2] for reply in replies] == ["HAND"]
    assert [envelope.control_id for envelope, _, _ in intake.registered] == ["HAND"]
    assert stopped == [True]
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


def test_stopping_says_when_the_grace_was_too_short(serve: Serve) -> None:
    intake = SlowIntake()
    server = serve(receiver(intake))
    with raw(server) as busy:
        busy.sendall(wrap(message()))
        assert intake.begun.wait(5)
        assert server.stop(grace=0.1) is False
        intake.go_on.set()
        assert server.stop(grace=5) is True


def _serve_in_process(listener: socket.socket) -> None:
    server = MllpServer(receiver(), listener)
    server.start()
    signal.sigwait({signal.SIGTERM})
    sys.exit(0 if server.stop() else 1)


def test_worker_processes_share_one_listening_socket() -> None:
    """Bind, fork, serve: every connection is answered, whichever process takes it, and SIGTERM ends both."""
    context = multiprocessing.get_context("fork")
    with socket.create_server(LOOPBACK) as listener:
        workers = [context.Process(target=_serve_in_process, args=(listener,)) for _ in range(2)]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # not yet waited for, it would kill
        for worker in workers:
            worker.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            for number in range(30):
                with MllpClient("127.0.0.1", listener.getsockname()[1], timeout=5) as client:
                    assert fields(client.send(message(control_id=f"P{number}")), "MSA")[2] == f"P{number}"
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.join(10)
        assert [worker.exitcode for worker in workers] == [0, 0]


def test_the_client_gives_up_in_time_and_does_not_take_a_late_reply_for_the_next(serve: Serve) -> None:
    intake = SlowIntake()
    server = serve(receiver(intake))
    with MllpClient("127.0.0.1", server.port, timeout=0.2) as client:
        with pytest.raises(TimeoutError):
            client.send(message(control_id="LATE"))
        intake.go_on.set()
        assert fields(client.send(message(control_id="NEXT")), "MSA")[2] == "NEXT"


def test_the_client_says_when_nobody_listens() -> None:
    with socket.create_server(LOOPBACK) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ConnectionError):
        MllpClient("127.0.0.1", port).send(message())


def test_servers_that_share_a_port_share_its_connections() -> None:
    """V2-64: connections stay for days, so one process must not take them all."""
    with socket.create_server(LOOPBACK, backlog=64) as listener, ExitStack() as stack:
        servers = [MllpServer(receiver(RecordingIntake()), listener) for _ in range(2)]
        for server in servers:
            server.start()
            stack.callback(server.stop)
        for number in range(1, 25):
            stack.enter_context(socket.create_connection(listener.getsockname(), timeout=5))
            wait_for(lambda number=number: sum(s.counters().open for s in servers) == number)  # type: ignore[misc]
        assert min(server.counters().open for server in servers) >= 6

"""A threaded MLLP listener: one thread per connection, one message in hand per connection (V2-64).

Several processes may share one listening socket: bind it, fork, and give it to a server in each. A connection that
misbehaves costs itself only. Beyond `max_connections` a new one waits in the backlog. Stopping finishes and
acknowledges what is in hand, then closes.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from adapters.hl7v2.conversation import Conversation, Limits, Tell
from adapters.hl7v2.exchange import ANYBODY, Certificate, Peer, Responder
from adapters.hl7v2.tls import Tls


@dataclass(slots=True)
class Counters:
    """What one server has seen since it was made; `answers` by MSA-1, "" for a frame without a reply.

    `handshakes` are failed ones of TLS, `timeouts` connections closed for silence or for a frame that took too long,
    `failures` our own.
    """

    connections: int = 0
    open: int = 0
    handshakes: int = 0
    frames: int = 0
    commits: int = 0
    refused_commits: int = 0
    discarded_bytes: int = 0
    oversized: int = 0
    timeouts: int = 0
    failures: int = 0
    answers: Counter[str] = field(default_factory=Counter)


_COURTESY, _MOST_COURTESY = 0.001, 0.01  # seconds a process waits for each connection it has before it takes another


class MllpServer:
    """Listens at `address`, a (host, port) or a socket already listening, until `stop`.

    `limits` are those of each connection; one closed by them is opened again by its sender without loss (V2-5).
    `watch` is told whatever is counted, `greet` who came over TLS.
    """

    def __init__(
        self,
        responder: Responder,
        address: tuple[str, int] | socket.socket,
        *,
        limits: Limits = Limits(),
        max_connections: int = 256,
        watch: Tell | None = None,
        tls: Tls | None = None,
        greet: Callable[[Certificate], None] | None = None,
    ) -> None:
        self._responder = responder
        self._owns_listener = not isinstance(address, socket.socket)
        self._listener = address if isinstance(address, socket.socket) else socket.create_server(address)
        # Another process may take the connection between poll and accept.
        self._listener.setblocking(False)
        self._limits = limits
        self._watch = watch
        self._tls = tls
        self._greet = greet
        self._places = threading.Semaphore(max_connections)
        self._stopping = threading.Event()
        self._wake_reader, self._wake_writer = os.pipe()
        self._wake_pipe = [self._wake_reader, self._wake_writer]
        self._lock = threading.Lock()
        self._counters = Counters()
        self._threads: set[threading.Thread] = set()
        self._acceptor: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        port: int = self._listener.getsockname()[1]
        return port

    def counters(self) -> Counters:
        """A copy of the counters."""
        with self._lock:
            return replace(self._counters, answers=Counter(self._counters.answers))

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._acceptor = threading.Thread(target=self.serve, name="mllp-accept", daemon=True)
        self._acceptor.start()

    def serve(self) -> None:
        """Accept connections until `stop`; returns then."""
        while self._wait_for_place():
            connection = self._accept()
            if connection is None:
                self._places.release()
                continue
            thread = threading.Thread(target=self._run, args=(connection,), name="mllp", daemon=True)
            with self._lock:
                self._threads.add(thread)
            self._tell("connections")
            self._tell("open")
            thread.start()

    def stop(self, grace: float = 10.0) -> bool:
        """Take nothing new, finish and acknowledge what is in hand, close. False when `grace` seconds were few.

        Not to be called by a signal handler: it takes locks that the interrupted thread may hold.
        """
        if not self._stopping.is_set():
            self._stopping.set()
            os.write(self._wake_writer, b"x")  # never read, so it wakes every poll from now on
        deadline = time.monotonic() + grace
        if self._acceptor is not None:
            self._acceptor.join(max(0.0, deadline - time.monotonic()))
        if self._owns_listener:
            self._listener.close()
        with self._lock:
            running = list(self._threads)
        for thread in running:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in running):
            return False
        while self._wake_pipe:
            os.close(self._wake_pipe.pop())
        return True

    def _accept(self) -> socket.socket | None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(self._wake_reader, select.POLLIN)
        poll.poll()
        if self._stopping.is_set():
            return None
        # Connections stay for days: who has fewer of them comes first, or one process gets all and another none.
        self._stopping.wait(min(_MOST_COURTESY, _COURTESY * self.counters().open))
        try:
            return self._listener.accept()[0]
        except BlockingIOError:  # another process was quicker
            return None
        except OSError:  # out of descriptors, or gone before it was accepted
            self._stopping.wait(0.1)
            return None

    def _wait_for_place(self) -> bool:
        # Beyond the maximum a connection waits in the backlog, where another process may take it.
        while not self._stopping.is_set():
            if self._places.acquire(timeout=0.2):
                return True
        return False

    def _run(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    self._converse(connection, ANYBODY)
                else:
                    self._secure(connection, self._tls)
        except OSError:
            pass  # reset or too slow: its own loss, an unacknowledged message comes again
        finally:
            self._places.release()
            self._tell("open", -1)
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _secure(self, connection: socket.socket, tls: Tls) -> None:
        try:
            secured, certificate = tls.secure(connection)
        except OSError:
            self._tell("handshakes")
            raise
        with secured:
            if self._greet is not None:
                self._greet(certificate)
            self._converse(secured, Peer(certificate))

    def _converse(self, connection: socket.socket, peer: Peer) -> None:
        Conversation(connection, peer, self._responder, self._limits, self._wake_reader, self._tell).run()

    def _tell(self, what: str, amount: int = 1, code: str = "") -> None:
        with self._lock:
            if what == "answers":
                self._counters.answers[code] += amount
            else:
                setattr(self._counters, what, getattr(self._counters, what) + amount)
        if self._watch is not None:
            self._watch(what, amount, code)

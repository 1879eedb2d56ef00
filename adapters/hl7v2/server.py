"""A threaded MLLP listener: one thread per connection, one message in hand per connection (V2-64).

Several processes may share one listening socket: bind it, fork, and give it to a server in each. A connection that
misbehaves costs itself only. Stopping finishes and acknowledges what is in hand, then closes.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Protocol

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.mllp import MAX_FRAME, Discarded, Event, Frame, Framer, Oversized, wrap

_CHUNK = 64 << 10
_LINGER = 1.0  # seconds to let a peer read the last acknowledgement before the connection goes


class Responder(Protocol):
    """What answers frames; `receive.Receiver` is one. None means no reply."""

    def handle(self, frame: bytes) -> bytes | None:
        """Answer a whole frame."""

    def oversized(self, head: bytes) -> bytes | None:
        """Answer a frame over the limit, given its first bytes."""

    def crashed(self, frame: bytes, error: Exception) -> bytes | None:
        """Quarantine a frame on which `handle` or `oversized` failed, and answer it."""


@dataclass(slots=True)
class Counters:
    """What one server has seen since it was made; `answers` by MSA-1, "" for a frame without a reply."""

    connections: int = 0
    open: int = 0
    frames: int = 0
    discarded_bytes: int = 0
    oversized: int = 0
    failures: int = 0
    answers: Counter[str] = field(default_factory=Counter)


_COURTESY, _MOST_COURTESY = 0.001, 0.01  # seconds a process waits for each connection it has before it takes another


class MllpServer:
    """Listens at `address`, a (host, port) or a socket already listening, until `stop`.

    `limit` is the longest frame in bytes, `idle_timeout` the seconds of silence after which a connection is closed
    (the sender reconnects without loss, V2-5), `send_timeout` how long a peer may take to read a reply.
    """

    def __init__(
        self,
        responder: Responder,
        address: tuple[str, int] | socket.socket,
        *,
        limit: int = MAX_FRAME,
        idle_timeout: float = 600.0,
        send_timeout: float = 30.0,
        max_connections: int = 256,
    ) -> None:
        self._responder = responder
        self._owns_listener = not isinstance(address, socket.socket)
        self._listener = address if isinstance(address, socket.socket) else socket.create_server(address)
        # Another process may take the connection between poll and accept.
        self._listener.setblocking(False)
        self._limit = limit
        self._idle_timeout = idle_timeout
        self._send_timeout = send_timeout
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
                self._counters.connections += 1
                self._counters.open += 1
            thread.start()

    def stop(self, grace: float = 10.0) -> bool:
        """Take nothing new, finish and acknowledge what is in hand, close. False when `grace` seconds were few."""
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
        if not self._is_readable(self._listener, None):
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

    def _is_readable(self, sock: socket.socket, timeout: float | None) -> bool:
        """Wait for `sock`; False when the time is up or the server is stopping."""
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        poll.register(self._wake_reader, select.POLLIN)
        ready = poll.poll(None if timeout is None else timeout * 1000)
        return bool(ready) and not self._stopping.is_set()

    def _run(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(self._send_timeout)
                self._converse(connection)
                self._part(connection)
        except OSError:
            pass  # reset or too slow: its own loss, an unacknowledged message comes again
        finally:
            self._places.release()
            with self._lock:
                self._counters.open -= 1
                self._threads.discard(threading.current_thread())

    def _converse(self, connection: socket.socket) -> None:
        framer = Framer(self._limit)
        try:
            while self._is_readable(connection, self._idle_timeout):
                data = connection.recv(_CHUNK)
                if not data:
                    return
                for event in framer.feed(data):
                    reply = self._answer(event)
                    if reply is not None:
                        connection.sendall(wrap(reply))
        finally:
            for event in framer.close():
                self._answer(event)

    def _part(self, connection: socket.socket) -> None:
        # Closing with unread bytes resets the connection, and the reset can overtake the last acknowledgement.
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_LINGER)
        deadline = time.monotonic() + _LINGER
        while time.monotonic() < deadline and connection.recv(_CHUNK):
            pass

    def _answer(self, event: Event) -> bytes | None:
        if isinstance(event, Discarded):
            with self._lock:
                self._counters.discarded_bytes += event.count
            return None
        reply = self._respond(event)
        with self._lock:
            self._counters.frames += isinstance(event, Frame)
            self._counters.oversized += isinstance(event, Oversized)
            self._counters.answers[code_of(reply) if reply else ""] += 1
        return reply

    def _respond(self, event: Frame | Oversized) -> bytes | None:
        content = event.content if isinstance(event, Frame) else event.head
        try:
            if isinstance(event, Frame):
                return self._responder.handle(content)
            return self._responder.oversized(content)
        except Exception as error:  # the one place: quarantine, answer AR, count, go on
            with self._lock:
                self._counters.failures += 1
            return self._rescue(content, error)

    def _rescue(self, content: bytes, error: Exception) -> bytes | None:
        try:
            return self._responder.crashed(content, error)
        except Exception:
            # Not even the quarantine works: without a reply the sender sends again, and nothing was lost.
            raise ConnectionAbortedError("the message could not be quarantined") from error

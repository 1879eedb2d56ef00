"""One connection from its first byte to its last: frames in, answers out, one message in hand.

A peer keeps its place by sending whole frames. Silence and bytes outside a frame end the conversation after
`idle_timeout`; a frame that has begun must end within `frame_timeout`, however slowly or fast its bytes arrive; a
peer that does not read, or in release 2 does not commit, is given `send_timeout`. All times are seconds.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.exchange import Peer, Reply, Responder
from adapters.hl7v2.mllp import (
    COMMITTED,
    MAX_FRAME,
    NOT_COMMITTED,
    Commit,
    Discarded,
    Event,
    Frame,
    Framer,
    Outbound,
    Oversized,
    wrap,
)

_CHUNK = 64 << 10
_LINGER = 1.0  # seconds to let a peer read the last acknowledgement before the connection goes


class Tell(Protocol):
    """Counts what happens."""

    def __call__(self, what: str, amount: int = 1, code: str = "") -> None:
        """`what` is a field of `server.Counters`, `code` the MSA-1 of one of the answers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may take: `frame` in bytes, the rest in seconds."""

    frame: int = MAX_FRAME
    idle_timeout: float = 600.0
    frame_timeout: float = 60.0
    send_timeout: float = 30.0


class Conversation:
    """Talks on `connection` until it ends, its time is up, or `wake`, a file descriptor, becomes readable."""

    def __init__(
        self,
        connection: socket.socket,
        peer: Peer,
        responder: Responder,
        limits: Limits,
        wake: int,
        tell: Tell,
    ) -> None:
        self._connection = connection
        self._connection.settimeout(limits.send_timeout)
        self._secured = isinstance(connection, ssl.SSLSocket)
        self._peer = peer
        self._responder = responder
        self._limits = limits
        self._wake = wake
        self._tell = tell
        self._framer = Framer(limits.frame)
        self._outbound = Outbound()
        self._deadline = time.monotonic() + limits.idle_timeout
        self._begun = False  # a frame had begun when the deadline was set

    def run(self) -> None:
        """Until the end. Raises `OSError` when the connection breaks: an unacknowledged message comes again."""
        try:
            while data := self._read(self._wake):
                self._take(self._framer.feed(data))
        finally:
            for event in self._framer.close():
                self._count(event)
        self._settle()

    def _take(self, events: list[Event]) -> None:
        whole = False
        for event in events:
            self._count(event)
            if isinstance(event, Commit):
                self._write(self._outbound.committed(event.stored))
            elif not isinstance(event, Discarded):
                self._answer(event)
            whole = whole or not isinstance(event, Discarded)
        begun = self._framer.unfinished
        if whole or begun != self._begun:
            wait = self._limits.frame_timeout if begun else self._limits.idle_timeout
            if self._outbound.waiting:
                wait = min(wait, self._limits.send_timeout)
            self._deadline = time.monotonic() + wait
            self._begun = begun

    def _answer(self, event: Frame | Oversized) -> None:
        reply = self._respond(event)
        for code in map(code_of, reply.blocks or (b"",)):
            self._tell("answers", code=code)
        out = b""
        if reply.release == 2:
            out = wrap(COMMITTED if reply.stored else NOT_COMMITTED)
            if not reply.stored:  # the sender sends it again, and is answered then
                self._write(out)
                return
        self._write(out + b"".join(self._outbound.send(block, reply.release) for block in reply.blocks))

    def _respond(self, event: Frame | Oversized) -> Reply:
        content = event.content if isinstance(event, Frame) else event.head
        try:
            if isinstance(event, Frame):
                return self._responder.respond(content, self._peer)
            return self._responder.oversized(content, self._peer)
        except Exception as error:  # the one place: quarantine, answer AR, count, go on
            self._tell("failures")
            return self._rescue(content, error)

    def _rescue(self, content: bytes, error: Exception) -> Reply:
        try:
            return self._responder.crashed(content, error, self._peer)
        except Exception:
            # Not even the quarantine works: without a reply the sender sends again, and nothing was lost.
            raise ConnectionAbortedError("the message could not be quarantined") from error

    def _count(self, event: Event) -> None:
        match event:
            case Discarded(count, _):
                self._tell("discarded_bytes", count)
            case Frame():
                self._tell("frames")
            case Oversized():
                self._tell("oversized")
            case Commit(stored):
                self._tell("commits" if stored else "refused_commits")

    def _read(self, wake: int | None) -> bytes:
        """The next bytes; b"" at the end of the stream, when the time is up, and when `wake` is readable."""
        if self._secured:
            self._connection.setblocking(False)  # readable may mean half a TLS record
        while self._is_readable(wake):
            try:
                return self._connection.recv(_CHUNK)
            except ssl.SSLWantReadError:
                continue
        return b""

    def _is_readable(self, wake: int | None) -> bool:
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        if wake is not None:
            poll.register(wake, select.POLLIN)
        held = isinstance(self._connection, ssl.SSLSocket) and self._connection.pending() > 0
        left = self._deadline - time.monotonic()
        ready = {number for number, _ in poll.poll(0 if held else max(0.0, left * 1000))}
        if wake in ready:
            return False
        # A byte a moment keeps the socket readable, so the clock is asked as well.
        if left > 0 and (held or ready):
            return True
        if wake is not None:
            self._tell("timeouts")
        return False

    def _write(self, out: bytes) -> None:
        if out:
            if self._secured:
                self._connection.settimeout(self._limits.send_timeout)
            self._connection.sendall(out)

    def _settle(self) -> None:
        """Say that nothing more is read, and let the peer commit and read what it was sent."""
        self._deadline = time.monotonic() + _LINGER
        while self._outbound.waiting and (data := self._read(None)):
            for event in self._framer.feed(data):
                if isinstance(event, Commit):
                    self._write(self._outbound.committed(event.stored))
        self._connection.settimeout(_LINGER)
        if isinstance(self._connection, ssl.SSLSocket):
            with suppress(OSError, ValueError):  # the peer may have gone, or send on
                self._connection = self._connection.unwrap()
        # Closing with unread bytes resets the connection, and the reset can overtake the last acknowledgement.
        self._connection.shutdown(socket.SHUT_WR)
        while time.monotonic() < self._deadline and self._connection.recv(_CHUNK):
            pass

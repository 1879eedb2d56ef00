"""The load generator: a process of its own that plays rendered messages over MLLP sockets and measures the answers.

One thread and one selector, so that it takes as little as possible of the cores it shares with the service.
"""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Self

_END = b"\x1c\r"
_DRAIN = 30.0  # seconds for the last answers


@dataclass(frozen=True, slots=True)
class Order:
    """Play for `seconds`: as fast as answers come, or with `rate` > 0 at random moments of that mean rate."""

    seconds: float
    rate: float = 0.0


@dataclass(slots=True)
class Answers:
    """`latencies` in seconds, from the moment a message was meant to leave; `codes` by MSA-1; `seconds` until the
    last answer; `exhausted` when a connection ran out of messages."""

    latencies: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    exhausted: bool = False


@dataclass(slots=True)
class _Line:
    """One connection: what it has yet to send, what is due, and when the message in flight was meant to leave."""

    sock: socket.socket
    waiting: deque[bytes]
    due: deque[float] = field(default_factory=deque)
    meant: float = 0.0
    busy: bool = False
    received: bytearray = field(default_factory=bytearray)


class Player:
    """The process, with its connections open; `lines` are the framed messages of each connection."""

    def __init__(self, address: tuple[str, int], lines: list[list[bytes]]) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, address, lines), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.send(None)
        self._process.join(timeout=10)
        self._process.kill()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process.pid is not None
        return self._process.pid

    def play(self, order: Order) -> Answers:
        """Play an order, and wait until it is done. Raises EOFError when the process died."""
        self._ours.send(order)
        answers = self._ours.recv()
        assert isinstance(answers, Answers)
        return answers


def _serve(orders: Connection, address: tuple[str, int], messages: list[list[bytes]]) -> None:
    lines = [_Line(_opened(address), deque(some)) for some in messages]
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line.sock, selectors.EVENT_READ, line)
    orders.send("ready")
    while isinstance(order := orders.recv(), Order):
        orders.send(_open_loop(lines, selector, order) if order.rate else _closed_loop(lines, selector, order))


def _opened(address: tuple[str, int]) -> socket.socket:
    sock = socket.create_connection(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _closed_loop(lines: list[_Line], selector: selectors.BaseSelector, order: Order) -> Answers:
    answers = Answers()
    start = time.perf_counter()
    until = start + order.seconds
    for line in lines:
        _send(line, time.perf_counter(), answers)
    while any(line.busy for line in lines) and time.perf_counter() < until + _DRAIN:
        for line in _read(selector, 1.0, answers):
            now = time.perf_counter()
            if now < until:
                _send(line, now, answers)
    answers.seconds = time.perf_counter() - start
    return answers


def _open_loop(lines: list[_Line], selector: selectors.BaseSelector, order: Order) -> Answers:
    answers = Answers()
    moments = _moments(lines, order)
    start = time.perf_counter()
    while moments or any(line.busy or line.due for line in lines):
        now = time.perf_counter()
        if now > start + order.seconds + _DRAIN:
            break
        while moments and start + moments[0][0] <= now:
            at, line = moments.popleft()
            line.due.append(start + at)
            if not line.busy:
                _send(line, line.due.popleft(), answers)
        pause = max(0.0, start + moments[0][0] - time.perf_counter()) if moments else 1.0
        for line in _read(selector, pause, answers):
            if line.due:
                _send(line, line.due.popleft(), answers)
    answers.seconds = time.perf_counter() - start
    return answers


def _moments(lines: list[_Line], order: Order) -> deque[tuple[float, _Line]]:
    """When messages shall leave, and on which connection: any of them at any moment, however far each has come."""
    dice = random.Random(7)
    moments: deque[tuple[float, _Line]] = deque()
    at = dice.expovariate(order.rate)
    while at <= order.seconds:
        moments.append((at, dice.choice(lines)))
        at += dice.expovariate(order.rate)
    return moments


def _send(line: _Line, meant: float, answers: Answers) -> None:
    if not line.waiting:
        answers.exhausted = True
        return
    line.meant, line.busy = meant, True
    line.sock.sendall(line.waiting.popleft())


def _read(selector: selectors.BaseSelector, pause: float, answers: Answers) -> list[_Line]:
    """Take what has come in; returns the connections that have their answer."""
    done = []
    for key, _ in selector.select(pause):
        line: _Line = key.data
        data = line.sock.recv(65536)
        if not data:
            raise ConnectionError("the service closed a connection")
        line.received += data
        if line.received.endswith(_END):
            answers.latencies.append(time.perf_counter() - line.meant)
            answers.codes[_code(line.received)] += 1
            line.received.clear()
            line.busy = False
            done.append(line)
    return done


def _code(reply: bytearray) -> str:
    at = reply.find(b"\rMSA|")
    return reply[at + 5 : at + 7].decode("ascii", "replace")

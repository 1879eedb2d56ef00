"""An HTTP load generator of its own process: raw keep-alive sockets, one request in flight each, one selector."""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection

_DRAIN = 30.0  # seconds for the last answers


@dataclass(slots=True)
class Answers:
    """`latencies` and `cpu` in seconds; `statuses` by HTTP status; `seconds` until the last answer."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu: float = 0.0


@dataclass(slots=True)
class _Line:
    """One connection. `meant`: when its request was to leave; `size`: of the whole reply, once its head is in."""

    sock: socket.socket
    meant: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    size: int = 0


def ask(
    address: tuple[str, int], requests: list[bytes], connections: int, seconds: float, rate: float = 0.0
) -> Answers:
    """Put the requests in turn, again and again, for `seconds`: as fast as answers come, or with `rate` > 0 at random
    moments of that mean rate, from which latencies then count. Raises EOFError when the process died."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (theirs, address, requests, connections, seconds, rate)
    process = context.Process(target=_serve, args=arguments, daemon=True)
    process.start()
    theirs.close()
    try:
        answers = ours.recv()
        assert isinstance(answers, Answers)
        return answers
    finally:
        process.join(timeout=10)
        process.kill()


def _serve(
    pipe: Connection,
    address: tuple[str, int],
    requests: list[bytes],
    connections: int,
    seconds: float,
    rate: float,
) -> None:
    lines = [_Line(_opened(address)) for _ in range(connections)]
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line.sock, selectors.EVENT_READ, line)
    used = time.process_time()
    answers = _play(lines, selector, cycle(requests), seconds, rate)
    answers.cpu = time.process_time() - used
    pipe.send(answers)


def _opened(address: tuple[str, int]) -> socket.socket:
    sock = socket.create_connection(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _play(
    lines: list[_Line], selector: selectors.BaseSelector, requests: Iterator[bytes], seconds: float, rate: float
) -> Answers:
    answers = Answers()
    idle = deque(lines)
    start = time.perf_counter()
    due = _moments(start, seconds, rate)
    while due or len(idle) < len(lines):
        now = time.perf_counter()
        if now > start + seconds + _DRAIN:
            break
        while idle and due and due[0] <= now:
            _send(idle.popleft(), next(requests), due[0] if rate else now)
            due.popleft()
            if not rate and now < start + seconds:
                due.append(now)
        pause = max(0.0, due[0] - now) if idle and due else 1.0
        idle.extend(key.data for key, _ in selector.select(pause) if _read(key.data, answers))
    answers.seconds = time.perf_counter() - start
    return answers


def _moments(start: float, seconds: float, rate: float) -> deque[float]:
    """When requests are meant to leave; without a rate one is always due until the time is up."""
    if not rate:
        return deque([start])
    dice = random.Random(7)
    moments: deque[float] = deque()
    at = start + dice.expovariate(rate)
    while at < start + seconds:
        moments.append(at)
        at += dice.expovariate(rate)
    return moments


def _send(line: _Line, request: bytes, meant: float) -> None:
    line.meant = meant
    line.sock.sendall(request)


def _read(line: _Line, answers: Answers) -> bool:
    """Take what has come in; whether the reply is whole."""
    data = line.sock.recv(1 << 18)
    if not data:
        raise ConnectionError("the service closed a connection")
    line.received += data
    if not line.size:
        line.size = _size(line.received)
    if not line.size or len(line.received) < line.size:
        return False
    answers.latencies.append(time.perf_counter() - line.meant)
    answers.statuses[line.received[9:12].decode("ascii", "replace")] += 1
    line.received.clear()
    line.size = 0
    return True


def _size(received: bytearray) -> int:
    """Length of head and body, 0 while the head is not whole."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = bytes(received[:end]).lower()
    at = head.find(b"content-length:")
    if at < 0:  # 204 and 304 have no body
        return end + 4
    return end + 4 + int(head[at + 15 :].split(b"\r", 1)[0])

"""Trusts that do what a sender must: one message in flight, resend what was not answered, never give one up."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.send import MllpClient
from mpi.domain.network import Protocol
from mpi.main.player import Target
from mpi.simulate import SimMessage
from tests.acceptance.service_process import PATIENCE

_DONE = frozenset({"AA", "AE", "200", "201", "204", "422"})  # accepted, or the sender's to mend: not to be resent


@dataclass(slots=True)
class Answers:
    """What all connections of a run were told. `acknowledged` are control ids in the order of acceptance.

    Nobody begins another message while `ceiling` or more are acknowledged: so a run cannot be over before its test.
    """

    codes: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    ceiling: float = math.inf
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, message: SimMessage, code: str) -> None:
        """One more answer, "" for a connection that broke."""
        with self._lock:
            self.codes[code] += 1
            if code in _DONE:
                self.acknowledged.append(message.control_id)


class Connection:
    """One MLLP and one HTTP connection to wherever `target` now points; made anew after every failure."""

    def __init__(self, target: Callable[[], Target], answers: Answers) -> None:
        self._target = target
        self._answers = answers
        self._mllp: MllpClient | None = None
        self._http: httpx.Client | None = None

    def deliver(self, message: SimMessage) -> None:
        """Send, once the ceiling allows it, until it is accepted or refused for its content."""
        while len(self._answers.acknowledged) >= self._answers.ceiling:
            time.sleep(0.002)
        deadline = time.monotonic() + PATIENCE
        pause = 0.002
        while (code := self._try(message)) not in _DONE:
            assert time.monotonic() < deadline, f"{message.control_id} is never accepted: {code!r}"
            time.sleep(pause)  # a sender's own back-off
            pause = min(2 * pause, 0.05)

    def close(self) -> None:
        """Hang up."""
        for client in (self._mllp, self._http):
            if client is not None:
                client.close()
        self._mllp = self._http = None

    def _try(self, message: SimMessage) -> str:
        try:
            code = self._put(message) if message.protocol is Protocol.FHIR else self._send(message)
        except (OSError, httpx.HTTPError):
            self.close()
            code = ""
        self._answers.note(message, code)
        return code

    def _send(self, message: SimMessage) -> str:
        if self._mllp is None:
            self._mllp = MllpClient(*self._target().mllp)
        return code_of(self._mllp.send(message.body))

    def _put(self, message: SimMessage) -> str:
        target = self._target()
        if self._http is None:
            self._http = httpx.Client(base_url=target.http, timeout=30, trust_env=False)
        headers = {
            "Authorization": f"Bearer {target.tokens[message.feed_id]}",
            "Content-Type": "application/fhir+json",
            "X-Request-Id": message.control_id,
        }
        parameters = {"identifier": message.query}
        return str(
            self._http.put("/fhir/Patient", params=parameters, content=message.body, headers=headers).status_code
        )


def play(lines: Sequence[Iterable[SimMessage]], targets: Sequence[Callable[[], Target]], answers: Answers) -> None:
    """Send each line over a connection of its own, all at once; the lines take the targets in turn."""
    failures: list[BaseException] = []

    def run(line: Iterable[SimMessage], target: Callable[[], Target]) -> None:
        connection = Connection(target, answers)
        try:
            for message in line:
                connection.deliver(message)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(line, targets[number % len(targets)])) for number, line in enumerate(lines)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def by_feed(messages: Iterable[SimMessage], connections: int, rng: random.Random) -> list[list[SimMessage]]:
    """The feeds shared out over connections and interleaved anew; the order within a feed is kept."""
    return _interleaved(messages, lambda message: message.feed_id, connections, rng)


def by_patient(messages: Sequence[SimMessage], connections: int, rng: random.Random) -> list[list[SimMessage]]:
    """The messages of different patients in any order; those about one patient, by a trust's own word, in theirs."""
    patient_of = _patients(messages)
    return _interleaved(messages, lambda message: patient_of[str(message.identifiers[0])], connections, rng)


def _interleaved(
    messages: Iterable[SimMessage], key: Callable[[SimMessage], str], connections: int, rng: random.Random
) -> list[list[SimMessage]]:
    groups: dict[str, list[SimMessage]] = defaultdict(list)
    for message in messages:
        groups[key(message)].append(message)
    names = sorted(groups)
    rng.shuffle(names)
    lines: list[list[SimMessage]] = []
    for first in range(connections):
        mine = names[first::connections]
        turns = [name for name in mine for _ in groups[name]]
        rng.shuffle(turns)
        waiting = {name: iter(groups[name]) for name in mine}
        lines.append([next(waiting[name]) for name in turns])
    return lines


def _patients(messages: Iterable[SimMessage]) -> Mapping[str, str]:
    """Identifiers that any one message names together, united."""
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        parent.setdefault(one, one)
        while parent[one] != one:
            one = parent[one]
        return one

    for message in messages:
        first, *others = map(str, message.identifiers)
        root(first)
        for other in others:
            parent[root(other)] = root(first)
    return {one: root(one) for one in parent}

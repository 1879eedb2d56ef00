"""Play a region into a running service through its real ports: MLLP, FHIR and the imaging API."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.send import MllpClient
from mpi.domain.network import Protocol
from mpi.simulate import SimMessage, SimStudy

_WAITING = (
    20_000  # messages read ahead for a feed: trusts go live one after another, but all their links work at once
)
_ARCHIVES = 4  # connections that register studies
_OK = range(200, 300)
_TRIES = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the service listens. `tokens` are bearer tokens by feed id, and by "archive"."""

    mllp: tuple[str, int]
    http: str
    tokens: Mapping[str, str]


@dataclass(slots=True)
class Score:
    """What was answered: messages and orders by answer (AA, AE, AR, 200 ...), studies by HTTP status."""

    answers: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    studies: Counter[int] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        """How many messages were answered."""
        return self.answers.total()

    @property
    def rejected(self) -> int:
        """How many messages and orders were not accepted."""
        answers = self.answers + self.orders
        return sum(count for answer, count in answers.items() if answer not in {"AA", "200", "201", "204"})


def play_messages(
    messages: Iterable[SimMessage], target: Target, answers: Counter[str], told: Callable[[], None]
) -> None:
    """Send every message on its feed's own connection, one in flight (V2-64), and count the answers; `told` is called
    after each.

    Raises OSError when the service goes away.
    """
    senders: dict[str, _Line[SimMessage]] = {}
    try:
        for message in messages:
            line = senders.get(message.feed_id)
            if line is None:
                line = senders[message.feed_id] = _Line(_sender(message, target), answers, told)
            line.put(message)
    finally:
        _finish(senders.values())


def play_studies(studies: Iterable[SimStudy], target: Target, score: Score, told: Callable[[], None]) -> None:
    """Register every study over a few connections, as archives would."""
    lines = [_Line(_registrar(target), score.studies, told) for _ in range(_ARCHIVES)]
    try:
        for number, study in enumerate(studies):
            lines[number % _ARCHIVES].put(study)
    finally:
        _finish(lines)


class _Line(Generic[T]):
    """A connection with a thread of its own and a short queue before it."""

    def __init__(
        self,
        open_sender: Callable[[], Iterator[Callable[[T], object]]],
        answers: Counter[Any],
        told: Callable[[], None],
    ) -> None:
        self._queue: queue.Queue[T | None] = queue.Queue(_WAITING)
        self._open_sender = open_sender
        self._answers = answers
        self._told = told
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, item: T | None) -> None:
        """Queue one more; raises what went wrong before."""
        while True:
            if self._error is not None:
                raise self._error
            try:
                self._queue.put(item, timeout=1)
                return
            except queue.Full:
                continue

    def finish(self) -> None:
        """Send what is queued; raises what went wrong."""
        self.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            for send in self._open_sender():
                while (item := self._queue.get()) is not None:
                    answer = send(item)
                    with _LOCK:
                        self._answers[answer] += 1
                        self._told()
        except (OSError, httpx.HTTPError) as error:
            self._error = error


_LOCK = threading.Lock()


def _finish(lines: Iterable[_Line[T]]) -> None:
    for line in lines:
        line.finish()


def _sender(message: SimMessage, target: Target) -> Callable[[], Iterator[Callable[[SimMessage], object]]]:
    if message.protocol is Protocol.FHIR:
        return lambda: _fhir(target, target.tokens[message.feed_id])
    return lambda: _mllp(target)


def _mllp(target: Target) -> Iterator[Callable[[SimMessage], object]]:
    with MllpClient(*target.mllp) as client:

        def send(message: SimMessage) -> str:
            for _ in range(_TRIES):
                answer = code_of(client.send(message.body))
                if answer != "AR":  # AR asks for another try (V2-12)
                    break
            return answer

        yield send


def _fhir(target: Target, token: str) -> Iterator[Callable[[SimMessage], object]]:
    with _client(target, token) as client:

        def put(message: SimMessage) -> str:
            headers = {"Content-Type": "application/fhir+json", "X-Request-Id": message.control_id}
            response = client.put(
                "/fhir/Patient", params={"identifier": message.query}, content=message.body, headers=headers
            )
            return str(response.status_code)

        yield put


def _registrar(target: Target) -> Callable[[], Iterator[Callable[[SimStudy], object]]]:
    def opened() -> Iterator[Callable[[SimStudy], object]]:
        with _client(target, target.tokens["archive"]) as client:
            yield lambda study: client.post("/v1/studies", json=_study_json(study)).status_code

    return opened


def _client(target: Target, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=target.http, headers=headers, timeout=30, trust_env=False)


def _study_json(study: SimStudy) -> dict[str, object]:
    return {
        "issuer": study.authority,
        "patient_id": study.patient_id,
        "study_uid": study.study_uid,
        "started_at": study.started_at.isoformat(),
        "modalities": [study.modality],
        "body_site": study.body_site,
        "description": study.description,
        "accession": study.accession,
        "organisation": study.organisation,
        "archive": study.archive,
    }

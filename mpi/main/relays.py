"""The threads that tell the world what has changed: webhooks, consumers over MLLP, and what is owed to either."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from uuid import UUID

import structlog

from adapters.hl7v2.notify import Notifier
from adapters.hl7v2.tls import OutgoingTls
from mpi.api.webhook import Webhook
from mpi.domain.access import Caller, Role
from mpi.domain.consumer import TOLD
from mpi.domain.identifiers import Identifier
from mpi.domain.views import TaskKind
from mpi.errors import MpiError
from mpi.main.alarms import alarms
from mpi.main.index import Index
from mpi.metrics import Metrics
from mpi.usecases.subscribers.deliveries import age, name_of
from mpi.usecases.subscribers.subscriptions import Relay

_log = structlog.get_logger("mpi.relay")
_IDLE = 0.2  # seconds between looks at an empty outbox
_LOOK = 5.0  # seconds between looks at what is owed
_COUNT = 60.0  # seconds between counts of review tasks


class Relays:
    """Runs until `stop`; what is under way is finished. `outgoing` is for consumers that listen for TLS."""

    def __init__(self, index: Index, metrics: Metrics, outgoing: OutgoingTls | None = None) -> None:
        self._index = index
        self._secure = outgoing.secure if outgoing else None
        self._metrics = metrics
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(False,), name="relay")]
        if any(consumer.transactions & set(TOLD) for consumer in index.network.consumers):
            self._threads.append(threading.Thread(target=self._run, args=(True,), name="notifier"))
        self._threads.append(threading.Thread(target=self._watch, name="alarms"))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, consumers: bool) -> None:
        relay = Relay(self._index.units, consumers=consumers)
        with self._notifier() if consumers else Webhook(identify=self._identify) as teller:
            while not self._stopped.is_set():
                try:
                    delivered = relay.run_once(teller.deliver)
                except MpiError as error:  # the database is away: what is owed stays owed
                    _log.warning("relay waits", error=type(error).__name__)
                    delivered = 0
                if isinstance(teller, Notifier):
                    teller.close()  # many listeners take one connection, and another process may be next
                if not delivered:
                    self._stopped.wait(_IDLE)

    def _notifier(self) -> Notifier:
        index = self._index
        return Notifier(index.consumers, index.telling, index.network, secure=self._secure)

    def _identify(self, golden_id: UUID, at: datetime, owner: str) -> tuple[Identifier, ...]:
        # Whoever may subscribe may resolve: an archive's role tells no more.
        return self._index.telling.set_of(golden_id, at, Caller(owner, Role.ARCHIVE, ""))

    def _watch(self) -> None:
        known: set[str] = set()
        counted = float("-inf")
        while not self._stopped.is_set():
            try:
                standing = self._index.consumers.standing()
            except MpiError as error:
                _log.warning("what is owed cannot be read", error=type(error).__name__)
            else:
                now = self._index.clock.now()
                self._metrics.owed([(name_of(s), s.pending, age(s, now), s.active) for s in standing])
                silent = {name_of(one) for one in standing if alarms([one], now)}
                for name in sorted(silent - known):
                    _log.error("a subscriber is not told of changes", subscriber=name)
                known = silent
            if time.monotonic() >= counted + _COUNT:
                counted = time.monotonic()
                self._count()
            self._stopped.wait(_LOOK)

    def _count(self) -> None:
        """Tell how many review tasks wait."""
        try:
            with self._index.units.begin(read_only=True) as unit:
                waiting = unit.tasks.waiting()
        except MpiError as error:
            _log.warning("review tasks cannot be counted", error=type(error).__name__)
        else:
            self._metrics.questions({kind: waiting.get(kind, 0) for kind in TaskKind})

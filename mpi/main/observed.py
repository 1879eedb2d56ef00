"""Use cases that also count and time themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.exchange import ANYBODY, Peer
from adapters.hl7v2.message import Header
from adapters.hl7v2.qbp import TRANSACTIONS
from adapters.hl7v2.queries import Queries
from mpi.domain.access import Caller
from mpi.domain.commands import Command, Envelope, Patch, Receipt, Status
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.views import Resolution
from mpi.errors import Refused
from mpi.metrics import Metrics
from mpi.ports import Clock, Units
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Rematch
from mpi.usecases.imaging.resolve import Resolve
from mpi.usecases.intake.intake import Intake
from mpi.usecases.reading.paging import Paging
from mpi.usecases.reading.query import Query


class ObservedIntake(Intake):
    """Intake by one protocol."""

    def __init__(self, units: Units, rematch: Rematch, network: Network, metrics: Metrics, protocol: str) -> None:
        super().__init__(units, rematch, network)
        self._metrics = metrics
        self._protocol = protocol

    def register(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        """See `Intake.register`."""
        start = time.perf_counter()
        receipt = super().register(envelope, commands, caller)
        if receipt.status is Status.ACCEPTED or receipt.repeat:  # else `refuse` below has counted it
            self._count(envelope, receipt, start)
        return receipt

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        """See `Intake.refuse`."""
        start = time.perf_counter()
        receipt = super().refuse(envelope, reason, caller)
        self._count(envelope, receipt, start)
        return receipt

    def _count(self, envelope: Envelope, receipt: Receipt, start: float) -> None:
        taken = time.perf_counter() - start
        self._metrics.message(envelope.feed, self._protocol, receipt.status, taken, receipt.fault)


class ObservedResolve(Resolve):
    """Resolve, timed."""

    def __init__(self, units: Units, matching: Matching, rematch: Rematch, clock: Clock, metrics: Metrics) -> None:
        super().__init__(units, matching, rematch, clock)
        self._metrics = metrics

    def resolve(self, identifier: Identifier, patch: Patch | None, caller: Caller) -> Resolution:
        """See `Resolve.resolve`."""
        with self._metrics.resolving() as outcome:
            found = super().resolve(identifier, patch, caller)
            outcome["status"] = found.state
            return found

    def resolve_golden(self, identifier: Identifier, caller: Caller) -> Resolution:
        """See `Resolve.resolve_golden`."""
        with self._metrics.resolving() as outcome:
            found = super().resolve_golden(identifier, caller)
            outcome["status"] = found.state
            return found


class ObservedQueries(Queries):
    """PIX and PDQ, counted and timed by consumer and transaction."""

    def __init__(
        self,
        query: Query,
        paging: Paging,
        network: Network,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        metrics: Metrics,
    ) -> None:
        super().__init__(query, paging, network, clock, new_id)
        self._consumers = {(c.application, c.facility): c.id for c in network.consumers}
        self._metrics = metrics

    def answer(self, frame: bytes, header: Header, peer: Peer = ANYBODY) -> tuple[bytes, ...]:
        """See `Queries.answer`."""
        start = time.perf_counter()
        replies = super().answer(frame, header, peer)
        consumer = self._consumers.get((header.application, header.facility), "")
        transaction = TRANSACTIONS.get(header.trigger, "query")
        self._metrics.message(
            consumer, transaction, code_of(replies[-1] if replies else b""), time.perf_counter() - start
        )
        return replies

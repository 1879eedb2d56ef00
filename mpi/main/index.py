"""The use cases over one database, without any edge: all that a command needs which serves nobody."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Engine

from linkage.model import Model
from mpi.db.session import DbUnits, connect
from mpi.domain.network import Network
from mpi.usecases.deciding.sampling import Sampling
from mpi.usecases.figures.dashboards import Dashboards
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Rematch
from mpi.usecases.identity.telling import Telling
from mpi.usecases.models.models import Models
from mpi.usecases.refused.conformance import Conformance
from mpi.usecases.refused.quarantine import Quarantine
from mpi.usecases.subscribers.consumers import Consumers
from mpi.usecases.subscribers.subscriptions import Relay
from mpi.usecases.whole.verify import Verify


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, aware UTC."""
        return datetime.now(UTC)


class TimeOrderedIds:
    """Golden ids that say nothing but when they were made: RFC 9562 version 7, so that indexes stay compact."""

    def golden(self) -> UUID:
        """An opaque golden id, never given before."""
        milliseconds = time.time_ns() // 1_000_000
        number = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
        number = (number & ~(0xF << 76)) | (0x7 << 76)
        return UUID(int=(number & ~(0x3 << 62)) | (0x2 << 62))


@dataclass(frozen=True, slots=True)
class Index:
    """The use cases over one database, without any edge."""

    engine: Engine
    units: DbUnits
    network: Network
    matching: Matching
    rematch: Rematch
    clock: SystemClock

    @property
    def verify(self) -> Verify:
        """Promise 2's check."""
        return Verify(self.units, self.matching)

    @property
    def consumers(self) -> Consumers:
        """Whom the network file wants told over MLLP."""
        return Consumers(self.units, self.network)

    @property
    def telling(self) -> Telling:
        """What they are told."""
        return Telling(self.units)

    @property
    def models(self) -> Models:
        """The model room."""
        return Models(self.units, self.matching)

    @property
    def conformance(self) -> Conformance:
        """What arrives wrong from each feed."""
        return Conformance(self.units, self.network, self.clock)

    @property
    def quarantine(self) -> Quarantine:
        """What was refused."""
        from mpi.main.quarantine import compose_quarantine  # noqa: PLC0415  loads every protocol, which few need

        return compose_quarantine(self.units, self.rematch, self.network, self.clock)

    @property
    def sampling(self) -> Sampling:
        """Blind samples, by which it is measured."""
        return Sampling(self.units, self.matching, self.clock, TimeOrderedIds())

    @property
    def dashboards(self) -> Dashboards:
        """Counts of all of it."""
        return Dashboards(self.units, self.matching, self.clock)

    @property
    def relay(self) -> Relay:
        """The outbox's deliverer."""
        return Relay(self.units)


def compose(url: str, network: Network, model: Model, pool_size: int = 10) -> Index:
    """The index over the database at `url`; connects to nothing yet."""
    engine = connect(url, pool_size)
    matching = Matching(model, network)
    clock = SystemClock()
    rematch = Rematch(matching, clock, TimeOrderedIds())
    return Index(engine, DbUnits(engine, model.fingerprint), network, matching, rematch, clock)

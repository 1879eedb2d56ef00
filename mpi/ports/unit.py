"""One transaction over all stores, a clock, and new ids."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from mpi.errors import MpiError
from mpi.ports.batches import Batches
from mpi.ports.conformance import Conformance
from mpi.ports.correction import Duplicates
from mpi.ports.identity import Evidence, Identities, Records
from mpi.ports.measuring import Boards, Samples
from mpi.ports.models import Models
from mpi.ports.orders import Orders
from mpi.ports.provenance import Provenance
from mpi.ports.provider import SignedIn
from mpi.ports.quarantine import Quarantined
from mpi.ports.scan import Scan
from mpi.ports.work import Audit, Inbox, Outbox, Rulings, Snapshots, Spent, Studies, Tasks, Worklist


class Contention(MpiError):
    """Another transaction was in the way; nothing was applied; run the use case again."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present, aware UTC."""


class Ids(Protocol):
    """New identifiers."""

    def golden(self) -> UUID:
        """An opaque golden id, never given before."""


class Unit(Protocol):
    """One transaction over all stores. Nothing is kept unless `commit` is called."""

    @property
    def inbox(self) -> Inbox:
        """See `Inbox`."""

    @property
    def quarantine(self) -> Quarantined:
        """See `Quarantined`."""

    @property
    def records(self) -> Records:
        """See `Records`."""

    @property
    def evidence(self) -> Evidence:
        """See `Evidence`."""

    @property
    def identities(self) -> Identities:
        """See `Identities`."""

    @property
    def tasks(self) -> Tasks:
        """See `Tasks`."""

    @property
    def worklist(self) -> Worklist:
        """See `Worklist`."""

    @property
    def batches(self) -> Batches:
        """See `Batches`."""

    @property
    def rulings(self) -> Rulings:
        """See `Rulings`."""

    @property
    def studies(self) -> Studies:
        """See `Studies`."""

    @property
    def orders(self) -> Orders:
        """See `Orders`."""

    @property
    def outbox(self) -> Outbox:
        """See `Outbox`."""

    @property
    def audit(self) -> Audit:
        """See `Audit`."""

    @property
    def snapshots(self) -> Snapshots:
        """See `Snapshots`."""

    @property
    def conformance(self) -> Conformance:
        """See `Conformance`."""

    @property
    def spent(self) -> Spent:
        """See `Spent`."""

    @property
    def signed_in(self) -> SignedIn:
        """See `SignedIn`."""

    @property
    def models(self) -> Models:
        """See `Models`."""

    @property
    def duplicates(self) -> Duplicates:
        """See `Duplicates`."""

    @property
    def samples(self) -> Samples:
        """See `Samples`."""

    @property
    def boards(self) -> Boards:
        """See `Boards`."""

    @property
    def scan(self) -> Scan:
        """See `Scan`."""

    @property
    def provenance(self) -> Provenance:
        """See `Provenance`."""

    def commit_with_next(self) -> None:
        """Of who looks once more and needs nothing else: the next look commits, in the same round trip. Call `commit`
        all the same."""

    def commit(self) -> None:
        """Make it durable. Only what came before the return of this call has happened."""


class Units(Protocol):
    """Opens units of work."""

    def begin(self, *, read_only: bool = False) -> AbstractContextManager[Unit]:
        """A new transaction, rolled back at exit unless committed. `read_only`: it reads as of one moment, and writes
        nothing but its audit row and a snapshot, which a crash of the database in that instant may lose."""

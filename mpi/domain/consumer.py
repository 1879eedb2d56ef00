"""Who asks the index by HL7 v2 and who is told by it: IHE consumers, as the network file names them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mpi.domain.access import Caller, Role


class Transaction(StrEnum):
    """IHE transactions that a consumer takes part in."""

    PIX_QUERY = "ITI-9"
    PIX_UPDATE = "ITI-10"
    PDQ = "ITI-21"
    XAD_PID_CHANGE = "ITI-64"


TOLD = (Transaction.PIX_UPDATE, Transaction.XAD_PID_CHANGE)
"""Transactions in which the index speaks first."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A PIX or PDQ consumer, or an imaging registry: how it names itself, what it may ask and what it is told.

    `authorities` are the ids of the domains whose identifiers it is told, () all. `host` and `port` are where it
    listens for what it is told over MLLP, `tls` whether for mutual TLS. `xad_oid` is the affinity domain whose
    patient ids are our golden ids (ITI-64). `certificates` are as a feed's.
    """

    id: str
    organisation: str
    application: str
    facility: str
    transactions: frozenset[Transaction]
    authorities: tuple[str, ...] = ()
    processing_id: str = "P"
    host: str = ""
    port: int = 0
    xad_oid: str = ""
    certificates: frozenset[str] = frozenset()
    tls: bool = False

    @property
    def caller(self) -> Caller:
        """Whom its questions are answered for: demographics only for who may ask for them (SEC-6)."""
        role = Role.VIEWER if Transaction.PDQ in self.transactions else Role.ARCHIVE
        return Caller(f"consumer/{self.id}", role, self.organisation)

    def wants(self, authority: str) -> bool:
        """Whether it is told identifiers of this domain."""
        return not self.authorities or authority in self.authorities

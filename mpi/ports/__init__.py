"""What the use cases need of the outside: a unit of work over the stores, a clock, and new ids.

`mpi.db` implements them over PostgreSQL. Every method may raise `Unavailable`; `Contention` means that another
transaction was in the way and the whole use case should run again.
"""

from mpi.ports.conformance import Conformance
from mpi.ports.correction import Duplicates
from mpi.ports.identity import Candidate, Change, Evidence, Identities, Records
from mpi.ports.models import Models
from mpi.ports.orders import Orders
from mpi.ports.provider import Leaving, SignedIn, SignInService
from mpi.ports.quarantine import Messages, Quarantined
from mpi.ports.scan import Scan
from mpi.ports.unit import Clock, Contention, Ids, Unit, Units
from mpi.ports.work import Audit, Claim, Inbox, Outbox, Snapshots, Spent, Studies, Tasks

__all__ = [
    "Audit",
    "Candidate",
    "Change",
    "Claim",
    "Clock",
    "Conformance",
    "Contention",
    "Duplicates",
    "Evidence",
    "Identities",
    "Ids",
    "Inbox",
    "Leaving",
    "Messages",
    "Models",
    "Orders",
    "Outbox",
    "Quarantined",
    "Records",
    "Scan",
    "SignInService",
    "SignedIn",
    "Snapshots",
    "Spent",
    "Studies",
    "Tasks",
    "Unit",
    "Units",
]

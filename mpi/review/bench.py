"""What the pages are given to work with; `mpi.main` fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linkage.model import Model
from mpi.domain.access import Caller
from mpi.domain.network import Network
from mpi.domain.provider import Provider
from mpi.ports import Clock, SignInService
from mpi.usecases.acts import Acts
from mpi.usecases.admission import Admission
from mpi.usecases.batches import Batches
from mpi.usecases.comparing import Comparing
from mpi.usecases.corrections import Corrections
from mpi.usecases.dashboards import Dashboards
from mpi.usecases.deliveries import Deliveries
from mpi.usecases.imaging import Imaging
from mpi.usecases.keeping_apart import KeepingApart
from mpi.usecases.launching import Launching
from mpi.usecases.models import Models
from mpi.usecases.portraits import Portraits
from mpi.usecases.quarantine import Quarantine
from mpi.usecases.query import Query
from mpi.usecases.review import Review
from mpi.usecases.sampling import Sampling
from mpi.usecases.seeking import Seeking
from mpi.usecases.timelines import Timelines
from mpi.usecases.visiting import Visiting
from mpi.usecases.worklist import Worklist


@dataclass(frozen=True, slots=True)
class ProviderDoor:
    """How people sign in at an OpenID provider: what is set, whom to ask, and what becomes of the answers."""

    provider: Provider
    service: SignInService
    visiting: Visiting


@dataclass(frozen=True, slots=True)
class Bench:
    """The use cases and what surrounds them.

    `callers` are everybody who may sign in, by the SHA-256 of their token in hexadecimal. `session_key` signs
    cookies; a session ends when nothing was asked for `session_idle` seconds, and `session_length` seconds after it
    began. `started` is when the service did. Without `token_sign_in` nobody signs in with a token.
    """

    query: Query
    imaging: Imaging
    admission: Admission
    review: Review
    worklist: Worklist
    batches: Batches
    quarantine: Quarantine
    deliveries: Deliveries
    corrections: Corrections
    keeping_apart: KeepingApart
    comparing: Comparing
    models: Models
    sampling: Sampling
    dashboards: Dashboards
    model: Model
    timelines: Timelines
    seeking: Seeking
    portraits: Portraits
    acts: Acts
    launching: Launching
    network: Network
    clock: Clock
    started: datetime
    callers: Mapping[str, Caller]
    session_key: str
    session_idle: float
    session_length: float
    token_sign_in: bool = True
    provider: ProviderDoor | None = None

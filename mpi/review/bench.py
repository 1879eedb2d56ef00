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
from mpi.usecases.deciding.acts import Acts
from mpi.usecases.deciding.batches import Batches
from mpi.usecases.deciding.comparing import Comparing
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.deciding.sampling import Sampling
from mpi.usecases.deciding.worklist import Worklist
from mpi.usecases.entrance.admission import Admission
from mpi.usecases.entrance.launching import Launching
from mpi.usecases.entrance.visiting import Visiting
from mpi.usecases.figures.corrections import Corrections
from mpi.usecases.figures.dashboards import Dashboards
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.timelines import Timelines
from mpi.usecases.models.models import Models
from mpi.usecases.reading.portraits import Portraits
from mpi.usecases.reading.query import Query
from mpi.usecases.reading.seeking import Seeking
from mpi.usecases.refused.quarantine import Quarantine
from mpi.usecases.subscribers.deliveries import Deliveries


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

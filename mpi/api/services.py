"""What the API is given to work with; `mpi.main` fills it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from linkage.model import Model
from mpi.domain.access import Caller
from mpi.domain.network import Network
from mpi.usecases.deciding.acts import Acts
from mpi.usecases.deciding.batches import Batches
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.deciding.sampling import Sampling
from mpi.usecases.deciding.worklist import Worklist
from mpi.usecases.figures.corrections import Corrections
from mpi.usecases.figures.dashboards import Dashboards
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.resolve import Resolve
from mpi.usecases.intake.intake import Intake
from mpi.usecases.reading.query import Query
from mpi.usecases.refused.conformance import Conformance
from mpi.usecases.refused.quarantine import Quarantine
from mpi.usecases.subscribers.deliveries import Deliveries
from mpi.usecases.subscribers.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases and what surrounds them.

    `caller_of` gives the caller of a bearer token, None when there is none (`security.token_lookup` makes one).
    `unready` names, in words fit for the public, what keeps this instance from serving; empty means ready.
    `warnings` likewise names what is wrong while it serves. `metrics` renders the Prometheus text format, version
    0.0.4. `model` is the one in force, and `started` is when the service did.
    """

    intake: Intake
    query: Query
    resolve: Resolve
    imaging: Imaging
    review: Review
    worklist: Worklist
    batches: Batches
    keeping_apart: KeepingApart
    acts: Acts
    subscriptions: Subscriptions
    conformance: Conformance
    quarantine: Quarantine
    deliveries: Deliveries
    corrections: Corrections
    dashboards: Dashboards
    sampling: Sampling
    model: Model
    started: datetime
    network: Network
    caller_of: Callable[[str], Caller | None]
    unready: Callable[[], Sequence[str]]
    metrics: Callable[[], bytes]
    warnings: Callable[[], Sequence[str]] = tuple


async def services_of(request: Request) -> Services:
    """The services of the application; async because a sync dependency would cost a thread hop per request."""
    return cast(Services, request.app.state.services)


Provided = Annotated[Services, Depends(services_of)]

"""The composition root: use cases over one database, adapters over the use cases."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.dicom.receive import Receiver as ImageReceiver
from adapters.dicom.web import dicom_web
from adapters.fhir.observer import Observer as FhirObserver
from adapters.fhir.router import router as fhir_router
from adapters.hl7v2.observer import Observer
from adapters.hl7v2.receive import Receiver
from linkage.model import Model
from mpi.api.app import create_app
from mpi.api.security import token_lookup
from mpi.api.services import Services
from mpi.db.session import DbUnits, connect
from mpi.domain.network import Network
from mpi.errors import MpiError
from mpi.launchers import load_launchers
from mpi.main.alarms import alarms
from mpi.main.observed import ObservedIntake, ObservedQueries, ObservedResolve
from mpi.main.provider import compose_provider
from mpi.main.quarantine import compose_quarantine
from mpi.main.renderers import renderers
from mpi.main.settling import compose_settling
from mpi.main.speaking import caller_of, caller_of_archive, new_id
from mpi.metrics import Metrics
from mpi.review.bench import Bench
from mpi.review.pages import Pages
from mpi.review.workbench import add_pages
from mpi.settings import Settings
from mpi.tokens import Callers, reviewers, session_key
from mpi.usecases.deciding.comparing import Comparing
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.deciding.sampling import Sampling
from mpi.usecases.deciding.worklist import Worklist
from mpi.usecases.entrance.admission import Admission
from mpi.usecases.entrance.launching import Launching
from mpi.usecases.figures.corrections import Corrections
from mpi.usecases.figures.dashboards import Dashboards
from mpi.usecases.identity.matching import Matching
from mpi.usecases.identity.rematch import Rematch
from mpi.usecases.identity.telling import Telling
from mpi.usecases.imaging.images import Images
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.timelines import Timelines
from mpi.usecases.models.models import Models
from mpi.usecases.reading.paging import Paging
from mpi.usecases.reading.portraits import Portraits
from mpi.usecases.reading.query import Query
from mpi.usecases.reading.seeking import Seeking
from mpi.usecases.refused.conformance import Conformance
from mpi.usecases.refused.quarantine import Quarantine
from mpi.usecases.refused.tallies import Tallies
from mpi.usecases.subscribers.consumers import Consumers
from mpi.usecases.subscribers.deliveries import Deliveries
from mpi.usecases.subscribers.subscriptions import Relay, Subscriptions
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


def compose_receiver(index: Index, metrics: Metrics, observer: Observer) -> Receiver:
    """The HL7 v2 edge."""
    intake = ObservedIntake(index.units, index.rematch, index.network, metrics, "mllp")
    query = Query(index.units, index.matching)
    queries = ObservedQueries(query, Paging(index.units), index.network, index.clock.now, new_id, metrics)
    return Receiver(intake, index.network, caller_of, index.clock.now, new_id, queries, observer.note)


def compose_images(index: Index, metrics: Metrics) -> ImageReceiver:
    """The DICOM edge."""

    def count(archive: str, status: int, fault: str, seconds: float) -> None:
        metrics.message(archive, "dicom", f"{status:04X}", seconds, fault)

    images = Images(index.units, index.rematch, index.clock)
    return ImageReceiver(images, index.network, caller_of_archive, count)


def compose_app(
    index: Index, callers: Callers, metrics: Metrics, settings: Settings, base_url: str, tallies: Tallies
) -> FastAPI:
    """The HTTP edge: the native API and FHIR."""
    everything = (index.units, index.matching, index.rematch, index.clock)
    acts, batches = compose_settling(*everything, TimeOrderedIds(), settings)
    services = Services(
        intake=ObservedIntake(index.units, index.rematch, index.network, metrics, "fhir"),
        query=Query(index.units, index.matching),
        resolve=ObservedResolve(*everything, metrics),
        imaging=Imaging(*everything),
        review=Review(*everything, settings.second_person_studies),
        worklist=Worklist(index.units, index.clock, reviewers(callers)),
        keeping_apart=KeepingApart(index.units, index.rematch, index.clock),
        batches=batches,
        acts=acts,
        subscriptions=Subscriptions(index.units),
        conformance=index.conformance,
        quarantine=index.quarantine,
        deliveries=Deliveries(index.units, index.clock),
        corrections=Corrections(index.units, index.network),
        dashboards=index.dashboards,
        sampling=index.sampling,
        model=index.matching.model,
        started=index.clock.now(),
        network=index.network,
        caller_of=token_lookup(callers),
        unready=readiness(index.engine),
        metrics=metrics.render,
        warnings=lambda: warnings(index),
    )
    pages = Pages(compose_bench(index, services, callers, settings))
    app = create_app(services, body_limit=settings.max_message_bytes, renderers=renderers(pages))
    fhir = fhir_router(
        intake=services.intake,
        query=services.query,
        resolve=services.resolve,
        imaging=services.imaging,
        network=index.network,
        caller_of=app.state.authenticator,
        clock=index.clock.now,
        base_url=f"{base_url}/fhir",
        note=FhirObserver(tallies, index.clock.now).note,
    )
    app.include_router(fhir, prefix="/fhir")
    dicom = dicom_web(services.imaging, services.query, index.network, app.state.authenticator)
    app.include_router(dicom, prefix="/dicom-web")
    add_pages(app, pages)
    return app


def compose_bench(index: Index, services: Services, callers: Callers, settings: Settings) -> Bench:
    """What the review pages work with."""
    return Bench(
        query=services.query,
        imaging=services.imaging,
        review=services.review,
        worklist=services.worklist,
        batches=services.batches,
        quarantine=services.quarantine,
        deliveries=services.deliveries,
        corrections=services.corrections,
        keeping_apart=services.keeping_apart,
        comparing=Comparing(index.units, index.matching),
        models=index.models,
        sampling=services.sampling,
        dashboards=services.dashboards,
        model=services.model,
        admission=Admission(index.units, index.clock),
        timelines=Timelines(index.units, index.matching),
        seeking=Seeking(index.units, index.matching),
        portraits=Portraits(index.units, index.matching),
        acts=services.acts,
        launching=Launching(index.units, index.network, index.clock, load_launchers(settings, index.network)),
        network=index.network,
        clock=index.clock,
        started=services.started,
        callers=callers,
        session_key=session_key(settings),
        session_idle=settings.session_idle,
        session_length=settings.session_length,
        token_sign_in=settings.token_sign_in,
        provider=compose_provider(index.units, index.clock, index.network, settings),
    )


def warnings(index: Index) -> Sequence[str]:
    """Who is not being told of changes, in words; the instance serves all the same."""
    try:
        return alarms(index.consumers.standing(), index.clock.now())
    except MpiError:
        return []  # `readiness` says that the database is away


def readiness(engine: Engine) -> Callable[[], Sequence[str]]:
    """What keeps this instance from serving, in words; empty when it is ready."""

    def unready() -> Sequence[str]:
        try:
            with engine.connect() as connection:
                connection.execute(text("select from source_record limit 1"))
                # A standby answers the line above; but every use case writes, if only its audit row.
                closed = connection.execute(text("show transaction_read_only")).scalar_one() == "on"
        except SQLAlchemyError:
            return ["the database cannot be used"]
        return ["the database takes no writes"] if closed else []

    return unready

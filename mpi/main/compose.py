"""The edges of an index: adapters and pages over its use cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.dicom.web import dicom_web
from adapters.fhir.observer import Observer as FhirObserver
from adapters.fhir.router import router as fhir_router
from mpi.api.app import create_app
from mpi.api.security import token_lookup
from mpi.api.services import Services
from mpi.errors import MpiError
from mpi.launchers import load_launchers
from mpi.main.alarms import alarms
from mpi.main.index import Index, TimeOrderedIds
from mpi.main.observed import ObservedIntake, ObservedResolve
from mpi.main.provider import compose_provider
from mpi.main.renderers import renderers
from mpi.main.settling import compose_settling
from mpi.metrics import Metrics
from mpi.review.bench import Bench
from mpi.review.pages import Pages
from mpi.review.workbench import add_pages
from mpi.settings import Settings
from mpi.tokens import Callers, reviewers, session_key
from mpi.usecases.deciding.comparing import Comparing
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.review import Review
from mpi.usecases.deciding.worklist import Worklist
from mpi.usecases.entrance.admission import Admission
from mpi.usecases.entrance.launching import Launching
from mpi.usecases.figures.corrections import Corrections
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.timelines import Timelines
from mpi.usecases.reading.portraits import Portraits
from mpi.usecases.reading.query import Query
from mpi.usecases.reading.seeking import Seeking
from mpi.usecases.refused.tallies import Tallies
from mpi.usecases.subscribers.deliveries import Deliveries
from mpi.usecases.subscribers.subscriptions import Subscriptions


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

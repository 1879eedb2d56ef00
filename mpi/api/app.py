"""Puts the HTTP API together. `mpi.main` adds the routers of other protocols with `include_router`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from mpi.api import (
    archives,
    batches,
    conformance,
    corrections,
    dashboards,
    deliveries,
    imaging,
    keeping_apart,
    operations,
    orders,
    people,
    priors,
    quarantine,
    regrouping,
    resolve,
    subscriptions,
    tasks,
    worklist,
)
from mpi.api.edge import BODY_LIMIT_BYTES, Edge, Observe
from mpi.api.problems import Invalid, Renderer, choose_renderer, problem_of
from mpi.api.responses import Application
from mpi.api.security import PURPOSES, Authenticator
from mpi.api.services import Services
from mpi.errors import MpiError

PARTS = (
    *(resolve, imaging, orders, archives, priors, people, worklist, tasks, batches, regrouping, keeping_apart),
    *(corrections, dashboards, subscriptions, deliveries, conformance, quarantine, operations),
)
"""The modules whose routers make up the native API."""

DESCRIPTION = """
One longitudinal imaging history per person, across the trusts of an imaging network.

Every endpoint under `/v1` needs a bearer token. A 2xx answer means the change is committed and visible everywhere.
Failures are RFC 9457 problem details. `X-Request-Id` is taken over or made, and echoed. `X-Purpose-Of-Use` states why
one request is made when that is not the caller's usual purpose. No demographics but those of `/v1/people` and
`/v1/quarantine`.
"""

_TAGS = [
    {"name": "identity", "description": "Who is this patient id? Identifiers in, identifiers out."},
    {"name": "imaging", "description": "Studies and imaging histories."},
    {"name": "people", "description": "Golden identities with demographics."},
    {"name": "review", "description": "Questions for data-quality staff, and their decisions."},
    {"name": "privacy", "description": "Records that must never be linked."},
    {"name": "subscriptions", "description": "Webhooks that follow identity changes."},
    {"name": "operations", "description": "Health, metrics, and what arrives wrong."},
]


def _new_request_id() -> str:
    return uuid.uuid4().hex


def _observe_nothing(method: str, route: str, status: int, seconds: float) -> None:
    """The default when nobody measures."""


def _version() -> str:
    try:
        return version("mpi")
    except PackageNotFoundError:
        return "0"


def _handle_problems(app: FastAPI, render: Renderer) -> None:
    async def tell(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.code == "internal":
            # To the edge, which logs it without its text and answers 500.
            raise error
        return render(request, problem)

    for kind in (MpiError, Invalid, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, tell)


def create_app(
    services: Services,
    *,
    renderers: Mapping[str, Renderer] | None = None,
    purposes: frozenset[str] = PURPOSES,
    observe: Observe = _observe_nothing,
    new_request_id: Callable[[], str] = _new_request_id,
    body_limit: int = BODY_LIMIT_BYTES,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """The application.

    `renderers` maps a path prefix to how problems are told under it (the FHIR router tells OperationOutcome);
    `observe` is called after each request with method, route template, status and seconds; `body_limit` in bytes.
    """
    app = Application(
        title="Master patient index",
        description=DESCRIPTION,
        version=_version(),
        openapi_tags=_TAGS,
        docs_url=None,  # both pages of the framework load scripts from another host
        redoc_url=None,
        redirect_slashes=False,  # a redirect takes its host from the request and drops the token
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.authenticator = Authenticator(services.caller_of, purposes)
    render = choose_renderer(renderers or {})
    _handle_problems(app, render)
    app.add_middleware(Edge, render=render, new_request_id=new_request_id, observe=observe, limit=body_limit)
    for part in PARTS:
        app.include_router(part.router)
    return app

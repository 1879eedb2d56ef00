"""Health, metrics, and what each problem code means."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from mpi.api.answers import answer
from mpi.api.problems import RETRY_AFTER_SECONDS, TITLES, TYPE_PREFIX
from mpi.api.responses import Responses, name_operation, problems, success
from mpi.api.security import authenticator_of
from mpi.api.services import Provided
from mpi.api.shapes import ReadinessJson
from mpi.domain.access import Right

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METRICS: Responses = {200: {"description": "Prometheus text format.", "content": {METRICS_TYPE: {}}}}
_FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip")

router = APIRouter(tags=["operations"], generate_unique_id_function=name_operation)


@router.get("/health/live", response_model=None, responses=success(ReadinessJson, "The process answers."))
async def live() -> Response:
    """Whether the process answers. Async on purpose: it must answer while every worker thread is busy."""
    content: ReadinessJson = {"status": "live", "reasons": []}
    return answer(content)


@router.get(
    "/health/ready",
    response_model=None,
    responses=success(ReadinessJson, "Ready to serve.") | success(ReadinessJson, "Not ready, and why.", 503),
)
def ready(services: Provided) -> Response:
    """Whether this instance can serve, and if not, why."""
    reasons = list(services.unready())
    content: ReadinessJson = {"status": "unready" if reasons else "ready", "reasons": reasons}
    if not reasons and (wrong := list(services.warnings())):
        content["warnings"] = wrong
    if not reasons:
        return answer(content)
    return answer(content, 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def is_local(request: Request) -> bool:
    """Whether the peer is this machine itself; a reverse proxy on this machine does not make its clients local."""
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@router.get(
    "/metrics",
    response_model=None,
    response_class=Response,
    responses=_METRICS | problems(401, 403),
)
def metrics(request: Request, services: Provided) -> Response:
    """Prometheus metrics: for this machine, or a caller with the OPERATE right."""
    if not is_local(request):
        authenticator_of(request)(request).require(Right.OPERATE)
    return Response(services.metrics(), headers={"Content-Type": METRICS_TYPE})


@router.get(TYPE_PREFIX + "{code}", include_in_schema=False, response_model=None)
async def problem(code: str) -> Response:
    """What a problem's `type` means."""
    if code not in TITLES:
        raise HTTPException(404)
    return answer({"type": TYPE_PREFIX + code, "title": TITLES[code]})

"""From a hospital's patient record to one person's imaging history: see docs/launch.md.

Every launch has a cookie of its own, under a path of its own: two patients open side by side never take each other's
place, who is signed in at the workbench stays so, and a launched page leads nowhere else.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from mpi.domain.identifiers import Identifier
from mpi.domain.launch import Launch
from mpi.review.cookies import is_plain, read_cookie, set_cookie
from mpi.review.pages import Pages, pages_of
from mpi.review.route import Handler, Paging
from mpi.review.sessions import Visitor
from mpi.review.timeline import Asked, show

_COOKIE = "mpi-launch"
_REFRESH = 60  # seconds; the cookie is renewed no more often
_ENDED = "it was opened too long ago, or has been left alone for too long"
_Word = Annotated[str, Field(min_length=1, max_length=200)]


class Signed(BaseModel):
    """The parameters of a launch."""

    launcher: _Word
    issuer: _Word
    id: _Word
    user: _Word
    expires: Annotated[int, Field(ge=0, le=2**40)]
    nonce: _Word
    signature: _Word

    def to_launch(self) -> Launch:
        """The launch as it was signed."""
        return Launch(self.launcher, self.issuer, self.id, self.user, self.expires, self.nonce)


class LaunchRoute(APIRoute):
    """A page of one launch, for the browser that followed its link."""

    def get_route_handler(self) -> Handler:
        """The framework's handler, with the launch's cookie checked ahead of it."""
        handle = super().get_route_handler()

        async def visit(request: Request) -> Response:
            pages = pages_of(request)
            name = request.path_params["launch_id"]
            content = _opened(pages, request, name)
            now = _now(pages)
            response = await handle(request)
            if now - content["seen"] >= _REFRESH:
                _keep(pages, request, response, name, {**content, "seen": now})
            return response

        return visit


public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False, route_class=LaunchRoute)


@public.get("/launch")
def launch(request: Request, pages: Paging, asked: Annotated[Signed, Query()]) -> Response:
    """Check the link, once; then to the person's page."""
    launching = pages.bench.launching
    if known := launching.find(asked.launcher):
        request.state.frame_ancestors = known.frame_ancestors  # so that a failure can be read there as well
    _, patient = launching.admit(asked.to_launch(), asked.signature)
    name, now = secrets.token_urlsafe(16), _now(pages)
    response = pages.redirect(request, f"/launch/{name}/imaging")
    content = {
        "launcher": asked.launcher,
        "user": asked.user,
        "authority": patient.authority,
        "value": patient.value,
        "started": now,
        "seen": now,
    }
    _keep(pages, request, response, name, content)
    return response


async def _patient(request: Request) -> Identifier:
    return cast(Identifier, request.state.patient)


@router.get("/launch/{launch_id}/imaging")
def imaging(
    request: Request,
    launch_id: str,
    pages: Paging,
    patient: Annotated[Identifier, Depends(_patient)],
    asked: Annotated[Asked, Query()],
) -> Response:
    """The imaging history of whom the launch's patient number belongs to now."""
    return show(request, pages, request.state.visitor.caller, patient, asked)


def _opened(pages: Pages, request: Request, name: str) -> dict[str, Any]:
    """What the launch's cookie holds, with who and whom put into the request's state."""
    bench = pages.bench
    content = pages.seal.open(f"launch {name}", read_cookie(request, _COOKIE, _path(name)))
    launcher = bench.launching.find(content["launcher"]) if content else None
    if content is None or launcher is None:
        raise HTTPException(403, _ENDED)
    request.state.frame_ancestors = launcher.frame_ancestors
    now = _now(pages)
    if now - content["seen"] > bench.session_idle or now - content["started"] > bench.session_length:
        raise HTTPException(403, _ENDED)
    request.state.visitor = Visitor(bench.launching.caller(launcher, content["user"]), csrf="")
    request.state.patient = Identifier(content["authority"], content["value"])
    return dict(content)


def _keep(pages: Pages, request: Request, response: Response, name: str, content: dict[str, Any]) -> None:
    ancestors = getattr(request.state, "frame_ancestors", ())
    sealed = pages.seal.close(f"launch {name}", content)
    set_cookie(request, response, _COOKIE, sealed, _path(name), framed=bool(ancestors) and not is_plain(request))


def _path(name: str) -> str:
    return f"/launch/{name}"


def _now(pages: Pages) -> int:
    return int(pages.bench.clock.now().timestamp())

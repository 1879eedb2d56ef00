"""Makes pages of templates: who looks, what they may go to, what was said to them, and the headers that guard it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from mpi.review.assets import mount_assets
from mpi.review.bench import Bench
from mpi.review.cookies import forget_cookie, read_cookie, set_cookie
from mpi.review.failures import failure_of
from mpi.review.headers import page_headers
from mpi.review.navigation import entries_for, is_current
from mpi.review.places import SIGN_IN, START, stronger
from mpi.review.seal import Seal
from mpi.review.sessions import Sessions, Visitor
from mpi.review.words import filters

_SAID = "mpi-said"  # the cookie of what the next page has to say


class Pages:
    """The pages of one service, over one bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seal = Seal(bench.session_key)
        self.sessions = Sessions(bench, self.seal)
        self._assets = ""
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader("mpi.review"), PackageLoader("nhsuk_frontend_jinja")]),
            autoescape=True,  # of every template, whatever its name: odd characters in a name are text
            undefined=ChainableUndefined,  # nhsuk_frontend_jinja needs it
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(filters(bench.network))

    def add_to(self, app: FastAPI) -> None:
        """Make `app` serve what the pages load, and routes able to find these pages."""
        self._assets = mount_assets(app)
        app.state.pages = self

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        """A page; `template` is a name in `mpi/review/templates`. All values are escaped."""
        nonce = secrets.token_urlsafe(16)
        body = self._environment.get_template(template).render(self._around(request, nonce) | context)
        ancestors: Sequence[str] = getattr(request.state, "frame_ancestors", ())
        headers = page_headers(nonce, ancestors, self._leaves_to(request))
        response = Response(body, status, dict(headers), "text/html")
        if read_cookie(request, _SAID):
            forget_cookie(request, response, _SAID)
        return response

    def redirect(self, request: Request, path: str, said: str = "") -> Response:
        """Send the browser to another of our pages (by GET), which begins with what is `said`."""
        response = Response(status_code=303, headers={"Location": path, **page_headers("")})
        if said:
            set_cookie(request, response, _SAID, self.seal.close("said", {"text": said}))
        return response

    def fail(self, request: Request, status: int, detail: str, headers: Mapping[str, str] = {}) -> Response:
        """A failure as a page; who is not signed in is asked to, and comes back to where they wanted to go."""
        path = request.url.path
        if status == 401 and path.startswith(START):
            return self._ask_in(request)
        response = self.page(request, "failure.jinja", status, failure=failure_of(status, path), detail=detail)
        response.headers.update(headers)
        return response

    def _ask_in(self, request: Request) -> Response:
        wanted = request.url.path
        if request.url.query:
            wanted += f"?{request.url.query}"
        again = f"?{urlencode({'next': wanted})}" if request.method == "GET" else ""
        if request.headers.get("HX-Request") == "true":  # a script cannot follow a redirect to another page by itself
            return Response(status_code=401, headers={"HX-Redirect": SIGN_IN, **page_headers("")})
        return self.redirect(request, SIGN_IN + again)

    def _leaves_to(self, request: Request) -> str:
        """Browsers hold a form's redirects to the page's policy too, and signing out goes on at the provider."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        return visitor.leaves_to if visitor is not None else ""

    def _around(self, request: Request, nonce: str) -> dict[str, Any]:
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        entries = entries_for(visitor.caller) if visitor is not None and visitor.session is not None else []
        path = request.url.path
        said = self.seal.open("said", read_cookie(request, _SAID)) or {}
        return {
            "network": self.bench.network,
            "caller": visitor.caller if visitor else None,
            "signed_in": visitor is not None and visitor.session is not None,
            "csrf": visitor.csrf if visitor else "",
            "stronger": stronger(request) if visitor is not None and not visitor.caller.strong else "",
            "navigation": [(entry, is_current(entry, path)) for entry in entries],
            "cspNonce": nonce,
            "assetPath": f"{self._assets}/vendor",
            "own": f"{self._assets}/own",
            "said": said.get("text", ""),
            "request_id": getattr(request.state, "request_id", ""),
            "sign_in_page": SIGN_IN,
        }


def pages_of(request: Request) -> Pages:
    """The pages of the application that serves `request`."""
    return cast(Pages, request.app.state.pages)

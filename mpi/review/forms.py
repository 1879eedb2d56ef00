"""That a form came from one of our own pages, sent by whom it was shown to."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException

FIELD = "csrf"
HEADER = "X-CSRF-Token"  # what htmx sends with every request
_FOREIGN = "This form was sent from another site. Open the page from this service and send it again."
_STALE = "This form is out of date: you have signed in or out since. Open the page again and repeat what you did."


def check_origin(request: Request) -> None:
    """Raise 403 for a request that another site's page had the browser send; the browser itself says so."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        if fetched not in {"same-origin", "none"}:
            raise HTTPException(403, _FOREIGN)
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, _FOREIGN)


async def check_form(request: Request, expected: str) -> None:
    """Raise 403 unless the form, or htmx's header, brings what the session's own pages carry."""
    check_origin(request)
    sent = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    if not isinstance(sent, str) or not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise HTTPException(403, _STALE)

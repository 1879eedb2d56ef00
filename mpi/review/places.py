"""Addresses of the pages, and where somebody comes back to who had to sign in, or to prove again who they are."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from fastapi import Request

START = "/review"
SIGN_IN = "/review/sign-in"
STRONGER = f"{SIGN_IN}/stronger"
_LONGEST = 2000  # characters: it travels in a cookie
_ODD = re.compile(r"//|/\.|\\")  # what a browser would read as another place than it seems


def local(wanted: str) -> str:
    """`wanted` when it is one of our pages, else the start: nobody is sent elsewhere by a crafted link."""
    ours = wanted == START or wanted.startswith((f"{START}/", f"{START}?"))
    plain = wanted.isascii() and wanted.isprintable() and not _ODD.search(wanted.partition("?")[0])
    fits = len(wanted) <= _LONGEST and not wanted.startswith(SIGN_IN)
    return wanted if ours and plain and fits else START


def stronger(request: Request) -> str:
    """The page that asks for a stronger sign-in; from there back to this page, or to the one with the form."""
    return f"{STRONGER}?{urlencode({'next': _page_of(request)})}"


def _page_of(request: Request) -> str:
    """The page a request comes from: what a form has sent cannot be sent again by itself."""
    if request.method == "GET":
        return local(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    form = urlsplit(request.headers.get("referer", ""))
    if form.netloc != request.headers.get("host"):
        return START
    return local(form.path + (f"?{form.query}" if form.query else ""))

"""Cookies of the pages: no script reads them, and off this machine none travels without TLS."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response

from mpi.settings import is_loopback


def is_plain(request: Request) -> bool:
    """Whether this is a browser on this machine speaking plain HTTP, which would not keep a Secure cookie."""
    return request.url.scheme == "http" and is_loopback(request.url.hostname or "")


def read_cookie(request: Request, name: str, path: str = "/") -> str:
    """The cookie's value, "" when there is none."""
    return request.cookies.get(_spelt(request, name, path), "")


def set_cookie(
    request: Request,
    response: Response,
    name: str,
    value: str,
    path: str = "/",
    same_site: Literal["lax", "strict"] = "lax",
    framed: bool = False,
) -> None:
    """A cookie that lasts until the browser is closed, or until what it holds has expired. `framed`: it is sent to a
    page in another site's frame as well, and then in frames of that site only."""
    response.set_cookie(
        _spelt(request, name, path),
        value,
        path=path,
        secure=not is_plain(request),
        httponly=True,
        samesite="none" if framed else same_site,
    )
    if framed:
        header, written = response.raw_headers.pop()
        response.raw_headers.append((header, written + b"; Partitioned"))  # by Starlette from Python 3.14 on only


def forget_cookie(request: Request, response: Response, name: str) -> None:
    """Have the browser drop it."""
    response.delete_cookie(_spelt(request, name, "/"), path="/", secure=not is_plain(request), httponly=True)


def _spelt(request: Request, name: str, path: str) -> str:
    # The prefix binds the cookie to this host and to TLS; browsers refuse it from anybody else (RFC 6265bis 4.1.3.2).
    return name if is_plain(request) or path != "/" else f"__Host-{name}"

"""Successful answers: JSON straight from plain values, entity tags, links to more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic_core import to_json

JSON = "application/json"


Encode = Callable[[Any], bytes]
"""Writes an answer as JSON. A `TypeAdapter`'s, which knows the shape beforehand, takes half the time for a long one
with many enumerations; it must not hold numbers that JSON has no words for."""


def _encode(content: object) -> bytes:
    # Without the mode an infinite weight would be written as a bare Infinity, which no JSON parser has to read.
    return to_json(content, inf_nan_mode="null")


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`content` as JSON. It is not validated again: TypedDicts have already been checked by mypy."""
    return Response(_encode(content), status, headers, JSON)


def link(target: str, relation: str) -> str:
    """One value of a Link header (RFC 8288)."""
    return f'<{target}>; rel="{relation}"'


def next_page(request: Request, after: str) -> str:
    """The reference of the page that follows: this request with its `after` replaced."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"{request.url.path}?{urlencode([*query, ('after', after)])}"


def _matches(header: str, tag: str) -> bool:
    # Weak comparison, as RFC 9110 13.1.2 asks of If-None-Match.
    return header.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))


def answer_tagged(
    request: Request,
    content: object,
    links: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    encode: Encode = _encode,
) -> Response:
    """`content` as JSON with an ETag of its bytes; 304 without a body when the caller already holds it.

    Only the caller may keep it, and must ask again before each use: identities change.
    """
    body = encode(content)
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    sent = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization", **(headers or {})}
    if links:
        sent["Link"] = ", ".join(links)
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, sent)
    return Response(body, 200, sent, JSON)

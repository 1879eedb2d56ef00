"""Searchset Bundles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.fhir.exchange import Addresses


def entry(resource: Mapping[str, Any], addresses: Addresses, search: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of a searchset; an OperationOutcome has no address of its own."""
    found: dict[str, Any] = {"resource": dict(resource), "search": dict(search)}
    if "id" in resource:
        found["fullUrl"] = addresses.url(f"{resource['resourceType']}/{resource['id']}")
    return found


def searchset(
    entries: Iterable[Mapping[str, Any]], self_url: str, total: int | None = None, next_url: str = ""
) -> dict[str, Any]:
    """A searchset Bundle; `total` None when the number of matches is not known, `self_url` says what was honoured."""
    links = [{"relation": "self", "url": self_url}]
    if next_url:
        links.append({"relation": "next", "url": next_url})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if total is not None:
        bundle["total"] = total
    found = [dict(one) for one in entries]
    if found:
        bundle["entry"] = found
    return bundle

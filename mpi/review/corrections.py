"""A trust's correction list: its own duplicates as a page, and as CSV for whoever mends them in the PAS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from mpi.domain.access import Caller, Right
from mpi.domain.correction import Correction, Doubled, Numbered
from mpi.domain.network import Network
from mpi.review.comparison_rows import FIELDS
from mpi.review.csv_lines import csv_lines
from mpi.review.headers import page_headers
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.words import identifier

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/corrections"
_SIZE = 25
_SAYS = {key: (name, read) for name, key, read in FIELDS}
_HEADINGS = ("Keep", "Why", "Merge into it", "Studies under it", "What differs: keep / merge", "Golden identity")
Trust = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in words, and what the record to keep and the other one say of it."""

    field: str
    kept: str
    merged: str


def differences(found: Correction, other: Numbered, differs: tuple[str, ...]) -> list[Difference]:
    """What differs between the record to keep and another."""
    told = []
    for key in differs:
        name, read = _SAYS[key]
        said = [", ".join(text for text in read(one.demographics) if text) for one in (found.survivor, other)]
        told.append(Difference(name, said[0] or "not said", said[1] or "not said"))
    return told


@router.get(PATH)
def correction_list(
    request: Request,
    pages: Paging,
    caller: Calling,
    trust: Trust = "",
    after: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """One page of a trust's duplicates; who may see several trusts chooses one."""
    caller.require(Right.REVIEW)
    network = pages.bench.network
    trust = trust or caller.bounds or ""
    page = pages.bench.corrections.page(trust, caller, _SIZE, _place(after)) if trust else None
    following = f"{page.following[0]}~{page.following[1]}" if page and page.following else ""
    return pages.page(
        request,
        "corrections.jinja",
        page=page,
        corrections=[_shown(found) for found in page.corrections] if page else [],
        trust=trust,
        trusts=_trusts(network, caller),
        first=not after,
        following=following,
    )


@router.get(f"{PATH}.csv")
def correction_file(request: Request, pages: Paging, caller: Calling, trust: Trust = "") -> Response:
    """The whole list of a trust as a file."""
    caller.require(Right.REVIEW)
    trust = trust or caller.bounds or ""
    found = pages.bench.corrections.export(trust, caller)
    day = pages.bench.clock.now().date().isoformat()
    headers = {"Content-Disposition": f'attachment; filename="corrections-{trust}-{day}.csv"', **page_headers("")}
    lines = csv_lines(_rows(found, pages.bench.network))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _rows(found: Iterator[Correction], network: Network) -> Iterator[tuple[str, ...]]:
    """A row for each record to be merged. Numbers stand with their issuer: alone they would lose their zeros."""
    yield _HEADINGS
    for one in found:
        for other, differs in one.duplicates:
            said = [f"{d.field}: {d.kept} / {d.merged}" for d in differences(one, other, differs)]
            yield (
                identifier(one.survivor.identifier, network),
                one.because,
                identifier(other.identifier, network),
                str(other.studies),
                "; ".join(said) or "nothing",
                str(one.golden_id),
            )


def _shown(found: Correction) -> tuple[Correction, list[tuple[Numbered, list[Difference]]]]:
    return found, [(other, differences(found, other, differs)) for other, differs in found.duplicates]


def _trusts(network: Network, caller: Caller) -> list[tuple[str, str]]:
    owners = {authority.owner for authority in network.authorities}
    allowed = [one for one in network.organisations if one.code in owners and caller.bounds in (None, one.code)]
    return [(one.code, one.name) for one in allowed]


def _place(after: str) -> Doubled | None:
    """Where the page before ended; an address that somebody has changed begins anew."""
    golden_id, _, authority = after.partition("~")
    try:
        return UUID(golden_id), authority
    except ValueError:
        return None

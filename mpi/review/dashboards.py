"""The dashboards: what the feeds send, how well the index matches, and the samples it is measured by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request, Response

from mpi.domain.access import Right
from mpi.domain.sampling import LEAST
from mpi.errors import Conflict, NotFound, Refused
from mpi.review.figures import Figure, written
from mpi.review.headers import page_headers
from mpi.review.matching_figures import matching_figures, sample_figures
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.trust_figures import network_figures, trust_figures
from mpi.usecases.deciding.sampling import Draw

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/dashboards"
Format = Annotated[str, Query(max_length=10)]
Key = Annotated[str, Query(max_length=60)]


@router.get(PATH + "/matching")
def matching(request: Request, pages: Paging, caller: Calling, format: Format = "", figure: Key = "") -> Response:
    """How well the index matches."""
    return _matching(request, pages, caller, format, figure)


def _matching(
    request: Request,
    pages: Pages,
    caller: Calling,
    format: str = "",
    figure: str = "",
    errors: Mapping[str, str] = {},
    status: int = 200,
) -> Response:
    caller.require(Right.REVIEW)
    bench = pages.bench
    counted = bench.dashboards.read(caller, "matching")
    found = bench.sampling.findings(caller)
    figures = matching_figures(counted.matching, bench.model) if counted else []
    sampled = sample_figures(found) if found else []
    if format == "csv":
        return _file("matching", [*sampled, *figures], figure)
    return pages.page(
        request,
        "matching.jinja",
        status,
        counted=counted,
        model=bench.model,
        found=found,
        sampled=sampled,
        figures=figures,
        path=f"{PATH}/matching",
        may_draw=caller.may(Right.MEASURE),
        standard=Draw(),
        least=LEAST,
        errors=errors,
    )


@router.post(PATH + "/matching/sample")
def draw(
    request: Request,
    pages: Paging,
    caller: Calling,
    pairs: Annotated[str, Form(max_length=10)] = "",
    twice: Annotated[str, Form(max_length=10)] = "",
    share: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Draw a blind sample into the work list."""
    caller.require(Right.MEASURE)
    ranges = {"pairs": (pairs, LEAST, 5_000), "twice": (twice, 0, 100), "share": (share, 1, 50)}
    wrong = {
        name: f"Enter a whole number from {low:,} to {high:,}"
        for name, (said, low, high) in ranges.items()
        if not (said.isascii() and said.isdigit() and low <= int(said) <= high)
    }
    if wrong:
        return _matching(request, pages, caller, errors=wrong, status=422)
    try:
        drawn = pages.bench.sampling.draw(caller, Draw(int(pairs), int(twice) / 100, int(share) / 100))
    except (Refused, Conflict) as error:
        said = str(error)
        status = 409 if isinstance(error, Conflict) else 422
        return _matching(request, pages, caller, errors={"pairs": said[:1].upper() + said[1:]}, status=status)
    counts = f"{drawn.drawn:,} pairs of {drawn.pairs:,}"
    said = f"A sample has been drawn: {counts}. It is in the work list, among the possible matches."
    return pages.redirect(request, f"{PATH}/matching", said)


@router.post(PATH + "/matching/end")
def end(request: Request, pages: Paging, caller: Calling) -> Response:
    """Take back the samples that nobody has answered."""
    gone = pages.bench.sampling.end(caller)
    said = f"Taken back: pairs without an answer {gone.pairs:,}, second readings {gone.readings:,}."
    return pages.redirect(request, f"{PATH}/matching", said)


@router.get(PATH + "/trusts")
def trusts(request: Request, pages: Paging, caller: Calling, format: Format = "", figure: Key = "") -> Response:
    """All trusts beside one another."""
    caller.require(Right.REVIEW)
    counted = pages.bench.dashboards.read(caller, "trusts")
    found = pages.bench.dashboards.trusts(counted, pages.bench.network, pages.bench.started)
    figures = network_figures(found)
    if format == "csv":
        return _file("trusts", figures, figure)
    links = [(one.organisation, one.last_at, one.ago(one.last_at), one.silent) for one in found]
    return _board(request, pages, "trusts.jinja", counted, figures, f"{PATH}/trusts", links=links)


@router.get(PATH + "/trusts/{code}")
def trust(
    request: Request,
    pages: Paging,
    caller: Calling,
    code: Annotated[str, Path(max_length=10)],
    format: Format = "",
    figure: Key = "",
) -> Response:
    """One trust."""
    caller.require(Right.REVIEW)
    network = pages.bench.network
    if code not in network.organisation_by_code:
        raise NotFound("no trust of this network has this code")
    counted = pages.bench.dashboards.read(caller, f"trusts/{code}")
    found = pages.bench.dashboards.trusts(counted, pages.bench.network, pages.bench.started)
    names = {one.id: one.name for one in network.authorities}
    figures = [made for one in found if one.organisation.code == code for made in trust_figures(one, names)]
    if format == "csv":
        return _file(f"trust-{code}", figures, figure)
    organisation = network.organisation_by_code[code]
    return _board(request, pages, "trust.jinja", counted, figures, f"{PATH}/trusts/{code}", organisation=organisation)


def _board(
    request: Request, pages: Pages, template: str, counted: Any, figures: Sequence[Figure], path: str, **more: Any
) -> Response:
    return pages.page(request, template, counted=counted, figures=figures, path=path, **more)


def _file(name: str, figures: Sequence[Figure], key: str) -> Response:
    """The tables as a file, or the one of this key. The browser saves it: it is nothing to be shown."""
    chosen = [one for one in figures if key in ("", one.key)]
    if not chosen:
        raise NotFound("this dashboard has no such figure")
    headers = dict(page_headers("")) | {"Content-Disposition": f'attachment; filename="{name}{key and "-"}{key}.csv"'}
    return Response(written(chosen), 200, headers, "text/csv; charset=utf-8")

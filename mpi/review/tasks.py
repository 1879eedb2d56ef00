"""The work list: what is open, the most urgent first, and the next task."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from mpi.domain.access import Caller, Right
from mpi.domain.network import Network
from mpi.domain.views import TaskKind
from mpi.domain.worklist import COUNTED, NOBODY, Position, Wanted, holder, owned
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.words import KINDS

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/tasks"
_SIZE = 25
_BANDS = {
    "": ("Any weight", (None, None)),
    "strong": ("10 bits and more", (10.0, None)),
    "middle": ("5 to 10 bits", (5.0, 10.0)),
    "weak": ("Under 5 bits", (None, 5.0)),
}
_HOLDERS = {"": "Anybody or nobody", NOBODY: "Nobody", "me": "Me"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form of the work list says, as it says it; what means nothing here does not restrict."""

    kind: str = ""
    trust: str = ""
    weight: str = ""
    held: str = ""
    text: str = ""
    deferred: str = ""

    def wanted(self, network: Network, caller: Caller) -> Wanted:
        """The filters as the use case knows them."""
        kinds = (TaskKind(self.kind),) if self.kind in set(TaskKind) else ()
        _, weight = _BANDS.get(self.weight, _BANDS[""])
        assignee = {"me": caller.user, NOBODY: NOBODY}.get(self.held, "")
        return Wanted(
            kinds,
            owned(network, self.trust),
            weight,
            None,
            assignee,
            self.text.strip(),
            bool(self.deferred),
            reader=caller.user,
        )

    @property
    def query(self) -> str:
        """The filters as a query, without those that say nothing."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


def filters_of(
    kind: Annotated[str, Query(max_length=40)] = "",
    trust: Annotated[str, Query(max_length=10)] = "",
    weight: Annotated[str, Query(max_length=10)] = "",
    held: Annotated[str, Query(max_length=10)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    deferred: Annotated[str, Query(max_length=5)] = "",
) -> Filters:
    """The filters in the address of a page."""
    return Filters(kind, trust, weight, held, text, deferred)


Filtered = Annotated[Filters, Depends(filters_of)]


@router.get(PATH)
def work_list(
    request: Request,
    pages: Paging,
    caller: Calling,
    filters: Filtered,
    after: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """One page of the work list."""
    caller.require(Right.REVIEW)
    bench = pages.bench
    page = bench.worklist.page(caller, filters.wanted(bench.network, caller), _SIZE, _position(after))
    now = bench.clock.now()
    following = page.following
    return pages.page(
        request,
        "tasks.jinja",
        tasks=[(task, holder(task, now)) for task in page.tasks],
        total=page.total,
        counted=COUNTED,
        filters=filters,
        kinds={kind: name for kind, name in KINDS.items() if kind is not TaskKind.BLIND_SAMPLE},
        bands={key: name for key, (name, _) in _BANDS.items()},
        holders=_HOLDERS,
        first=not after,
        following=f"{following.place}~{following.weight!r}~{following.id}" if following else "",
    )


@router.post(f"{PATH}/next")
def take_next(request: Request, pages: Paging, caller: Calling, filters: Filtered) -> Response:
    """Claim the most urgent task that is free and go to it."""
    caller.require(Right.REVIEW)
    found = pages.bench.worklist.next(caller, filters.wanted(pages.bench.network, caller))
    query = f"?{filters.query}" if filters.query else ""
    if found is None:
        return pages.redirect(request, PATH + query, "No task is left that you could take.")
    return pages.redirect(request, f"{PATH}/{found.id}{query}")


def _position(after: str) -> Position | None:
    """Where the page before ended; an address that somebody has changed begins anew."""
    place, _, rest = after.partition("~")
    weight, _, number = rest.partition("~")
    try:
        return Position(int(place), float(weight), int(number))
    except ValueError:
        return None

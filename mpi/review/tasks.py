"""The work list: what is open, the most urgent first, and the next task."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from mpi.domain.access import Caller, Right
from mpi.domain.network import Network
from mpi.domain.views import TaskKind
from mpi.domain.worklist import COUNTED, NOBODY, Position, SavedFilter, Wanted, holder, owned
from mpi.errors import Refused
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
_AGES = {
    "": ("Any time", None),
    "day": ("For more than a day", timedelta(days=1)),
    "week": ("For more than a week", timedelta(weeks=1)),
    "month": ("For more than four weeks", timedelta(weeks=4)),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form of the work list says, as it says it; what means nothing here does not restrict."""

    kind: str = ""
    trust: str = ""
    weight: str = ""
    held: str = ""
    age: str = ""
    text: str = ""
    deferred: str = ""
    batch: int = 0  # whose sample is being answered: one goes back there

    def wanted(self, network: Network, caller: Caller, now: datetime) -> Wanted:
        """The filters as the use case knows them."""
        kinds = (TaskKind(self.kind),) if self.kind in set(TaskKind) else ()
        _, weight = _BANDS.get(self.weight, _BANDS[""])
        _, age = _AGES.get(self.age, _AGES[""])
        before = None if age is None else now - age
        assignee = caller.user if self.held == "me" else self.held
        return Wanted(
            kinds,
            owned(network, self.trust),
            weight,
            before,
            assignee,
            self.text.strip(),
            self.deferred == "1",
            reader=caller.user,
        )

    @property
    def query(self) -> str:
        """The filters as a query, without those that say nothing."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def back(self) -> str:
        """Where one goes from a task: to the list, or to the batch."""
        if self.batch:
            return f"/review/groups/{self.batch}"
        return PATH + (f"?{self.query}" if self.query else "")


def filters_of(
    kind: Annotated[str, Query(max_length=40)] = "",
    trust: Annotated[str, Query(max_length=10)] = "",
    weight: Annotated[str, Query(max_length=10)] = "",
    held: Annotated[str, Query(max_length=100)] = "",
    age: Annotated[str, Query(max_length=10)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    deferred: Annotated[str, Query(max_length=5)] = "",
    batch: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> Filters:
    """The filters in the address of a page."""
    return Filters(kind, trust, weight, held, age, text, deferred, batch)


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
    now = bench.clock.now()
    page = bench.worklist.page(caller, filters.wanted(bench.network, caller, now), _SIZE, _position(after))
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
        holders=_HOLDERS | {user: user for user in bench.worklist.reviewers(caller) if user != caller.user},
        ages={key: name for key, (name, _) in _AGES.items()},
        saved=bench.worklist.saved(caller),
        first=not after,
        following=f"{following.place}~{following.weight!r}~{following.id}" if following else "",
    )


@router.post(f"{PATH}/next")
def take_next(request: Request, pages: Paging, caller: Calling, filters: Filtered) -> Response:
    """Claim the most urgent task that is free and go to it."""
    caller.require(Right.REVIEW)
    bench = pages.bench
    found = bench.worklist.next(caller, filters.wanted(bench.network, caller, bench.clock.now()))
    query = f"?{filters.query}" if filters.query else ""
    if found is None:
        return pages.redirect(request, PATH + query, "No task is left that you could take.")
    return pages.redirect(request, f"{PATH}/{found.id}{query}")


@router.post(f"{PATH}/filters")
def save_filter(
    request: Request, pages: Paging, caller: Calling, filters: Filtered, name: Annotated[str, Form()] = ""
) -> Response:
    """Keep the filters of the address under a name."""
    caller.require(Right.REVIEW)
    name = " ".join(name.split())
    said = f"The filter is saved as {name}."
    try:
        pages.bench.worklist.save(SavedFilter(name, filters.query), caller)
    except Refused as refused:
        said = f"The filter was not saved: {refused.text}."
    return pages.redirect(request, f"{PATH}?{filters.query}", said)


@router.post(f"{PATH}/filters/forget")
def forget_filter(
    request: Request, pages: Paging, caller: Calling, filters: Filtered, name: Annotated[str, Form()] = ""
) -> Response:
    """Let a saved filter go."""
    caller.require(Right.REVIEW)
    pages.bench.worklist.forget(name, caller)
    query = f"?{filters.query}" if filters.query else ""
    return pages.redirect(request, PATH + query, f"The saved filter {name} is removed.")


def _position(after: str) -> Position | None:
    """Where the page before ended; an address that somebody has changed begins anew."""
    place, _, rest = after.partition("~")
    weight, _, number = rest.partition("~")
    try:
        return Position(int(place), float(weight), int(number))
    except ValueError:
        return None

"""What of the open tasks a reviewer wants to see, and who may take one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mpi.domain.network import Network
from mpi.domain.views import TaskKind, TaskState, TaskView

LEASE = timedelta(minutes=30)
"""A task that somebody takes and does not answer in this time is anybody's again."""

ASSIGNED = timedelta(days=3)
"""The same of a task that somebody was given: they may be at home today."""

UNANSWERED = frozenset({TaskState.OPEN, TaskState.CLAIMED, TaskState.DEFERRED})

NOBODY = "-"
"""As an assignee: nobody holds the task."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which unanswered tasks; what is empty or None does not restrict.

    `authorities` are those of one of the records, `weight` the least and the greatest match weight in bits,
    `assignee` a user or NOBODY, `text` an identifier's value or the beginning of a surname. Tasks that are deferred
    to a later day are left out unless `deferred`. Blind samples are there for the user `reader` alone, as far as that
    user has not answered them; left out for "".
    """

    kinds: tuple[TaskKind, ...] = ()
    authorities: tuple[str, ...] = ()
    weight: tuple[float | None, float | None] = (None, None)
    before: datetime | None = None
    assignee: str = ""
    text: str = ""
    deferred: bool = False
    reader: str = ""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A way somebody looks at the work list, under a name of theirs. query: as it stands in the page's address."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the order of urgency a page ended."""

    place: int
    weight: float
    id: int


@dataclass(frozen=True, slots=True)
class WorkPage:
    """Some tasks, the most urgent first: kind of risk, whether imaging is affected, weight, age. `total` counts no
    further than `COUNTED`."""

    tasks: tuple[TaskView, ...]
    total: int
    following: Position | None = None


COUNTED = 1_000


def owned(network: Network, organisation: str) -> tuple[str, ...]:
    """The assigning authorities of an organisation, by its ODS code; none for "" (nobody's, as the NHS number is)."""
    return tuple(a.id for a in network.authorities if organisation and a.owner == organisation)


def holder(task: TaskView, now: datetime) -> str:
    """Who holds a task now, "" for nobody."""
    if not task.claimed_by or task.held_until is None or task.held_until <= now:
        return ""
    return task.claimed_by

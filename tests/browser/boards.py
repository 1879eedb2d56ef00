"""People, answers and counts for the dashboards to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field
from mpi.domain.views import Decision, TaskKind, TaskView
from mpi.domain.worklist import Wanted
from mpi.usecases.deciding.sampling import Draw
from mpi.usecases.figures.dashboards import Dashboards
from tests.browser import questions
from tests.browser.served import Served
from tests.integration.core.world import COLLEAGUE, REVIEWER, SENIOR, nhs, person, register

FAMILIES = ("Adair", "Bell", "Cole", "Dunne", "Eze", "Ford", "Grant", "Holt", "Iqbal", "Jones", "Khan", "Lowe")


@dataclass(frozen=True)
class Later:
    """A clock some minutes on, for what is counted only when it is settled."""

    clock: Any

    def now(self) -> datetime:
        present: datetime = self.clock.now()
        return present + timedelta(minutes=5)


def refreshed(served: Served) -> None:
    """Count what there is."""
    index = served.world.index
    assert Dashboards(index.units, index.matching, Later(index.clock)).refresh()


def network(served: Served) -> str:
    """Two dozen people at two trusts, most of them linked, with all kinds of tasks; the address of the trusts."""
    _fill(served)
    refreshed(served)
    return "/review/dashboards/trusts"


@cache
def _fill(served: Served) -> None:
    """Once for each index."""
    for place, family in enumerate(FAMILIES * 2):
        number = served.number()
        sex = Sex.MALE if place % 3 == 0 else Sex.FEMALE
        told = person(
            family,
            "Robin",
            f"{1930 + place * 3}-0{1 + place % 9}-17",
            sex,
            nhs(200 + number) if place % 4 else "",
            "01" if place % 5 else "02",
            f"M{1 + number % 20} {place % 9}AA",
            (f"{number} Mill Row",),
            {Field.PHONES: (f"0161 496 0{number % 1000:03}",), Field.ETHNIC_CATEGORY: "AB"[place % 2]},
        )
        for authority in ("BOL", "CHR"):
            served.world.tell(register(f"{authority}|{number}", 1, told))
    served.world.send(register(f"BOL|{served.number()}", 1, person()), feed="christie")  # refused: not its numbers
    for _ in range(4):
        task = questions.perhaps_twins(served, 0)
    served.world.review.decide(task.id, Decision.DIFFERENT, "Twins or siblings", REVIEWER)
    questions.overlaid(served)


def waiting(served: Served, reader: Caller) -> list[TaskView]:
    """The samples that a reader may answer."""
    with served.world.index.units.begin(read_only=True) as unit:
        found = unit.worklist.page(Wanted(reader=reader.user), served.world.index.clock.now(), 500, None)
    return [task for task in found if task.kind is TaskKind.BLIND_SAMPLE]


def drawn(served: Served) -> list[TaskView]:
    """The tasks of a fresh sample."""
    served.world.index.sampling.end(SENIOR)
    served.world.index.sampling.draw(SENIOR, Draw(pairs=60, twice=1.0, seed=5))
    return waiting(served, Caller("reviewer.smith", Role.REVIEWER, "RMC"))


def measured(served: Served) -> str:
    """A sample that two people have answered, who differ now and then; the address of the dashboard."""
    network(served)
    drawn(served)
    for reader in (REVIEWER, COLLEAGUE):
        for place, task in enumerate(sorted(waiting(served, reader), key=lambda task: (task.one, task.other))):
            linked = task.golden_ids[0] == task.golden_ids[1]
            odd = place % 13 == 0 or (reader is COLLEAGUE and place % 11 == 0)
            served.world.review.decide(task.id, Decision.SAME if linked != odd else Decision.DIFFERENT, "", reader)
    refreshed(served)
    return "/review/dashboards/matching"


def blind(served: Served) -> str:
    """A task of a sample as its reader finds it."""
    network(served)
    return f"/review/tasks/{drawn(served)[0].id}"


def blind_list(served: Served) -> str:
    """The work list while samples wait: they cannot be told from other possible matches."""
    blind(served)
    return "/review/tasks?kind=possible-match"


def half_answered(served: Served) -> str:
    """A sample with too few answers; the address of the dashboard."""
    network(served)
    for task in drawn(served)[:7]:
        served.world.review.decide(task.id, Decision.DIFFERENT, "", REVIEWER)
    return "/review/dashboards/matching"

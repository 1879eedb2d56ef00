"""What dashboards show is counted right, from whole tables, beside whoever looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field
from mpi.domain.counts import Counted
from mpi.domain.drift import drifts
from mpi.domain.views import Decision, TaskKind
from mpi.errors import Forbidden
from mpi.usecases.figures.dashboards import Dashboards
from tests.integration.core.world import COLLEAGUE, REVIEWER, World, nhs, of, other_person, person, register

TWIN = {Field.MULTIPLE_BIRTH: True, Field.PHONES: ("0161 496 0001",)}


@dataclass(frozen=True)
class Later:
    """The machine's clock, some time on."""

    by: timedelta
    clock: object

    def now(self) -> datetime:
        present: datetime = self.clock.now()  # type: ignore[attr-defined]
        return present + self.by


@pytest.fixture
def peopled(world: World) -> World:
    """Two people linked across Bolton and the Christie; one twice at Bolton; perhaps twins; an overlay."""
    for number, family in ((1, "Adair"), (2, "Bell")):
        told = person(family, "Maria", f"195{number}-03-07", number=nhs(number), postcode=f"M{number} 1AA")
        world.tell(register(f"BOL|{number}", 1, told), register(f"CHR|{number}", 1, told))
    world.tell(register("BOL|3", 1, person("Adair", "Maria", "1951-03-07", number=nhs(1), postcode="M1 1AA")))
    for authority, given in (("BOL", "Aisha"), ("CHR", "Ayesha")):
        told = person(
            "Begum", given, "2015-01-05", postcode="OL1 1AA", more=TWIN | {Field.PHONES: ("0161 496 0001",)}
        )
        world.tell(register(f"{authority}|4", 1, told))
    world.tell(register("CHR|2", 2, other_person(sex=Sex.MALE)))
    return world


def count(world: World, by: timedelta = timedelta(minutes=5)) -> Counted:
    index = world.index
    boards = Dashboards(index.units, index.matching, Later(by, index.clock))
    assert boards.refresh()
    found = boards.read(REVIEWER, "matching")
    assert found is not None
    return found


def test_records_and_fields_are_counted_by_authority(peopled: World) -> None:
    authorities = {one.authority: one for one in count(peopled).trusts.authorities}
    assert set(authorities) == {"BOL", "CHR"}
    bolton, christie = authorities["BOL"], authorities["CHR"]
    assert (bolton.records, bolton.numbered, bolton.verified, bolton.doubled, bolton.overlays) == (4, 3, 3, 1, 0)
    assert (christie.records, christie.doubled, christie.overlays) == (3, 0, 1)
    assert (bolton.filled["birth_date"], bolton.filled["phones"], bolton.filled["emails"]) == (4, 1, 0)


def test_pairs_tasks_and_levels_are_counted(peopled: World) -> None:
    matching = count(peopled).matching
    rows = peopled.rows("select count(*) as n, count(*) filter (where joins) as joining from edge")[0]
    assert sum(band.linked + band.apart for band in matching.bands) == rows.n
    assert matching.waiting == {TaskKind.POSSIBLE_MATCH: 1, TaskKind.OVERLAY: 1}
    halves = [set(map(sum, levels.values())) for levels in (matching.levels, matching.earlier)]
    assert all(len(half) == 1 and half.pop() <= rows.n // 2 for half in halves)  # every pair is in every comparison
    found = drifts(peopled.index.matching.model, matching.levels, matching.earlier)
    (birth,) = [drift for drift in found if drift.comparison == "date of birth"]
    assert (birth.reading, birth.levels[0].newest) == ("Too few pairs to tell", 1.0)
    task = peopled.task(TaskKind.POSSIBLE_MATCH)
    peopled.review.decide(task.id, Decision.DIFFERENT, "twins", COLLEAGUE)
    matching = count(peopled).matching
    assert [(band.same, band.different) for band in matching.decided] == [(0, 1)]
    assert matching.decided[0].low <= task.weight < matching.decided[0].low + 2
    opened = {week.kind: (week.opened, week.answered) for week in matching.weeks}
    assert opened == {TaskKind.POSSIBLE_MATCH: (1, 1), TaskKind.OVERLAY: (1, 0)}


def test_messages_are_counted_once_and_only_when_settled(peopled: World) -> None:
    """A message younger than a minute may have one before it that is not committed yet."""
    assert count(peopled, timedelta(0)).trusts.traffic == ()
    sent = peopled.count("message")
    first = count(peopled)
    assert sum(day.messages for day in first.trusts.traffic) == sent
    peopled.send(register("BOL|9", 1, person()), feed="christie")  # not its authority: refused
    peopled.tell(register("CHR|9", 1, person()))
    days = {day.feed: day for day in count(peopled).trusts.traffic}
    assert sum(day.messages for day in days.values()) == sent + 2
    assert (days["christie"].refused, days["bolton"].refused) == (1, 0)
    assert days["christie"].last_at == peopled.rows("select max(received_at) as at from message")[0].at


def test_counting_stops_for_nobody_and_is_not_repeated(peopled: World) -> None:
    boards = peopled.index.dashboards
    assert boards.read(REVIEWER, "trusts") is None
    with peopled.index.units.begin() as other:
        assert other.boards.hold()
        assert not boards.refresh()
    assert boards.refresh()
    assert not boards.refresh(timedelta(minutes=5))
    assert boards.refresh()


def test_counts_of_another_version_are_none_until_the_next(peopled: World) -> None:
    count(peopled)
    with peopled.index.engine.begin() as connection:
        connection.execute(text("update dashboard set content = content - 'matching' where name = 'shown'"))
    assert peopled.index.dashboards.read(REVIEWER, "matching") is None
    assert peopled.index.dashboards.refresh(timedelta(hours=1))
    assert peopled.index.dashboards.read(REVIEWER, "matching") is not None


def test_dashboards_are_for_reviewers_and_audited(peopled: World) -> None:
    """AUD-2."""
    boards = peopled.index.dashboards
    with pytest.raises(Forbidden):
        boards.read(Caller("x", Role.VIEWER, "RMC"), "trusts")
    boards.read(replace(REVIEWER, user="asker"), "trusts")
    row = peopled.rows("select * from audit where action = 'read-dashboard'")[-1]
    assert (row.user, row.subjects) == ("asker", ["dashboard/trusts"])
    assert of("BOL|1").authority not in str(row.detail)

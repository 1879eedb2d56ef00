"""A history as it was believed, what changed in it, and what in it is not sure (promise 4; IHE-64)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mpi.domain.access import Role
from mpi.domain.commands import Merge
from mpi.domain.history import HistoryStep
from mpi.domain.priors import Relevance
from mpi.domain.views import HistoryFilter, LinkState
from mpi.errors import Forbidden, NotFound
from tests.integration.core.world import (
    ARCHIVE,
    SENIOR,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

ADA = person(number=nhs(1))


def now(world: World) -> datetime:
    moment: datetime = world.rows("select clock_timestamp() as now")[0].now
    return moment


def shown(world: World, patient: str, as_of: datetime | None = None) -> set[str]:
    page = world.imaging.history(of(patient), ARCHIVE, HistoryFilter(as_of=as_of))
    assert page.total == len(page.studies)
    return {s.study_uid for s in page.studies}


@pytest.fixture
def merged(world: World) -> tuple[World, list[datetime]]:
    """Two numbers of one trust with a study each; merged; the merge withdrawn. And the times between."""
    times = []
    world.tell(register("BOL|1", 1, ADA), register("BOL|2", 2, other_person()))
    world.imaging.register(study("1.1", "BOL|1", 3), ARCHIVE)
    times.append(now(world))
    world.imaging.register(study("1.2", "BOL|2", 4), ARCHIVE)
    times.append(now(world))
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    times.append(now(world))
    (made,) = world.review.assertions(of("BOL|2"), SENIOR)
    world.review.withdraw(made.id, "two people after all", SENIOR)
    return world, times


def test_a_history_is_read_as_it_was_believed(merged: tuple[World, list[datetime]]) -> None:
    world, (first, second, third) = merged
    assert [shown(world, "BOL|1", when) for when in (first, second, third, None)] == [
        {"1.1"},
        {"1.1"},
        {"1.1", "1.2"},
        {"1.1"},
    ]
    assert shown(world, "BOL|2", third) == {"1.1", "1.2"}
    assert shown(world, "BOL|2", first) == set()
    with pytest.raises(NotFound):
        shown(world, "BOL|1", datetime(2020, 1, 1, tzinfo=UTC))
    golden_id = world.golden("BOL|1")
    page = world.imaging.history(golden_id, ARCHIVE, HistoryFilter(as_of=third))
    assert (page.golden_id, page.total) == (golden_id, 2)


def test_what_changed_is_told_with_its_cause(merged: tuple[World, list[datetime]]) -> None:
    world, (_, second, third) = merged
    changes = world.imaging.changes(world.golden("BOL|1"), ARCHIVE)
    told = [(change.step, str(change.identifier), change.studies) for change in changes]
    assert told == [
        (HistoryStep.LEFT, "BOL|2", ("1.2",)),
        (HistoryStep.JOINED, "BOL|2", ("1.2",)),
        (HistoryStep.REGISTERED, "BOL|1", ("1.1",)),
    ]
    left, joined, _ = changes
    assert left.cause == "two people after all"
    assert joined.message is not None
    assert len(joined.assertions) == 1
    assert second < joined.at < third < left.at


def test_a_retired_id_tells_what_left_it(world: World) -> None:
    world.tell(register("BOL|1", 1, ADA))
    world.imaging.register(study("1.1", "CHR|7"), ARCHIVE)
    retired = world.golden("CHR|7")
    world.tell(register("CHR|7", 2, ADA))
    assert world.golden("CHR|7") == world.golden("BOL|1") != retired
    steps = [change.step for change in world.imaging.changes(retired, ARCHIVE)]
    assert steps == [HistoryStep.LEFT, HistoryStep.REGISTERED]
    assert [c.step for c in world.imaging.changes(world.golden("CHR|7"), ARCHIVE)] == [HistoryStep.JOINED]
    with pytest.raises(NotFound):
        world.imaging.changes(uuid4(), ARCHIVE)


def test_a_study_says_how_sure_its_link_is(world: World) -> None:
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, ADA))
    for uid, patient in (("1.1", "BOL|1"), ("1.2", "CHR|1"), ("1.3", "STO|5")):
        world.imaging.register(study(uid, patient), ARCHIVE)
    world.tell(register("BOL|1", 3, other_person()))
    page = world.imaging.history(of("CHR|1"), ARCHIVE)
    assert {s.study_uid: s.link for s in page.studies} == {"1.1": LinkState.CONTESTED, "1.2": LinkState.CERTAIN}
    assert world.imaging.study("1.3", ARCHIVE)[0].link is LinkState.PROVISIONAL


def test_priors_come_from_every_trust_of_one_person(world: World) -> None:
    world.tell(register("BOL|1", 1, ADA), register("CHR|1", 2, ADA))
    world.imaging.register(study("1.1", "CHR|1", 3, body_site="CHEST"), ARCHIVE)
    world.imaging.register(study("1.2", "BOL|1", 9, body_site="CHEST"), ARCHIVE)
    golden_id, found, also = world.imaging.priors("1.2", ARCHIVE, repeat_days=7)
    assert golden_id == world.golden("BOL|1")
    assert [(p.study.study_uid, p.relevance, p.days, p.repeat) for p in found] == [
        ("1.1", Relevance.SAME_EXAMINATION, 6, True)
    ]
    assert also == []
    planned = study("", "BOL|1", 9, body_site="CHEST")
    later = datetime(2024, 3, 9, 12, tzinfo=UTC) + timedelta(days=10)
    assert [p.study.study_uid for p in world.imaging.priors(planned, ARCHIVE, later)[1]] == ["1.2", "1.1"]
    with pytest.raises(NotFound):
        world.imaging.priors("9.9", ARCHIVE)
    with pytest.raises(Forbidden):
        world.imaging.priors("1.2", replace(ARCHIVE, role=Role.FEED))

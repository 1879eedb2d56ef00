"""Counts of what arrives wrong: kept by feed and day, added up by several processes, looked at on record."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from mpi.db import migrate
from mpi.domain.conformance import DayOfFeed, Finding, FoundBy, Sighting
from mpi.errors import Forbidden, NotFound
from tests.integration.core.world import ADMINISTRATOR, REVIEWER, World

DATE = Finding("PID", 7, 0, "PID-7 is not a date and was ignored", FoundBy.READER)
TYPE = Finding("PID", 3, 4, "not of its data type", FoundBy.VALIDATOR)


def day(feed: str, ago: int, messages: int, *, validated: int = 0, **seen: int) -> DayOfFeed:
    at = datetime.now(UTC) - timedelta(days=ago)
    faults = {{"date": DATE, "type": TYPE}[name]: Sighting(count, at, at) for name, count in seen.items()}
    return DayOfFeed(feed, at.date(), messages, validated, faults)


def test_a_report_adds_up_the_days_asked_for(world: World) -> None:
    conformance = world.index.conformance
    conformance.keep([day("bolton", 0, 10, validated=1, date=2, type=1), day("bolton", 1, 10, date=1)])
    conformance.keep([day("bolton", 0, 5, date=4), day("christie", 0, 9, type=9), day("bolton", 40, 99, date=99)])
    found = conformance.report("bolton", 30, ADMINISTRATOR)
    assert (found.messages, found.validated) == (25, 1)
    assert [(finding, seen.messages) for finding, seen in found.faults] == [(DATE, 7), (TYPE, 1)]
    assert found.faults[0][1].last_seen - found.faults[0][1].first_seen > timedelta(hours=23)
    assert conformance.report("bolton", 1, ADMINISTRATOR).messages == 15
    assert conformance.report("stockport", 30, ADMINISTRATOR).faults == ()


def test_counts_older_than_wanted_are_let_go(world: World) -> None:
    conformance = world.index.conformance
    conformance.keep([day("bolton", ago, 1, date=1) for ago in (0, 29, 30)])
    conformance.forget(30)
    found = conformance.report("bolton", 3650, ADMINISTRATOR)
    assert (found.messages, [seen.messages for _, seen in found.faults]) == (2, [2])


def test_processes_that_write_at_once_lose_nothing(world: World) -> None:
    def write() -> None:
        for _ in range(10):
            world.index.conformance.keep([day("bolton", 0, 1, type=1, date=1), day("christie", 0, 1, date=1)])

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = world.index.conformance.report("bolton", 1, ADMINISTRATOR)
    assert (found.messages, [seen.messages for _, seen in found.faults]) == (40, [40, 40])


def test_only_operators_look_and_every_look_is_audited(world: World) -> None:
    with pytest.raises(Forbidden):
        world.index.conformance.report("bolton", 30, REVIEWER)
    with pytest.raises(NotFound):
        world.index.conformance.report("nobody", 30, ADMINISTRATOR)
    world.index.conformance.report("bolton", 30, ADMINISTRATOR)
    with world.index.engine.connect() as connection:
        rows = (
            connection.execute(text("select subjects from audit where action = 'read-conformance'")).scalars().all()
        )
    assert rows == [["feed/bolton"]]


def test_the_migration_goes_down_and_up_again(database_url: str) -> None:
    migrate.downgrade(database_url, "0001")
    migrate.upgrade(database_url)
    migrate.check(database_url)

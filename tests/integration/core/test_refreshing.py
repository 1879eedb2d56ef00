"""The thread that counts what dashboards show goes on by itself, also when the database is away."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mpi.db.session import DbUnits, connect
from mpi.main import refreshing, repeating
from tests.integration.core.world import World, register


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_FIRST", 0.01)


def test_it_counts_soon_after_the_start_and_ends_when_told(world: World) -> None:
    world.tell(register("BOL|1", 1))
    running = refreshing.refreshing(world.index)
    running.start()
    deadline = time.monotonic() + 30
    while not world.rows("select at from dashboard where name = 'shown'"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < 5
    assert (
        world.rows("select content -> 'trusts' -> 'authorities' -> 0 ->> 'records' as n from dashboard")[0].n == "1"
    )


def test_it_survives_a_database_that_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(repeating._log, "warning", lambda text, **more: said.append(text))
    nowhere = connect("postgresql+psycopg://nobody@127.0.0.1:1/none", 1, 1)
    running = refreshing.refreshing(replace(world.index, units=DbUnits(nowhere, "")))
    running.start()
    deadline = time.monotonic() + 30
    while not said:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.stop()
    assert set(said) == {"dashboards waits"}

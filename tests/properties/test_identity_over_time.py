"""A life of the index: whatever happens, its promises hold after every step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.core.world import World
from tests.properties.life_of_the_index import LifeOfTheIndex, live


@pytest.fixture
def world(emptied_url: str) -> Iterator[World]:
    made = World.over(emptied_url)
    yield made
    made.close()


def test_whatever_happens_the_promises_hold(world: World) -> None:
    """Promises 2, 4 and 5; design 4, golden ids; V2-47."""
    live(LifeOfTheIndex, world)

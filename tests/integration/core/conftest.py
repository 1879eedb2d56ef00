from collections.abc import Iterator

import pytest

from tests.integration.core.world import World


@pytest.fixture
def world(emptied_url: str) -> Iterator[World]:
    """A world over a database that only this test uses."""
    made = World.over(emptied_url)
    yield made
    made.close()

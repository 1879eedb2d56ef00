from collections.abc import Iterator

import pytest

from tests.integration.core.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A world over a database of the test's own."""
    made = World.over(database_url)
    yield made
    made.close()

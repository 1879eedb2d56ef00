"""Promise 2: the same feed by message or by bulk load ends in the same people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.residents import batches
from mpi.embedded import create_database, drop_database
from mpi.main.index import Index
from mpi.simulate import snapshot
from tests.integration.bulk_index import (
    ADMINISTRATOR,
    by_message,
    edges,
    index_over,
    keys,
    loader,
    names,
    network,
    partition,
    records,
    tasks,
)


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    made = index_over(database_url)
    yield made
    made.engine.dispose()


def held(index: Index) -> set[str]:
    """Every record connected by joining edges with one whose link is held against the evidence (decision 2)."""
    reached = {name for kind, a, b, *_ in tasks(index) if kind == "contested-link" for name in (a, b)}
    joining = [pair for pair, (_, _, joins, *_) in edges(index).items() if joins]
    size = -1
    while size != len(reached):
        size = len(reached)
        reached |= {name for pair in joining if pair & reached for name in pair}
    return reached


@pytest.fixture
def other(template_url: str, worker_id: str) -> Iterator[Index]:
    name = f"bulk_{worker_id}"
    made = index_over(create_database(template_url, name, template="migrated"))
    yield made
    made.engine.dispose()
    drop_database(template_url, name)


@pytest.mark.timeout(900)  # four thousand messages take a minute, on a busy machine several
def test_promise_2_a_region_by_message_and_by_bulk_load_ends_in_the_same_people(index: Index, other: Index) -> None:
    """Records, keys and edges to the byte; people and open tasks except where a message's history holds a link, which
    a task says (decision 2: the one thing that depends on history)."""
    frame = snapshot(network(), 2_000, 11)
    by_message(index, [told for batch in batches(frame) for told in batch])
    loaded = loader(other, workers=2).run(batches(frame.sample(frac=1, random_state=3), 500), ADMINISTRATOR)
    assert records(other) == records(index)
    assert keys(other) == keys(index)
    assert names(other) == names(index)
    assert len(names(index)) > 20
    assert edges(other) == edges(index)
    apart = held(index)
    assert {b for b in partition(other) if not b & apart} == {b for b in partition(index) if not b & apart}
    assert {t for t in tasks(other) if not {*t[1:3]} & apart} == {t for t in tasks(index) if not {*t[1:3]} & apart}
    assert len(apart) < len(frame) / 50
    assert loaded.records == len(frame)
    assert loaded.people == len(partition(other)) < loaded.records / 2
    assert loaded.tasks == len(tasks(other)) > 10
    assert not held(other)
    for made in (index, other):
        verification = made.verify.run()
        assert verification.differences == ()
        assert verification.edges == loaded.edges

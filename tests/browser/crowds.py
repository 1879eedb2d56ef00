"""Many tasks alike, and batches of them at every stage; each is a group of its own."""

from __future__ import annotations

from functools import cache

from mpi.domain.batches import Standing
from mpi.domain.views import Decision
from mpi.main.index import TimeOrderedIds
from mpi.main.settling import compose_settling
from mpi.settings import Settings
from mpi.usecases.deciding.batches import Batches
from tests.browser.served import Served
from tests.integration.core.alike import alike
from tests.integration.core.world import COLLEAGUE, REVIEWER

SIZE = 10


def batches_of(served: Served) -> Batches:
    """The same as the service has."""
    index = served.world.index
    everything = (index.units, index.matching, index.rematch, index.clock)
    return compose_settling(*everything, TimeOrderedIds(), Settings(bulk_sample=SIZE))[1]


@cache
def crowd(served: Served) -> str:
    """Two dozen tasks of one pattern; the address of the groups."""
    alike(served.world, 24, 10_000)
    return "/review/groups"


@cache
def drawn(served: Served) -> Standing:
    """A batch of them."""
    crowd(served)
    batches = batches_of(served)
    (group,) = batches.groups(REVIEWER)
    return batches.open(group.pattern, REVIEWER, seed=5)


def answer(served: Served, found: Standing, but: int = 0) -> None:
    """Answer the sample, `but` so many."""
    for task in found.sample[: SIZE - but]:
        if served.world.review.task(task.id, REVIEWER).decision is None:
            served.world.review.decide(task.id, Decision.SAME, "Details agree", REVIEWER)


def sampling(served: Served) -> str:
    """A batch whose sample is half answered."""
    answer(served, drawn(served), 4)
    return f"/review/groups/{drawn(served).batch.id}"


def agreed(served: Served) -> str:
    """A batch that waits for a second person."""
    answer(served, drawn(served))
    return f"/review/groups/{drawn(served).batch.id}"


def answering(served: Served) -> str:
    """A batch that has been left in the middle, with one task that has changed."""
    agreed(served)
    batch = drawn(served).batch.id
    batches = batches_of(served)
    if batches.standing(batch, REVIEWER).batch.decision is None:
        batches.confirm(batch, Decision.SAME, COLLEAGUE)
        (first,) = served.world.rows(
            "select task_id from batch_task where batch_id = :id and outcome = '' order by place limit 1", id=batch
        )
        served.world.review.claim(first.task_id, REVIEWER)
        batches.apply(batch, COLLEAGUE, most=6)
    return f"/review/groups/{batch}"


def undone(served: Served) -> str:
    """A batch that has been taken back."""
    path = answering(served)
    batches_of(served).undo(drawn(served).batch.id, COLLEAGUE)
    return path

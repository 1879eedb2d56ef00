"""Drawing a batch, when its sample agrees, and what that proves."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from linkage.guard import Guard
from mpi.domain.batches import Batch, Outcome, Stage, agreed, differs, drawn, greatest_share, stage
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Question
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView

AT = datetime(2026, 1, 1, tzinfo=UTC)
SAME, DIFFERENT = Decision.SAME, Decision.DIFFERENT


def task(
    decision: Decision | None = None, state: TaskState | None = None, proposed: Decision | None = None
) -> TaskView:
    return TaskView(
        id=1,
        kind=TaskKind.POSSIBLE_MATCH,
        state=state or (TaskState.DECIDED if decision else TaskState.OPEN),
        one=Identifier("BOL", "1"),
        other=Identifier("CHR", "1"),
        golden_ids=(UUID(int=1), UUID(int=2)),
        weight=6.0,
        guards=(),
        reason="alike",
        created_at=AT,
        decision=decision,
        proposed=proposed,
    )


def batch(decision: Decision | None = None, undone_by: str = "") -> Batch:
    return Batch(1, b"\1", "m", 1, 3, 7, "rita", AT, decision, "ravi" if decision else "", None, undone_by)


def test_a_seed_draws_the_same_order_whatever_order_the_tasks_come_in() -> None:
    order = drawn(range(1, 101), 40, seed=3)
    assert order == drawn(reversed(range(1, 101)), 40, seed=3)
    assert len(set(order)) == 40
    assert order != drawn(range(1, 101), 40, seed=4)
    assert drawn([5, 9], 40, seed=3) in ([5, 9], [9, 5])


def test_every_task_is_as_likely_to_be_first() -> None:
    firsts = [drawn(range(4), 4, seed)[0] for seed in range(400)]
    assert all(70 <= firsts.count(one) <= 130 for one in range(4))


@pytest.mark.parametrize(
    ("sample", "answer", "odd"),
    [
        ([task(SAME)] * 3, SAME, False),
        ([task(DIFFERENT)] * 3, DIFFERENT, False),
        ([task(SAME)] * 2, None, False),
        ([task(SAME)] * 2 + [task()], None, False),
        ([task(SAME)] * 2 + [task(DIFFERENT)], None, True),
        ([task(SAME)] * 2 + [task(proposed=SAME)], None, True),
        ([task(SAME)] * 2 + [task(Decision.DEFER, TaskState.DEFERRED)], None, True),
        ([task(SAME)] * 2 + [task(state=TaskState.WITHDRAWN)], None, False),
        ([task(SAME)] * 2 + [task(SAME, TaskState.WITHDRAWN)], None, False),
    ],
)
def test_a_sample_agrees_when_all_of_it_has_one_answer(
    sample: list[TaskView], answer: Decision | None, odd: bool
) -> None:
    assert (agreed(sample, 3), differs(sample)) == (answer, odd)


@pytest.mark.parametrize(
    ("made", "sample", "rest", "found"),
    [
        (batch(), [task(SAME)] * 2 + [task()], {Outcome.WAITING: 9}, Stage.SAMPLING),
        (batch(), [task(SAME)] * 3, {Outcome.WAITING: 9}, Stage.AGREED),
        (batch(), [task(SAME), task(DIFFERENT), task()], {Outcome.WAITING: 9}, Stage.CLOSED),
        (batch(SAME), [task(SAME)] * 3, {Outcome.WAITING: 9}, Stage.ANSWERING),
        (batch(SAME), [task(DIFFERENT)] * 3, {Outcome.WAITING: 9}, Stage.CLOSED),
        (batch(SAME), [task(SAME)] * 2 + [task()], {Outcome.WAITING: 9}, Stage.CLOSED),
        (batch(SAME), [task(SAME)] * 3, {Outcome.ANSWERED: 8, Outcome.LEFT: 1}, Stage.DONE),
        (batch(SAME, "ravi"), [task(SAME)] * 3, {Outcome.ANSWERED: 8, Outcome.WAITING: 1}, Stage.UNDOING),
        (batch(SAME, "ravi"), [task(SAME)] * 3, {Outcome.TAKEN_BACK: 8, Outcome.WAITING: 1}, Stage.UNDONE),
    ],
)
def test_where_a_batch_stands(made: Batch, sample: list[TaskView], rest: dict[Outcome, int], found: Stage) -> None:
    assert stage(made, sample, rest) is found


@pytest.mark.parametrize(("size", "share"), [(30, 0.0950), (59, 0.0495), (10, 0.2589)])
def test_none_of_so_many_bounds_the_rest_exactly(size: int, share: float) -> None:
    """1 - 0.05^(1/n), by hand."""
    assert greatest_share(size) == pytest.approx(share, abs=5e-5)


def test_only_a_possible_match_of_two_authorities_is_one_of_many() -> None:
    apart = Pair.of(Identifier("BOL", "1"), Identifier("CHR", "1"))
    within = Pair.of(Identifier("BOL", "1"), Identifier("BOL", "2"))
    kinds = (TaskKind.POSSIBLE_MATCH, TaskKind.NHS_NUMBER_DUPLICATE)
    shared = [
        Question(kind, pair, 6.0, Guard.NONE, "", pattern).shared_pattern
        for kind in kinds
        for pair in (apart, within)
        for pattern in (b"\1", b"")
    ]
    assert shared == [b"\1", *[None] * 7]

"""Answering many tasks alike by a sample of them: what may be answered so, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from linkage.evaluation.intervals import clopper_pearson
from mpi.domain.views import Decision, TaskState, TaskView
from mpi.domain.worklist import UNANSWERED

SAMPLE = 30
"""Tasks of a batch that are answered one by one, unless the operator says otherwise."""
MOST = 2_000
"""Tasks of one batch at most."""
STEP = 25
"""Tasks answered by one request."""


class Outcome(StrEnum):
    """What has become of a task of a batch."""

    WAITING = ""
    SAMPLED = "sampled"  # answered one by one, before the batch was confirmed
    ANSWERED = "answered"  # as the batch says
    LEFT = "left"  # open: it is no longer what the sample spoke of
    TAKEN_BACK = "taken-back"
    KEPT = "kept"  # somebody has answered it anew since, or new evidence has


class Stage(StrEnum):
    """Where a batch stands."""

    SAMPLING = "sampling"  # the sample is being answered
    CLOSED = "closed"  # its answers differ: every task is for single review
    AGREED = "agreed"  # a second person has to confirm
    ANSWERING = "answering"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks of one pattern of comparison levels, in an order drawn by `seed`. `turn`: which batch of this pattern it
    is, from 1. `size`: how many are the sample. `decision` is None until a second person has confirmed it;
    `undone_by` "" unless all of it is taken back.
    """

    id: int
    pattern: bytes
    model: str
    turn: int
    size: int
    seed: int
    opened_by: str
    opened_at: datetime
    decision: Decision | None = None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    undone_by: str = ""

    @property
    def comment(self) -> str:
        """What its answers carry, and are known again by."""
        return f"batch {self.id}"


@dataclass(frozen=True, slots=True)
class Group:
    """Open low-risk tasks of one pattern, the least and the greatest weight in bits, and the newest batch of it."""

    pattern: bytes
    tasks: int
    least: float
    greatest: float
    batch: Batch | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A batch as it stands: its sample, and how many of the other tasks have come to what (`reasons`: why those that
    were left or kept were). `agreed` is the answer that all of the sample have."""

    batch: Batch
    stage: Stage
    sample: tuple[TaskView, ...]
    agreed: Decision | None
    rest: Mapping[Outcome, int]
    reasons: Mapping[str, int]

    @property
    def waiting(self) -> int:
        """How many wait for an answer, or for being taken back."""
        return self.rest.get(Outcome.ANSWERED if self.stage is Stage.UNDOING else Outcome.WAITING, 0)

    @property
    def total(self) -> int:
        """How many tasks there are besides the sample."""
        return sum(self.rest.values())

    @property
    def bound(self) -> float:
        """The share of the rest that would be answered otherwise, at most (one-sided 95 %)."""
        return greatest_share(len(self.sample))

    @property
    def readers(self) -> frozenset[str]:
        """Who has opened the batch or answered its sample: somebody else has to confirm."""
        return frozenset({self.batch.opened_by, *(task.decided_by for task in self.sample)}) - {""}


def drawn(tasks: Collection[int], most: int, seed: int) -> list[int]:
    """At most so many of the tasks in random order; the same for the same seed."""
    return [int(task) for task in np.random.default_rng(seed).permutation(sorted(tasks))[:most]]


def agreed(sample: Sequence[TaskView], size: int) -> Decision | None:
    """The answer that a whole sample has, None while one is missing or differs."""
    given = {task.decision if task.state is TaskState.DECIDED else None for task in sample}
    if len(sample) < size or len(given) != 1:
        return None
    (decision,) = given
    return decision if decision in (Decision.SAME, Decision.DIFFERENT) else None


def differs(sample: Sequence[TaskView]) -> bool:
    """Whether a sample can no longer agree: two answers, or one that is not plainly given (not sure, put off, or in
    need of a second person, so that it was no matter of low risk)."""
    given = {task.decision for task in sample if task.state is TaskState.DECIDED}
    odd = any(task.proposed or task.state is TaskState.DEFERRED for task in sample if task.state in UNANSWERED)
    return odd or len(given) > 1


def stage(batch: Batch, sample: Sequence[TaskView], rest: Mapping[Outcome, int]) -> Stage:
    """Where a batch stands; a confirmed one goes on only while its sample agrees."""
    if batch.undone_by:
        return Stage.UNDOING if rest.get(Outcome.ANSWERED) else Stage.UNDONE
    if batch.decision and not rest.get(Outcome.WAITING):
        return Stage.DONE
    found = agreed(sample, batch.size)
    if differs(sample) or (batch.decision and found is not batch.decision):
        return Stage.CLOSED
    if batch.decision:
        return Stage.ANSWERING
    return Stage.AGREED if found else Stage.SAMPLING


def greatest_share(size: int) -> float:
    """How many may be otherwise when none of so many was: the exact one-sided 95 % limit, 1 - 0.05^(1/size)."""
    return float(clopper_pearson(0.0, float(size), 0.90)[1])

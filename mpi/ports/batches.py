"""The store of tasks that are answered alike by a sample of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from mpi.domain.batches import Batch, Group, Outcome
from mpi.domain.views import Decision, TaskView


class Batches(Protocol):
    """Groups of tasks with one pattern, and the batches made of them, under the model that this index weighs by."""

    def groups(self, least: int, limit: int) -> list[Group]:
        """Patterns of at least so many open low-risk tasks, the largest first, with their newest batch."""

    def members(self, pattern: bytes) -> list[int]:
        """The open low-risk tasks of a pattern."""

    def fitting(self, pattern: bytes, tasks: Collection[int]) -> frozenset[int]:
        """Those of these tasks that are of that pattern and of low risk by everything that is stored now: nobody has
        them, no guard; neither person has a study or is restricted; two authorities."""

    def newest(self, pattern: bytes) -> Batch | None:
        """The newest batch of a pattern."""

    def add(self, pattern: bytes, turn: int, size: int, seed: int, tasks: Sequence[int], user: str) -> int:
        """Store a batch with its tasks in the order drawn; returns its id. Contention when its turn is taken."""

    def get(self, batch_id: int, *, for_update: bool = False) -> Batch | None:
        """A batch."""

    def sample(self, batch: Batch) -> list[TaskView]:
        """The tasks of its sample as they stand: the first that no new evidence has withdrawn, until it is
        confirmed; from then on those that it was confirmed by."""

    def rest(self, batch: Batch) -> Mapping[Outcome, int]:
        """How many of the other tasks have come to what."""

    def reasons(self, batch: Batch) -> Mapping[str, int]:
        """Why tasks were left or kept, and how many."""

    def next(self, batch_id: int, outcome: Outcome, limit: int) -> list[int]:
        """The next tasks that have come to this so far."""

    def outcome(self, batch_id: int, task_id: int) -> Outcome:
        """What one of the tasks has come to."""

    def note(self, batch_id: int, task_id: int, outcome: Outcome, reason: str = "") -> None:
        """Note what has become of a task."""

    def confirm(self, batch: Batch, decision: Decision, user: str, at: datetime) -> None:
        """Answer the rest like this from now on; the sample is settled."""

    def undo(self, batch_id: int, user: str) -> None:
        """Take the batch back from now on."""

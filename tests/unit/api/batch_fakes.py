"""A stand-in for batches: one group and one batch of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mpi.domain.access import Caller, Right
from mpi.domain.batches import Batch, Group, Outcome, Stage, Standing
from mpi.domain.views import Decision
from mpi.errors import Conflict, Forbidden, NotFound
from tests.unit.api.queue_fakes import Faults
from tests.unit.api.synthetic import AT

PATTERN = bytes((1, 2, 0, 3))


@dataclass
class FakeBatches:
    """Raises what the real one promises to raise; every call goes the whole way."""

    faults: Faults
    batch: Batch | None = None
    stage: Stage = Stage.AGREED
    rest: tuple[tuple[Outcome, int], ...] = ((Outcome.WAITING, 30),)

    def groups(self, caller: Caller) -> tuple[Group, ...]:
        self._check(caller)
        return (Group(PATTERN, 60, 6.5, 7.25, self.batch, self.stage if self.batch else None),)

    def open(self, pattern: bytes, caller: Caller) -> Standing:
        self._check(caller)
        if pattern != PATTERN:
            raise NotFound("no group of this pattern has enough tasks")
        if self.batch:
            raise Conflict("a batch of this group is open")
        self.batch = Batch(3, pattern, "model", 1, 30, 7, caller.user, AT)
        return self.standing(3, caller)

    def standing(self, batch_id: int, caller: Caller) -> Standing:
        self._check(caller)
        if self.batch is None or self.batch.id != batch_id:
            raise NotFound("no batch has this id")
        return Standing(self.batch, self.stage, (), Decision.SAME, dict(self.rest), {})

    def confirm(self, batch_id: int, decision: Decision, caller: Caller) -> Standing:
        found = self.standing(batch_id, caller)
        if decision is not Decision.SAME:
            raise Conflict("the sample does not have this answer")
        if caller.user == found.batch.opened_by:
            raise Forbidden("somebody else has to confirm it")
        self.batch = replace(found.batch, decision=decision, confirmed_by=caller.user, confirmed_at=AT)
        self.stage = Stage.ANSWERING
        return self.standing(batch_id, caller)

    def apply(self, batch_id: int, caller: Caller) -> Standing:
        self.standing(batch_id, caller)
        self.stage, self.rest = Stage.DONE, ((Outcome.ANSWERED, 29), (Outcome.LEFT, 1))
        return self.standing(batch_id, caller)

    def undo(self, batch_id: int, caller: Caller) -> Standing:
        found = self.standing(batch_id, caller)
        if found.batch.decision is None:
            raise Conflict("nothing has been answered by this batch")
        self.stage, self.rest = Stage.UNDONE, ((Outcome.TAKEN_BACK, 29), (Outcome.LEFT, 1))
        return self.standing(batch_id, caller)

    def _check(self, caller: Caller) -> None:
        self.faults.check()
        caller.require(Right.REVIEW)

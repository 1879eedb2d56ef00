"""Answer many low-risk tasks alike: a random sample one by one, then, confirmed by a second person, the rest."""

from __future__ import annotations

from dataclasses import replace

from mpi.domain.access import Caller, Right
from mpi.domain.batches import (
    MOST,
    SAMPLE,
    STEP,
    Batch,
    Group,
    Outcome,
    Stage,
    Standing,
    agreed,
    drawn,
    stage,
)
from mpi.domain.views import Decision
from mpi.errors import Conflict, Forbidden, NotFound, Refused
from mpi.ports import Clock, Ids, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.deciding.answering import Answering
from mpi.usecases.deciding.consequences import consequence
from mpi.usecases.identity.matching import Matching

_SHOWN = 50
"""Groups shown: the largest."""
CHANGED = "held, answered, withdrawn or no longer alike"
MOVES_IMAGES = "would move studies or needs two people"
FORBIDDEN = "not for this reviewer to answer"
ANSWERED_ANEW = "answered anew or asked again since"


class Batches:
    """Groups of tasks and their batches; every method needs REVIEW."""

    def __init__(
        self, units: Units, matching: Matching, answering: Answering, clock: Clock, ids: Ids, size: int = SAMPLE
    ) -> None:
        """Of a batch `size` tasks are answered one by one."""
        self._units = units
        self._matching = matching
        self._answering = answering
        self._clock = clock
        self._ids = ids
        self.size = size

    def groups(self, caller: Caller) -> tuple[Group, ...]:
        """Patterns with at least two samples' worth of open low-risk tasks, the largest first."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            found = [_staged(unit, group) for group in unit.batches.groups(2 * self.size, _SHOWN)]
            unit.audit.record(caller, "list-groups", [], {"groups": len(found)})
            unit.commit()
            return tuple(found)

    def open(self, pattern: bytes, caller: Caller, seed: int | None = None) -> Standing:
        """Draw a batch of a group; without `seed` by chance. Raises `Conflict` while the newest batch of the pattern
        is not done: whose sample disagreed, or was taken back, is for single review. NotFound when too few are left.
        """
        caller.require(Right.REVIEW)
        chosen = self._ids.golden().int % 2**62 if seed is None else seed
        return attempt(lambda: self._open(pattern, caller, chosen))

    def standing(self, batch_id: int, caller: Caller) -> Standing:
        """A batch as it stands. Raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            found = _standing(unit, _batch(unit, batch_id))
            unit.audit.record(caller, "read-batch", [f"batch/{batch_id}"], {"stage": found.stage})
            unit.commit()
            return found

    def confirm(self, batch_id: int, decision: Decision, caller: Caller) -> Standing:
        """Agree, as a second person, that the rest is answered as the sample was (SEC-3). Raises `Conflict` when the
        sample does not have this answer, `Forbidden` for whoever opened the batch or answered of it, NotFound."""
        caller.require(Right.REVIEW)
        return attempt(lambda: self._confirm(batch_id, decision, caller))

    def apply(self, batch_id: int, caller: Caller, most: int = STEP) -> Standing:
        """Answer some more of the rest, each in a transaction of its own; for who has confirmed it, or a senior
        reviewer. What has changed since the draw is left open. Nothing is done unless it is being answered."""
        caller.require(Right.REVIEW)
        found = self.standing(batch_id, caller)
        _require_own(found.batch, caller)
        if found.stage is Stage.ANSWERING:
            for task_id in self._next(batch_id, Outcome.WAITING, most):
                attempt(lambda task_id=task_id: self._answer(batch_id, task_id, caller))  # type: ignore[misc]
        return self.standing(batch_id, caller)

    def undo(self, batch_id: int, caller: Caller, most: int = STEP) -> Standing:
        """Take some more of what the batch has answered back, its sample excepted; the first call stops it for good.
        For who has confirmed it, or a senior reviewer. Raises `Conflict` when nothing was confirmed."""
        caller.require(Right.REVIEW)
        attempt(lambda: self._begin_undo(batch_id, caller))
        for task_id in self._next(batch_id, Outcome.ANSWERED, most):
            attempt(lambda task_id=task_id: self._take_back(batch_id, task_id, caller))  # type: ignore[misc]
        return self.standing(batch_id, caller)

    def _open(self, pattern: bytes, caller: Caller, seed: int) -> Standing:
        with self._units.begin() as unit:
            before = unit.batches.newest(pattern)
            if before is not None and (at := _standing(unit, before).stage) is not Stage.DONE:
                raise Conflict(f"batch {before.id} of this group is {at}: no other can be opened")
            asked = drawn(unit.batches.members(pattern), MOST, seed)
            fitting = unit.batches.fitting(pattern, asked)
            tasks = [task for task in asked if task in fitting]
            if len(tasks) < 2 * self.size:
                raise NotFound("no group of this pattern has enough tasks of low risk")
            turn = before.turn + 1 if before else 1
            made = unit.batches.add(pattern, turn, self.size, seed, tasks, caller.user)
            unit.audit.record(caller, "open-batch", [f"batch/{made}"], {"tasks": len(tasks), "seed": seed})
            found = _standing(unit, _batch(unit, made))
            unit.commit()
            return found

    def _confirm(self, batch_id: int, decision: Decision, caller: Caller) -> Standing:
        with self._units.begin() as unit:
            batch = _batch(unit, batch_id, for_update=True)
            found = _standing(unit, batch)
            if found.stage is not Stage.AGREED or found.agreed is not decision:
                raise Conflict("the sample of this batch does not have this answer, or it is confirmed already")
            if caller.user in found.readers:
                raise Forbidden("somebody who has not opened this batch or answered its sample has to confirm it")
            unit.batches.confirm(batch, decision, caller.user, self._clock.now())
            unit.audit.record(caller, "confirm-batch", [f"batch/{batch_id}"], {"decision": decision})
            confirmed = _standing(unit, _batch(unit, batch_id))
            unit.commit()
            return confirmed

    def _next(self, batch_id: int, outcome: Outcome, most: int) -> list[int]:
        with self._units.begin(read_only=True) as unit:
            return unit.batches.next(batch_id, outcome, most)

    def _answer(self, batch_id: int, task_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            reason = self._try(unit, batch_id, task_id, caller)
        if reason:  # after the transaction that tried: of that one nothing may stay
            self._leave(batch_id, task_id, Outcome.WAITING, Outcome.LEFT, reason, caller)

    def _try(self, unit: Unit, batch_id: int, task_id: int, caller: Caller) -> str:
        """Answer one task and commit; or why it is left, and nothing is committed."""
        batch = _batch(unit, batch_id, for_update=True)
        asked = unit.tasks.get(task_id, for_update=True)
        if unit.batches.outcome(batch_id, task_id) is not Outcome.WAITING or not _goes_on(unit, batch):
            return ""  # somebody else was faster, or has stopped it
        if asked is None or batch.decision is None or not unit.batches.fitting(batch.pattern, [task_id]):
            return CHANGED
        try:
            self._answering.require_answerable(asked, caller)
            settled = self._answering.settle(unit, asked, batch.decision, batch.comment, caller)
        except Forbidden:
            return FORBIDDEN
        except (Conflict, NotFound, Refused):
            return CHANGED
        if not settled or consequence(unit, self._matching.network).studies:
            return MOVES_IMAGES
        unit.batches.note(batch_id, task_id, Outcome.ANSWERED)
        unit.audit.record(caller, f"decide-{batch.decision}", [f"task/{task_id}"], {"batch": batch_id})
        unit.commit()
        return ""

    def _begin_undo(self, batch_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            batch = _batch(unit, batch_id, for_update=True)
            _require_own(batch, caller)
            if batch.decision is None:
                raise Conflict("nothing has been answered by this batch")
            if not batch.undone_by:
                unit.batches.undo(batch_id, caller.user)
                unit.audit.record(caller, "undo-batch", [f"batch/{batch_id}"], {})
            unit.commit()

    def _take_back(self, batch_id: int, task_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            batch = _batch(unit, batch_id)
            decided = unit.tasks.get(task_id, for_update=True)
            if unit.batches.outcome(batch_id, task_id) is not Outcome.ANSWERED:
                return
            # Whoever has taken it back and answered it anew meant that task alone.
            own = decided is not None and decided.comment == batch.comment
            try:
                if decided is not None and own:
                    self._answering.take_back(unit, decided, f"{batch.comment} taken back", caller)
            except Conflict:
                own = False
            if own:
                unit.batches.note(batch_id, task_id, Outcome.TAKEN_BACK)
                unit.audit.record(caller, "undo-task", [f"task/{task_id}"], {"batch": batch_id})
                unit.commit()
        if not own:
            self._leave(batch_id, task_id, Outcome.ANSWERED, Outcome.KEPT, ANSWERED_ANEW, caller)

    def _leave(self, batch_id: int, task_id: int, was: Outcome, now: Outcome, reason: str, caller: Caller) -> None:
        with self._units.begin() as unit:
            _batch(unit, batch_id, for_update=True)
            if unit.batches.outcome(batch_id, task_id) is was:
                unit.batches.note(batch_id, task_id, now, reason)
                unit.audit.record(caller, f"batch-{now}", [f"task/{task_id}"], {"batch": batch_id})
            unit.commit()


def _batch(unit: Unit, batch_id: int, *, for_update: bool = False) -> Batch:
    found = unit.batches.get(batch_id, for_update=for_update)
    if found is None:
        raise NotFound("no batch has this id")
    return found


def _standing(unit: Unit, batch: Batch) -> Standing:
    sample, rest = unit.batches.sample(batch), unit.batches.rest(batch)
    given = agreed(sample, batch.size)
    return Standing(batch, stage(batch, sample, rest), tuple(sample), given, rest, unit.batches.reasons(batch))


def _staged(unit: Unit, group: Group) -> Group:
    return replace(group, stage=_standing(unit, group.batch).stage) if group.batch else group


def _goes_on(unit: Unit, batch: Batch) -> bool:
    return stage(batch, unit.batches.sample(batch), unit.batches.rest(batch)) is Stage.ANSWERING


def _require_own(batch: Batch, caller: Caller) -> None:
    """Whoever answers by a batch has confirmed it, so that they can take their own answers back."""
    if caller.user != batch.confirmed_by:
        caller.require(Right.UNDO_ANY)

"""Groups of open tasks with one pattern, by the one index that holds them, and the batches made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.task_rows import VIEW, to_view
from mpi.domain.batches import Batch, Group, Outcome
from mpi.domain.views import Decision, TaskView

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_PATTERN = bindparam("pattern", type_=LargeBinary)
_GROUPED = "t.pattern is not null and t.state = 'open' and t.guards = 0 and t.studies = 0 and t.proposed is null"
_GROUPS = Prepared(
    text(
        f"""with found as materialized (
          select t.pattern, count(*) as tasks, min(t.weight) as least, max(t.weight) as greatest from task t
          where {_GROUPED} group by t.pattern having count(*) >= :least
          order by count(*) desc, t.pattern limit :limit)
        select f.pattern as of_pattern, f.tasks, f.least, f.greatest, b.*
        from found f left join lateral (
          select * from batch b where b.pattern = f.pattern and b.model = :model
          order by b.turn desc limit 1) b on true
        order by f.tasks desc, f.pattern"""
    ).bindparams(bindparam("least", type_=BigInteger), bindparam("limit", type_=Integer))
)
_MEMBERS = Prepared(text(f"select t.id from task t where {_GROUPED} and t.pattern = :pattern").bindparams(_PATTERN))
# Whatever hangs on either person, by any of their records, and not what the task itself remembers.
_FITTING = Prepared(
    text(
        f"""select t.id from task t
          join edge e on e.a_id = least(t.a_id, t.b_id) and e.b_id = greatest(t.a_id, t.b_id)
          join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
        where t.id = any(:ids) and {_GROUPED} and t.pattern = :pattern
          and e.pattern = :pattern and e.model = :model and e.guards = 0 and not e.joins
          and a.authority <> b.authority and a.live and b.live
          and not exists (
            select from link l join link o on o.golden_id = l.golden_id and o.until is null
              join source_record r on r.id = o.record_id
            where l.record_id in (t.a_id, t.b_id) and l.until is null
              and (r.registers -> 'restricted' ->> 0 = 'true' or r.pending is not null
                or exists (select from study s where s.record_id = r.id)))"""
    ).bindparams(_IDS, _PATTERN)
)
_NEWEST = Prepared(
    text("select * from batch where pattern = :pattern and model = :model order by turn desc limit 1").bindparams(
        _PATTERN
    )
)
_ADD = Prepared(
    text(
        """insert into batch (pattern, model, turn, size, seed, opened_by)
        values (:pattern, :model, :turn, :size, :seed, :user) returning id"""
    ).bindparams(_PATTERN)
)
_ADD_TASKS = Prepared(
    text(
        """insert into batch_task (batch_id, place, task_id)
        select :id, n.place, n.task from unnest(:ids) with ordinality as n (task, place)"""
    ).bindparams(_IDS, bindparam("id", type_=BigInteger))
)
_GET = Prepared(text("select * from batch where id = :id"))
_LOCK = Prepared(text("select * from batch where id = :id for no key update"))
_SAMPLE = Prepared(
    text(
        f"""with picked as materialized (
          select t.*, m.place as drawn from batch_task m join task t on t.id = m.task_id
          where m.batch_id = :id and (m.outcome = 'sampled' or (m.outcome = '' and not :confirmed
            and t.state <> 'withdrawn'))
          order by m.place limit :size)
        {VIEW.replace("from task t", "from picked t")} order by t.drawn"""
    )
)
_REST = Prepared(
    text("select outcome, reason, count(*) as tasks from batch_task where batch_id = :id group by outcome, reason")
)
_NEXT = Prepared(
    text(
        """select task_id from batch_task where batch_id = :id and outcome = :outcome
        order by place limit :limit"""
    ).bindparams(bindparam("limit", type_=Integer))
)
_OUTCOME = Prepared(text("select outcome from batch_task where batch_id = :id and task_id = :task"))
_NOTE = Prepared(
    text("update batch_task set outcome = :outcome, reason = :reason where batch_id = :id and task_id = :task")
)
_CONFIRM = Prepared(
    text("update batch set decision = :decision, confirmed_by = :user, confirmed_at = :at where id = :id")
)
_UNDO = Prepared(text("update batch set undone_by = :user where id = :id"))


class BatchStore:
    """See `mpi.ports.batches.Batches`."""

    def __init__(self, connection: Lane, model: str) -> None:
        self._connection = connection
        self._model = model

    def groups(self, least: int, limit: int) -> list[Group]:
        """Patterns of at least so many open low-risk tasks, the largest first, with their newest batch."""
        rows = self._connection.run(_GROUPS, {"least": least, "limit": limit, "model": self._model})
        return [
            Group(row.of_pattern, row.tasks, row.least, row.greatest, None if row.id is None else _batch(row))
            for row in rows
        ]

    def members(self, pattern: bytes) -> list[int]:
        """The open low-risk tasks of a pattern."""
        return list(self._connection.run(_MEMBERS, {"pattern": pattern}).scalars())

    def fitting(self, pattern: bytes, tasks: Collection[int]) -> frozenset[int]:
        """Those of these tasks that are of that pattern and of low risk by everything that is stored now."""
        asked = {"pattern": pattern, "ids": list(tasks), "model": self._model}
        return frozenset(self._connection.run(_FITTING, asked).scalars())

    def newest(self, pattern: bytes) -> Batch | None:
        """The newest batch of a pattern."""
        row = self._connection.run(_NEWEST, {"pattern": pattern, "model": self._model}).one_or_none()
        return None if row is None else _batch(row)

    def add(self, pattern: bytes, turn: int, size: int, seed: int, tasks: Sequence[int], user: str) -> int:
        """Store a batch with its tasks in the order drawn; returns its id."""
        made = {"pattern": pattern, "model": self._model, "turn": turn, "size": size, "seed": seed, "user": user}
        batch_id: int = self._connection.run(_ADD, made).scalar_one()
        self._connection.run(_ADD_TASKS, {"id": batch_id, "ids": list(tasks)})
        return batch_id

    def get(self, batch_id: int, *, for_update: bool = False) -> Batch | None:
        """A batch."""
        row = self._connection.run(_LOCK if for_update else _GET, {"id": batch_id}).one_or_none()
        return None if row is None else _batch(row)

    def sample(self, batch: Batch) -> list[TaskView]:
        """The tasks of its sample as they stand."""
        asked = {"id": batch.id, "size": batch.size, "confirmed": batch.decision is not None}
        return [to_view(row) for row in self._connection.run(_SAMPLE, asked)]

    def rest(self, batch: Batch) -> Mapping[Outcome, int]:
        """How many of the other tasks have come to what."""
        found: Counter[Outcome] = Counter()
        for row in self._connection.run(_REST, {"id": batch.id}):
            found[Outcome(row.outcome)] += row.tasks
        if batch.decision is None:
            found[Outcome.WAITING] -= min(batch.size, found[Outcome.WAITING])
        del found[Outcome.SAMPLED]
        return found

    def reasons(self, batch: Batch) -> Mapping[str, int]:
        """Why tasks were left or kept, and how many."""
        return {row.reason: row.tasks for row in self._connection.run(_REST, {"id": batch.id}) if row.reason}

    def next(self, batch_id: int, outcome: Outcome, limit: int) -> list[int]:
        """The next tasks that have come to this so far."""
        asked = {"id": batch_id, "outcome": outcome, "limit": limit}
        return list(self._connection.run(_NEXT, asked).scalars())

    def outcome(self, batch_id: int, task_id: int) -> Outcome:
        """What one of the tasks has come to."""
        return Outcome(self._connection.run(_OUTCOME, {"id": batch_id, "task": task_id}).scalar_one())

    def note(self, batch_id: int, task_id: int, outcome: Outcome, reason: str = "") -> None:
        """Note what has become of a task."""
        noted = {"id": batch_id, "task": task_id, "outcome": outcome, "reason": reason}
        self._connection.run(_NOTE, noted)

    def confirm(self, batch: Batch, decision: Decision, user: str, at: datetime) -> None:
        """Answer the rest like this from now on; the sample is settled."""
        for task in self.sample(batch):
            self.note(batch.id, task.id, Outcome.SAMPLED)
        self._connection.run(_CONFIRM, {"id": batch.id, "decision": decision, "user": user, "at": at})

    def undo(self, batch_id: int, user: str) -> None:
        """Take the batch back from now on."""
        self._connection.run(_UNDO, {"id": batch_id, "user": user})


def _batch(row: Any) -> Batch:
    return Batch(
        id=row.id,
        pattern=row.pattern,
        model=row.model,
        turn=row.turn,
        size=row.size,
        seed=row.seed,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        decision=Decision(row.decision) if row.decision else None,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        undone_by=row.undone_by,
    )

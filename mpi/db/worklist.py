"""The unanswered review tasks in order of urgency, by the one index that holds them in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import text

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.task_rows import OPEN_STATES, VIEW, to_view
from mpi.domain.blinding import ALIKE
from mpi.domain.views import TaskView
from mpi.domain.worklist import NOBODY, Position, SavedFilter, Wanted

_FREE = "(t.claimed_by = '' or t.held_until <= :now)"
_OWNED = """exists (select from source_record r where r.id in (t.a_id, t.b_id) and r.authority = any(:authorities))"""
# The records first: they are few, and everything about them is found by indexes.
_NAMED = """t.id = any(array(
  with named as materialized (select id from source_record where value = :text
    union select id from source_record where live and family ~>=~ :name and family ~<~ :name_end
    union select id from source_record where not live and family ~>=~ :name and family ~<~ :name_end)
  select id from task where a_id in (select id from named) union
  select id from task where b_id in (select id from named)))"""
_UNREAD = """(t.sample_id is null
  or not exists (select from sample_answer x where x.pair_id = t.sample_id and x.reader = :reader))"""
_ORDER = "order by t.place, (- t.weight), t.id"
_POSITION = Prepared(text("select place, weight, id from task where id = :id"))
_LAST = "\U0010ffff"  # greater than any letter
_SAVED = Prepared(text('select name, query from saved_filter where "user" = :user order by lower(name), name'))
_SAVE = Prepared(
    text(
        """insert into saved_filter ("user", name, query) values (:user, :name, :query)
       on conflict ("user", name) do update set query = excluded.query"""
    )
)
_FORGET = Prepared(text('delete from saved_filter where "user" = :user and name = :name'))


class WorklistStore:
    """See `mpi.ports.Worklist`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def page(self, wanted: Wanted, now: datetime, limit: int, after: Position | None) -> list[TaskView]:
        """Tasks after a position."""
        clauses, parameters = _conditions(wanted, now)
        if after is not None:
            clauses.append("(t.place, (- t.weight), t.id) > (:after_place, cast(:after_weight as real), :after_id)")
            parameters |= {"after_place": after.place, "after_weight": -after.weight, "after_id": after.id}
        # The number itself: of a parameter the planner supposes that it may be large, and sorts everything.
        picked = f"select t.* from task t where {' and '.join(clauses)} {_ORDER} limit {int(limit)}"
        view = VIEW.replace("from task t", "from picked t")
        statement = _statement(f"with picked as materialized ({picked}) {view} {_ORDER}")
        return [to_view(row) for row in self._connection.run(statement, parameters)]

    def count(self, wanted: Wanted, now: datetime, most: int) -> int:
        """How many there are, counting no further than `most`."""
        clauses, parameters = _conditions(wanted, now)
        inner = f"select from task t where {' and '.join(clauses)} limit {int(most)}"
        return int(self._connection.run(_statement(f"select count(*) from ({inner}) c"), parameters).scalar_one())

    def take(self, wanted: Wanted, now: datetime, user: str) -> TaskView | None:
        """The most urgent one that `user` can have, or has if those are wanted, and nobody else is just taking."""
        clauses, parameters = _conditions(wanted, now)
        free = () if wanted.assignee == user else (_FREE,)
        where = " and ".join((*clauses, *free, "t.proposed_by <> :user"))
        picked = f"select t.* from task t where {where} {_ORDER} limit 1 for update of t skip locked"
        view = VIEW.replace("from task t", "from picked t")
        statement = _statement(f"with picked as materialized ({picked}) {view}")
        row = self._connection.run(statement, parameters | {"user": user}).one_or_none()
        return None if row is None else to_view(row)

    def position(self, task_id: int) -> Position:
        """Where a task stands in the order."""
        row = self._connection.run(_POSITION, {"id": task_id}).one()
        return Position(row.place, row.weight, row.id)

    def saved(self, user: str) -> list[SavedFilter]:
        """The filters a user has kept, by name."""
        return [SavedFilter(row.name, row.query) for row in self._connection.run(_SAVED, {"user": user})]

    def save(self, user: str, kept: SavedFilter) -> None:
        """Keep a filter in the place of any of that name."""
        self._connection.run(_SAVE, {"user": user, "name": kept.name, "query": kept.query})

    def forget(self, user: str, name: str) -> None:
        """Let a kept filter go, if there is one."""
        self._connection.run(_FORGET, {"user": user, "name": name})


def _conditions(wanted: Wanted, now: datetime) -> tuple[list[str], dict[str, Any]]:
    clauses = [f"t.state in {OPEN_STATES}"]
    parameters: dict[str, Any] = {"now": now, "today": now.date()}
    if not wanted.deferred:
        clauses.append("(t.state <> 'deferred' or t.due <= :today)")
    for clause, values in _restrictions(wanted):
        clauses.append(clause)
        parameters |= values
    return clauses, parameters


def _restrictions(wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    yield (_UNREAD, {"reader": wanted.reader}) if wanted.reader else ("t.sample_id is null", {})
    if wanted.kinds:
        # Who asks for possible matches must not tell from what is missing which of them are samples.
        kinds = {*wanted.kinds, *ALIKE} if ALIKE & set(wanted.kinds) else wanted.kinds
        yield "t.kind = any(:kinds)", {"kinds": sorted(map(str, kinds))}
    if wanted.authorities:
        yield _OWNED, {"authorities": list(wanted.authorities)}
    least, most = wanted.weight
    if least is not None:
        yield "t.weight >= :at_least", {"at_least": least}
    if most is not None:
        yield "t.weight <= :at_most", {"at_most": most}
    if wanted.before is not None:
        yield "t.created_at < :before", {"before": wanted.before}
    if wanted.assignee == NOBODY:
        yield _FREE, {}
    elif wanted.assignee:
        yield "t.claimed_by = :assignee and t.held_until > :now", {"assignee": wanted.assignee}
    if wanted.text:
        name = wanted.text.upper()
        yield _NAMED, {"text": wanted.text, "name": name, "name_end": name + _LAST}


@lru_cache(maxsize=512)
def _statement(sql: str) -> Prepared:
    """One of the few forms a filtered statement takes; values are parameters, so their number is bounded."""
    return Prepared(text(sql))

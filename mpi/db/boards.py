"""The counts that dashboards show: made from whole tables in the background, kept as one small row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.scan import read_whole_tables
from mpi.db.task_rows import OPEN_STATES
from mpi.domain.counts import (
    BAND,
    FIELDS,
    NEWEST,
    AuthorityCounts,
    Band,
    Counted,
    DecidedBand,
    MatchingCounts,
    TrafficDay,
    WeekOfKind,
)
from mpi.domain.views import TaskKind

_SHOWN = "shown"  # the row of what is shown; `TRAFFIC` is that of how far messages were counted
_TRAFFIC = "traffic"
_KEPT = timedelta(days=400)  # of traffic
_COUNTED: TypeAdapter[Counted] = TypeAdapter(Counted)
_HOLD = Prepared(text("select pg_try_advisory_xact_lock(hashtextextended('mpi dashboards', 0)) as held"))
_BANDS = text(
    f"""select (floor(e.weight / {BAND}) * {BAND})::int as low,
      count(*) filter (where la.golden_id = lb.golden_id) as linked,
      count(*) filter (where la.golden_id <> lb.golden_id) as apart
    from edge e join link la on la.record_id = e.a_id and la.until is null
      join link lb on lb.record_id = e.b_id and lb.until is null
    group by 1 order by 1"""
)
_DECIDED = text(
    f"""select (floor(weight / {BAND}) * {BAND})::int as low, count(*) filter (where decision = 'same') as same,
      count(*) filter (where decision = 'different') as different
    from task where state = 'decided' and decision in ('same', 'different') and weight <> 0 and sample_id is null
    group by 1 order by 1"""
)
_WEEKS = text(
    """select date_trunc('week', at at time zone 'UTC')::date as monday, kind, sum(opened)::bigint as opened,
      sum(answered)::bigint as answered
    from (select created_at as at, kind, 1 as opened, 0 as answered from task where created_at >= :since
      union all select decided_at, kind, 0, 1 from task where state = 'decided' and decided_at >= :since) t
    group by 1, 2 order by 1, 2"""
)
_WAITING = text(f"select kind, count(*) as number from task where state in {OPEN_STATES} group by kind")
_LEVELS, _EARLIER = (
    text(
        f"""select c as place, get_byte(e.pattern, c) as level, count(*) as pairs
        from (select pattern, joins, model from edge
            order by b_id {order} limit (select least({NEWEST}, count(*) / 2) from edge)) e
          cross join lateral generate_series(0, octet_length(e.pattern) - 1) c
        where e.joins and e.model = :model group by 1, 2"""
    )
    for order in ("desc", "asc")
)
_IS_SAID = "coalesce(registers -> '{name}' -> 0, 'null') not in ('null', '[]', '\"\"')"
_FILLED = ", ".join(f"count(*) filter (where {_IS_SAID.format(name=name)}) as {name}" for name in FIELDS)
_AUTHORITIES = text(
    f"""select authority, count(*) as records,
      count(*) filter (where coalesce(registers -> 'nhs_number' -> 0 ->> 0, '') <> '') as numbered,
      count(*) filter (where registers -> 'nhs_number' -> 0 ->> 0 <> ''
        and registers -> 'nhs_number' -> 0 ->> 1 = '01') as verified, {_FILLED}
    from source_record where live group by authority order by authority"""
)
_DOUBLED = text(
    """select authority, sum(n - 1)::bigint as doubled from (
      select r.authority, count(*) as n from source_record r join link l on l.record_id = r.id and l.until is null
      where r.live group by r.authority, l.golden_id having count(*) > 1) d group by authority"""
)
_OVERLAYS = text(
    """select r.authority, count(*) as overlays from task t join source_record r on r.id = t.a_id
    where t.kind = 'overlay' and t.created_at >= :since group by r.authority"""
)
_UP_TO = Prepared(
    text(f"select coalesce((select (content ->> 'up_to')::bigint from dashboard where name = '{_TRAFFIC}'), 0) as id")
)
# Ids are given before they are committed: nothing is counted behind a message young enough to have one missing.
_NEXT = Prepared(
    text(
        """select coalesce(
          (select id - 1 from message where id > :up_to and received_at > :before order by id limit 1),
          (select id from message order by id desc limit 1), 0) as id"""
    )
)
_ADD_TRAFFIC = Prepared(
    text(
        """insert into feed_traffic (feed, day, messages, refused, last_at)
          select feed, (received_at at time zone 'UTC')::date, count(*), count(*) filter (where fault <> ''),
            max(received_at)
          from message where id > :up_to and id <= :next group by 1, 2
        on conflict (feed, day) do update set messages = feed_traffic.messages + excluded.messages,
          refused = feed_traffic.refused + excluded.refused,
          last_at = greatest(feed_traffic.last_at, excluded.last_at)"""
    )
)
_FORGET = Prepared(text("delete from feed_traffic where day < :before"))
_TRAFFIC_DAYS = Prepared(
    text(
        """select * from feed_traffic f where day >= :since
          or not exists (select from feed_traffic x where x.feed = f.feed and x.day > f.day) order by feed, day"""
    )
)
_KEEP = Prepared(
    text(
        """insert into dashboard (name, at, content) values (:name, :at, :content)
        on conflict (name) do update set at = excluded.at, content = excluded.content"""
    ).bindparams(bindparam("content", type_=JSONB))
)
_READ = Prepared(text(f"select content from dashboard where name = '{_SHOWN}'"))


class BoardStore:
    """See `mpi.ports.Boards`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def hold(self) -> bool:
        """Whether nobody else is counting."""
        return bool(self._connection.run(_HOLD, {}).scalar_one())

    def count_matching(self, since: date, model: str, comparisons: Sequence[str]) -> MatchingCounts:
        """Count pairs, decisions and tasks."""
        read_whole_tables(self._connection)
        run = self._connection.execute
        return MatchingCounts(
            bands=tuple(Band(row.low, row.linked, row.apart) for row in run(_BANDS)),
            decided=tuple(DecidedBand(row.low, row.same, row.different) for row in run(_DECIDED)),
            weeks=tuple(
                WeekOfKind(row.monday, TaskKind(row.kind), row.opened, row.answered)
                for row in run(_WEEKS, {"since": since})
            ),
            waiting={TaskKind(row.kind): row.number for row in run(_WAITING)},
            levels=self._levels(_LEVELS, model, comparisons),
            earlier=self._levels(_EARLIER, model, comparisons),
        )

    def _levels(self, statement: TextClause, model: str, comparisons: Sequence[str]) -> dict[str, tuple[int, ...]]:
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for row in self._connection.execute(statement, {"model": model}):
            found[row.place][row.level] = row.pairs
        return {
            name: tuple(found[place].get(level, 0) for level in range(max(found[place]) + 1))
            for place, name in enumerate(comparisons)
            if found[place]
        }

    def count_authorities(self, overlays_since: datetime) -> tuple[AuthorityCounts, ...]:
        """Count the records of each assigning authority."""
        read_whole_tables(self._connection)
        run = self._connection.execute
        doubled = {row.authority: row.doubled for row in run(_DOUBLED)}
        overlays = {row.authority: row.overlays for row in run(_OVERLAYS, {"since": overlays_since})}
        return tuple(
            AuthorityCounts(
                row.authority,
                row.records,
                row.numbered,
                row.verified,
                {name: getattr(row, name) for name in FIELDS},
                doubled.get(row.authority, 0),
                overlays.get(row.authority, 0),
            )
            for row in run(_AUTHORITIES)
        )

    def count_traffic(self, before: datetime, since: date) -> tuple[TrafficDay, ...]:
        """Count the messages that came since the last time."""
        read_whole_tables(self._connection)
        up_to = int(self._connection.run(_UP_TO, {}).scalar_one())
        following = int(self._connection.run(_NEXT, {"up_to": up_to, "before": before}).scalar_one())
        if following > up_to:
            self._connection.run(_ADD_TRAFFIC, {"up_to": up_to, "next": following})
            self._write(_TRAFFIC, before, {"up_to": following})
        self._connection.run(_FORGET, {"before": (before - _KEPT).date()})
        return tuple(
            TrafficDay(row.feed, row.day, row.messages, row.refused, row.last_at)
            for row in self._connection.run(_TRAFFIC_DAYS, {"since": since})
        )

    def keep(self, counted: Counted) -> None:
        """Show these from now on."""
        self._write(_SHOWN, counted.at, _COUNTED.dump_python(counted, mode="json"))

    def counted(self) -> Counted | None:
        """What is shown."""
        row = self._connection.run(_READ, {}).one_or_none()
        try:
            return None if row is None else _COUNTED.validate_python(row.content)
        except ValidationError:  # of another version: as good as none, until somebody counts anew
            return None

    def _write(self, name: str, at: datetime, content: Any) -> None:
        self._connection.run(_KEEP, {"name": name, "at": at, "content": content})

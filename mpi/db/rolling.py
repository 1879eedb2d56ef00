"""What a change of the model writes over the whole index at once, while nobody else writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine, text

from linkage.encode import ENCODED_SIZE
from linkage.partition import AssertionRank, Verdict
from mpi.db.bulk import PATIENT
from mpi.db.bulk_lines import QUESTION, question
from mpi.db.copying import EDGE, Columns, copy, copy_columns, edge_columns
from mpi.db.evidence import to_pair
from mpi.db.models import CHANGES_MODEL
from mpi.db.session import DbUnit, DbUnits
from mpi.db.task_rows import OPEN_STATES
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Question
from mpi.errors import Conflict, Unavailable
from mpi.ports import Contention
from mpi.usecases.whole.bulk_settling import Weighed

_MINE = text(f"select pg_try_advisory_xact_lock({CHANGES_MODEL})")
# The lock that every writing transaction shares; while somebody waits for it, nobody else gets it.
_ALONE = text("select pg_advisory_xact_lock(5567189231764301)")
_WAIT = text("set local lock_timeout = '60s'")
_NAME = text("select set_config('application_name', :what, true)")
_LONGEST_NAME = 60  # the server cuts off what is longer than 63 bytes
_ENCODED_IN = text("create temporary table encoded_anew (id bigint, encoded bytea) on commit drop")
_ENCODE = text("update source_record r set encoded = n.encoded from encoded_anew n where r.id = n.id")
_FORGET_EDGES = text("delete from edge")
_ANALYZE_EDGES = text("analyze edge")
_ASKED_IN = text(
    """create temporary table asked (kind text, a_id bigint, b_id bigint, weight real, guards integer, reason text,
         pattern bytea) on commit drop"""
)
_WITHDRAW = text(
    f"""with gone as (
          update task t set state = 'withdrawn', claimed_by = '' from task before
          where before.id = t.id and t.state in {OPEN_STATES} and not t.standing
            and not exists (select from asked q where (q.kind, q.a_id, q.b_id) = (t.kind, t.a_id, t.b_id))
          returning t.id, before.state = 'deferred' or before.decision = 'defer' as deferred)
        insert into model_reign_task (reign_id, task_id, state)
          select :reign, id, case when deferred then 'deferred' else 'open' end from gone"""
)
_RESTORE = text(
    f"""update task t set state = w.state from model_reign_task w, asked q
        where w.reign_id = :reign and t.id = w.task_id and t.state = 'withdrawn'
          and (q.kind, q.a_id, q.b_id) = (t.kind, t.a_id, t.b_id)
          and not exists (select from task o where (o.kind, o.a_id, o.b_id) = (t.kind, t.a_id, t.b_id)
            and o.state in {OPEN_STATES})"""
)
_WEIGH = text(
    f"""update task t set weight = q.weight, guards = q.guards, reason = q.reason, pattern = q.pattern from asked q
        where t.state in {OPEN_STATES} and (t.kind, t.a_id, t.b_id) = (q.kind, q.a_id, q.b_id)
          and (t.weight, t.guards, t.reason, t.pattern) is distinct from (q.weight, q.guards, q.reason, q.pattern)"""
)
_ASK = text(
    f"""insert into task (kind, state, a_id, b_id, weight, guards, reason, pattern, studies)
          select kind, 'open', a_id, b_id, weight, guards, reason, pattern,
            (select count(*) from study s where s.record_id in (a_id, b_id)) from asked
        on conflict (kind, a_id, b_id) where state in {OPEN_STATES} do nothing"""
)
_FORMER = text(
    """select distinct on (l.record_id) r.authority, r.value, l.golden_id from link l
       join source_record r on r.id = l.record_id
       where l.id <= (select last_link from model_reign where id = :reign) order by l.record_id, l.id desc"""
)
_LIFTED = text(
    """select a.authority as a_authority, a.value as a_value, b.authority as b_authority, b.value as b_value
       from assertion t join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
       where t.rank = :hold and t.verdict = :same and t.withdrawn_reason = :reason order by t.id"""
)


class RollingStore:
    """See `mpi.usecases.models.rolling.Store`."""

    def __init__(self, unit: DbUnit) -> None:
        self.unit = unit
        self._connection = unit.lane.connection
        self._connection.execute(PATIENT)

    def claim(self, what: str) -> None:
        """Hold the index for this transaction alone."""
        if not self._connection.execute(_MINE).scalar_one():
            raise Conflict("the model is being changed by somebody else already: see mpi model list")
        self.tell(what)
        self._connection.execute(_WAIT)
        self._connection.execute(_ALONE)

    def tell(self, what: str) -> None:
        """Let others see what is being done."""
        self.unit.lane.execute(_NAME, {"what": what[:_LONGEST_NAME]})

    def encode(self, ids: Sequence[int], encoded: npt.NDArray[np.uint8]) -> None:
        """Records as rows of the kernel."""
        if not ids:
            return
        self.unit.lane.execute(_ENCODED_IN)
        columns: Columns = [(">i8", np.array(ids, np.int64)), (f"({ENCODED_SIZE},)u1", encoded)]
        copy_columns(self._connection, "encoded_anew (id, encoded)", columns)
        self.unit.lane.execute(_ENCODE)

    def replace_edges(self, ids: Sequence[int], edges: Weighed, model: str) -> None:
        """Every edge of the index."""
        self.unit.lane.execute(_FORGET_EDGES)
        if len(edges):
            of_row = np.array(ids, np.int64)
            a, b = of_row[edges.a], of_row[edges.b]
            copy_columns(self._connection, EDGE, edge_columns(edges, np.minimum(a, b), np.maximum(a, b), model))
        self.unit.lane.execute(_ANALYZE_EDGES)

    def ask(
        self, ids: Mapping[Identifier, int], questions: Iterable[Question], reign: int, undone: int | None
    ) -> tuple[int, int]:
        """Every question of the index."""
        self.unit.lane.execute(_ASKED_IN)
        lines = (question(q, ids[q.pair.one], ids[q.pair.other]).encode() for q in questions)
        copy(self._connection, f"asked ({QUESTION})", lines)
        closed = self.unit.lane.execute(_WITHDRAW, {"reign": reign}).rowcount
        restored = 0 if undone is None else self.unit.lane.execute(_RESTORE, {"reign": undone}).rowcount
        self.unit.lane.execute(_WEIGH)
        return restored + self.unit.lane.execute(_ASK).rowcount, closed

    def former(self, reign: int) -> dict[Identifier, UUID]:
        """The golden id of every record that was in the index when a reign began, as it was then."""
        rows = self.unit.lane.execute(_FORMER, {"reign": reign})
        return {Identifier(row.authority, row.value): row.golden_id for row in rows}

    def lifted(self, reason: str) -> Collection[Pair]:
        """The holds that were withdrawn for a reason."""
        wanted = {"hold": int(AssertionRank.HOLD), "same": Verdict.SAME.value, "reason": reason}
        return {to_pair(row) for row in self.unit.lane.execute(_LIFTED, wanted)}


class RollingStores:
    """Opens transactions that change the model."""

    def __init__(self, engine: Engine) -> None:
        self._units = DbUnits(engine, "")

    @contextmanager
    def begin(self) -> Iterator[RollingStore]:
        """A transaction, rolled back at exit unless its unit is committed."""
        try:
            with self._units.begin(alone=True) as unit:
                yield RollingStore(unit)
        except Contention as contention:
            text_ = (
                "others have gone on writing for a minute; nothing was changed, try again when there is less to do"
            )
            raise Unavailable(text_) from contention

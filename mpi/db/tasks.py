"""Review tasks: one open task a question, withdrawn by itself when new evidence answers it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import REAL, BigInteger, Integer, LargeBinary, Text, bindparam, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linkage.partition import AssertionRank
from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.rows import RecordIds
from mpi.db.tables import task
from mpi.db.task_rows import OPEN_STATES, VIEW, to_view
from mpi.domain.acts import Proposal, proposal_to_json
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Question
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_STUDIES = "(select count(*) from study s where s.record_id = any(array[{a}, {b}]))"
_STUDIES_OF_GIVEN = _STUDIES.format(a="cast(:a_id as bigint)", b="cast(:b_id as bigint)")
_TOUCHING = Prepared(
    text(
        f"""{VIEW} where t.state in {OPEN_STATES} and t.sample_id is null
        and (t.a_id = any(:ids) or t.b_id = any(:ids)) order by t.id"""
    ).bindparams(_IDS)
)
_ME = "array(select id from source_record where authority = :authority and value = :value)"
_ABOUT = Prepared(
    text(
        f"""{VIEW} where t.state in {OPEN_STATES} and t.sample_id is null
        and (t.a_id = any({_ME}) or t.b_id = any({_ME})) order by t.id"""
    )
)
_WAITING = Prepared(text(f"select kind, count(*) as number from task where state in {OPEN_STATES} group by kind"))
_RECORDS = "array(select record_id from link where until is null and golden_id = {golden} order by record_id)"
# The records of one person; of two those of either, and 0, which is no record, between them.
_OF_PEOPLE = f"""(select {_RECORDS.format(golden="one.golden_id")} || case when one.golden_id <> other.golden_id
         then cast(0 as bigint) || {_RECORDS.format(golden="other.golden_id")} end
       from link one, link other
       where one.record_id = {{a}} and one.until is null and other.record_id = {{b}} and other.until is null)"""
_OUTLIVED = f"""(t.people is distinct from {_OF_PEOPLE.format(a="t.a_id", b="t.b_id")}
         or exists (select from assertion s where s.withdrawn_at is not null
           and s.id in (select cast(jsonb_array_elements_text(t.proposal -> 'assertions') as bigint)))
         or exists (select from assertion s where s.withdrawn_at is null and s.rank = {int(AssertionRank.PRIVACY)}
           and s.a_id = any(t.people) and s.b_id = any(t.people)))"""
_SYNC = Prepared(
    text(
        f"""with asked (kind, a_id, b_id, weight, guards, reason, pattern) as (
          select * from unnest(:kinds, :a_ids, :b_ids, :weights, :guards, :reasons, :patterns)),
        otherwise as (
          update task t set pattern = q.pattern from asked q
          where t.state in {OPEN_STATES} and (t.kind, t.a_id, t.b_id) = (q.kind, q.a_id, q.b_id)
            and t.pattern is distinct from q.pattern),
        gone as (
          update task t set state = 'withdrawn', claimed_by = ''
          where state in {OPEN_STATES} and not standing and (a_id = any(:ids) or b_id = any(:ids))
            and not exists (select from asked q where (q.kind, q.a_id, q.b_id) = (t.kind, t.a_id, t.b_id))),
        outlived as (
          update task t set state = 'withdrawn', claimed_by = ''
          where proposal is not null and state in {OPEN_STATES} and (a_id = any(:ids) or b_id = any(:ids))
            and {_OUTLIVED})
        insert into task (kind, state, a_id, b_id, weight, guards, reason, pattern, studies)
          select kind, 'open', a_id, b_id, weight, guards, reason, pattern,
            {_STUDIES.format(a="a_id", b="b_id")} from asked
          on conflict (kind, a_id, b_id) where state in {OPEN_STATES} do nothing"""
    ).bindparams(
        _IDS,
        bindparam("kinds", type_=ARRAY(Text)),
        bindparam("a_ids", type_=ARRAY(BigInteger)),
        bindparam("b_ids", type_=ARRAY(BigInteger)),
        bindparam("weights", type_=ARRAY(REAL)),
        bindparam("guards", type_=ARRAY(Integer)),
        bindparam("reasons", type_=ARRAY(Text)),
        bindparam("patterns", type_=ARRAY(LargeBinary)),
    )
)
_ALARM = Prepared(
    text(
        f"""insert into task as t (kind, state, a_id, b_id, weight, guards, reason, standing, studies, study_uids)
          values (:kind, 'open', :a_id, :b_id, 0, 0, :reason, true, {_STUDIES_OF_GIVEN}, :study_uids)
          on conflict (kind, a_id, b_id) where state in {OPEN_STATES} do update
            set study_uids = t.study_uids || excluded.study_uids where not t.study_uids @> excluded.study_uids"""
    ).bindparams(bindparam("study_uids", type_=ARRAY(Text)))
)
_WITHDRAW = Prepared(
    text(
        f"""update task set state = 'withdrawn', claimed_by = ''
        where kind = :kind and a_id = :id and b_id = :id and state in {OPEN_STATES}"""
    )
)
_CONFLICTS = f"kind in ('{TaskKind.STUDY_CONFLICT}', '{TaskKind.ORDER_CONFLICT}')"
_MERGED = Prepared(
    text(
        f"""update task set state = 'withdrawn', claimed_by = '' from link la, link lb
        where {_CONFLICTS} and state in {OPEN_STATES} and a_id = any(:ids) and b_id = any(:ids)
          and la.record_id = a_id and la.until is null and lb.record_id = b_id and lb.until is null
          and la.golden_id = lb.golden_id"""
    ).bindparams(_IDS)
)
# Of one question that was withdrawn several times the last.
_UNMERGED = Prepared(
    text(
        f"""update task t set state = 'open' where id in (
          select max(id) from task where {_CONFLICTS} and state = 'withdrawn'
            and ((a_id = any(:ids) and b_id = any(:others)) or (a_id = any(:others) and b_id = any(:ids)))
          group by kind, a_id, b_id)
        and not exists (select from task o where o.state in {OPEN_STATES}
          and (o.kind, o.a_id, o.b_id) = (t.kind, t.a_id, t.b_id))"""
    ).bindparams(_IDS, bindparam("others", type_=ARRAY(BigInteger)))
)
_REOPEN = Prepared(
    text(
        """update task set state = 'open', claimed_by = '', decision = null, decided_by = '', decided_at = null,
              proposed = null, proposed_by = '', assertion_id = null, comment = :comment where id = :id"""
    )
)
_CLAIM = Prepared(text("update task set state = 'claimed', claimed_by = :user, held_until = :until where id = :id"))
# What was put off is put off again; of any other task nothing is known yet.
_RELEASE = Prepared(
    text(
        """update task set state = case when decision = 'defer' then 'deferred' else 'open' end, claimed_by = '',
         held_until = null where id = :id"""
    )
)
_PROPOSE = Prepared(
    text(
        """update task set state = 'open', claimed_by = '', decision = null, due = null, proposed = :decision,
         proposed_by = :user, comment = :comment where id = :id"""
    )
)
_PROPOSE_CHANGE = Prepared(
    text(
        f"""insert into task (kind, state, a_id, b_id, weight, guards, reason, standing, studies, proposed,
            proposed_by, comment, proposal, people)
          values ('{TaskKind.PROPOSED_CHANGE}', 'open', :a_id, :b_id, 0, 0, :reason, true, {_STUDIES_OF_GIVEN},
            '{Decision.ACCEPT}', :user, :comment, :proposal, {_OF_PEOPLE.format(a=":a_id", b=":b_id")})
          returning id"""
    ).bindparams(bindparam("proposal", type_=JSONB))
)
_IS_OUTLIVED = Prepared(text(f"select {_OUTLIVED} as outlived from task t where t.id = :id"))
_WITHDRAW_PROPOSAL = Prepared(
    text(
        """update task set state = 'withdrawn', claimed_by = '', decided_by = :user,
         comment = case when :comment = '' then comment else :comment end where id = :id"""
    )
)


class TaskStore:
    """See `mpi.ports.Tasks`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def sync(self, among: Collection[Identifier], questions: Sequence[Question]) -> None:
        """Make `questions` the unanswered questions touching these records."""
        wanted = {(str(q.kind), *self._pair(q.pair)): q for q in questions}
        row = {
            "ids": self._ids.list(among),
            "kinds": [kind for kind, _, _ in wanted],
            "a_ids": [a_id for _, a_id, _ in wanted],
            "b_ids": [b_id for _, _, b_id in wanted],
            "weights": [q.weight for q in wanted.values()],
            "guards": [int(q.guards) for q in wanted.values()],
            "reasons": [q.reason for q in wanted.values()],
            "patterns": [q.shared_pattern for q in wanted.values()],
        }
        self._connection.run(_SYNC, row)

    def withdraw(self, kind: TaskKind, about: Identifier) -> None:
        """Withdraw the unanswered task of this kind about one record alone, so that it can be asked anew."""
        self._connection.run(_WITHDRAW, {"kind": kind, "id": self._ids[about]})

    def merged(self, family: Collection[Identifier]) -> None:
        """Withdraw the questions that a source has answered by merging records."""
        self._connection.run(_MERGED, {"ids": self._ids.list(family)})

    def unmerged(self, ones: Collection[Identifier], others: Collection[Identifier]) -> None:
        """Ask again what a merge of these two families had answered."""
        self._connection.run(_UNMERGED, {"ids": self._ids.list(ones), "others": self._ids.list(others)})

    def raise_alarm(self, kind: TaskKind, pair: Pair, reason: str, study_uid: str = "") -> None:
        """Open a task that no later evidence withdraws; the same one that is open is about this study too then."""
        a_id, b_id = self._pair(pair)
        told = {"reason": reason, "study_uids": [study_uid] if study_uid else []}
        self._connection.run(_ALARM, {"kind": kind, "a_id": a_id, "b_id": b_id, **told})

    def get(self, task_id: int, *, for_update: bool = False) -> TaskView | None:
        """One task."""
        lock = " for update of t" if for_update else ""
        row = self._connection.execute(text(f"{VIEW} where t.id = :id{lock}"), {"id": task_id}).one_or_none()
        return None if row is None else to_view(row)

    def find(
        self,
        states: Collection[TaskState],
        kinds: Collection[TaskKind],
        authority: str,
        limit: int,
        after: int,
    ) -> list[TaskView]:
        """Tasks by id after `after`, blind samples left out; empty collections do not restrict."""
        clauses = ["t.id > :after", "t.sample_id is null"]
        parameters: dict[str, Any] = {"after": after, "limit": limit}
        for column, values in (("state", states), ("kind", kinds)):
            if values:
                clauses.append(f"t.{column} = any(:{column})")
                parameters[column] = [str(value) for value in values]
        if authority:
            clauses.append("(a.authority = :authority or b.authority = :authority)")
            parameters["authority"] = authority
        statement = f"{VIEW} where {' and '.join(clauses)} order by t.id limit :limit"
        return [to_view(row) for row in self._connection.execute(text(statement), parameters)]

    def touching(self, identifiers: Collection[Identifier]) -> list[TaskView]:
        """Unanswered tasks about these records."""
        rows = self._connection.run(_TOUCHING, {"ids": self._ids.list(identifiers)})
        return [to_view(row) for row in rows]

    def about(self, identifier: Identifier) -> Iterator[TaskView]:
        """Unanswered tasks about one record, waited for when they are looked at."""
        rows = self._connection.run(_ABOUT, {"authority": identifier.authority, "value": identifier.value})
        return (to_view(row) for row in rows.awaited())

    def waiting(self) -> Mapping[TaskKind, int]:
        """How many tasks of each kind are unanswered, by the index of the open ones alone."""
        return {TaskKind(row.kind): row.number for row in self._connection.run(_WAITING, {})}

    def claim(self, task_id: int, user: str, until: datetime) -> None:
        """Give the task to a user until then."""
        self._connection.run(_CLAIM, {"id": task_id, "user": user, "until": until})

    def release(self, task_id: int) -> None:
        """Take the task from whoever holds it."""
        self._connection.run(_RELEASE, {"id": task_id})

    def propose(self, task_id: int, decision: Decision, comment: str, user: str) -> None:
        """Note an answer that waits for another person, and give the task back."""
        self._connection.run(_PROPOSE, {"id": task_id, "decision": decision, "comment": comment, "user": user})

    def propose_change(self, proposal: Proposal, pair: Pair, reason: str, comment: str) -> int:
        """Open the task under which an act waits for a second person; returns its id."""
        a_id, b_id = self._pair(pair)
        told = {"reason": reason, "comment": comment, "user": proposal.by, "proposal": proposal_to_json(proposal)}
        made: int = self._connection.run(_PROPOSE_CHANGE, {"a_id": a_id, "b_id": b_id, **told}).scalar_one()
        return made

    def is_outlived(self, task_id: int) -> bool:
        """Whether either of the people of a proposal has other records by now, or they must not be shown together, or
        what it would take back stands no more."""
        return bool(self._connection.run(_IS_OUTLIVED, {"id": task_id}).scalar_one())

    def withdraw_proposal(self, task_id: int, comment: str, user: str) -> None:
        """Withdraw a proposal for its user; for "" because it is outlived."""
        self._connection.run(_WITHDRAW_PROPOSAL, {"id": task_id, "comment": comment, "user": user})

    def decide(
        self, task_id: int, decision: Decision, comment: str, user: str, assertion_id: int | None, due: date | None
    ) -> None:
        """Record the answer."""
        state = TaskState.DEFERRED if decision is Decision.DEFER else TaskState.DECIDED
        values: dict[str, Any] = {
            "state": state,
            "decision": decision,
            "comment": comment,
            "decided_by": user,
            "due": due,
            "proposed": None,
            "proposed_by": "",
        }
        values |= {"claimed_by": "", "decided_at": text("clock_timestamp()"), "assertion_id": assertion_id}
        self._connection.execute(update(task).where(task.c.id == task_id).values(values))

    def reopen(self, task_id: int, comment: str, user: str) -> int | None:
        """Take the answer back; returns the assertion it had made."""
        made: int | None = self._connection.execute(
            text("select assertion_id from task where id = :id"), {"id": task_id}
        ).scalar_one()
        self._connection.run(_REOPEN, {"id": task_id, "comment": comment})
        return made

    def _pair(self, pair: Pair) -> tuple[int, int]:
        ids = self._ids.among([pair.one, pair.other])
        return ids[pair.one], ids[pair.other]

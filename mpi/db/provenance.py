"""How people came to be what they are, and who has looked at them: read from what is only ever added to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from linkage.partition import AssertionRank
from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.rows import MOST_ID, RecordIds
from mpi.domain.formation import Saying, Span
from mpi.domain.identifiers import Identifier
from mpi.ports.provenance import Look, Sender

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_SPANS = Prepared(
    text(
        """select r.authority, r.value, l.since, l.until, l.reason, p.golden_id as came_from, n.golden_id as went_to,
         n.reason as ended
       from link l join source_record r on r.id = l.record_id
       left join lateral (select golden_id from link where record_id = l.record_id and until is not null
           and id < l.id order by id desc limit 1) p on true
       left join lateral (select golden_id, reason from link where record_id = l.record_id
           and id > l.id order by id limit 1) n on true
       where l.golden_id = :golden order by l.since, l.id"""
    )
)
# Each arm has an index of its own: that of standing assertions is small and often asked for.
_ARE_APART = Prepared(
    text(
        """with people as materialized (
         select distinct golden_id from link where record_id = any(:ids) and until is null)
       select exists (select from people p join link l on l.golden_id = p.golden_id and l.until is null
         join assertion s on s.a_id = l.record_id and s.withdrawn_at is null and s.rank = :rank
         join link m on m.record_id = s.b_id and m.until is null
         where m.golden_id in (select golden_id from people))"""
    ).bindparams(_IDS, bindparam("rank", type_=Integer))
)
_ARMS = " union ".join(
    f"select * from assertion where {end} = any(:ids) and withdrawn_at is {state} and rank >= 0"
    for end in ("a_id", "b_id")
    for state in ("null", "not null")
)
_SAYINGS = Prepared(
    text(
        f"""select t.*, a.authority as a_authority, a.value as a_value, b.authority as b_authority, b.value as b_value
       from ({_ARMS}) t join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id order by t.id"""
    ).bindparams(_IDS)
)
_SENDERS = Prepared(text("select id, feed, event, control_id from message where id = any(:ids)").bindparams(_IDS))
_TASKS_OF = Prepared(
    text(
        """select t.id, t.assertion_id from assertion s
       join task t on t.assertion_id = s.id and t.a_id = s.a_id and t.b_id = s.b_id where s.id = any(:ids)"""
    ).bindparams(_IDS)
)
_LOOKS = Prepared(
    text(
        """select id, at, "user", role, organisation, purpose, action, detail ->> 'reason' as reason from audit
       where subjects[1] = any(:subjects) and role <> 'feed' and id < :before order by id desc limit :limit"""
    ).bindparams(bindparam("subjects", type_=ARRAY(Text)))
)


class ProvenanceStore:
    """See `mpi.ports.provenance.Provenance`."""

    def __init__(self, connection: Lane, ids: RecordIds) -> None:
        self._connection = connection
        self._ids = ids

    def spans(self, golden_id: UUID) -> list[Span]:
        """Every time that a record was linked to a golden id."""
        return [
            Span(
                Identifier(row.authority, row.value),
                row.since,
                row.until,
                row.came_from,
                row.went_to if row.until else None,
                row.reason,
                row.ended,
            )
            for row in self._connection.run(_SPANS, {"golden": golden_id})
        ]

    def sayings(self, identifiers: Collection[Identifier]) -> list[Saying]:
        """All assertions ever made with an end among these, oldest first."""
        return [_saying(row) for row in self._connection.run(_SAYINGS, {"ids": self._ids.list(identifiers)})]

    def tasks_of(self, assertions: Collection[int]) -> Mapping[int, int]:
        """The tasks whose answers made these assertions, by assertion."""
        rows = self._connection.run(_TASKS_OF, {"ids": list(assertions)})
        return {row.assertion_id: row.id for row in rows}

    def are_apart(self, one: Identifier, other: Identifier) -> bool:
        """Whether a privacy officer keeps the people of these two records apart."""
        parameters = {"ids": self._ids.list([one, other]), "rank": int(AssertionRank.PRIVACY)}
        return bool(self._connection.run(_ARE_APART, parameters).scalar_one())

    def senders(self, messages: Collection[int]) -> Mapping[int, Sender]:
        """Where these messages came from."""
        rows = self._connection.run(_SENDERS, {"ids": list(messages)})
        return {row.id: Sender(row.feed, row.event, row.control_id) for row in rows}

    def looks(self, subjects: Collection[str], limit: int, before: int | None) -> list[Look]:
        """Audit rows whose first subject is one of these, newest first."""
        wanted = {"subjects": list(subjects), "limit": limit, "before": MOST_ID if before is None else before}
        return [
            Look(
                row.id,
                row.at,
                row.user,
                row.role,
                row.organisation,
                row.purpose,
                row.action,
                row.reason or "",
            )
            for row in self._connection.run(_LOOKS, wanted)
        ]


def _saying(row: Row[Any]) -> Saying:
    one, other = Identifier(row.a_authority, row.a_value), Identifier(row.b_authority, row.b_value)
    return Saying(
        id=row.id,
        one=one,
        other=other,
        same=row.verdict == "same",
        rank=AssertionRank(row.rank),
        subsumed=None if row.subsumed_id is None else one if row.subsumed_id == row.a_id else other,
        made_by=row.made_by,
        made_at=row.made_at,
        reason=row.reason,
        withdrawn_by=row.withdrawn_by or "",
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason or "",
    )

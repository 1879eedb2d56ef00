"""Blind samples: what they are drawn from, their place among the tasks, and their answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.task_rows import OPEN_STATES
from mpi.domain.blinding import REASON
from mpi.domain.sampling import SEEN, Answered, Beside, Person, Picked, Round, SampledPair, Stratum, seats

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_CROWD = 1_000
"""More records than these that share one loose fact are not all looked at."""
_GREATEST = Prepared(text("select coalesce((select id from source_record order by id desc limit 1), 0) as id"))
_COMPARABLE = Prepared(
    text("select id from source_record where id = any(:ids) and live and encoded is not null order by id").bindparams(
        _IDS
    )
)
_BESIDE = Prepared(
    text(
        f"""with drawn as materialized (select * from source_record where id = any(:ids)),
        near (one, other, compared) as (
          select d.id, k.record_id, true from drawn d join block_key k on k.key = any(d.keys)
          union all
          select d.id, m.record_id, false from drawn d join link l on l.record_id = d.id and l.until is null
            join link m on m.golden_id = l.golden_id and m.until is null
          union all
          select d.id, x.id, false from drawn d cross join lateral (
            select r.id, r.family, r.given from source_record r
            where r.birth_date = d.birth_date and r.birth_date <> '' limit {_CROWD}) x
          where length(d.birth_date) = 10
            and (left(x.family, 1) = left(d.family, 1) or left(x.given, 1) = left(d.given, 1))
          union all
          select d.id, x.id, false from drawn d cross join lateral (
            select r.id from source_record r
            where r.live and r.family = d.family and r.given = d.given and d.family <> '' and d.given <> ''
            limit {_CROWD}) x)
        select n.one, n.other, bool_or(n.compared) as compared, bool_or(lo.golden_id = lx.golden_id) as joined,
          d.encoded as one_encoded, r.encoded as other_encoded
        from near n join drawn d on d.id = n.one
          join source_record r on r.id = n.other and r.live and r.encoded is not null
          join link lo on lo.record_id = n.one and lo.until is null
          join link lx on lx.record_id = n.other and lx.until is null
        where n.one <> n.other group by n.one, n.other, d.encoded, r.encoded order by n.one, n.other"""
    ).bindparams(_IDS)
)
_PEOPLE = Prepared(
    text(
        """select id, coalesce(registers -> 'sex' ->> 0, '') as sex,
          coalesce(registers -> 'birth_date' ->> 0, '') as birth_date,
          coalesce(registers -> 'ethnic_category' ->> 0, '') as ethnic_category
        from source_record where id = any(:ids)"""
    ).bindparams(_IDS)
)
_ADD_ROUND = Prepared(
    text(
        """insert into sample_round (made_by, made_at, seed, model, records, pairs, share)
        values (:made_by, :made_at, :seed, :model, :records, :pairs, :share) returning id"""
    )
)
_ADD_STRATUM = Prepared(
    text(
        """insert into sample_stratum (round_id, number, low, high, joined, compared, size)
        values (:round_id, :number, :low, :high, :joined, :compared, :size)"""
    )
)
_SEATS = Prepared(
    text(
        f"""select weight, studies > 0 as imaged from task where kind = 'possible-match' and state in {OPEN_STATES}
        order by place, (- weight), id limit 20000"""
    )
)
_IMAGED = Prepared(text("select distinct record_id as id from study where record_id = any(:ids)").bindparams(_IDS))
# The records stand in the order of identifiers, as in every other task (`Pair.of`): another would tell a sample.
_ADD_PAIR = Prepared(
    text(
        """with pair as (
          insert into sample_pair (round_id, stratum, a_id, b_id, weight, readers, groups)
          values (:round_id, :stratum, :a_id, :b_id, :weight, :readers, :groups) returning id, a_id, b_id)
        insert into task (kind, state, a_id, b_id, weight, guards, reason, standing, studies, sample_id)
          select 'blind-sample', 'open', r.ids[1], r.ids[2], :seat, 0, :reason, true,
            (select count(*) from study s where s.record_id in (p.a_id, p.b_id)), p.id
          from pair p cross join lateral (
            select array_agg(o.id order by o.authority collate "C", o.value collate "C") as ids
            from source_record o where o.id in (p.a_id, p.b_id)) r"""
    ).bindparams(bindparam("groups", type_=JSONB))
)
_WAITING = Prepared(
    text(f"select exists (select from task where kind = 'blind-sample' and state in {OPEN_STATES}) as waiting")
)
_OF_TASK = Prepared(
    text(
        f"""select p.id, p.readers, (select array_agg(a.answer order by a.at) from sample_answer a
            where a.pair_id = p.id and a.answer <> '{SEEN}') as answers
        from task t join sample_pair p on p.id = t.sample_id where t.id = :id"""
    )
)
_HAS_READ = Prepared(
    text(
        """select exists (select from task t join sample_answer a on a.pair_id = t.sample_id
          where t.id = :id and a.reader = :reader) as read"""
    )
)
_ANSWER = Prepared(text("insert into sample_answer (pair_id, reader, answer) values (:pair_id, :reader, :answer)"))
_ASK_AGAIN = Prepared(
    text(
        """insert into task (kind, state, a_id, b_id, weight, guards, reason, standing, studies, sample_id)
        select kind, 'open', a_id, b_id, weight, guards, reason, standing, studies, sample_id from task
        where id = :id"""
    )
)
_END = Prepared(
    text(
        f"""with gone as (update task set state = 'withdrawn', claimed_by = ''
          where kind = 'blind-sample' and state in {OPEN_STATES} returning id, sample_id)
        select g.id, array_remove(array_agg(a.answer order by a.at), null) as answers
        from gone g left join sample_answer a on a.pair_id = g.sample_id and a.answer <> '{SEEN}'
        group by g.id order by g.id"""
    )
)
_LATEST = Prepared(
    text(
        """select r.*, (select count(*) from sample_pair p where p.round_id = r.id) as drawn
        from sample_round r order by r.id desc limit 1"""
    )
)
_STRATA = Prepared(text("select * from sample_stratum where round_id = :id order by number"))
_ANSWERED = Prepared(
    text(
        f"""select p.stratum, p.groups, array_remove(array_agg(a.answer order by a.at), null) as answers
        from sample_pair p left join sample_answer a on a.pair_id = p.id and a.answer <> '{SEEN}'
        where p.round_id = :id group by p.id order by p.id"""
    )
)


class SampleStore:
    """See `mpi.ports.Samples`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def greatest_record(self) -> int:
        """The greatest database id of a record."""
        return int(self._connection.run(_GREATEST, {}).scalar_one())

    def comparable(self, record_ids: Collection[int]) -> list[int]:
        """Those that are live and take part in linkage."""
        return list(self._connection.run(_COMPARABLE, {"ids": record_ids}).scalars())

    def beside(self, record_ids: Collection[int]) -> list[Beside]:
        """These records with all that are near them."""
        return [
            Beside(
                (row.one, row.other) if row.one < row.other else (row.other, row.one),
                (row.one_encoded, row.other_encoded),
                row.joined,
                row.compared,
            )
            for row in self._connection.run(_BESIDE, {"ids": record_ids})
        ]

    def people(self, record_ids: Collection[int]) -> Mapping[int, Person]:
        """What the groups of records are told from."""
        rows = self._connection.run(_PEOPLE, {"ids": record_ids})
        return {row.id: Person(row.sex, row.birth_date, row.ethnic_category) for row in rows}

    def add(self, made: Round, picked: Sequence[Picked], last: float) -> int:
        """Store a round, and a task for each of its pairs."""
        row = {"made_by": made.made_by, "made_at": made.made_at, "seed": made.seed, "model": made.model}
        row |= {"records": made.records, "pairs": made.pairs, "share": made.share}
        round_id = int(self._connection.run(_ADD_ROUND, row).scalar_one())
        for one in made.strata:
            stratum = {"number": one.number, "low": one.low, "high": one.high, "size": one.size}
            stratum |= {"round_id": round_id, "joined": one.joined, "compared": one.compared}
            self._connection.run(_ADD_STRATUM, stratum)
        for pair, seat in zip(picked, self._seats(made, picked, last), strict=True):
            what: dict[str, Any] = {"stratum": pair.stratum, "weight": pair.weight, "seat": seat, "reason": REASON}
            what |= {"a_id": pair.key[0], "b_id": pair.key[1], "round_id": round_id, "readers": pair.readers}
            what["groups"] = {name: list(of) for name, of in pair.groups.items()}
            self._connection.run(_ADD_PAIR, what)
        return round_id

    def _seats(self, made: Round, picked: Sequence[Picked], last: float) -> list[float]:
        ids = sorted({record for pair in picked for record in pair.key})
        imaged = set(self._connection.run(_IMAGED, {"ids": ids}).scalars())
        waiting: dict[bool, list[float]] = {True: [], False: []}
        for row in self._connection.run(_SEATS, {}):
            waiting[row.imaged].append(row.weight)
        return list(seats([not imaged.isdisjoint(pair.key) for pair in picked], waiting, made.share, last))

    def waiting(self) -> bool:
        """Whether any sample waits for an answer."""
        return bool(self._connection.run(_WAITING, {}).scalar_one())

    def of_task(self, task_id: int) -> SampledPair:
        """The pair of a task that is a blind sample."""
        row = self._connection.run(_OF_TASK, {"id": task_id}).one()
        return SampledPair(row.id, row.readers, tuple(row.answers or ()))

    def has_read(self, task_id: int, reader: str) -> bool:
        """Whether a user has answered the pair of a task, or seen what the index thinks of it."""
        return bool(self._connection.run(_HAS_READ, {"id": task_id, "reader": reader}).scalar_one())

    def answer(self, pair_id: int, reader: str, answer: str) -> None:
        """Store an answer."""
        self._connection.run(_ANSWER, {"pair_id": pair_id, "reader": reader, "answer": answer})

    def ask_again(self, task_id: int) -> None:
        """Ask for another answer to the pair of an answered task."""
        self._connection.run(_ASK_AGAIN, {"id": task_id})

    def end(self) -> Mapping[int, tuple[str, ...]]:
        """Withdraw all samples that wait."""
        return {row.id: tuple(row.answers) for row in self._connection.run(_END, {})}

    def latest(self) -> Round | None:
        """The newest round."""
        row = self._connection.run(_LATEST, {}).one_or_none()
        if row is None:
            return None
        strata = tuple(
            Stratum(s.number, s.low, s.high, s.joined, s.compared, s.size)
            for s in self._connection.run(_STRATA, {"id": row.id})
        )
        made = (row.made_by, row.made_at, row.seed, row.model, row.records, row.pairs, row.share)
        return Round(*made, strata, row.id, row.drawn)

    def answered(self, round_id: int) -> list[Answered]:
        """What came of each pair of a round."""
        return [
            Answered(row.stratum, tuple(row.answers), {name: (of[0], of[1]) for name, of in row.groups.items()})
            for row in self._connection.run(_ANSWERED, {"id": round_id})
        ]

"""Models: the one in force, those proposed, and what reviewers say of what they would change."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from mpi.db.lane import Lane
from mpi.db.rows import MOST_ID
from mpi.db.tables import model, model_change, model_proposal, model_reign
from mpi.domain.model_change import (
    Change,
    ChangeKind,
    Counts,
    Judged,
    Judgement,
    ModelDifference,
    ModelHeading,
    ModelInForce,
    Proposal,
    ProposalState,
    Reign,
    UnderWay,
)
from mpi.domain.model_codec import change_from_json, change_to_json

_BATCH = 1000
_HEADING = """m.fingerprint, coalesce(m.document ->> 'name', '') as name,
    coalesce(m.document ->> 'version', '') as version, (m.document ->> 'certain')::float8 as certain,
    (m.document ->> 'possible')::float8 as possible, (m.document ->> 'veto')::float8 as veto"""
_IN_FORCE = text(
    f"""select {_HEADING}, g.since, g.begun_by from model_reign g join model m using (fingerprint)
        where g.until is null"""
)
_REIGNS = text(f"select {_HEADING}, g.* from model_reign g join model m using (fingerprint) order by g.id desc")
_END = text("update model_reign set until = clock_timestamp() where until is null")
_BEGIN = text(
    """insert into model_reign (fingerprint, begun_by, proposal_id, restores, reason, last_link)
       values (:fingerprint, :user, :proposal, :restores, :reason, (select coalesce(max(id), 0) from link))
       returning id"""
)
# Whoever changes it holds a lock, and names what it does as its application: both end with it, however it ends.
_UNDER_WAY = text(
    """select a.application_name as what, a.xact_start as since from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.granted and l.objsubid = 1
         and l.database = (select oid from pg_database where datname = current_database())
         and (l.classid::bigint << 32 | l.objid::bigint) = :lock"""
)
CHANGES_MODEL = 5567189231764302
"""The advisory lock of the one who changes the model, beside that on which writers wait (see alembic's 0019)."""
_DOCUMENT = text("select document from model where fingerprint = :fingerprint")
# Reads the whole table, once in an index's life.
_WEIGHED_BY = text("select distinct model from edge")
_PROPOSALS = f"""select {_HEADING}, p.* from model_proposal p join model m using (fingerprint)"""
_CHANGE = "select number, detail, judgement from model_change where proposal_id = :proposal"
_UNJUDGED = text("select min(number) from model_change where proposal_id = :proposal and judgement is null")
_JUDGE = text(
    """update model_change set judgement = :said, judged_by = :user, judged_at = clock_timestamp()
       where proposal_id = :proposal and number = :number"""
)
_JUDGED = text(
    """select kind, count(*) filter (where judgement = 'better') as better,
         count(*) filter (where judgement = 'worse') as worse, count(*) filter (where judgement = 'unsure') as unsure
       from model_change where proposal_id = :proposal and judgement is not null group by kind"""
)
_ANSWER = text(
    """update model_proposal set state = :state, answered_by = :user, answered_at = clock_timestamp(),
         reason = :reason where id = :proposal"""
)


class ModelStore:
    """See `mpi.ports.Models`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def in_force(self) -> ModelInForce | None:
        """The model that weighs the index; None before the first start."""
        row = self._connection.execute(_IN_FORCE).one_or_none()
        return None if row is None else ModelInForce(_heading(row), row.since, row.begun_by)

    def document(self, fingerprint: str) -> Mapping[str, Any]:
        """A known model's document."""
        found: Mapping[str, Any] = self._connection.execute(_DOCUMENT, {"fingerprint": fingerprint}).scalar_one()
        return found

    def weighed_by(self) -> frozenset[str]:
        """The fingerprints beside the index's edges."""
        return frozenset(self._connection.execute(_WEIGHED_BY).scalars())

    def begin(self, fingerprint: str, document: Mapping[str, Any], user: str) -> None:
        """Put the first model in force."""
        self._add(fingerprint, document)
        self._connection.execute(insert(model_reign).values(fingerprint=fingerprint, begun_by=user))

    def succeed(
        self, fingerprint: str, user: str, *, proposal_id: int | None = None, restores: int | None = None, reason: str
    ) -> int:
        """Put another known model in force instead; returns the id of its reign."""
        row = {"fingerprint": fingerprint, "user": user, "proposal": proposal_id, "restores": restores}
        self._connection.execute(_END)
        begun: int = self._connection.execute(_BEGIN, row | {"reason": reason}).scalar_one()
        return begun

    def reigns(self) -> list[Reign]:
        """Which model was in force when, the newest first."""
        return [
            Reign(r.id, _heading(r), r.since, r.until, r.begun_by, r.proposal_id, r.restores, r.reason)
            for r in self._connection.execute(_REIGNS)
        ]

    def under_way(self) -> UnderWay | None:
        """What changes the model at this moment."""
        row = self._connection.execute(_UNDER_WAY, {"lock": CHANGES_MODEL}).one_or_none()
        return None if row is None else UnderWay(row.what, row.since)

    def _add(self, fingerprint: str, document: Mapping[str, Any]) -> None:
        row = {"fingerprint": fingerprint, "document": dict(document)}
        self._connection.execute(upsert(model).values(row).on_conflict_do_nothing())

    def propose(
        self, fingerprint: str, document: Mapping[str, Any], base: str, found: ModelDifference, user: str
    ) -> int:
        """Store a proposal with all it would change; returns its id."""
        self._add(fingerprint, document)
        row = {
            "fingerprint": fingerprint,
            "base": base,
            "counts": asdict(found.counts),
            "changes": len(found.changes),
            "state": ProposalState.PROPOSED,
            "made_by": user,
        }
        made: int = self._connection.execute(
            insert(model_proposal).values(row).returning(model_proposal.c.id)
        ).scalar_one()
        # Anew for each proposal, and told to nobody ahead: whoever trains a model must not know what will be judged.
        changes = random.SystemRandom().sample(found.changes, len(found.changes))
        for first in range(0, len(changes), _BATCH):
            rows = [
                {"proposal_id": made, "number": number, "kind": change.kinds[0], "detail": change_to_json(change)}
                for number, change in enumerate(changes[first : first + _BATCH], first + 1)
            ]
            self._connection.execute(insert(model_change), rows)
        return made

    def proposals(self) -> list[Proposal]:
        """All proposals, the newest first."""
        return [_proposal(row) for row in self._connection.execute(text(f"{_PROPOSALS} order by p.id desc"))]

    def proposal(self, proposal_id: int, *, for_update: bool = False) -> Proposal | None:
        """One proposal."""
        if proposal_id > MOST_ID:
            return None
        lock = " for update of p" if for_update else ""
        row = self._connection.execute(
            text(f"{_PROPOSALS} where p.id = :id{lock}"), {"id": proposal_id}
        ).one_or_none()
        return None if row is None else _proposal(row)

    def change(self, proposal_id: int, number: int) -> tuple[Change, Judgement | None] | None:
        """One of its changes, and what was said of it."""
        statement = text(f"{_CHANGE} and number = :number")
        row = self._connection.execute(statement, {"proposal": proposal_id, "number": number}).one_or_none()
        return None if row is None else _change(row)[1:]

    def changes(self, proposal_id: int, after: int, limit: int) -> Sequence[tuple[int, Change, Judgement | None]]:
        """Its changes in the order of the sample."""
        statement = text(f"{_CHANGE} and number > :after order by number limit :limit")
        wanted = {"proposal": proposal_id, "after": after, "limit": limit}
        return [_change(row) for row in self._connection.execute(statement, wanted)]

    def unjudged(self, proposal_id: int) -> int | None:
        """The number of the first of its changes that nobody has judged."""
        found: int | None = self._connection.execute(_UNJUDGED, {"proposal": proposal_id}).scalar_one()
        return found

    def judge(self, proposal_id: int, number: int, said: Judgement, user: str) -> None:
        """Note what somebody says of a change."""
        row = {"proposal": proposal_id, "number": number, "said": said, "user": user}
        self._connection.execute(_JUDGE, row)

    def judged(self, proposal_id: int) -> list[Judged]:
        """How many were judged in which way."""
        rows = {row.kind: row for row in self._connection.execute(_JUDGED, {"proposal": proposal_id})}
        return [Judged(k, rows[k].better, rows[k].worse, rows[k].unsure) for k in ChangeKind if k in rows]

    def answer(self, proposal_id: int, state: ProposalState, user: str, reason: str) -> None:
        """Approve or decline a proposal."""
        row = {"proposal": proposal_id, "state": state, "user": user, "reason": reason}
        self._connection.execute(_ANSWER, row)


def _heading(row: Row[Any]) -> ModelHeading:
    return ModelHeading(row.fingerprint, row.name, row.version, row.certain, row.possible, row.veto)


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        id=row.id,
        model=_heading(row),
        base=row.base,
        counts=Counts(**row.counts),
        changes=row.changes,
        state=ProposalState(row.state),
        made_by=row.made_by,
        made_at=row.made_at,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        reason=row.reason,
    )


def _change(row: Row[Any]) -> tuple[int, Change, Judgement | None]:
    return row.number, change_from_json(row.detail), Judgement(row.judgement) if row.judgement else None

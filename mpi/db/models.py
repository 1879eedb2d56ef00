"""Models: the one in force, those proposed, and what reviewers say of what they would change."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from mpi.db.lane import Lane
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

"""Words that count once: ended sessions and launches already used, kept for as long as they would have held."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared

_FORGET = Prepared(text("delete from spent_word where until < :now"))
_SPEND = Prepared(
    text("insert into spent_word (word, until) values (:word, :until) on conflict (word) do nothing returning word")
)
_IS_SPENT = Prepared(text("select exists (select 1 from spent_word where word = :word)"))


class SpentStore:
    """See `mpi.ports.Spent`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def spend(self, word: str, until: datetime, now: datetime) -> bool:
        """Whether nobody had spent the word; those that hold no longer `now` are let go."""
        self._connection.run(_FORGET, {"now": now})
        return self._connection.run(_SPEND, {"word": word, "until": until}).one_or_none() is not None

    def is_spent(self, word: str) -> bool:
        """Whether somebody has spent it."""
        return bool(self._connection.run(_IS_SPENT, {"word": word}).scalar_one())

"""Studies that wait for the index, in a file of their own beside the images: no crash forgets one."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_TABLE = """create table if not exists waiting (
    study_uid text primary key, reason text not null, due real, added real not null, stamp integer not null)"""
_ADD = """insert into waiting (study_uid, reason, due, added, stamp) values (?, ?, ?, ?, 1)
    on conflict (study_uid) do update set due = excluded.due, reason = excluded.reason, stamp = stamp + 1"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A study that waits; `stamp` changes when it is added again. Times are of the queue's clock."""

    study_uid: str
    reason: str
    added: float
    stamp: int


class Queue:
    """The queue in `file`. A study is in it once. Safe for use by several threads."""

    def __init__(self, file: str, clock: Callable[[], float] = time.time) -> None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        self._database.execute(_TABLE)
        self._fresh: set[str] = set()  # added and not yet taken: adding these again would change nothing

    def add(self, study_uids: Iterable[str], reason: str, delay: float = 0.0) -> None:
        """Have studies looked at in `delay` seconds. On disk when this returns."""
        now = self._clock()
        with self._lock:
            rows = [(uid, reason, now + delay, now) for uid in dict.fromkeys(study_uids) if uid not in self._fresh]
            if rows:
                self._database.execute("begin immediate")
                self._database.executemany(_ADD, rows)
                self._database.execute("commit")
                self._fresh.update(uid for uid, *_ in rows)

    def due(self, limit: int = 50) -> list[Waiting]:
        """Those whose time has come, the oldest first."""
        now = self._clock()
        statement = "select study_uid, reason, added, stamp from waiting where due <= ? order by due limit ?"
        with self._lock:
            found = [Waiting(*row) for row in self._database.execute(statement, (now, limit))]
            self._fresh.difference_update(one.study_uid for one in found)
        return found

    def done(self, one: Waiting) -> None:
        """It waits no more, unless it has been added again since."""
        self._run("delete from waiting where study_uid = ? and stamp = ?", one.study_uid, one.stamp)

    def postpone(self, one: Waiting, reason: str, delay: float | None) -> None:
        """It waits on for `reason`; without a delay until something is heard of it."""
        due = None if delay is None else self._clock() + delay
        statement = "update waiting set reason = ?, due = ? where study_uid = ? and stamp = ?"
        self._run(statement, reason, due, one.study_uid, one.stamp)

    def revive(self) -> None:
        """Have everything looked at again for which somebody had to act."""
        self._run("update waiting set due = ? where due is null", self._clock())

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many wait for the index, and how many for somebody to act, by reason."""
        statement = "select reason, count(*) from waiting where (due is null) = ? group by reason order by reason"
        with self._lock:
            waiting, unresolved = (dict(self._database.execute(statement, [parked])) for parked in (False, True))
        return waiting, unresolved

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _run(self, statement: str, *values: object) -> None:
        with self._lock:
            self._database.execute(statement, values)

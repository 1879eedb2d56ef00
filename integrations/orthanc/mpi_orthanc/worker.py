"""The plugin's own thread: what waits is settled as soon as the index can answer, and every night all is compared."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from .failures import Unavailable
from .reconcile import Reconcile
from .settle import Settler
from .waiting import Queue, Waiting

_TICK = 0.5
_GRACE = 60.0  # seconds for which a study is waited for that is announced and not yet stored
Log = Callable[[str], None]


class Worker:
    """Started once; `wake` after adding to the queue; `stop` before Orthanc ends."""

    def __init__(
        self,
        queue: Queue,
        settler: Settler,
        reconcile: Reconcile,
        retry: float,
        at: tuple[int, int] | None,
        log: Log,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._queue = queue
        self._settler = settler
        self._reconcile = reconcile
        self._retry = retry
        self._at = at
        self._log = log
        self._now = now
        self._awake = threading.Event()
        self._over = threading.Event()
        self._reconciling = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="mpi", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._awake.set()

    def stop(self) -> None:
        """End after the study in hand."""
        self._over.set()
        self._awake.set()
        self._thread.join(30)

    def reconcile(self) -> dict[str, object]:
        """Compare everything now; the counts. Raises `Unavailable`, `RuntimeError` while one is running."""
        if not self._reconciling.acquire(blocking=False):
            raise RuntimeError("a comparison is running already")
        try:
            told: dict[str, object] = self._reconcile.run(self._over.is_set).told()
            self._queue.revive()
            self.wake()
        finally:
            self._reconciling.release()
        self._log(f"archive and index compared: {told}")
        return told

    def run_once(self) -> int:
        """Settle what is due; how many studies were looked at. Stops at the first that the index cannot answer."""
        looked_at = 0
        for one in self._queue.due():
            if self._over.is_set():
                return looked_at
            looked_at += 1
            try:
                self._settle(one)
            except Unavailable as failure:
                self._queue.postpone(one, "unavailable", self._retry)
                self._log(f"studies wait for the index: {failure}")
                return looked_at
            except Exception as failure:  # a server loop: the others must not wait for this one
                self._queue.postpone(one, "failed", self._retry)
                self._log(f"a study could not be settled: {type(failure).__name__}")
        return looked_at

    def _settle(self, one: Waiting) -> None:
        done = self._settler.settle(one.study_uid)
        if done is None and one.reason == "new" and time.time() - one.added < _GRACE:
            self._queue.postpone(one, one.reason, _TICK)
        elif done is None or not done.reason:
            self._queue.done(one)
        else:
            self._queue.postpone(one, done.reason, None)

    def _work(self) -> None:
        night = self._next_night()
        while not self._over.is_set():
            self._awake.wait(_TICK)
            self._awake.clear()
            try:
                self.run_once()
            except Exception as failure:  # a server loop: a full disk may have room again
                self._log(f"the queue cannot be worked off: {type(failure).__name__}")
            if night is not None and self._now() >= night:
                night = self._next_night()
                threading.Thread(target=self._compare, name="mpi-night", daemon=True).start()

    def _compare(self) -> None:
        try:
            self.reconcile()
        except Exception as failure:  # a server loop: tomorrow is another night
            self._log(f"the comparison of archive and index failed: {type(failure).__name__}")

    def _next_night(self) -> datetime | None:
        if self._at is None:
            return None
        now = self._now()
        then = now.replace(hour=self._at[0], minute=self._at[1], second=0, microsecond=0)
        return then if then > now else then + timedelta(days=1)

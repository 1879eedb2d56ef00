"""Coming to the pages and leaving them: who signed in and out is audited, and what may count once counts once."""

from __future__ import annotations

from datetime import datetime

from mpi.domain.access import Caller
from mpi.ports import Clock, Units


class Admission:
    """Sessions of people at the pages. All methods raise `Unavailable`."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def enter(self, caller: Caller) -> None:
        """Somebody signed in."""
        with self._units.begin() as unit:
            unit.audit.record(caller, "sign-in", [], {})
            unit.commit()

    def leave(self, caller: Caller, session: str, until: datetime) -> None:
        """Somebody signed out: from now on the session is over, also for who has copied its cookie, which would
        have held until then at most."""
        with self._units.begin() as unit:
            unit.spent.spend(_of_session(session), until, self._clock.now())
            unit.audit.record(caller, "sign-out", [], {})
            unit.commit()

    def is_over(self, session: str) -> bool:
        """Whether that session has been signed out of."""
        with self._units.begin(read_only=True) as unit:
            return unit.spent.is_spent(_of_session(session))


def _of_session(session: str) -> str:
    return f"session {session}"

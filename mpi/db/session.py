"""Units of work over PostgreSQL: one transaction, committed explicitly; database errors become the index's own."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mpi.db.audit import AuditStore
from mpi.db.batches import BatchStore
from mpi.db.boards import BoardStore
from mpi.db.conformance import ConformanceStore
from mpi.db.correction import DuplicateStore
from mpi.db.evidence import EvidenceStore
from mpi.db.identities import IdentityStore
from mpi.db.inbox import InboxStore
from mpi.db.lane import Lane
from mpi.db.models import ModelStore
from mpi.db.orders import OrderStore
from mpi.db.outbox import OutboxStore
from mpi.db.provenance import ProvenanceStore
from mpi.db.quarantine import QuarantineStore
from mpi.db.records import RecordStore
from mpi.db.rows import RecordIds
from mpi.db.rulings import RulingStore
from mpi.db.samples import SampleStore
from mpi.db.scan import ScanStore
from mpi.db.signed_in import SignedInStore
from mpi.db.snapshots import SnapshotStore
from mpi.db.spent import SpentStore
from mpi.db.studies import StudyStore
from mpi.db.tasks import TaskStore
from mpi.db.worklist import WorklistStore
from mpi.errors import Fault, Outdated, Refused, Unavailable
from mpi.ports import Contention

# lock_not_available, deadlock_detected, serialization_failure: others were in the way, the same work may succeed.
# unique_violation: another transaction inserted between our look and our write.
_CONTENTION = frozenset({"55P03", "40P01", "40001", "23505"})
_TOO_LARGE = "22003"  # of a number
_CHANGING, _CHANGED = "MPI01", "MPI02"  # our own, of `hold_model` and `check_model`
_READ_ONLY = "25006"  # a standby, or a server somebody has closed for writing; the driver calls it an internal error
# Every statement of a use case looks up a handful of rows by index. On a small or freshly loaded database the planner
# would rather read whole tables, and planning anew costs more than running: so index plans only, planned once.
_LOOK_UP = ("enable_seqscan=off", "enable_hashjoin=off", "enable_mergejoin=off", "plan_cache_mode=force_generic_plan")
_PATIENCE = ("lock_timeout=5s", "statement_timeout=30s", "idle_in_transaction_session_timeout=60s", "jit=off")
_OPTIONS = " ".join(f"-c {option}" for option in (*_LOOK_UP, *_PATIENCE))


def connect(url: str, pool_size: int = 10, connect_timeout: int = 5) -> Engine:
    """An engine for `url` (postgresql+psycopg://...); connects to nothing yet. Times in seconds."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=connect_timeout,
        pool_pre_ping=False,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # whoever opens a lane closes it
        json_deserializer=from_json,  # twice as fast as the standard library's, and queries read much of it
        hide_parameters=True,  # they are demographics, and errors reach logs
        # The lane prepares what is worth it. The driver's own prepared statements must stay off: after a rollback it
        # makes the server forget all of them, the lane's too.
        connect_args={"options": _OPTIONS, "connect_timeout": connect_timeout, "prepare_threshold": None},
    )
    event.listen(engine, "checkout", _refuse_spoken_to)
    return engine


def _refuse_spoken_to(driver: psycopg.Connection[Any], record: object, proxy: object) -> None:
    """A server says nothing to a connection that waits in the pool, but that it has ended it.

    Asking the socket costs a hundredth of asking the server, and spares a feed the AR that the first message after a
    restart of the database would get.
    """
    waiting = select.poll()
    waiting.register(driver.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise InvalidatePoolError


class DbUnit:
    """One transaction over all stores (see `mpi.ports.Unit`)."""

    def __init__(self, lane: Lane, model: str) -> None:
        self.lane = lane
        ids = RecordIds(lane)
        self.inbox = InboxStore(lane)
        self.quarantine = QuarantineStore(lane)
        self.records = RecordStore(lane, ids)
        self.evidence = EvidenceStore(lane, ids, model)
        self.identities = IdentityStore(lane, ids)
        self.tasks = TaskStore(lane, ids)
        self.worklist = WorklistStore(lane)
        self.batches = BatchStore(lane, model)
        self.rulings = RulingStore(lane, ids)
        self.studies = StudyStore(lane, ids)
        self.orders = OrderStore(lane, ids)
        self.outbox = OutboxStore(lane)
        self.audit = AuditStore(lane)
        self.snapshots = SnapshotStore(lane)
        self.conformance = ConformanceStore(lane)
        self.spent = SpentStore(lane)
        self.signed_in = SignedInStore(lane)
        self.models = ModelStore(lane)
        self.duplicates = DuplicateStore(lane)
        self.samples = SampleStore(lane)
        self.boards = BoardStore(lane)
        self.scan = ScanStore(lane)
        self.provenance = ProvenanceStore(lane, ids)

    def commit_with_next(self) -> None:
        """Make what comes until the next answer durable, in one round trip with it."""
        self.lane.commit_with_next()

    def commit(self) -> None:
        """Make it durable."""
        self.lane.commit()


class DbUnits:
    """Opens units of work on one engine; `model` is the fingerprint stored beside every weight, "" for who weighs
    nothing."""

    def __init__(self, engine: Engine, model: str) -> None:
        self._engine = engine
        self._model = model

    @contextmanager
    def begin(self, *, read_only: bool = False, alone: bool = False) -> Iterator[DbUnit]:
        """A new transaction, rolled back at exit unless committed. Raises `Outdated` when another model is in force;
        `alone` does not ask, of who is about to change it."""
        try:
            with self._engine.connect() as connection:
                # Of a reader its audit row alone is written: not worth a flush to disk before the answer.
                lane = Lane(connection, relaxed=read_only, model=None if alone else self._model)
                try:
                    yield DbUnit(lane, self._model)
                finally:
                    if not connection.invalidated and _is_lost(connection):
                        connection.invalidate()  # it must not go back to the pool
                    else:
                        lane.close()
        except DBAPIError as error:
            raise _translate(error.orig, error) from error
        except psycopg.Error as error:
            raise _translate(error, error) from error
        except UnicodeEncodeError:
            raise _unstorable() from None  # its text would quote the value
        except PoolTimeout as error:
            raise Unavailable("all database connections are busy") from error


def _is_lost(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    return driver is None or bool(driver.closed)


def _translate(cause: BaseException | None, error: Exception) -> Exception:
    """The index's own error. Never the driver's text: it can hold demographics."""
    state = getattr(cause, "sqlstate", None)
    if state in _CONTENTION:
        diagnosis = getattr(cause, "diag", None)
        return Contention(f"{state} {getattr(diagnosis, 'constraint_name', None) or ''}".strip())
    if state == _CHANGING:
        return Unavailable("the matching model is being changed; nothing was applied, try again later")
    if state == _CHANGED:
        return Outdated("another matching model is in force than this process works with")
    if state == _TOO_LARGE:
        return Refused(Fault.BAD_VALUE, "a number is larger than any that can be stored")
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) or state == _READ_ONLY:
        return Unavailable(f"the database cannot be used ({state or 'no connection'})")
    return _unstorable() if isinstance(cause, psycopg.DataError) else error


def _unstorable() -> Refused:
    """A NUL or half a surrogate pair: no text that PostgreSQL, or anybody else, can hold."""
    return Refused(Fault.BAD_VALUE, "a text holds characters that cannot be stored")

"""The rest of an answer that is told page by page: who was found, kept for a few minutes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Boolean, LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Uuid

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.identifiers import Identifier
from mpi.domain.snapshot import Found, Snapshot

_SECONDS = 600  # a pointer's life
_CLEAN = Prepared(text("delete from snapshot where expires_at < clock_timestamp()"))
_KEEP = Prepared(
    text(
        """insert into snapshot (pointer, owner, tag, digest, people, complete, expires_at)
       values (:pointer, :owner, :tag, :digest, :people, :complete,
               clock_timestamp() + :seconds * interval '1 second')"""
    ).bindparams(
        bindparam("pointer", type_=Uuid),
        bindparam("digest", type_=LargeBinary),
        bindparam("people", type_=JSONB),
        bindparam("complete", type_=Boolean),
    )
)
_GET = Prepared(
    text(
        """select owner, tag, digest, people, complete from snapshot
       where pointer = :pointer and expires_at >= clock_timestamp()"""
    ).bindparams(bindparam("pointer", type_=Uuid))
)
_CANCEL = Prepared(text("delete from snapshot where owner = :owner and tag = :tag"))


class SnapshotStore:
    """See `mpi.ports.Snapshots`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def keep(self, pointer: UUID, snapshot: Snapshot) -> None:
        """Store a snapshot for ten minutes; what has outlived them goes."""
        self._connection.run(_CLEAN, {})
        row = {
            "pointer": pointer,
            "owner": snapshot.owner,
            "tag": snapshot.tag,
            "digest": snapshot.digest,
            "people": [[str(f.golden_id), _texts(f.told), _texts(f.members)] for f in snapshot.people],
            "complete": snapshot.complete,
            "seconds": _SECONDS,
        }
        self._connection.run(_KEEP, row)

    def get(self, pointer: UUID) -> Snapshot | None:
        """A snapshot that has not expired."""
        row = self._connection.run(_GET, {"pointer": pointer}).one_or_none()
        if row is None:
            return None
        people = tuple(Found(UUID(golden_id), _read(told), _read(members)) for golden_id, told, members in row.people)
        return Snapshot(row.owner, row.tag, bytes(row.digest), people, row.complete)

    def cancel(self, owner: str, tag: str) -> None:
        """Forget an owner's snapshots of that tag."""
        self._connection.run(_CANCEL, {"owner": owner, "tag": tag})


def _texts(identifiers: Sequence[Identifier]) -> list[str]:
    return [str(identifier) for identifier in identifiers]


def _read(texts: Sequence[str]) -> tuple[Identifier, ...]:
    return tuple(Identifier.parse(one) for one in texts)

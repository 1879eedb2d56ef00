"""Advisory locks, held until the transaction ends (decision 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared

_LOCK = Prepared(
    text("select pg_advisory_xact_lock(k) from unnest(:keys) as k").bindparams(
        bindparam("keys", type_=ARRAY(BigInteger))
    )
)


def hold(connection: Lane, numbers: Collection[int]) -> None:
    """Hold these locks, in one order everywhere so that none wait in a ring."""
    if numbers:
        connection.run(_LOCK, {"keys": sorted(set(numbers))})


def lock_number(name: str, person: bytes) -> int:
    """The lock of what goes by this name, known or not: a signed 64-bit number, another for each `person`."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=person).digest(), "big", signed=True)

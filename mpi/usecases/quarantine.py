"""Look at the messages that were refused: nothing a sender told is lost."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from mpi.domain.access import Caller, Right
from mpi.errors import NotFound
from mpi.ports import Units


class Quarantine:
    """Refused messages with their reasons and bytes. All need OPERATE; raise `Forbidden`, `Unavailable`."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def list(self, caller: Caller, after: int = 0, limit: int = 50) -> builtins.list[Mapping[str, Any]]:
        """The refused messages by id after `after`, oldest first: everything of them but their bytes."""
        caller.require(Right.OPERATE)
        with self._units.begin(read_only=True) as unit:
            found = builtins.list(unit.inbox.refused(after, limit))
            unit.audit.record(caller, "list-quarantine", [f"message/{row['id']}" for row in found], {})
            unit.commit()
            return found

    def raw(self, message_id: int, caller: Caller) -> bytes:
        """The bytes of a message as they came: they hold demographics. Raises NotFound."""
        caller.require(Right.OPERATE)
        with self._units.begin(read_only=True) as unit:
            raw = unit.inbox.raw(message_id)
            if raw is None:
                raise NotFound("no message has this id")
            unit.audit.record(caller, "read-message", [f"message/{message_id}"], {})
            unit.commit()
            return raw

"""Say what a source filed under another patient: no identity changes, but what hangs on the numbers may have to."""

from __future__ import annotations

from collections.abc import Sequence

from mpi.domain import changes
from mpi.domain.commands import Command, Move, Moved
from mpi.ports import Unit
from mpi.usecases.identity.rematch import Cause, Rematch


def tell(unit: Unit, commands: Sequence[Command], cause: Cause, rematch: Rematch) -> None:
    """Audit each move among the commands, and publish those of accounts and visits to subscribers."""
    for move in commands:
        if isinstance(move, Move):
            numbers = {"accounts": move.accounts, "visits": move.visits}
            detail = {"what": move.what, **numbers, "message": cause.message_id}
            unit.audit.record(cause.caller, "move", [str(move.source), str(move.target)], detail)
            if move.what is not Moved.PATIENT:
                golden_of = unit.identities.current([move.source, move.target])
                studies = unit.studies.of_accessions([move.source], [*move.accounts, *move.visits])
                event = changes.filed_elsewhere(move, golden_of, studies, rematch.now(), cause.reason)
                unit.outbox.publish([event], cause.caller, cause.message_id)

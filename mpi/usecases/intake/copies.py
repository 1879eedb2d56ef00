"""What is noted when a copy of a refused message is taken in: who made it, and that the original is settled by it."""

from __future__ import annotations

from mpi.domain.commands import Envelope
from mpi.ports import Unit


def note(unit: Unit, envelope: Envelope, message_id: int, *, accepted: bool) -> None:
    """In the transaction that takes the copy in, or refuses it anew. Nothing for a message that is no copy."""
    copy = envelope.copy
    if copy is None:
        return
    if accepted:
        unit.quarantine.settle(copy.original, copy.caller.user, f"replayed as message {message_id}")
    subjects = [f"message/{copy.original}", f"message/{message_id}"]
    unit.audit.record(copy.caller, "replay-message", subjects, {"accepted": accepted})

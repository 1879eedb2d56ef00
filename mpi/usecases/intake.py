"""Take in what the feeds say. SIGNATURES ONLY while the body is being written."""

from __future__ import annotations

from collections.abc import Sequence

from mpi.domain.access import Caller
from mpi.domain.commands import Command, Envelope, Receipt
from mpi.errors import Refused


class Intake:
    """One transaction a message; when a receipt is returned, it and its effects are committed."""

    def register(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        """Apply all the commands of one message or none.

        Returns an ACCEPTED receipt, or a REFUSED one when a rule of the domain forbids it (then the message is in
        quarantine with its bytes and reason). The same message again returns the first receipt with `repeat`.
        Raises `Unavailable` when nothing could be stored (answer AR 207 or 503), `Forbidden`.
        """
        raise NotImplementedError

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        """Quarantine a message that its adapter could not understand; returns a REFUSED receipt.

        Raises `Unavailable` when the quarantine itself cannot be written.
        """
        raise NotImplementedError

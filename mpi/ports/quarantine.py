"""Refused messages: the store of them, and what each protocol makes of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mpi.domain.commands import Receipt
from mpi.domain.quarantine import Copy, Kept, Sought
from mpi.domain.reading import Reading


class Quarantined(Protocol):
    """The messages of the inbox that were refused, and their copies."""

    def list(self, sought: Sought, before: int | None, limit: int) -> Sequence[Kept]:
        """Refused messages, the newest first, from the one before id `before` on."""

    def count(self, sought: Sought, most: int) -> int:
        """How many there are, counting no further than `most`."""

    def get(self, message_id: int) -> tuple[Kept, bytes] | None:
        """A message, refused or not, and its bytes as they came."""

    def copies(self, original: int) -> Sequence[Kept]:
        """The copies of a message, oldest first."""

    def settle(self, message_id: int, user: str, settlement: str) -> bool:
        """Settle a refused message; False when there is none that waits."""


class Messages(Protocol):
    """The messages of one protocol."""

    def read(self, kept: Kept, raw: bytes) -> Reading:
        """The message laid open, whatever is wrong with it."""

    def edited(self, kept: Kept, raw: bytes, text: str) -> bytes:
        """The bytes of a copy whose text, as `Reading.text` gave it, has become `text`. Raises `Refused`:
        ENCODING when it holds what the message's character set cannot say, CONFLICT when it is another kind of
        message."""

    def take(self, kept: Kept, content: bytes, copy: Copy) -> Receipt:
        """Take a copy in as the feed's own message is, sequence numbers aside. Raises `Refused` for what is not taken
        in by itself, and whatever the intake raises."""

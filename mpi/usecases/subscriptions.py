"""Who is told of identity changes, and telling them. SIGNATURES ONLY while the body is being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mpi.domain.access import Caller
from mpi.domain.views import Event, EventType


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer's webhook. `types` empty means all. `secret` signs the bodies (HMAC-SHA256)."""

    id: int
    url: str
    types: tuple[EventType, ...]
    secret: str
    owner: str
    active: bool
    created_at: datetime
    pending: int = 0
    last_error: str = ""


class Subscriptions:
    """Administer subscriptions. All need SUBSCRIBE."""

    def add(self, url: str, types: tuple[EventType, ...], secret: str, caller: Caller) -> Subscription:
        """Subscribe; events committed from now on are delivered. Raises Refused for a bad URL."""
        raise NotImplementedError

    def list(self, caller: Caller) -> tuple[Subscription, ...]:
        """The caller's own (all for an administrator)."""
        raise NotImplementedError

    def remove(self, subscription_id: int, caller: Caller) -> None:
        """Stop and forget what is pending. Raises NotFound."""
        raise NotImplementedError


class Relay:
    """Deliver what is pending, in order per person and at least once."""

    def run_once(self, deliver: Callable[[Subscription, Event], None], limit: int = 200) -> int:
        """Deliver a batch for each due subscription; `deliver` raises OSError or ValueError on failure, then
        that subscription backs off while the others go on. Returns how many were delivered."""
        raise NotImplementedError

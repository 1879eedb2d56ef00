"""Who is told of identity changes, and telling them: in order per person, at least once."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from mpi.domain.access import Caller, Right, Role
from mpi.domain.views import Event, EventType
from mpi.errors import Fault, NotFound, Refused
from mpi.ports import Unit, Units
from mpi.usecases.attempts import attempt

# Seconds after which a batch is committed as far as it came: the database ends a transaction that idles for a minute,
# and then all that slow subscribers had taken would be delivered again, for ever.
_PATIENCE = 20.0


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

    def __init__(self, units: Units) -> None:
        self._units = units

    def add(self, url: str, types: tuple[EventType, ...], secret: str, caller: Caller) -> Subscription:
        """Subscribe; events committed from now on are delivered. Raises Refused for a bad URL."""
        caller.require(Right.SUBSCRIBE)
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise Refused(Fault.BAD_VALUE, "a subscription needs an http or https address", "url")
        return attempt(lambda: self._add(url, types, secret, caller))

    def list(self, caller: Caller) -> tuple[Subscription, ...]:
        """The caller's own (all for an administrator)."""
        caller.require(Right.SUBSCRIBE)
        with self._units.begin(read_only=True) as unit:
            return tuple(_to_subscription(row) for row in unit.outbox.subscriptions(_owner(caller)))

    def remove(self, subscription_id: int, caller: Caller) -> None:
        """Stop and forget what is pending. Raises NotFound."""
        caller.require(Right.SUBSCRIBE)
        attempt(lambda: self._remove(subscription_id, caller))

    def _add(self, url: str, types: tuple[EventType, ...], secret: str, caller: Caller) -> Subscription:
        with self._units.begin() as unit:
            added = unit.outbox.subscribe(url, types, secret, caller.user)
            unit.audit.record(caller, "subscribe", [f"subscription/{added}"], {})
            found = [row for row in unit.outbox.subscriptions(None) if row["id"] == added]
            unit.commit()
            return _to_subscription(found[0])

    def _remove(self, subscription_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            if not unit.outbox.unsubscribe(subscription_id, _owner(caller)):
                raise NotFound("you have no subscription with this id")
            unit.audit.record(caller, "unsubscribe", [f"subscription/{subscription_id}"], {})
            unit.commit()


class Relay:
    """Deliver what is pending. Many may run: each serves the subscriptions nobody else is serving."""

    def __init__(self, units: Units, patience: float = _PATIENCE) -> None:
        self._units = units
        self._patience = patience

    def run_once(self, deliver: Callable[[Subscription, Event], None], limit: int = 200) -> int:
        """Deliver a batch for each due subscription; `deliver` raises OSError or ValueError on failure, then that
        subscription backs off while the others go on. Returns how many were delivered."""
        with self._units.begin() as unit:
            deadline = time.monotonic() + self._patience
            delivered = sum(
                self._serve(unit, _to_subscription(row), events, deliver, deadline)
                for row, events in unit.outbox.due(limit)
            )
            unit.commit()
            return delivered

    def _serve(
        self,
        unit: Unit,
        subscription: Subscription,
        events: builtins.list[Event],
        deliver: Callable[[Subscription, Event], None],
        deadline: float,
    ) -> int:
        done: builtins.list[int] = []
        error = ""
        for event in events:
            try:
                deliver(subscription, event)
            except (OSError, ValueError) as failure:
                error = str(failure) or type(failure).__name__
                break
            done.append(event.id)
            if time.monotonic() >= deadline:
                break
        if done:
            unit.outbox.delivered(subscription.id, done)
        if error:
            unit.outbox.failed(subscription.id, error)
        return len(done)


def _owner(caller: Caller) -> str | None:
    return None if caller.role is Role.ADMINISTRATOR else caller.user


def _to_subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(
        id=row["id"],
        url=row["url"],
        types=tuple(EventType(t) for t in row["types"]),
        secret=row["secret"],
        owner=row["owner"],
        active=True,
        created_at=row["created_at"],
        pending=row.get("pending", 0),
        last_error=row["last_error"],
    )

"""Who is told of identity changes, and telling them: in order per person, at least once."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from mpi.domain.access import Caller, Right, Role
from mpi.domain.interest import Interest
from mpi.domain.views import Event, EventType
from mpi.errors import Fault, NotFound, Refused
from mpi.ports import Unit, Units
from mpi.usecases.attempts import attempt

# Seconds after which a batch is committed as far as it came: the database ends a transaction that idles for a minute,
# and then all that slow subscribers had taken would be delivered again, for ever.
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer's webhook, or a consumer of the network file (URL `mllp:id/ITI-10`). `types` empty means all.
    With an `interest` only what touches such studies is told. `secret` signs the bodies (HMAC-SHA256). `active` is
    False when it is stopped; `oldest` is when the oldest pending event happened."""

    id: int
    url: str
    types: tuple[EventType, ...]
    secret: str
    owner: str
    active: bool
    created_at: datetime
    interest: Interest = field(default_factory=Interest)
    pending: int = 0
    last_error: str = ""
    oldest: datetime | None = None


class Subscriptions:
    """Administer subscriptions. All need SUBSCRIBE."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def add(
        self,
        url: str,
        types: tuple[EventType, ...],
        secret: str,
        caller: Caller,
        interest: Interest = Interest(),
    ) -> Subscription:
        """Subscribe; events committed from now on are delivered. Raises Refused for a bad URL."""
        caller.require(Right.SUBSCRIBE)
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise Refused(Fault.BAD_VALUE, "a subscription needs an http or https address", "url")
        return attempt(lambda: self._add(url, types, secret, caller, interest))

    def list(self, caller: Caller) -> tuple[Subscription, ...]:
        """The caller's own (all for an administrator)."""
        caller.require(Right.SUBSCRIBE)
        with self._units.begin(read_only=True) as unit:
            return tuple(to_subscription(row) for row in unit.outbox.subscriptions(_owner(caller)))

    def remove(self, subscription_id: int, caller: Caller) -> None:
        """Stop and forget what is pending. Raises NotFound."""
        caller.require(Right.SUBSCRIBE)
        attempt(lambda: self._remove(subscription_id, caller))

    def _add(
        self, url: str, types: tuple[EventType, ...], secret: str, caller: Caller, interest: Interest
    ) -> Subscription:
        with self._units.begin() as unit:
            added = unit.outbox.subscribe(url, types, secret, caller.user, interest)
            unit.audit.record(caller, "subscribe", [f"subscription/{added}"], {})
            found = [row for row in unit.outbox.subscriptions(None) if row["id"] == added]
            unit.commit()
            return to_subscription(found[0])

    def _remove(self, subscription_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            if not unit.outbox.unsubscribe(subscription_id, _owner(caller)):
                raise NotFound("you have no subscription with this id")
            unit.audit.record(caller, "unsubscribe", [f"subscription/{subscription_id}"], {})
            unit.commit()


class Undeliverable(Exception):
    """The subscriber refused this event for good: sending it again would be refused again (V2-12)."""


class Relay:
    """Deliver what is pending. Many may run: each serves the subscriptions nobody else is serving.

    `consumers`: serve those of the network file; else webhooks. Each kind has a relay of its own, so that neither
    waits for the other's slow ones.
    """

    def __init__(self, units: Units, patience: float = _PATIENCE, *, consumers: bool = False) -> None:
        self._units = units
        self._patience = patience
        self._consumers = consumers

    def run_once(self, deliver: Callable[[Subscription, Event], None], limit: int = 200) -> int:
        """Deliver a batch to each due subscription. `deliver` raises OSError or ValueError on failure, then that
        subscription backs off while the others go on, or Undeliverable, then it is stopped. Returns how many were
        delivered."""
        served: builtins.list[int] = []
        delivered = 0
        while True:  # a transaction each: none stands idle while another's subscriber is slow
            with self._units.begin() as unit:
                found = unit.outbox.due(limit, served, consumers=self._consumers)
                if found is None:
                    return delivered
                row, events = found
                served.append(row["id"])
                delivered += self._serve(unit, to_subscription(row), events, deliver)
                unit.commit()

    def _serve(
        self,
        unit: Unit,
        subscription: Subscription,
        events: builtins.list[Event],
        deliver: Callable[[Subscription, Event], None],
    ) -> int:
        deadline = time.monotonic() + self._patience
        done: builtins.list[int] = []
        failure: Exception | None = None
        for event in events:
            try:
                deliver(subscription, event)
            except (OSError, ValueError, Undeliverable) as error:
                failure = error
                break
            done.append(event.id)
            if time.monotonic() >= deadline:
                break
        if done:
            unit.outbox.delivered(subscription.id, done)
        if failure is not None:
            tell = unit.outbox.stop if isinstance(failure, Undeliverable) else unit.outbox.failed
            tell(subscription.id, str(failure) or type(failure).__name__)
        return len(done)


def _owner(caller: Caller) -> str | None:
    return None if caller.role is Role.ADMINISTRATOR else caller.user


def to_subscription(row: Mapping[str, Any]) -> Subscription:
    """A row of the outbox's subscriptions."""
    return Subscription(
        id=row["id"],
        url=row["url"],
        types=tuple(EventType(t) for t in row["types"]),
        secret=row["secret"],
        owner=row["owner"],
        active=row["stopped_at"] is None,
        created_at=row["created_at"],
        interest=Interest(tuple(row["modalities"]), tuple(row["body_sites"])),
        pending=row.get("pending", 0),
        last_error=row["last_error"],
        oldest=row.get("oldest"),
    )

"""What subscribers are still owed: who is behind, why, and what somebody may do about it. Order holds throughout."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from mpi.domain.access import Caller, Right
from mpi.domain.views import Event
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.subscribers.subscriptions import Subscription, to_subscription

SCHEME = "mllp:"
"""How the URL of a consumer of the network file begins."""


class Condition(StrEnum):
    """How it stands with a subscriber."""

    STOPPED = "stopped"  # it refused an event for good: nothing more is sent until somebody has looked
    FAILING = "failing"  # the last attempt failed: it is tried again by itself, ever more rarely
    SET_ASIDE = "set-aside"  # what it refused was set aside: whether it takes anything is not known yet
    TOLD = "told"


_TROUBLED = (Condition.STOPPED, Condition.FAILING)


@dataclass(frozen=True, slots=True)
class Owed:
    """A subscriber and what it is owed, oldest first: `next_events` as far as asked for, `lag` is how long the oldest
    has waited, in seconds. `next_attempt_at` matters while it is failing."""

    subscription: Subscription
    condition: Condition
    failures: int
    lag: float
    next_attempt_at: datetime
    next_events: tuple[Event, ...]


class Deliveries:
    """Look after the outbox. All methods need OPERATE and raise `Forbidden` and `Unavailable`.

    A subscriber is told in the order of events: to retry is to go on from the oldest it is owed, never out of turn,
    and only the oldest can be set aside.
    """

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def list(self, caller: Caller) -> builtins.list[Owed]:
        """Every subscriber, those first that are not being told, each with the oldest event it is owed."""
        caller.require(Right.OPERATE)
        with self._units.begin(read_only=True) as unit:
            found = [self._owed(unit, row, 1) for row in unit.outbox.subscriptions(None)]
            unit.audit.record(caller, "list-deliveries", [], {})
            unit.commit()
        order = builtins.list(Condition)
        return sorted(found, key=lambda one: (order.index(one.condition), -one.lag, one.subscription.id))

    def troubled(self, caller: Caller) -> int:
        """How many subscribers are not being told."""
        caller.require(Right.OPERATE)
        with self._units.begin(read_only=True) as unit:
            return sum(_condition(row) in _TROUBLED for row in unit.outbox.subscriptions(None))

    def open(self, subscription_id: int, caller: Caller, limit: int = 50) -> Owed:
        """One subscriber with the oldest events it is owed. Raises NotFound."""
        caller.require(Right.OPERATE)
        with self._units.begin(read_only=True) as unit:
            found = self._owed(unit, _row(unit, subscription_id), limit)
            unit.audit.record(caller, "list-deliveries", [f"subscription/{subscription_id}"], {})
            unit.commit()
            return found

    def retry(self, subscription_id: int, caller: Caller) -> None:
        """Go on telling a subscriber now, from the oldest event it is owed. Raises NotFound."""
        caller.require(Right.OPERATE)
        attempt(lambda: self._retry([subscription_id], caller))

    def retry_all(self, caller: Caller) -> int:
        """Go on telling everybody who is not being told; returns how many they are."""
        caller.require(Right.OPERATE)
        with self._units.begin(read_only=True) as unit:
            rows = unit.outbox.subscriptions(None)
        troubled = [row["id"] for row in rows if _condition(row) in _TROUBLED]
        return attempt(lambda: self._retry(troubled, caller)) if troubled else 0

    def set_aside(self, subscription_id: int, event_id: int, reason: str, caller: Caller) -> None:
        """Leave out the event that a subscriber refuses, and go on with the one after it.

        Raises NotFound; Conflict unless it is the oldest event owed and could not be delivered; Refused without a
        reason, which is kept in the audit trail."""
        caller.require(Right.OPERATE)
        if not reason.strip():
            raise Refused(Fault.BAD_VALUE, "say why the subscriber need not be told", "reason")
        attempt(lambda: self._set_aside(subscription_id, event_id, reason.strip(), caller))

    def _retry(self, subscription_ids: Sequence[int], caller: Caller) -> int:
        with self._units.begin() as unit:
            retried = [one for one in subscription_ids if unit.outbox.retry(one)]
            if not retried:
                raise NotFound("nobody is subscribed under this id")
            unit.audit.record(caller, "retry-deliveries", [f"subscription/{one}" for one in retried], {})
            unit.commit()
            return len(retried)

    def _set_aside(self, subscription_id: int, event_id: int, reason: str, caller: Caller) -> None:
        with self._units.begin() as unit:
            if _condition(_row(unit, subscription_id)) not in _TROUBLED:
                raise Conflict("this subscriber is being told; there is nothing to set aside")
            if not unit.outbox.set_aside(subscription_id, event_id):
                raise Conflict("this is not the oldest event it is owed any more; open the page again")
            subjects = [f"subscription/{subscription_id}", f"event/{event_id}"]
            unit.audit.record(caller, "set-aside-delivery", subjects, {"reason": reason})
            unit.commit()

    def _owed(self, unit: Unit, row: Mapping[str, Any], limit: int) -> Owed:
        subscription = to_subscription(row)
        events = tuple(unit.outbox.owed(subscription.id, limit)) if row["pending"] else ()
        lag = age(subscription, self._clock.now())
        return Owed(subscription, _condition(row), row["failures"], lag, row["due_at"], events)


def name_of(subscription: Subscription) -> str:
    """A subscriber in labels and alarms: a consumer by name, a webhook by number, for its URL may be secret."""
    if subscription.url.startswith(SCHEME):
        return subscription.url.removeprefix(SCHEME)
    return f"webhook/{subscription.id}"


def host_of(subscription: Subscription) -> str:
    """Where a webhook is, and no more of its URL; "" for a consumer."""
    return "" if subscription.url.startswith(SCHEME) else urlsplit(subscription.url).hostname or ""


def age(subscription: Subscription, now: datetime) -> float:
    """Seconds that the oldest event has waited; 0 when none does."""
    return max(0.0, (now - subscription.oldest).total_seconds()) if subscription.oldest else 0.0


def _row(unit: Unit, subscription_id: int) -> Mapping[str, Any]:
    for row in unit.outbox.subscriptions(None):
        if row["id"] == subscription_id:
            return row
    raise NotFound("nobody is subscribed under this id")


def _condition(row: Mapping[str, Any]) -> Condition:
    if row["stopped_at"] is not None:
        return Condition.STOPPED
    if not row["failures"]:
        return Condition.TOLD
    if not row["last_error"]:
        return Condition.SET_ASIDE
    return Condition.FAILING if row["pending"] else Condition.TOLD

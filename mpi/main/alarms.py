"""Which subscribers are not being told of changes, for metrics, health and the log (IHE-24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mpi.usecases.consumers import SCHEME
from mpi.usecases.subscriptions import Subscription

_STUCK = timedelta(minutes=5)  # what waits longer is an alarm


def name_of(subscription: Subscription) -> str:
    """A subscriber in labels and alarms: a consumer by name, a webhook by number, for its URL may be secret."""
    if subscription.url.startswith(SCHEME):
        return subscription.url.removeprefix(SCHEME)
    return f"webhook/{subscription.id}"


def alarms(standing: Sequence[Subscription], now: datetime) -> list[str]:
    """Who is not being told, in words for an operator: stopped for good, or waiting too long."""
    told = []
    for one in standing:
        if not one.active:
            told.append(f"{name_of(one)} is stopped with {one.pending} events waiting: {one.last_error}")
        elif age(one, now) > _STUCK.total_seconds():
            told.append(
                f"{name_of(one)} has {one.pending} events waiting, for {age(one, now):.0f} s: {one.last_error}"
            )
    return told


def age(subscription: Subscription, now: datetime) -> float:
    """Seconds that the oldest event has waited; 0 when none does."""
    return max(0.0, (now - subscription.oldest).total_seconds()) if subscription.oldest else 0.0

"""Which subscribers are not being told of changes, for metrics, health and the log (IHE-24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mpi.usecases.subscribers.deliveries import age, name_of
from mpi.usecases.subscribers.subscriptions import Subscription

_STUCK = timedelta(minutes=5)  # what waits longer is an alarm


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

"""Subscribers in every condition; whatever they are owed is of people of their own."""

from __future__ import annotations

from collections.abc import Callable

from mpi.domain.views import Event
from mpi.usecases.subscribers.subscriptions import Relay, Subscription, Undeliverable
from tests.browser.served import Served
from tests.integration.core.world import ARCHIVE, other_person, register


def told(served: Served) -> int:
    """A webhook that has taken all it was owed."""
    return _subscribed(served, lambda subscription, event: None)


def failing(served: Served, says: str = "the subscriber could not be reached: ConnectError") -> int:
    """A webhook that cannot be reached."""

    def deliver(subscription: Subscription, event: Event) -> None:
        raise OSError(says)

    return _subscribed(served, deliver)


def stopped(served: Served) -> int:
    """One that refuses the first of two events for good."""

    def deliver(subscription: Subscription, event: Event) -> None:
        raise Undeliverable("the consumer answered AE")

    return _subscribed(served, deliver)


def _subscribed(served: Served, deliver: Callable[[Subscription, Event], None]) -> int:
    made = served.world.subscriptions.add("https://archive.example.nhs.uk/hook?secret=x", (), "", ARCHIVE).id
    number = served.number()
    served.world.tell(
        register(f"BOL|{number}", 1),
        register(f"STO|{number}", 2, other_person(family=f"Whitworth{number}", born=f"19{10 + number % 80}-11-25")),
    )

    def only(subscription: Subscription, event: Event) -> None:
        if subscription.id == made:
            deliver(subscription, event)

    Relay(served.world.index.units).run_once(only)
    return made

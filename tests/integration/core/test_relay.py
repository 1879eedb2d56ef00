"""The outbox: every identity change reaches every subscriber, in order, at least once (design 6)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mpi.domain.commands import Link, Unlink
from mpi.domain.views import Event, EventType
from mpi.errors import NotFound, Refused
from mpi.usecases.subscribers.subscriptions import Relay, Subscription
from tests.integration.core.world import ADMINISTRATOR, ARCHIVE, World, at, of, other_person, register

URL = "https://archive.example/hook"
Told = list[tuple[str, Event]]


def collect(told: Told) -> Callable[[Subscription, Event], None]:
    return lambda subscription, event: told.append((subscription.url, event))


def changes(world: World) -> None:
    """Four events about two people."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)), Unlink(of("BOL|1"), of("BOL|2"), at(6)))


def due_now(world: World) -> None:
    with world.index.engine.begin() as connection:
        connection.exec_driver_sql("update subscription set due_at = clock_timestamp()")


def test_events_arrive_in_order_and_once_when_all_goes_well(world: World) -> None:
    world.subscriptions.add(URL, (), "secret", ARCHIVE)
    changes(world)
    told: Told = []
    assert world.relay.run_once(collect(told)) == 4
    ids = [event.id for _, event in told]
    assert ids == sorted(ids)
    assert [event.type for _, event in told][2:] == [EventType.IDENTITY_MERGED, EventType.RECORD_MOVED]
    assert world.relay.run_once(collect(told)) == 0


def test_a_subscriber_hears_only_the_types_it_asked_for_and_only_from_then_on(world: World) -> None:
    world.tell(Link(of("CHR|1"), of("CHR|2"), at(1)), Unlink(of("CHR|1"), of("CHR|2"), at(2)))
    world.subscriptions.add(URL, (EventType.RECORD_MOVED,), "", ARCHIVE)
    changes(world)
    told: Told = []
    world.relay.run_once(collect(told))
    assert [event.type for _, event in told] == [EventType.RECORD_MOVED]


@pytest.mark.parametrize("failure", [ConnectionRefusedError(111, "refused"), TimeoutError("slow"), ValueError("500")])
def test_a_failing_subscriber_backs_off_and_loses_nothing_while_others_go_on(
    world: World, failure: Exception
) -> None:
    """At least once: what failed, and all after it, comes again in order."""
    world.subscriptions.add(URL, (), "", ARCHIVE)
    world.subscriptions.add("https://other.example/hook", (), "", ARCHIVE)
    changes(world)
    told: Told = []

    def deliver(subscription: Subscription, event: Event) -> None:
        if subscription.url == URL and len([1 for url, _ in told if url == URL]) == 2:
            raise failure
        told.append((subscription.url, event))

    assert world.relay.run_once(deliver) == 6
    mine, _ = world.subscriptions.list(ARCHIVE)
    assert (mine.pending, bool(mine.last_error)) == (2, True)
    assert world.relay.run_once(collect(told)) == 0
    due_now(world)
    assert world.relay.run_once(collect(told)) == 2
    ids = [event.id for url, event in told if url == URL]
    assert ids == sorted(set(ids))
    assert len(ids) == 4
    assert world.subscriptions.list(ARCHIVE)[0].last_error == ""


def test_each_failure_waits_longer(world: World) -> None:
    world.subscriptions.add(URL, (), "", ARCHIVE)
    changes(world)

    def refuse(subscription: Subscription, event: Event) -> None:
        raise ConnectionRefusedError(111, "refused")

    waits = []
    for _ in range(4):
        due_now(world)
        world.relay.run_once(refuse)
        waits += [
            r.s
            for r in world.rows("select extract(epoch from due_at - clock_timestamp())::float as s from subscription")
        ]
    assert [round(wait) for wait in waits] == [1, 2, 4, 8]


def test_what_was_delivered_before_a_crash_comes_again(world: World) -> None:
    """At least once: the relay dies after the subscriber answered and before the commit."""
    world.subscriptions.add(URL, (), "", ARCHIVE)
    changes(world)
    told: Told = []

    def crash(subscription: Subscription, event: Event) -> None:
        told.append((subscription.url, event))
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.relay.run_once(crash)
    world.relay.run_once(collect(told))
    ids = [event.id for _, event in told]
    assert ids[:2] == ids[2:4]
    assert len(set(ids)) == 4


def test_two_relays_at_once_serve_a_subscription_once(world: World) -> None:
    """Each serves the subscriptions nobody else is serving."""
    world.subscriptions.add(URL, (), "", ARCHIVE)
    changes(world)
    told: Told = []
    second: list[int] = []

    def deliver(subscription: Subscription, event: Event) -> None:
        if not second:
            second.append(world.relay.run_once(collect(told)))
        told.append((subscription.url, event))

    assert world.relay.run_once(deliver) == 4
    assert second == [0]
    assert len(told) == 4


def test_a_slow_subscriber_does_not_hold_up_the_intake(world: World) -> None:
    """Promise 7: while the relay waits for an answer, feeds go on, and their events are queued."""
    world.subscriptions.add(URL, (), "", ARCHIVE)
    world.tell(register("BOL|1", 1))
    taken: list[str] = []

    def deliver(subscription: Subscription, event: Event) -> None:
        sender = threading.Thread(target=lambda: taken.append(world.send(register("BOL|2", 1, other_person())).fault))
        sender.start()
        sender.join(timeout=3)
        assert taken == [""], "the message is still waiting for the relay"

    assert world.relay.run_once(deliver) == 1
    assert world.subscriptions.list(ARCHIVE)[0].pending == 1


def test_a_batch_ends_in_time_and_keeps_what_it_delivered(world: World) -> None:
    """The database ends a transaction that idles for a minute: a slow subscriber must not lose its whole batch."""
    world.subscriptions.add(URL, (), "", ARCHIVE)
    changes(world)
    told: Told = []
    assert Relay(world.index.units, patience=0.0).run_once(collect(told)) == 1
    assert Relay(world.index.units, patience=0.0).run_once(collect(told)) == 1
    assert len({event.id for _, event in told}) == 2
    assert world.subscriptions.list(ARCHIVE)[0].pending == 2


def test_unsubscribing_forgets_what_is_pending(world: World) -> None:
    added = world.subscriptions.add(URL, (), "", ARCHIVE)
    changes(world)
    world.subscriptions.remove(added.id, ARCHIVE)
    assert world.count("delivery") == 0
    with pytest.raises(NotFound):
        world.subscriptions.remove(added.id, ADMINISTRATOR)


@pytest.mark.parametrize("url", ["", "ftp://x/y", "http://", "javascript:alert(1)"])
def test_a_subscription_needs_a_web_address(world: World, url: str) -> None:
    with pytest.raises(Refused):
        world.subscriptions.add(url, (), "", ARCHIVE)

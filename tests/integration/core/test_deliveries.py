"""What subscribers are owed: told again in order, the oldest set aside with a reason (IHE-24)."""

from __future__ import annotations

import threading

import pytest

from mpi.domain.views import Event
from mpi.errors import Conflict, Forbidden, NotFound, Refused
from mpi.usecases.subscribers.deliveries import Condition, Deliveries
from mpi.usecases.subscribers.subscriptions import Subscription, Undeliverable
from tests.integration.core.world import ADMINISTRATOR, ARCHIVE, SENIOR, World, other_person, register

URL = "https://archive.example/hook?secret=x"


@pytest.fixture
def deliveries(world: World) -> Deliveries:
    return Deliveries(world.index.units, world.index.clock)


def down(subscription: Subscription, event: Event) -> None:
    raise OSError("the subscriber could not be reached: ConnectError")


def refusing(subscription: Subscription, event: Event) -> None:
    raise Undeliverable("the consumer answered AE")


class Listening:
    def __init__(self) -> None:
        self.told: list[int] = []

    def __call__(self, subscription: Subscription, event: Event) -> None:
        self.told.append(event.id)


@pytest.fixture
def subscribed(world: World) -> int:
    """A webhook that is owed two events."""
    made = world.subscriptions.add(URL, (), "", ARCHIVE).id
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    return made


def test_a_failing_subscriber_is_told_again_at_once_and_in_order(
    world: World, deliveries: Deliveries, subscribed: int
) -> None:
    (owed,) = deliveries.list(ADMINISTRATOR)
    assert (owed.condition, owed.subscription.pending, deliveries.troubled(ADMINISTRATOR)) == (Condition.TOLD, 2, 0)
    for _ in range(2):
        world.relay.run_once(down)
        with world.index.engine.begin() as connection:
            connection.exec_driver_sql("update subscription set due_at = clock_timestamp() where failures = 1")
    (owed,) = deliveries.list(ADMINISTRATOR)
    assert (owed.condition, owed.failures, deliveries.troubled(ADMINISTRATOR)) == (Condition.FAILING, 2, 1)
    assert owed.next_attempt_at > world.index.clock.now()
    hear = Listening()
    assert world.relay.run_once(hear) == 0
    deliveries.retry(subscribed, ADMINISTRATOR)
    assert world.relay.run_once(hear) == 2
    assert hear.told == sorted(hear.told)
    assert deliveries.list(ADMINISTRATOR)[0].condition is Condition.TOLD


def test_a_stopped_one_goes_on_after_what_was_set_aside(
    world: World, deliveries: Deliveries, subscribed: int
) -> None:
    world.relay.run_once(refusing)
    owed = deliveries.open(subscribed, ADMINISTRATOR)
    assert (owed.condition, owed.subscription.last_error) == (Condition.STOPPED, "the consumer answered AE")
    first, second = (event.id for event in owed.next_events)
    with pytest.raises(Conflict):
        deliveries.set_aside(subscribed, second, "out of turn", ADMINISTRATOR)
    with pytest.raises(Refused):
        deliveries.set_aside(subscribed, first, " ", ADMINISTRATOR)
    deliveries.set_aside(subscribed, first, "it knows already", ADMINISTRATOR)
    # Whether it takes anything now is not known, and nobody says that it is being told.
    owed = deliveries.open(subscribed, ADMINISTRATOR)
    assert (owed.condition, owed.subscription.active) == (Condition.SET_ASIDE, True)
    assert (deliveries.troubled(ADMINISTRATOR), deliveries.retry_all(ADMINISTRATOR)) == (0, 0)
    with pytest.raises(Conflict):
        deliveries.set_aside(subscribed, second, "not tried yet", ADMINISTRATOR)
    hear = Listening()
    world.relay.run_once(hear)
    assert hear.told == [second]
    assert deliveries.open(subscribed, ADMINISTRATOR).condition is Condition.TOLD
    (row,) = world.rows("select * from audit where action = 'set-aside-delivery'")
    assert (row.user, row.subjects) == ("admin", [f"subscription/{subscribed}", f"event/{first}"])
    assert row.detail == {"reason": "it knows already"}
    assert world.count("event") == 2  # what happened stays on record


def test_nothing_is_set_aside_of_one_who_is_being_told(world: World, deliveries: Deliveries, subscribed: int) -> None:
    first = deliveries.open(subscribed, ADMINISTRATOR).next_events[0].id
    with pytest.raises(Conflict):
        deliveries.set_aside(subscribed, first, "too early", ADMINISTRATOR)
    with pytest.raises(NotFound):
        deliveries.set_aside(999, first, "nobody", ADMINISTRATOR)


def test_what_is_delivered_in_this_moment_is_not_set_aside(
    world: World, deliveries: Deliveries, subscribed: int
) -> None:
    """Who sets aside waits for whoever delivers, and then finds the event gone."""
    world.relay.run_once(down)
    deliveries.retry(subscribed, ADMINISTRATOR)
    world.relay.run_once(down)
    with world.index.engine.begin() as connection:
        connection.exec_driver_sql("update subscription set due_at = clock_timestamp()")
    first = deliveries.open(subscribed, ADMINISTRATOR).next_events[0].id
    delivering, go_on = threading.Event(), threading.Event()

    def slowly(subscription: Subscription, event: Event) -> None:
        delivering.set()
        assert go_on.wait(20)

    relay = threading.Thread(target=world.relay.run_once, args=(slowly,))
    relay.start()
    assert delivering.wait(20)
    told: list[str] = []

    def aside() -> None:
        try:
            deliveries.set_aside(subscribed, first, "in a hurry", ADMINISTRATOR)
        except Conflict as conflict:
            told.append(str(conflict))

    other = threading.Thread(target=aside)
    other.start()
    other.join(0.3)
    assert other.is_alive()
    go_on.set()
    relay.join()
    other.join()
    assert told == ["this is not the oldest event it is owed any more; open the page again"]
    assert deliveries.list(ADMINISTRATOR)[0].subscription.pending == 0


def test_all_who_are_not_told_are_told_again(world: World, deliveries: Deliveries, subscribed: int) -> None:
    world.subscriptions.add("https://other.example/hook", (), "", ARCHIVE)
    world.relay.run_once(down)
    world.tell(register("BOL|3", 1, other_person(given="Basil")))
    world.relay.run_once(refusing)
    assert [owed.condition for owed in deliveries.list(ADMINISTRATOR)] == [Condition.STOPPED, Condition.FAILING]
    assert deliveries.retry_all(ADMINISTRATOR) == 2
    hear = Listening()
    world.relay.run_once(hear)
    assert len(hear.told) == 4
    assert deliveries.retry_all(ADMINISTRATOR) == 0


def test_it_is_for_operators(deliveries: Deliveries) -> None:
    for reach in (
        lambda: deliveries.list(SENIOR),
        lambda: deliveries.retry(1, SENIOR),
        lambda: deliveries.retry_all(ARCHIVE),
        lambda: deliveries.set_aside(1, 1, "x", SENIOR),
    ):
        with pytest.raises(Forbidden):
            reach()
    with pytest.raises(NotFound):
        deliveries.retry(999, ADMINISTRATOR)

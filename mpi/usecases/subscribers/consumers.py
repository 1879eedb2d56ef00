"""The consumers of the network file, told of identity changes by the outbox like any subscriber (IHE-24)."""

from __future__ import annotations

from collections.abc import Sequence

from mpi.domain.access import Caller, Right
from mpi.domain.consumer import TOLD, Consumer, Transaction
from mpi.domain.network import Network
from mpi.domain.views import EventType
from mpi.errors import NotFound
from mpi.ports import Units
from mpi.usecases.attempts import attempt
from mpi.usecases.subscribers.deliveries import SCHEME
from mpi.usecases.subscribers.subscriptions import Subscription, to_subscription

_OWNER = "network"
EVENTS = {
    Transaction.PIX_UPDATE: (
        EventType.IDENTITY_CREATED,
        EventType.RECORD_JOINED,
        EventType.IDENTITY_MERGED,
        EventType.RECORD_MOVED,
        EventType.IDENTIFIERS_CHANGED,
    ),
    Transaction.XAD_PID_CHANGE: (
        EventType.IDENTITY_MERGED,
        EventType.RECORD_MOVED,
        EventType.IDENTIFIERS_CHANGED,
    ),
}
"""What consumers are told of, by transaction."""


def address_of(consumer: Consumer, transaction: Transaction) -> str:
    """The URL under which a consumer is subscribed; where it listens may change, what it is owed does not."""
    return f"{SCHEME}{consumer.id}/{transaction}"


class Consumers:
    """Keep the subscriptions of consumers in line with the network, and look after stopped ones."""

    def __init__(self, units: Units, network: Network) -> None:
        self._units = units
        self._network = network

    def enrol(self) -> None:
        """Subscribe every consumer that is told something; one the network no longer names is told nothing more, and
        what it was owed is forgotten."""
        wanted = {
            address_of(consumer, transaction): EVENTS[transaction]
            for consumer in self._network.consumers
            for transaction in TOLD
            if transaction in consumer.transactions
        }
        attempt(lambda: self._enrol(wanted))

    def _enrol(self, wanted: dict[str, tuple[EventType, ...]]) -> None:
        with self._units.begin() as unit:
            unit.outbox.enrol(wanted, _OWNER)
            unit.commit()

    def of(self, subscription: Subscription) -> tuple[Consumer, Transaction]:
        """Whose subscription it is, and what they are told. Raises ValueError when the network has no such."""
        name, _, transaction = subscription.url.removeprefix(SCHEME).partition("/")
        for consumer in self._network.consumers:
            if consumer.id == name and transaction in consumer.transactions:
                return consumer, Transaction(transaction)
        raise ValueError("the network names no such consumer")

    def standing(self) -> Sequence[Subscription]:
        """Every subscriber with what it is owed, webhooks too; for alarms."""
        with self._units.begin(read_only=True) as unit:
            return tuple(to_subscription(row) for row in unit.outbox.subscriptions(None))

    def resume(self, consumer_id: str, caller: Caller, *, skip: bool = False) -> None:
        """Deliver again to a stopped consumer (`ris` or `ris/ITI-10`), from what it refused or, with `skip`, from
        what comes after. Raises NotFound. Needs OPERATE."""
        caller.require(Right.OPERATE)
        attempt(lambda: self._resume(consumer_id, caller, skip=skip))

    def _resume(self, name: str, caller: Caller, *, skip: bool) -> None:
        with self._units.begin() as unit:
            rows = [to_subscription(row) for row in unit.outbox.subscriptions(_OWNER)]
            meant = [s for s in rows if not s.active and f"{s.url.removeprefix(SCHEME)}/".startswith(f"{name}/")]
            if not meant:
                raise NotFound(f"no consumer '{name}' is stopped")
            for one in meant:
                if skip:
                    unit.outbox.set_aside(one.id, unit.outbox.owed(one.id, 1)[0].id)
                else:
                    unit.outbox.retry(one.id)
            unit.audit.record(caller, "resume-consumer", [one.url for one in meant], {"skip": skip})
            unit.commit()

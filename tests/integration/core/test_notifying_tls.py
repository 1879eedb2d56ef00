"""Notifications over mutual TLS, through a real TLS listener: who is believed, and what is owed meanwhile (SEC-4)."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.hl7v2.notify import Notifier
from adapters.hl7v2.send import Secure
from adapters.hl7v2.tls import Credentials, OutgoingTls
from mpi.domain.consumer import Consumer, Transaction
from mpi.main.alarms import alarms
from mpi.usecases.subscribers.consumers import Consumers
from mpi.usecases.subscribers.subscriptions import Relay
from tests.acceptance.mllp_consumer import Receiver, listening, sets
from tests.certificates import Authority, Pair
from tests.integration.core.world import World, other_person, register


@dataclass
class Told:
    """A world whose one consumer listens for TLS, as the listener of the moment does it."""

    world: World
    authority: Authority
    ours: Pair
    receiver: Receiver
    stack: ExitStack

    def listen(self, shown: Pair, *, trusts: Path | None = None) -> None:
        """Listen where the consumer is called, showing a certificate and asking for one."""
        self.stack.close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(shown.cert, shown.key)
        context.load_verify_locations(trusts or self.authority.ca)
        self.stack.enter_context(listening(self.receiver, context))

    def now(self, secure: Secure | None = None) -> list[str]:
        """Deliver what is owed; what arrived."""
        consumer = Consumer(
            "ris", "RMC", "RIS", "RMC", frozenset({Transaction.PIX_UPDATE}), host="localhost", port=self.receiver.port
        )
        network = replace(self.world.index.network, consumers=(replace(consumer, tls=True),))
        consumers = Consumers(self.world.index.units, network)
        consumers.enrol()
        with self.world.index.engine.begin() as connection:
            connection.exec_driver_sql("update subscription set due_at = clock_timestamp()")
        secure = secure or self.outgoing().secure
        with Notifier(consumers, self.world.index.telling, network, secure=secure) as notifier:
            Relay(self.world.index.units, consumers=True).run_once(notifier.deliver)
        return self.receiver.take()

    def outgoing(self) -> OutgoingTls:
        files = Credentials(self.ours.cert, self.ours.key, self.authority.ca)
        return OutgoingTls(files, lambda whose, end: None, lambda: datetime.now(UTC))

    def alarm(self) -> str:
        """What an operator is told an hour later, "" for nothing."""
        later = self.world.index.clock.now() + timedelta(hours=1)
        return " ".join(alarms(self.world.index.consumers.standing(), later))


@pytest.fixture
def told(world: World, tmp_path: Path) -> Iterator[Told]:
    authority = Authority(tmp_path)
    with ExitStack() as stack:
        told = Told(world, authority, authority.sign("index", "index.example"), Receiver(), stack)
        told.listen(authority.sign("ris", "localhost"))
        told.now()  # enrolled
        yield told


def owe_two(told: Told) -> None:
    told.world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))


def test_sec_4_a_consumer_with_a_certificate_we_trust_is_told_over_tls(told: Told) -> None:
    owe_two(told)
    assert sets(told.now()) == [["BOL|1"], ["BOL|2"]]
    assert told.alarm() == ""


def _of_another_authority(told: Told, folder: Path) -> Pair:
    return Authority(folder, "Other CA").sign("ris", "localhost", file="stranger")


def _of_another_name(told: Told, folder: Path) -> Pair:
    return told.authority.sign("localhost", "pacs.example", file="other")  # the common name does not count


def _expired(told: Told, folder: Path) -> Pair:
    return told.authority.sign("ris", "localhost", file="expired", ends=timedelta(seconds=-5))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (_of_another_authority, "unable to get local issuer certificate"),
        (_of_another_name, "certificate is not valid for 'localhost'"),
        (_expired, "certificate has expired"),
    ],
)
def test_sec_4_a_certificate_we_do_not_believe_is_told_nothing_and_alarmed_until_it_is_mended(
    told: Told, tmp_path: Path, wrong: Callable[[Told, Path], Pair], reason: str
) -> None:
    owe_two(told)
    told.listen(wrong(told, tmp_path))
    assert told.now() == []
    assert told.alarm().startswith("ris/ITI-10 has 2 events waiting")
    assert "the consumer's certificate is refused" in told.alarm()
    assert reason in told.alarm()
    told.listen(told.authority.sign("ris", "localhost", file="mended"))
    assert sets(told.now()) == [["BOL|1"], ["BOL|2"]]  # in order, none left out
    assert told.alarm() == ""


def test_sec_4_a_consumer_that_does_not_believe_ours_is_owed_and_alarmed(told: Told, tmp_path: Path) -> None:
    owe_two(told)
    theirs = Authority(tmp_path, "Their CA")
    told.listen(told.authority.sign("ris", "localhost"), trusts=theirs.ca)
    assert told.now() == []
    assert "no secure connection to the consumer" in told.alarm()
    told.listen(told.authority.sign("ris", "localhost"))
    assert sets(told.now()) == [["BOL|1"], ["BOL|2"]]


def test_sec_4_a_consumer_without_tls_is_not_told_in_the_clear(told: Told) -> None:
    owe_two(told)
    told.stack.close()
    told.stack.enter_context(listening(told.receiver))
    assert told.now() == []
    assert told.alarm().startswith("ris/ITI-10 has 2 events waiting")


def test_a_renewed_certificate_of_ours_is_shown_without_a_restart(told: Told, tmp_path: Path) -> None:
    theirs = Authority(tmp_path, "Their CA")
    told.listen(told.authority.sign("ris", "localhost"), trusts=theirs.ca)
    secure = told.outgoing().secure
    owe_two(told)
    assert told.now(secure) == []
    renewed = theirs.sign("index", "index.example", file="renewed")
    renewed.key.replace(told.ours.key)
    renewed.cert.replace(told.ours.cert)
    assert sets(told.now(secure)) == [["BOL|1"], ["BOL|2"]]

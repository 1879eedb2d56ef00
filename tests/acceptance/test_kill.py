"""kill -9 at any instant: nothing acknowledged is lost, nothing is applied twice (promise 1, V2-11, SEC-10)."""

from __future__ import annotations

import math
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mpi.domain.network import Network
from mpi.embedded import EmbeddedPostgres
from mpi.simulate import SimMessage, simulate
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import IndexState, count, held, members, quarrels, read_state, rows, verify
from tests.acceptance.service_process import Service, running, wait_for
from tests.acceptance.trust_feeds import Answers, by_feed, play

PEOPLE, SEED, KILLS = 190, 41, 20
_MOST, _AHEAD = 20, 8  # messages between two blows; how many more are on offer, so that each falls under load
_OUTAGES = frozenset({6, 14})  # of the kills, those that take PostgreSQL's postmaster as well

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def messages(network: Network) -> list[SimMessage]:
    return list(simulate(network, PEOPLE, SEED).messages())


@pytest.fixture(scope="module")
def undisturbed(
    messages: list[SimMessage], new_database: Callable[[], str], start_service: StartService
) -> IndexState:
    url = new_database()
    service = start_service(database_url=url)
    play([messages], [lambda: service.target], Answers())
    service.stop()
    assert verify(url).differences == ()
    return read_state(url)


@pytest.fixture(scope="module")
def embedded(cluster_directory: Path, tokens: tuple[Path, dict[str, str]]) -> Iterator[Service]:
    """Two workers over their own durable PostgreSQL, which outlives them when they are killed."""
    with running(Service(cluster_directory, tokens, workers=2)) as service:
        yield service


@pytest.fixture(scope="module")
def disturbed(embedded: Service, messages: list[SimMessage]) -> Answers:
    """The answers of a run with twenty kills, all at moments drawn with a seed."""
    assert len(messages) > KILLS * (_MOST + _AHEAD), "there is something to send until the last blow"
    rng = random.Random(SEED)
    answers = Answers(ceiling=0)
    lines = by_feed(messages, 4, rng)
    feeding = threading.Thread(target=play, args=(lines, [lambda: embedded.target], answers))
    feeding.start()
    for number in range(KILLS):
        moment = len(answers.acknowledged) + rng.randint(4, _MOST)
        answers.ceiling = moment + _AHEAD
        wait_for(lambda moment=moment: len(answers.acknowledged) >= moment, "some more messages are acknowledged")  # type: ignore[misc]
        time.sleep(rng.random() * 0.02)  # so that the blow falls anywhere within a message, not just after an answer
        assert feeding.is_alive(), "every blow falls under load"
        safe = set(answers.acknowledged)
        if number in _OUTAGES:
            os.kill(EmbeddedPostgres(embedded.folder).pid or 0, signal.SIGKILL)
        embedded.kill()
        embedded.start()
        stored = {row[0] for row in rows(EmbeddedPostgres(embedded.folder).url, "select control_id from message")}
        assert safe <= stored, "an acknowledged message is gone"
    answers.ceiling = math.inf
    feeding.join()
    return answers


def test_promise_1_nothing_acknowledged_is_lost_and_nothing_is_applied_twice(
    disturbed: Answers, embedded: Service, undisturbed: IndexState, messages: list[SimMessage]
) -> None:
    url = EmbeddedPostgres(embedded.folder).url
    state = read_state(url)
    assert len(disturbed.acknowledged) == len(messages) >= 600
    assert disturbed.codes[""] >= KILLS, "the kills broke connections that were in use"
    assert state.updates == undisturbed.updates
    assert state.values == undisturbed.values
    assert state.assertions == undisturbed.assertions
    assert members(state.partition) == members(undisturbed.partition)
    assert [group for group in quarrels(undisturbed, state) if not group & (held(undisturbed) | held(state))] == []
    assert len(quarrels(undisturbed, state)) <= 2, "the order of arrival may show in a contested link, no more"
    assert count(url, "select count(*) from message") == len(messages)
    assert verify(url).differences == ()


def test_v2_16_everything_sent_again_changes_nothing(
    disturbed: Answers, embedded: Service, messages: list[SimMessage]
) -> None:
    url = EmbeddedPostgres(embedded.folder).url
    before = read_state(url)
    again = Answers()
    play([messages], [lambda: embedded.target], again)
    assert len(disturbed.acknowledged) == len(again.acknowledged) == len(messages)
    assert set(again.codes) == {"AA", "200"}
    assert read_state(url) == before


def test_a_killed_worker_is_replaced_and_its_neighbours_go_on(
    embedded: Service, messages: list[SimMessage], undisturbed: IndexState, disturbed: Answers
) -> None:
    """Design 6: processes for cores; what the dead one had in hand comes again."""
    url = EmbeddedPostgres(embedded.folder).url
    supervisor, workers = embedded.pid, embedded.workers()
    answers = Answers()
    feeding = threading.Thread(target=play, args=([messages[:200]] * 4, [lambda: embedded.target], answers))
    feeding.start()
    wait_for(lambda: len(answers.acknowledged) > 40, "load")
    os.kill(workers[0], signal.SIGKILL)
    feeding.join()
    wait_for(lambda: len(set(embedded.workers()) - set(workers)) == 1, "a new worker takes its place")
    assert embedded.pid == supervisor
    assert workers[1] in embedded.workers()
    assert len(answers.acknowledged) == 800
    assert b"worker died" in embedded.log.read_bytes()
    assert read_state(url).updates == undisturbed.updates


def test_nothing_was_left_half_done(embedded: Service, disturbed: Answers) -> None:
    """A message row exists with its effects or not at all; no transaction is left hanging."""
    url = EmbeddedPostgres(embedded.folder).url
    half = """select count(*) from message m where m.fault = '' and m.event in ('ADT^A28', 'ADT^A31', 'ITI-104 PUT')
              and not exists (select from source_update u where u.message_id = m.id)
              and not exists (select from event e where e.message_id = m.id)
              and not exists (select from audit a where (a.detail ->> 'message')::bigint = m.id)"""
    assert count(url, half) == 0
    wait_for(
        lambda: (
            count(url, "select count(*) from pg_prepared_xacts") == 0
            and count(url, "select count(*) from pg_stat_activity where state = 'idle in transaction'") == 0
        ),
        "no transaction is left open",
    )

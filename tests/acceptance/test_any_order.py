"""Identity is a function of the evidence: any order, any interleaving, any number of instances (promise 2, V2-61)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from mpi.simulate import SimMessage, simulate
from mpi.usecases.whole.verify import Verification
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import IndexState, count, held, members, quarrels, read_state, verify
from tests.acceptance.patients import AUTHORITIES, Patient, adt, nhs_number
from tests.acceptance.service_process import Service
from tests.acceptance.trust_feeds import Answers, by_feed, by_patient, play

PEOPLE, SEED, CONNECTIONS = 1_330, 20_260_301, 4  # about five thousand messages

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True, slots=True)
class Run:
    """One way of playing the same messages, and what came of it."""

    answers: Answers
    state: IndexState
    verification: Verification


@pytest.fixture(scope="module")
def messages(network: Network) -> list[SimMessage]:
    return list(simulate(network, PEOPLE, SEED).messages())


@pytest.fixture(scope="module")
def runs(messages: list[SimMessage], new_database: Callable[[], str], start_service: StartService) -> dict[str, Run]:
    """Played side by side into databases of their own, because each waits mostly for itself."""
    rng = random.Random(SEED)
    plans: dict[str, tuple[list[list[SimMessage]], list[int]]] = {
        "in the order of sending": ([messages], [1]),
        "feeds interleaved": (by_feed(messages, CONNECTIONS, rng), [2]),
        "patients shuffled, two instances": (by_patient(messages, CONNECTIONS, rng), [1, 1]),
    }
    found: dict[str, Run] = {}

    def run(name: str, lines: list[list[SimMessage]], url: str, services: Sequence[Service]) -> None:
        answers = Answers()
        play(lines, [lambda service=service: service.target for service in services], answers)  # type: ignore[misc]
        found[name] = Run(answers, read_state(url), verify(url))
        for service in services:
            service.stop()

    threads = []
    for name, (lines, workers) in plans.items():
        url = new_database()
        services = [start_service(database_url=url, workers=number, log_level="warning") for number in workers]
        threads.append(threading.Thread(target=run, args=(name, lines, url, services)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.keys() == plans.keys()
    return found


@pytest.fixture(scope="module")
def undisturbed(runs: dict[str, Run]) -> Run:
    return runs["in the order of sending"]


DISTURBED = ["feeds interleaved", "patients shuffled, two instances"]
ALL = ["in the order of sending", *DISTURBED]


@pytest.mark.parametrize("name", ALL)
def test_every_message_is_accepted_and_applied_once(
    name: str, runs: dict[str, Run], messages: list[SimMessage]
) -> None:
    run = runs[name]
    assert len(run.answers.acknowledged) == len(messages) >= 5_000
    assert set(run.answers.codes) <= {"AA", "200", "201", "AR", "503"}
    assert sum(run.answers.codes[busy] for busy in ("AR", "503")) < len(messages) / 100


@pytest.mark.parametrize("name", ALL)
def test_promise_2_verify_finds_no_difference(name: str, runs: dict[str, Run]) -> None:
    found = runs[name].verification
    assert found.differences == ()
    assert found.records > 2_500
    assert found.accounted <= len(runs[name].state.open_contested)


@pytest.mark.parametrize("name", DISTURBED)
def test_promise_2_any_order_ends_in_the_same_people(name: str, runs: dict[str, Run], undisturbed: Run) -> None:
    """Only where an open contested-link task says so may the order of arrival still show."""
    one, other = undisturbed.state, runs[name].state
    assert members(one.partition) == members(other.partition)
    unexplained = [group for group in quarrels(one, other) if not group & (held(one) | held(other))]
    assert unexplained == []
    assert len(quarrels(one, other)) < len(one.partition) / 50
    assert len(one.partition) > 1_000


@pytest.mark.parametrize("name", DISTURBED)
def test_v2_61_any_order_ends_in_the_same_records(name: str, runs: dict[str, Run], undisturbed: Run) -> None:
    one, other = undisturbed.state, runs[name].state
    assert {i: v for i, v in one.values.items() if other.values.get(i) != v} == {}
    assert one.updates == other.updates
    assert one.assertions == other.assertions


def test_two_instances_told_of_one_new_person_at_once_make_one_person(
    new_database: Callable[[], str], start_service: StartService
) -> None:
    """Design 6, Concurrency: four trusts, two instances of two workers, the same moment."""
    url = new_database()
    services = [start_service(database_url=url, workers=2, log_level="warning") for _ in range(2)]
    feeds = ["bolton", "stockport", "mft", "wwl"]
    together = threading.Barrier(len(feeds))
    people = [
        Patient(
            f"SYNCHRON{chr(65 + n % 26)}{chr(65 + n // 26)}",
            "Ottoline",
            f"19{50 + n}0{1 + n % 9}12",
            nhs=nhs_number(n),
        )
        for n in range(40)
    ]
    codes: list[str] = []

    def feed(number: int) -> None:
        with services[number % 2].mllp() as client:
            for serial, person in enumerate(people):
                together.wait(60)
                message = adt(feeds[number], "A28", f"T{serial}", person)
                while (code := code_of(client.send(message))) == "AR":
                    pass
                codes.append(code)

    threads = [threading.Thread(target=feed, args=(number,)) for number in range(len(feeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {frozenset(f"{AUTHORITIES[feed]}|T{serial}" for feed in feeds) for serial in range(len(people))}
    assert codes == ["AA"] * len(feeds) * len(people)
    assert read_state(url).partition == expected
    assert count(url, "select count(*) from golden_identity where retired_at is null") == len(people)
    assert verify(url).differences == ()

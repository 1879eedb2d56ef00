"""People whom an OpenID provider has told us of: what they may do, and until when (SEC-5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mpi.domain.access import Role
from mpi.domain.commands import Field
from mpi.domain.provider import Ended, Grant, Held, Person, Provider
from mpi.domain.views import TaskKind
from mpi.errors import Refused, SignInRefused
from mpi.usecases.deciding.worklist import Worklist
from mpi.usecases.entrance.visiting import Visiting
from tests.integration.core.world import REVIEWER, World, person, register

ISSUER = "https://identity.example"
GRANTS = (Grant("R8008", Role.REVIEWER), Grant("R1", Role.VIEWER))
PROVIDER = Provider("x", ISSUER, "c", "https://index.example", GRANTS, strong_acr=("AAL3_ANY",))
RITA = Person(ISSUER, "1", "Rita Shah", (Held(frozenset({"R8008"}), "RMC", "555"),), session="s-1", acr="AAL2")


@pytest.fixture
def visiting(world: World) -> Visiting:
    return Visiting(world.index.units, world.index.clock, world.index.network, PROVIDER)


def soon(world: World) -> datetime:
    return world.index.clock.now() + timedelta(hours=1)


def test_a_session_is_found_until_it_is_left(world: World, visiting: Visiting) -> None:
    caller = visiting.welcome(RITA, "one", soon(world))
    assert (caller.user, caller.role, caller.organisation, caller.strong) == (
        "Rita Shah (1)",
        Role.REVIEWER,
        "RMC",
        False,
    )
    found = visiting.find("one")
    assert found is not None
    assert found[0] == caller
    assert found[1].urid == "555"
    visiting.leave(caller, "one")
    assert visiting.find("one") is None
    told = world.rows("select action from audit order by id")
    assert [row.action for row in told] == ["sign-in", "sign-out"]


def test_a_session_ends_at_its_time_and_is_let_go_at_the_next_sign_in(world: World, visiting: Visiting) -> None:
    visiting.welcome(RITA, "old", world.index.clock.now() - timedelta(seconds=1))
    assert visiting.find("old") is None
    visiting.welcome(RITA, "new", soon(world))
    assert [row.id for row in world.rows("select id from provider_session")] == ["new"]


def test_a_strong_sign_in_is_strong_for_a_while(world: World, visiting: Visiting) -> None:
    now = world.index.clock.now()
    for acr, when, strong in (
        ("AAL3_ANY", now, True),
        ("AAL3_ANY", now - timedelta(seconds=901), False),
        ("AAL3_ANY", None, False),
        ("AAL2", now, False),
    ):
        assert (
            visiting.welcome(replace(RITA, acr=acr, authenticated=when), f"{acr}{when}", soon(world)).strong is strong
        )


def test_a_browsers_former_session_ends_with_the_next_sign_in(world: World, visiting: Visiting) -> None:
    visiting.welcome(RITA, "one", soon(world))
    visiting.welcome(RITA, "two", soon(world), "one")
    assert visiting.find("one") is None
    visiting.welcome(RITA, "three", soon(world), "two", again=True)
    assert visiting.find("two") is None
    assert [row.action for row in world.rows("select action from audit order by id")] == [
        "sign-in",
        "sign-in",
        "step-up",
    ]


def test_of_many_sign_ins_at_once_all_bear_one_name(world: World, visiting: Visiting) -> None:
    def come(number: int) -> str:
        return visiting.welcome(replace(RITA, name=f"Name {number}"), f"s{number}", soon(world)).user

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(come, range(12)))) == 1
    assert world.count("account") == 1


def test_another_issuers_sessions_are_not_this_ones(world: World, visiting: Visiting) -> None:
    visiting.welcome(RITA, "one", soon(world))
    other = Visiting(
        world.index.units, world.index.clock, world.index.network, replace(PROVIDER, issuer="https://other.example")
    )
    assert other.find("one") is None
    other.end(Ended("https://other.example", "j", "s-1", "", world.index.clock.now()))
    assert visiting.find("one") is not None


def test_without_a_role_nothing_is_kept(world: World, visiting: Visiting) -> None:
    with pytest.raises(SignInRefused, match=r"you signed in as Rita Shah \(1\)"):
        visiting.welcome(replace(RITA, held=()), "one", soon(world))
    assert (world.count("account"), world.count("provider_session"), world.count("audit")) == (0, 0, 0)


def test_an_answer_of_the_provider_counts_once(world: World, visiting: Visiting) -> None:
    visiting.spend_question("state", soon(world))
    with pytest.raises(SignInRefused, match="used already"):
        visiting.spend_question("state", soon(world))


def test_a_reviewer_of_the_provider_may_be_given_a_task(world: World, visiting: Visiting) -> None:
    for identifier, given in (("BOL|1", "Aisha"), ("CHR|1", "Ayesha")):
        world.tell(register(identifier, 1, person("Begum", given, "2015-01-05", more={Field.MULTIPLE_BIRTH: True})))
    task = world.task(TaskKind.POSSIBLE_MATCH)
    worklist = Worklist(world.index.units, world.index.clock, ["ravi"])
    with pytest.raises(Refused, match="nobody of this name"):
        worklist.assign(task.id, "Rita Shah (1)", REVIEWER)
    visiting.welcome(RITA, "one", soon(world))
    viewer = replace(RITA, subject="2", name="Vera", held=(Held(frozenset({"R1"}), "RMC"),))
    visiting.welcome(viewer, "two", soon(world))
    assert worklist.reviewers(REVIEWER) == ("Rita Shah (1)", "ravi")
    assert worklist.assign(task.id, "Rita Shah (1)", REVIEWER).claimed_by == "Rita Shah (1)"

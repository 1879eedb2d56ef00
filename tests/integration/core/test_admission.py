"""What counts once: sessions that were signed out of, launches already used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mpi.domain.access import Caller, Role
from mpi.domain.launch import Launch, Launcher, signature
from mpi.errors import Forbidden
from mpi.usecases.entrance.admission import Admission
from mpi.usecases.entrance.launching import Launching
from tests.integration.core.world import World

VIEWER = Caller("vera", Role.VIEWER, "RMC")
LAUNCHER = Launcher("bolton-epr", "RMC", "a secret that is long enough for a launcher")


def test_a_session_is_over_once_left_and_both_are_audited(world: World) -> None:
    admission = Admission(world.index.units, world.index.clock)
    admission.enter(VIEWER)
    assert not admission.is_over("one")
    admission.leave(VIEWER, "one", world.index.clock.now() + timedelta(hours=1))
    assert admission.is_over("one")
    assert not admission.is_over("another")
    told = world.rows("select action from audit where \"user\" = 'vera' order by id")
    assert [row.action for row in told] == ["sign-in", "sign-out"]


def test_what_no_longer_holds_is_forgotten(world: World) -> None:
    admission = Admission(world.index.units, world.index.clock)
    now = world.index.clock.now()
    admission.leave(VIEWER, "old", now - timedelta(seconds=1))
    admission.leave(VIEWER, "new", now + timedelta(hours=1))
    assert [row.word for row in world.rows("select word from spent_word")] == ["session new"]


def test_of_many_who_follow_one_link_at_once_one_is_let_in(world: World) -> None:
    launching = Launching(world.index.units, world.index.network, world.index.clock, {LAUNCHER.id: LAUNCHER})
    expires = int(world.index.clock.now().timestamp()) + 60
    launch = Launch(LAUNCHER.id, "BOL", "1", "j.bloggs", expires, "n" * 16)

    def follow(_: int) -> bool:
        try:
            launching.admit(launch, signature(launch, LAUNCHER.secret))
        except Forbidden:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(follow, range(24))) == 1
    assert world.count("audit") == 1


def test_a_launcher_opens_its_own_organisations_numbers_and_those_it_took_over(world: World) -> None:
    launching = Launching(world.index.units, world.index.network, world.index.clock, {LAUNCHER.id: LAUNCHER})
    expires = int(world.index.clock.now().timestamp()) + 60
    foreign = Launch(LAUNCHER.id, "CHR", "1", "j.bloggs", expires, "n" * 16)
    with pytest.raises(Forbidden, match="may not open patients of issuer 'CHR'"):
        launching.admit(foreign, signature(foreign, LAUNCHER.secret))

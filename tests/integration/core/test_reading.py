"""Who reads is told of one moment, whatever changes meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from mpi.db.lane import Lane
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.errors import NotFound
from mpi.usecases.identity.drafting import open_draft
from tests.integration.core.world import ADMINISTRATOR, ARCHIVE, World, nhs, of, other_person, person, register


def test_a_person_whose_identity_changes_is_told_whole(world: World) -> None:
    """Promise 5: everybody's records are read with the person they were of then."""
    world.tell(register("BOL|1", 1), register("BOL|2", 2, other_person()))
    done = Event()

    def read() -> int:
        looks = 0
        while not done.is_set():
            seen = world.query.person_of(of("BOL|2"), ADMINISTRATOR)
            assert of("BOL|2") in {record.identifier for record in seen.records}
            assert {record.golden_id for record in seen.records} == {seen.golden_id}
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for _ in range(40):
                made = world.review.assert_pair(of("BOL|1"), of("BOL|2"), True, "", ADMINISTRATOR).assertions[0]
                world.review.withdraw(made, "", ADMINISTRATOR)
        finally:
            done.set()
        assert all(reader.result() > 0 for reader in readers)


def test_ihe_10_queries_at_once_are_all_right_and_wait_for_no_merge(world: World) -> None:
    """A transaction that holds the locks of a merge, and has not ended, holds up nobody who asks."""
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same), register("BOL|2", 3, other_person()))

    def ask(_: int) -> tuple[list[str], list[str]]:
        found = [world.query.cross_references(of(one), ADMINISTRATOR).identifiers for one in ("BOL|1", "BOL|2")]
        return [str(one) for one in found[0]], [str(one) for one in found[1]]

    with world.index.units.begin() as merging:
        open_draft(merging, [of("BOL|1"), of("BOL|2"), of("CHR|1")])
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(40), timeout=60))
    assert all(linked[0] == "CHR|1" and alone == [] for linked, alone in answers), answers[0]


def test_the_archive_waits_twice_for_the_database_and_pix_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same))
    sent: list[int] = []
    deliver = Lane._deliver

    def counted(lane: Lane, queue: list[Any]) -> None:
        sent.append(len(queue))
        deliver(lane, queue)

    monkeypatch.setattr(Lane, "_deliver", counted)
    assert of("CHR|1") in world.resolve("BOL|1").identifiers
    resolving, sent[:] = len(sent), []
    assert of("CHR|1") in world.query.cross_references(of("BOL|1"), ADMINISTRATOR).identifiers
    assert (resolving, len(sent)) == (2, 1)


def test_a_question_about_nobody_is_audited_too(world: World) -> None:
    """AUD-1, AUD-3: whose number was tried is seen, though there was nothing to tell."""
    with pytest.raises(NotFound):
        world.query.cross_references(of("BOL|404"), ADMINISTRATOR)
    (row,) = world.rows("select subjects from audit where action = 'cross-references'")
    assert row.subjects == ["BOL|404"]


def test_a_question_about_an_nhs_number_that_nobody_has_is_audited_too(world: World) -> None:
    """AUD-1: numbers cannot be tried unseen."""
    nobody = Identifier(NHS_AUTHORITY, nhs(7))
    with pytest.raises(NotFound):
        world.query.cross_references(nobody, ADMINISTRATOR)
    with pytest.raises(NotFound):
        world.resolving.resolve(nobody, None, ARCHIVE)
    rows = world.rows("select action, subjects from audit order by id")
    assert [(row.action, row.subjects) for row in rows] == [
        ("cross-references", [str(nobody)]),
        ("resolve", [str(nobody)]),
    ]

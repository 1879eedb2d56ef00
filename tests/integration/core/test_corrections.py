"""NHS-11: a trust is told which records of its own are one person, and of nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from mpi.db.correction import _DOUBLED
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Link, Merge
from mpi.errors import Forbidden, NotFound
from mpi.usecases.figures.corrections import Corrections
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

Told = list[tuple[str, list[str]]]


@pytest.fixture
def corrections(world: World) -> Corrections:
    return Corrections(world.index.units, world.index.network)


@pytest.fixture
def told(corrections: Corrections) -> Callable[..., Told]:
    """The numbers to keep, each with those to merge into it, as a list exports them."""

    def tell(organisation: str = "RMC", caller: Caller = ADMINISTRATOR) -> Told:
        found = corrections.export(organisation, caller)
        return [(str(c.survivor.identifier), [str(one.identifier) for one, _ in c.duplicates]) for c in found]

    return tell


def test_two_numbers_of_one_person_are_told_and_what_differs(world: World, corrections: Corrections) -> None:
    """The one with the verified NHS number is to be kept, though the other came first."""
    world.tell(register("BOL|1", 1, person(given="Ada", more={Field.PHONES: ("0161 496 0001",)})))
    world.tell(register("BOL|2", 2, person(number=nhs(1))), Link(of("BOL|1"), of("BOL|2"), at(3)))
    page = corrections.page("RMC", REVIEWER)
    (found,) = page.corrections
    ((duplicate, differs),) = found.duplicates
    assert (str(found.survivor.identifier), str(duplicate.identifier)) == ("BOL|2", "BOL|1")
    assert found.because == "it alone has a verified NHS number"
    assert differs == ("names", "nhs_number", "phones")
    assert (page.total, page.following, found.golden_id) == (1, None, world.golden("BOL|1"))


def test_else_the_one_with_most_studies_or_the_first(world: World, told: Callable[..., Told]) -> None:
    world.tell(*(register(f"BOL|{n}", n) for n in (1, 2, 3)), register("CHR|1", 5))
    assert told() == [("BOL|1", ["BOL|2", "BOL|3"])]
    world.imaging.register(study("1.1", "BOL|3"), ARCHIVE)
    assert told() == [("BOL|3", ["BOL|1", "BOL|2"])]


def test_what_was_merged_or_is_of_two_trusts_is_no_duplicate(world: World, told: Callable[..., Told]) -> None:
    world.tell(register("BOL|1", 1), register("CHR|1", 2))
    assert (told("RMC"), told("RBV")) == ([], [])
    world.tell(register("BOL|2", 3))
    assert told("RMC") == [("BOL|1", ["BOL|2"])]
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(4)))
    assert told("RMC") == []


def test_while_it_is_asked_whether_they_are_one_nothing_is_suggested(world: World, told: Callable[..., Told]) -> None:
    """An overlay that waits for a reviewer."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("BOL|2", 2, person(number=nhs(1))))
    assert len(told()) == 1
    world.tell(register("BOL|2", 3, other_person()))
    assert told() == []


def test_nhs_57_where_a_restricted_person_lives_is_left_out(world: World, corrections: Corrections) -> None:
    hidden = {Field.RESTRICTED: True, Field.PHONES: ("0161 496 0002",)}
    world.tell(register("BOL|1", 1), register("BOL|2", 2, person(given="Ada", more=hidden)))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(3)))
    (found,) = corrections.page("RMC", REVIEWER).corrections
    assert (found.restricted, found.duplicates[0][1]) == (True, ("names",))


def test_they_are_read_page_by_page_and_each_look_is_audited(world: World, corrections: Corrections) -> None:
    for n in range(3):
        told = person(family=f"Okonkwo{'abc'[n]}", born=f"196{n}-03-07", lines=(f"{n} Mill Row",))
        world.tell(register(f"BOL|{n}1", 1, told), register(f"BOL|{n}2", 2, told))
        world.tell(Link(of(f"BOL|{n}1"), of(f"BOL|{n}2"), at(3)))
    seen, after = [], None
    for _ in range(2):
        page = corrections.page("RMC", REVIEWER, 2, after)
        assert page.total == 3
        seen += [c.golden_id for c in page.corrections]
        after = page.following
    assert after is None
    assert seen == sorted({world.golden(f"BOL|{n}1") for n in range(3)})
    audited = world.rows("select subjects from audit where action = 'read-corrections' order by id")
    assert [row.subjects for row in audited] == [[str(one)] for one in seen]
    assert len(list(corrections.export("RMC", REVIEWER))) == 3
    (row,) = world.rows("select * from audit where action = 'export-corrections'")
    assert (row.user, row.subjects, row.detail) == ("rita", ["organisation/RMC"], {"people": 3})


def test_who_is_doubled_is_read_from_the_index_of_links_alone(world: World, corrections: Corrections) -> None:
    """The records of a trust are many and wide: of those who have one number there, none is read."""
    told = {
        n: person(family=f"Okonkwo{'abcdef'[n]}", born=f"196{n}-03-07", lines=(f"{n} Mill Row",)) for n in range(6)
    }
    world.tell(*(register(f"BOL|{n}", 1, one) for n, one in told.items()), register("BOL|99", 2, told[0]))
    assert corrections.page("RMC", REVIEWER).total == 1
    with world.index.engine.connect() as connection:
        explain = f"explain (analyze, timing off, costs off) {_DOUBLED.text}"
        asked = {"authorities": ["BOL"], "after_id": UUID(int=0), "after_authority": "", "limit": 26}
        bound = text(explain).bindparams(
            bindparam("authorities", type_=ARRAY(Text)), bindparam("after_id", type_=Uuid)
        )
        plan = "\n".join(connection.execute(bound, asked).scalars())
    assert "Index Only Scan using ix_link_numbering on link " in plan
    assert "Seq Scan" not in plan
    (looked,) = re.findall(r"pk_source_record on source_record r \(actual rows=\S+ loops=(\d+)\)", plan)
    assert looked == "2"


def test_each_trust_gets_its_own(world: World, corrections: Corrections) -> None:
    world.tell(register("BOL|1", 1), register("BOL|2", 2))
    assert corrections.page("RMC", REVIEWER).total == 1
    for reach in (
        lambda: corrections.page("RMC", COLLEAGUE),
        lambda: corrections.export("RMC", COLLEAGUE),
        lambda: corrections.page("RMC", Caller("vera", Role.VIEWER, "RMC")),
    ):
        with pytest.raises(Forbidden):
            reach()
    with pytest.raises(NotFound):
        corrections.page("XXX", ADMINISTRATOR)

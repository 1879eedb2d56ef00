"""Staff find people by any number and by what is nearly right, and nobody is shown whom a search must not find."""

from __future__ import annotations

from typing import Any

import pytest

from mpi.domain.commands import Field
from mpi.domain.identifiers import NHS_AUTHORITY
from mpi.errors import Forbidden, Refused
from mpi.usecases.reading.seeking import MOST, PAGE, Details, Hits, Seeking
from tests.integration.core.world import ARCHIVE, REVIEWER, World, nhs, other_person, person, register

ADA = {"family": "Okonkwo", "given": "Adaeze", "birth_date": "1961-03-07", "postcode": "M13 9WL"}


@pytest.fixture
def seeking(world: World) -> Seeking:
    return Seeking(world.index.units, world.index.matching)


def ids(hits: Hits) -> list[object]:
    return [hit.person.golden_id for hit in hits.shown]


def test_by_any_number(world: World, seeking: Seeking) -> None:
    world.tell(
        register("BOL|1", 1, person(number=nhs(1))),
        register("CHR|1", 2, other_person(number=nhs(2))),
    )
    ada, bernard = world.golden("BOL|1"), world.golden("CHR|1")
    assert ids(seeking.by_number(" 1 ", "BOL", REVIEWER)) == [ada]
    assert set(ids(seeking.by_number("1", "", REVIEWER))) == {ada, bernard}
    spaced = f"{nhs(2)[:3]} {nhs(2)[3:6]}-{nhs(2)[6:]}"
    assert ids(seeking.by_number(spaced, NHS_AUTHORITY, REVIEWER)) == [bernard]
    assert ids(seeking.by_number(spaced, "", REVIEWER)) == [bernard]
    assert ids(seeking.by_number(str(ada), NHS_AUTHORITY, REVIEWER)) == [ada]
    assert seeking.by_number("2", "", REVIEWER).total == 0


@pytest.mark.parametrize("number", ["123", "9000000000", "not a number", "", "٩٤٣٤٧٦٥٩١٩"])
def test_what_cannot_be_an_nhs_number_is_said_so(seeking: Seeking, number: str) -> None:
    with pytest.raises(Refused, match="10 digits"):
        seeking.by_number(number, NHS_AUTHORITY, REVIEWER)


def test_everybody_who_holds_an_nhs_number_is_shown(world: World, seeking: Seeking) -> None:
    """NHS-11: a confusion is two people, and staff look for it by the number."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, other_person(number=nhs(1))))
    assert len(ids(seeking.by_number(nhs(1), NHS_AUTHORITY, REVIEWER))) == 2


def test_a_retired_golden_id_finds_its_successor(world: World, seeking: Seeking) -> None:
    world.tell(register("BOL|1", 1), register("STO|1", 2))
    retired = world.golden("STO|1")
    world.review.assert_pair(world.record("BOL|1").identifier, world.record("STO|1").identifier, True, "", REVIEWER)
    assert ids(seeking.by_number(str(retired), "", REVIEWER)) == [world.golden("BOL|1")]


@pytest.mark.parametrize(
    ("entered", "exact"),
    [
        ({}, True),
        ({"postcode": ""}, True),
        ({"birth_date": ""}, True),
        ({"family": "Okon", "given": "", "postcode": ""}, True),
        ({"family": "Okonkow", "postcode": ""}, False),
        ({"family": "Okonkwo", "given": "Adaeze", "birth_date": "1961-07-03"}, False),
    ],
)
def test_by_name_as_it_is_and_nearly_so(world: World, seeking: Seeking, entered: dict[str, str], exact: bool) -> None:
    world.tell(register("BOL|1", 1), register("CHR|9", 1, other_person()))
    hits = seeking.by_details(Details(**(ADA | entered)), REVIEWER)
    assert ids(hits) == [world.golden("BOL|1")]
    (hit,) = hits.shown
    assert hit.exact is exact
    assert exact or (hit.weight is not None and any("surname" in sentence for sentence in hit.sentences))
    assert "Okonkwo" not in " ".join(hit.sentences)


@pytest.mark.parametrize("entered", [{"family": "A"}, {"birth_date": "1961-03-07"}, {"postcode": "M13 9WL"}, {}])
def test_too_little_is_refused(seeking: Seeking, entered: dict[str, str]) -> None:
    """SEC-6: nobody trawls the index by surname alone."""
    with pytest.raises(Refused):
        seeking.by_details(Details(**entered), REVIEWER)


def test_nhs_57_a_search_by_postcode_finds_no_restricted_person(world: World, seeking: Seeking) -> None:
    world.tell(register("BOL|1", 1, person(more={Field.RESTRICTED: True})))
    assert seeking.by_details(Details(**ADA), REVIEWER).total == 0
    without: dict[str, Any] = ADA | {"postcode": ""}
    assert ids(seeking.by_details(Details(**without), REVIEWER)) == [world.golden("BOL|1")]


def test_nhs_58_a_confidential_record_is_found_by_its_own_number_only(world: World, seeking: Seeking) -> None:
    world.tell(register("GUM|1", 1, person(number=nhs(1))))
    assert seeking.by_details(Details(**ADA), REVIEWER).total == 0
    assert seeking.by_number(nhs(1), NHS_AUTHORITY, REVIEWER).total == 0
    assert seeking.by_number("1", "", REVIEWER).total == 0
    assert ids(seeking.by_number("1", "GUM", REVIEWER)) == [world.golden("GUM|1")]


def test_many_people_come_page_by_page_and_are_audited_as_they_are_shown(world: World, seeking: Seeking) -> None:
    """AUD-2: one row for each person shown, and for nobody else."""
    for number in range(PAGE + 3):
        lines = (f"{number} Mill Row",)
        told = person("Okonkwo", f"{chr(65 + number)}x", f"19{40 + number}-01-02", postcode="M13 9WL", lines=lines)
        world.tell(register(f"BOL|{number}", 1, told))
    details = Details(family="Okonkwo", postcode="M13 9WL")
    first, second = (seeking.by_details(details, REVIEWER, page) for page in (1, 2))
    assert (first.total, first.pages, first.complete, len(first.shown)) == (PAGE + 3, 2, True, PAGE)
    assert len({*ids(first), *ids(second)}) == PAGE + 3
    assert ids(seeking.by_details(details, REVIEWER, 99)) == ids(second)
    audited = world.rows("select subjects from audit where action = 'search' order by id")
    shown = [str(one) for one in (*ids(first), *ids(second), *ids(second))]
    assert [row.subjects for row in audited] == [[one] for one in shown]
    assert PAGE < MOST


def test_it_needs_the_right_to_read_people(seeking: Seeking) -> None:
    for look in (lambda: seeking.by_number("1", "", ARCHIVE), lambda: seeking.by_details(Details(**ADA), ARCHIVE)):
        with pytest.raises(Forbidden):
            look()

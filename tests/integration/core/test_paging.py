"""Answers told page by page: a stable snapshot on a real database (IHE-33), and whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Link, Merge, NhsNumber, Register, Unlink
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.views import SearchCriteria
from mpi.domain.wanted import Wanted
from mpi.errors import Forbidden, NotFound
from mpi.usecases.reading.finding import find
from mpi.usecases.reading.paging import Paging, Shown
from tests.integration.core.world import ARCHIVE, World, at, nhs, of, other_person, person, register

RIS = Consumer("ris", "RMC", "RIS", "RMC", frozenset({Transaction.PDQ})).caller
OTHER = replace(RIS, user="consumer/other")
DIGEST = b"question"
FIVE = ("BOL|1", "BOL|2", "CHR|3", "CHR|4", "BOL|5")


def five(world: World) -> None:
    """Five people of one surname, each unlike the others."""
    for number, identifier in enumerate(FIVE):
        born, given = (
            f"19{40 + 9 * number}-0{number + 1}-1{number}",
            ("Ada", "Bernard", "Chidi", "Dilys", "Egon")[number],
        )
        sex = Sex.FEMALE if number % 2 else Sex.MALE
        told = person(
            "Whitworth", given, born, sex, postcode=f"M{number + 1} 1AA", lines=(f"{number + 1} High Street",)
        )
        world.tell(register(identifier, 1, told))


def keep(world: World, paging: Paging, tag: str = "T1", caller: Caller = RIS) -> tuple[object, list[Shown]]:
    wanted = Wanted((SearchCriteria(family="Whitworth"),))
    answer = world.query.look_up(wanted, 0, lambda known: known, caller)
    return paging.keep(answer.found, tag, DIGEST, caller, complete=answer.complete), list(answer.shown)


def told(shown: object) -> list[list[str]]:
    return [[str(one) for one in each.told] for each in shown]  # type: ignore[attr-defined]


@pytest.fixture
def paging(world: World) -> Paging:
    five(world)
    return Paging(world.index.units)


def test_ihe_33_pages_are_the_answer_cut_in_pieces(world: World, paging: Paging) -> None:
    pointer, shown = keep(world, paging)
    assert len(shown) == 5
    first = paging.page(pointer, 0, 2, DIGEST, RIS)
    last = paging.page(pointer, first.end, 10, DIGEST, RIS)
    pages = [*first.shown, *last.shown]
    assert told(pages) == told(shown)
    assert [one.person.demographics for one in pages] == [one.person.demographics for one in shown]
    assert (first.total, last.end, first.complete) == (5, 5, True)


@pytest.mark.parametrize(
    "change",
    [
        Link(of("BOL|1"), of("BOL|5"), at(9)),
        Merge(of("BOL|1"), of("BOL|2"), at(9)),
        Merge(of("BOL|5"), of("BOL|1"), at(9)),
    ],
)
def test_ihe_33_a_merge_between_two_pages_changes_neither_who_is_told_nor_their_ids(
    world: World, paging: Paging, change: Link | Merge
) -> None:
    pointer, shown = keep(world, paging)
    before = told(paging.page(pointer, 0, 5, DIGEST, RIS).shown)
    world.tell(change)
    assert told(paging.page(pointer, 0, 5, DIGEST, RIS).shown) == before == told(shown)
    assert len(find(world.query, Wanted((SearchCriteria(family="Whitworth"),)), RIS)[0]) == 4, "a new search follows"


def test_newcomers_between_two_pages_wait_for_the_next_question(world: World, paging: Paging) -> None:
    pointer, shown = keep(world, paging)
    world.tell(register("BOL|9", 9, person("Whitworth", "Zelda", "2001-01-01")))
    assert told(paging.page(pointer, 0, 10, DIGEST, RIS).shown) == told(shown)


def test_somebody_taken_apart_between_two_pages_is_not_shown_as_one(world: World, paging: Paging) -> None:
    """NHS-56, SEC-2: a page must not join again what has been found not to be one person."""
    world.tell(Link(of("BOL|1"), of("BOL|5"), at(5)))
    pointer, shown = keep(world, paging)
    assert len(shown) == 4
    world.tell(Unlink(of("BOL|1"), of("BOL|5"), at(6)))
    page = paging.page(pointer, 0, 4, DIGEST, RIS)
    assert len(page.shown) == 3
    assert not {"BOL|1", "BOL|5"} & {one for each in told(page.shown) for one in each}
    assert page.end == 4


def test_nhs_57_who_becomes_restricted_between_two_pages_is_restricted_on_the_second(
    world: World, paging: Paging
) -> None:
    """Their numbers and address too; without an NHS number there is nothing to tell them by (IHE-32)."""
    world.tell(register("CHR|9", 8, person("Whitworth", "Zoe", "1999-09-09", number=nhs(9))))
    pointer, _ = keep(world, paging)
    for one in ("BOL|1", "CHR|9"):
        world.tell(Register((of(one),), {Field.RESTRICTED: True}, at(9)))
    page = paging.page(pointer, 0, 6, DIGEST, RIS)
    assert (page.total, len(page.shown)) == (6, 5)
    restricted = [one for one in page.shown if one.person.restricted]
    assert told(restricted) == [[f"NHS|{nhs(9)}"]]
    assert not restricted[0].person.demographics.addresses


def test_a_pointer_is_its_owners_and_its_questions(world: World, paging: Paging) -> None:
    pointer, _ = keep(world, paging)
    for start, digest, caller in ((0, DIGEST, OTHER), (0, b"another", RIS), (6, DIGEST, RIS)):
        with pytest.raises(NotFound):
            paging.page(pointer, start, 5, digest, caller)
    with pytest.raises(Forbidden):
        paging.page(pointer, 0, 5, DIGEST, ARCHIVE)


def test_ihe_33_cancelling_forgets_the_owners_answers_of_that_tag(world: World, paging: Paging) -> None:
    mine, _ = keep(world, paging)
    later, _ = keep(world, paging, "T2")
    others, _ = keep(world, paging, "T1", OTHER)
    paging.cancel("T1", RIS)
    with pytest.raises(NotFound):
        paging.page(mine, 0, 5, DIGEST, RIS)
    assert paging.page(later, 0, 5, DIGEST, RIS).total == 5
    assert paging.page(others, 0, 5, DIGEST, OTHER).total == 5


def test_an_answer_expires_and_the_next_one_clears_it_away(world: World, paging: Paging) -> None:
    pointer, _ = keep(world, paging)
    with world.index.engine.begin() as connection:
        connection.exec_driver_sql("update snapshot set expires_at = clock_timestamp() - interval '1 second'")
    with pytest.raises(NotFound):
        paging.page(pointer, 0, 5, DIGEST, RIS)
    keep(world, paging)
    assert world.count("snapshot") == 1


def test_aud_1_every_page_is_audited_person_by_person_and_a_snapshot_holds_no_demographics(
    world: World, paging: Paging
) -> None:
    pointer, _ = keep(world, paging)
    before = world.count("audit")
    paging.page(pointer, 0, 2, DIGEST, RIS)
    rows = world.rows("select action, cardinality(subjects) as n from audit order by id desc limit 2")
    assert (world.count("audit") - before, [(r.action, r.n) for r in rows]) == (2, [("search", 1)] * 2)
    (kept,) = world.rows("select people::text as text from snapshot")
    assert "WHITWORTH" not in kept.text.upper()
    assert "HIGH STREET" not in kept.text.upper()


def test_aud_2_the_first_page_of_many_is_what_all_of_them_begin_with_and_who_is_shown_is_audited(
    world: World, paging: Paging
) -> None:
    """The rest is read without demographics, and is the same people with the same identifiers all the same."""
    number = nhs(1)
    same = person("Whitworth", "Hedda", "1931-02-02", Sex.FEMALE, number=number)
    world.tell(register("BOL|7", 2, same), register("CHR|7", 3, same), register("BOL|8", 2))  # another surname
    world.tell(register("GUM|9", 3, person("Whitworth", "Ivor", "1920-02-02")))  # confidential (NHS-58)
    world.tell(register("BOL|6", 4, person("Whitworth", "Jo", "1921-02-02")), Merge(of("BOL|5"), of("BOL|6"), at(5)))
    world.tell(Register((of("BOL|2"),), {Field.RESTRICTED: True, Field.NHS_NUMBER: NhsNumber(nhs(2), "01")}, at(6)))
    wanted = Wanted((SearchCriteria(family="Whitworth"), SearchCriteria(family="Whit", given="A")))
    everybody = world.query.look_up(wanted, 0, lambda known: known, RIS)
    before = world.count("audit")
    page = world.query.look_up(wanted, 2, lambda known: known, RIS)
    assert world.count("audit") - before == 2
    assert page.found == everybody.found
    assert page.shown == everybody.shown[:2]
    assert (len(everybody.found), everybody.complete, page.complete) == (6, True, True)
    assert {str(one) for found in page.found for one in found.told} >= {
        f"NHS|{number}",
        "BOL|7",
        "CHR|7",
        f"NHS|{nhs(2)}",
    }
    assert not {"GUM|9", "BOL|6", "BOL|8", "BOL|2"} & {str(one) for found in page.found for one in found.told}
    christie = world.query.look_up(wanted, 1, lambda known: [one for one in known if one.authority == "CHR"], RIS)
    assert {str(one) for found in christie.found for one in found.told} == {"CHR|3", "CHR|4", "CHR|7"}
    assert [len(one.told) for one in christie.shown] == [1]


def test_people_with_more_records_than_one_look_takes_are_counted_once(world: World) -> None:
    """A search reads some records at a time, and goes on until it has the people wanted or has seen all."""
    for number in range(12):
        world.tell(register(f"BOL|{number}", 1, person("Whitworth", number=nhs(1))))
    world.tell(register("CHR|1", 1, other_person(family="Whitworth")))
    with world.index.units.begin(read_only=True) as unit:
        found = {limit: unit.records.search(SearchCriteria(family="Whitworth", limit=limit)) for limit in (1, 2, 3)}
    assert found[1] == [world.golden("BOL|0")]
    assert set(found[2]) == {world.golden("BOL|0"), world.golden("CHR|1")}
    assert found[2] == found[3] == sorted(found[3])


def test_ihe_31_a_whole_surname_finds_no_longer_ones(world: World) -> None:
    world.tell(register("BOL|1", 1, person("Smith")), register("BOL|2", 1, other_person(family="Smithson")))
    whole = find(world.query, Wanted((SearchCriteria(family="smith", exact=frozenset({"family"})),)), RIS)[0]
    start = find(world.query, Wanted((SearchCriteria(family="smith"),)), RIS)[0]
    assert told(Shown(one, one.told) for one in whole) == [["BOL|1"]]
    assert len(start) == 2


def test_a_consumer_of_pix_alone_is_told_no_demographics() -> None:
    assert Consumer("a", "RMC", "A", "B", frozenset({Transaction.PIX_QUERY})).caller.role is Role.ARCHIVE

"""Imaging: one longitudinal history a person, read through the links (promises 5 and 7; IHE-69)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from linkage.record import Name, Sex
from mpi.domain.commands import Field, Link, Merge, NhsNumber, Patch, Unlink
from mpi.domain.identifiers import Identifier
from mpi.domain.views import HistoryFilter, RecordState, ResolutionState, TaskKind
from mpi.errors import Fault, NotFound, Refused
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)


def put(world: World, *studies: object) -> None:
    for item in studies:
        world.imaging.register(item, ARCHIVE)  # type: ignore[arg-type]


def test_one_history_across_trusts_newest_first_undated_last(world: World) -> None:
    """Promise 5."""
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same))
    put(world, study("1.1", "BOL|1", 3), study("1.2", "CHR|1", 9), study("1.3", "BOL|1", started_at=None))
    assert world.history("BOL|1") == world.history(f"NHS|{nhs(1)}") == ["1.2", "1.1", "1.3"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (HistoryFilter(modalities=("MR",)), ["1.2"]),
        (HistoryFilter(modalities=("MR", "CT")), ["1.2", "1.1"]),
        (HistoryFilter(body_site="chest"), ["1.1"]),
        (HistoryFilter(organisation="RBV"), ["1.2"]),
        (HistoryFilter(since=date(2024, 3, 9)), ["1.2"]),
        (HistoryFilter(until=date(2024, 3, 8)), ["1.1"]),
        (HistoryFilter(since=date(2024, 3, 3), until=date(2024, 3, 3)), ["1.1"]),
        (HistoryFilter(modalities=("US",)), []),
    ],
)
def test_filters(world: World, wanted: HistoryFilter, found: list[str]) -> None:
    put(
        world,
        study("1.1", "BOL|1", 3, body_site="CHEST", organisation="RMC"),
        study("1.2", "BOL|1", 9, modalities=("MR", "SR"), organisation="RBV"),
    )
    page = world.imaging.history(of("BOL|1"), ARCHIVE, wanted)
    assert [s.study_uid for s in page.studies] == found
    assert page.total == len(found)


def test_pages_neither_repeat_nor_lose_a_study_while_others_arrive(world: World) -> None:
    """A cursor holds its place by time and UID."""
    put(world, *(study(f"1.{n}", "BOL|1", 1 + n // 3) for n in range(9)), study("1.99", "BOL|1", started_at=None))
    seen: list[str] = []
    after = ""
    for number in range(5):
        page = world.imaging.history(of("BOL|1"), ARCHIVE, limit=3, after=after)
        seen += [s.study_uid for s in page.studies]
        put(world, study(f"2.{number}", "BOL|1", 28))
        after = page.next
        if not after:
            break
    assert seen == ["1.8", "1.7", "1.6", "1.5", "1.4", "1.3", "1.2", "1.1", "1.0", "1.99"]


@pytest.mark.parametrize("after", ["x", "2024-03-01T12:00:00~1.2", "~1.2", "2024-03-01T12:00:00+00:00~"])
def test_a_made_up_position_is_refused(world: World, after: str) -> None:
    put(world, study("1.1", "BOL|1"))
    with pytest.raises(Refused) as refused:
        world.imaging.history(of("BOL|1"), ARCHIVE, after=after)
    assert refused.value.fault is Fault.BAD_VALUE


def test_registering_again_updates_and_tells_nobody(world: World) -> None:
    """IHE: the same study again under the same patient."""
    golden_id, created = world.imaging.register(study("1.1", "BOL|1"), ARCHIVE)
    events = world.count("event")
    assert world.imaging.register(study("1.1", "BOL|1", series=4), ARCHIVE) == (golden_id, False)
    assert created
    assert world.imaging.study("1.1", ARCHIVE)[0].series == 4
    assert world.count("event") == events


def test_a_study_of_another_patient_stays_where_it_is(world: World) -> None:
    """Promise 5: exactly one history; and somebody is asked whose it is."""
    world.imaging.register(study("1.1", "BOL|1"), ARCHIVE)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            world.imaging.register(study("1.1", "BOL|2"), ARCHIVE)
        assert refused.value.fault is Fault.CONFLICT
    assert (world.history("BOL|1"), world.history("BOL|2")) == (["1.1"], [])
    task = world.task(TaskKind.STUDY_CONFLICT)
    assert (task.one, task.other, task.study_uids) == (of("BOL|1"), of("BOL|2"), ("1.1",))
    world.verify()


def test_a_merge_and_its_unmerging_move_no_rows(world: World) -> None:
    """Promise 5."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    put(world, study("1.1", "BOL|1", 1), study("1.2", "BOL|2", 2))
    before = world.rows("select ctid, * from study order by study_uid")
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    assert world.history("BOL|1") == world.history("BOL|2") == ["1.2", "1.1"]
    world.tell(Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    assert (world.history("BOL|1"), world.history("BOL|2")) == (["1.1"], ["1.2"])
    assert world.rows("select ctid, * from study order by study_uid") == before


def test_a_golden_id_present_or_retired_is_asked_about_like_any_other(world: World) -> None:
    """An image may carry one and nothing else: then the present one is told, and who they are together."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    retired = world.resolve("BOL|2").golden_id
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    present = world.resolve("BOL|1").golden_id
    for golden_id in (retired, present):
        told = world.resolving.resolve_golden(Identifier("OURS", str(golden_id)), ARCHIVE)
        assert (told.golden_id, told.state) == (present, ResolutionState.CERTAIN)
        assert told.identifiers == (of("BOL|1"),)
    with pytest.raises(NotFound):
        world.resolving.resolve_golden(Identifier("OURS", str(UUID(int=1))), ARCHIVE)
    with pytest.raises(Refused) as refused:
        world.resolving.resolve_golden(Identifier("OURS", "0001027"), ARCHIVE)
    assert refused.value.fault is Fault.BAD_VALUE


def test_a_golden_id_of_a_record_that_no_feed_knows_is_provisional(world: World) -> None:
    golden_id = world.resolve("BOL|9").golden_id
    told = world.resolving.resolve_golden(Identifier("OURS", str(golden_id)), ARCHIVE)
    assert told.state is ResolutionState.PROVISIONAL


def test_what_an_archive_holds_follows_the_links_page_by_page(world: World) -> None:
    """What an archive compares itself with."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    put(world, study("1.2", "BOL|1", archive="a"), study("1.1", "BOL|2", archive="a"), study("1.3", "BOL|1"))
    one, two = world.golden("BOL|1"), world.golden("BOL|2")
    assert world.imaging.held("a", ARCHIVE) == [("1.1", two), ("1.2", one)]
    assert world.imaging.held("a", ARCHIVE, "1.1", 1) == [("1.2", one)]
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    assert world.imaging.held("a", ARCHIVE, limit=1) == [("1.1", one)]


def test_an_archive_that_followed_the_merge_may_register_the_study_under_the_survivor(world: World) -> None:
    """V2-62: after an A40 the survivor's id is the patient's only live one; it is no other patient."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1))
    put(world, study("1.1", "BOL|2"))
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    golden_id, created = world.imaging.register(study("1.1", "BOL|1", series=4), ARCHIVE)
    assert (golden_id, created) == (world.golden("BOL|1"), False)
    assert world.imaging.study("1.1", ARCHIVE)[0].patient == of("BOL|2")


def test_ihe_68_name_and_birth_date_alone_bind_no_image(world: World) -> None:
    """What only an image says is asked about; with the NHS number it joins, and a feed's word needs neither."""
    ada = person(number=nhs(1))
    world.tell(register("BOL|1", 1, ada))
    header = {name: ada[name] for name in (Field.NAMES, Field.BIRTH_DATE, Field.SEX)}
    world.resolving.resolve(of("CHR|1"), header, ARCHIVE)
    world.resolving.resolve(of("CHR|2"), header | {Field.NHS_NUMBER: NhsNumber(nhs(1))}, ARCHIVE)
    assert not world.together("BOL|1", "CHR|1")
    assert world.together("BOL|1", "CHR|2")
    assert "WEAK_IDENTITY" in world.task(TaskKind.POSSIBLE_MATCH).guards
    world.verify()
    world.tell(register("CHR|1", 2, header | {Field.ACTIVE: True}))
    assert not world.record("CHR|1").registers.demographics.imported
    world.verify()


def test_nhs_5_an_archive_brings_no_test_number_into_a_live_index(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.index.matching, "population", "live")
    number = NhsNumber(nhs(1))
    for told in ({Field.NHS_NUMBER: number}, {Field.NHS_NUMBER: number, Field.SEX: Sex.FEMALE}):
        identifier = f"CHR|{len(told)}"
        world.resolving.resolve(of(identifier), told, ARCHIVE)
        assert world.record(identifier).registers.demographics.nhs_number == ""
    assert world.record("CHR|2").registers.demographics.sex is Sex.FEMALE


def test_an_unknown_id_is_provisional_with_a_golden_id_and_a_later_adt_joins(world: World) -> None:
    """Promise 7, IHE-69: the image is viewable at once; what the archive said yields to the feed."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))))
    header: Patch = {Field.NAMES: (Name("Okonkwo", "Adaeze"),), Field.ACTIVE: True}
    first = world.resolving.resolve(of("CHR|1"), header, ARCHIVE)
    assert (first.state, first.identifiers) == (ResolutionState.PROVISIONAL, ())
    put(world, study("1.1", "CHR|1"))
    assert world.resolve("CHR|1").golden_id == first.golden_id
    assert world.record("CHR|1").state is RecordState.AWAITED

    world.tell(register("CHR|1", 2, person(number=nhs(1))))
    assert world.resolve("CHR|1").state is ResolutionState.CERTAIN
    assert world.history("BOL|1") == ["1.1"]
    assert world.query.person(first.golden_id, ADMINISTRATOR).golden_id == world.golden("BOL|1")
    world.verify()


def test_an_awaited_record_is_nobody_to_pix(world: World) -> None:
    """IHE: an id only an image has named is no answer."""
    world.resolve("CHR|1")
    with pytest.raises(NotFound):
        world.query.cross_references(of("CHR|1"), ARCHIVE)


def test_what_a_feed_said_outranks_a_later_image_header(world: World) -> None:
    """Promise 7; Rank.ARCHIVE."""
    world.resolving.resolve(of("BOL|1"), {Field.NAMES: (Name("Junk", "Header"),)}, ARCHIVE)
    world.tell(register("BOL|1", -60 * 24 * 365))
    assert world.record("BOL|1").registers.demographics.names[0].family == "Okonkwo"


def test_resolve_leaves_out_the_id_asked_for_and_gives_the_verified_number(world: World) -> None:
    """IHE-1, IHE-60."""
    same = person(number=nhs(1))
    world.tell(register("BOL|1", 1, same), register("CHR|1", 2, same))
    assert world.resolve("BOL|1").identifiers == (of("CHR|1"), of(f"NHS|{nhs(1)}"))
    assert world.resolve(f"NHS|{nhs(1)}").identifiers == (of("BOL|1"), of("CHR|1"))


def test_resolving_an_unknown_nhs_number_makes_nobody(world: World) -> None:
    """NHS-11: a number is no source record."""
    with pytest.raises(NotFound):
        world.resolve(f"NHS|{nhs(1)}")
    assert world.count("source_record") == 0


def test_a_study_cannot_hang_on_an_nhs_number(world: World) -> None:
    """NHS-11: a number is no source record; a study under it would be in nobody's history."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))))
    with pytest.raises((Refused, NotFound)):
        world.imaging.register(study("1.1", f"NHS|{nhs(1)}"), ARCHIVE)
    assert world.count("source_record") == 1


def test_the_history_of_an_unknown_patient_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.imaging.history(of("BOL|1"), ARCHIVE)


def test_a_link_joins_histories(world: World) -> None:
    """Standards 1.4, A24."""
    put(world, study("1.1", "BOL|1", 1), study("1.2", "BOL|2", 2))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(1)))
    assert world.history("BOL|1") == ["1.2", "1.1"]

"""Images one by one: study and patient at once, nothing guessed, nothing lost (IHE-60, IHE-67, promises 5 and 7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from linkage.record import Name
from mpi.domain.access import Caller, Role
from mpi.domain.availability import Availability, Holding, Notice
from mpi.domain.commands import Envelope, Field, Merge, NhsNumber, Order
from mpi.domain.examination import procedures_of
from mpi.domain.orders import Coded, OrderField
from mpi.domain.views import Decision, RecordState, TaskKind
from mpi.errors import Fault, Forbidden, Refused
from mpi.usecases.imaging.images import Image, Images, Taken
from tests.integration.core.world import ARCHIVE, REVIEWER, World, at, nhs, of, person, register, study

SAID = {Field.NAMES: (Name("OKONKWO", "ADAEZE"),), Field.BIRTH_DATE: "1961-03-07"}
OTHER = {Field.NAMES: (Name("WHITWORTH", "BERNARD"),), Field.BIRTH_DATE: "1938-11-25"}
GARBAGE = Refused(Fault.BAD_VALUE, "(0010,0030) is not a date", "(0010,0030)")


def images(world: World) -> Images:
    return Images(world.index.units, world.index.rematch, world.index.clock)


def envelope(raw: bytes = b"header", key: str = "1.1") -> Envelope:
    return Envelope("", "BOL_GW", "vna", key, "C-STORE", raw)


def take(world: World, image: Image, raw: bytes = b"header") -> Taken:
    return images(world).take(envelope(raw), image, ARCHIVE)


def test_codes_of_images_add_up_and_those_of_the_order_stand_beside_them(world: World) -> None:
    """NHS-57: of a restricted person the codes that only one trust uses are not told, nor is their scheme."""
    snomed, nicip, own = (
        Coded("169069000", "CT of chest", "SCT"),
        Coded("CCHES", "CT", "NICIP"),
        Coded("C1", "", "99B"),
    )
    chest = Coded("816094009", "Chest", "SCT")
    world.tell(register("BOL|1", 1, person(more={Field.RESTRICTED: True})))
    take(world, Image(study("1.1", "BOL|1", procedures=(snomed,))))
    take(world, Image(study("1.1", "BOL|1", procedures=(nicip, snomed), anatomy=(chest,))), b"second")
    said = {OrderField.FILLER: "F1", OrderField.STUDY_UID: "1.1", OrderField.CODES: (nicip, own)}
    world.tell(Order(of("BOL|1"), person(), said, at(2)))
    take(world, Image(study("1.1", "BOL|1")), b"third")
    told, _ = world.imaging.study("1.1", ARCHIVE)
    assert (told.procedures, told.order_codes, told.anatomy) == ((snomed, nicip), (nicip, own), (chest,))
    assert procedures_of(told) == (snomed, nicip, own)
    bare, _ = world.imaging.study("1.1", Caller("vera", Role.VIEWER, "RMC"))
    assert (procedures_of(bare), bare.anatomy) == ((snomed, nicip), (chest,))
    stored = world.rows("select procedures, anatomy from study")[0]
    assert stored.procedures == [["169069000", "CT of chest", "SCT"], ["CCHES", "CT", "NICIP"]]


def test_an_image_of_a_patient_nobody_knows_brings_both(world: World) -> None:
    taken = take(world, Image(study("1.1", "BOL|1"), SAID))
    assert taken == Taken(world.golden("BOL|1"), created=True)
    assert world.record("BOL|1").state is RecordState.AWAITED
    assert world.record("BOL|1").registers.demographics.birth_date == "1961-03-07"
    assert world.history("BOL|1") == ["1.1"]
    assert world.rows("select count(*) as n from event where type = 'study-registered'")[0].n == 1
    assert world.count("message") == 0
    world.verify()


def test_what_an_archive_says_of_a_study_is_told_in_its_history(world: World) -> None:
    """PS3.4 annex R; an archive may speak of a study before anybody has registered it."""
    early = Notice("1.1", "vna", Holding(Availability.NEARLINE, "GM_VNA"), 2, 40)
    assert images(world).note(early, ARCHIVE) is None
    taken = take(world, Image(study("1.1", "BOL|1", series=1, instances=50), SAID))
    (told,) = world.imaging.history(of("BOL|1"), ARCHIVE).studies
    assert (told.holding, told.series, told.instances) == (early.holding, 1, 50)
    late = replace(early, holding=Holding(Availability.ONLINE))
    assert images(world).note(late, ARCHIVE) == taken.golden_id
    (told,) = world.imaging.history(of("BOL|1"), ARCHIVE).studies
    assert (told.holding, told.series, told.instances) == (late.holding, 2, 50)
    assert world.imaging.study("1.1", ARCHIVE)[0].holding == late.holding
    take(world, Image(study("1.2", "BOL|1"), SAID))
    assert world.imaging.study("1.2", ARCHIVE)[0].holding is None
    with pytest.raises(Forbidden):
        images(world).note(late, REVIEWER)
    world.verify()


def test_a_feed_outranks_what_an_image_says(world: World) -> None:
    world.tell(register("BOL|1", 1))
    take(world, Image(study("1.1", "BOL|1"), {Field.NAMES: (Name("WRONG", "NAME"),)}))
    assert world.record("BOL|1").registers.demographics.names[0].family == "Okonkwo"


def test_images_of_one_study_add_to_it_in_any_order(world: World) -> None:
    world.imaging.register(study("1.1", "BOL|1", series=3, instances=200, accession="A1"), ARCHIVE)
    for modality in ("SR", "CT", "PR", "SR"):
        take(world, Image(study("1.1", "BOL|1", modalities=(modality,))))
    found, _ = world.imaging.study("1.1", ARCHIVE)
    assert set(found.modalities) == {"CT", "SR", "PR"}
    assert (found.series, found.instances, found.accession) == (3, 200, "A1")


def test_no_modality_is_lost_between_two_that_come_at_once(world: World) -> None:
    codes = [f"M{n}" for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda code: take(world, Image(study("1.1", "BOL|1", modalities=(code,)), SAID)), codes))
    assert set(world.imaging.study("1.1", ARCHIVE)[0].modalities) == set(codes)
    world.verify()


def test_a_conflict_names_its_studies(world: World) -> None:
    """Each once, in the order they came: a reviewer has to find them. So does an alarm about one image."""
    for uid in ("1.1", "1.2", "1.3"):
        take(world, Image(study(uid, "BOL|1"), SAID))
    for uid in ("1.2", "1.1", "1.2"):
        take(world, Image(study(uid, "CHR|9"), OTHER), f"the other header of {uid}".encode())
    assert world.task(TaskKind.STUDY_CONFLICT).study_uids == ("1.2", "1.1")
    take(world, Image(study("1.3", "BOL|1"), None, GARBAGE), b"a flawed header")
    assert world.task(TaskKind.UNREADABLE_IMAGE).study_uids == ("1.3",)


def test_a_study_under_another_patient_stays_and_is_asked_about_once(world: World) -> None:
    take(world, Image(study("1.1", "BOL|1"), SAID))
    for _ in range(2):
        taken = take(world, Image(study("1.1", "CHR|9"), OTHER), b"the other header")
        assert taken == Taken(fault=Fault.CONFLICT)
    assert world.history("BOL|1") == ["1.1"]
    assert world.history("CHR|9") == []
    task = world.task(TaskKind.STUDY_CONFLICT)
    assert (str(task.one), str(task.other)) == ("BOL|1", "CHR|9")
    assert world.count("message") == 1
    world.verify()
    world.review.decide(task.id, Decision.DIFFERENT, "another patient's", REVIEWER)
    take(world, Image(study("1.1", "CHR|9"), OTHER), b"the other header")
    assert world.tasks(TaskKind.STUDY_CONFLICT) == []
    world.verify()


def test_ihe_67_a_study_under_a_merged_id_is_no_conflict(world: World) -> None:
    world.tell(register("BOL|T1", 1), register("BOL|1", 2))
    take(world, Image(study("1.1", "BOL|T1")))
    world.tell(Merge(of("BOL|1"), of("BOL|T1"), at(3)))
    assert take(world, Image(study("1.1", "BOL|1", modalities=("SR",)))).fault == ""
    assert world.history("BOL|1") == ["1.1"]
    assert world.imaging.study("1.1", ARCHIVE)[0].modalities == ("CT", "SR")


def test_a_header_with_a_flaw_stands_under_its_local_identity_and_in_quarantine(world: World) -> None:
    for _ in range(2):
        taken = take(world, Image(study("1.1", "BOL|1"), None, GARBAGE))
    assert taken.golden_id == world.golden("BOL|1")
    assert taken.fault == Fault.BAD_VALUE
    assert world.history("BOL|1") == ["1.1"]
    assert world.task(TaskKind.UNREADABLE_IMAGE).one == of("BOL|1")
    (row,) = world.rows("select fault, location, raw from message")
    assert (row.fault, row.location, bytes(row.raw)) == ("bad-value", "(0010,0030)", b"header")
    world.verify()


def test_an_image_without_identity_is_kept_and_no_patient_is_made_of_it(world: World) -> None:
    reason = Refused(Fault.MISSING_FIELD, "(0010,0020) is empty", "(0010,0020)")
    assert images(world).refuse(envelope(), reason, ARCHIVE) == Taken(fault=Fault.MISSING_FIELD)
    assert world.count("message") == 1
    assert world.count("source_record") == 0


def test_nhs_5_a_test_number_in_an_image_does_not_come_into_a_live_index(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = SAID | {Field.NHS_NUMBER: NhsNumber(nhs(1))}
    take(world, Image(study("1.2", "BOL|2"), said))
    monkeypatch.setattr(world.index.matching, "population", "live")
    take(world, Image(study("1.1", "BOL|1"), said))
    told = [world.record(i).registers.demographics.nhs_number for i in ("BOL|1", "BOL|2")]
    assert told == ["", nhs(1)]


def test_only_archives_bring_images(world: World) -> None:
    with pytest.raises(Forbidden):
        images(world).take(envelope(), Image(study("1.1", "BOL|1")), REVIEWER)

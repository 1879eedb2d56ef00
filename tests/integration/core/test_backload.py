"""Many studies at once end as one by one would: nothing guessed, nothing lost (IHE-60, promises 5 and 7)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from linkage.record import Name
from mpi.domain.commands import Envelope, Field, Merge
from mpi.domain.views import TaskKind
from mpi.errors import Fault, Forbidden, Refused
from mpi.usecases.imaging.backload import Backload
from mpi.usecases.imaging.images import Image, Images, Taken
from tests.integration.core.world import ARCHIVE, REVIEWER, World, at, of, other_person, person, register, study

SAID = {Field.NAMES: (Name("OKONKWO", "ADAEZE"),), Field.BIRTH_DATE: "1961-03-07"}
FLAW = Refused(Fault.BAD_VALUE, "(0010,0030) is not a date", "(0010,0030)")


def take(world: World, *images: Image) -> list[Taken | None]:
    return Backload(world.index.units, world.index.clock).take(images, ARCHIVE)


def take_one_by_one(world: World, images: Sequence[Image]) -> None:
    for image in images:
        envelope = Envelope("", "GW", "vna", image.study.study_uid, "C-FIND", b"header")
        Images(world.index.units, world.index.rematch, world.index.clock).take(envelope, image, ARCHIVE)


def test_new_studies_of_known_patients_are_registered_together(world: World) -> None:
    world.tell(register("BOL|1", 1), register("CHR|2", 2, other_person()))
    told = [Image(study("1.1", "BOL|1", 1), SAID), Image(study("1.2", "CHR|2", 2)), Image(study("1.3", "BOL|1", 3))]
    bolton, christie = world.golden("BOL|1"), world.golden("CHR|2")
    assert take(world, *told) == [Taken(bolton, True), Taken(christie, True), Taken(bolton, True)]
    assert (world.history("BOL|1"), world.history("CHR|2")) == (["1.3", "1.1"], ["1.2"])
    events = world.rows("select new_golden_ids, studies from event where type = 'study-registered' order by id")
    assert [(e.new_golden_ids, e.studies) for e in events] == [
        ([bolton], ["1.1"]),
        ([christie], ["1.2"]),
        ([bolton], ["1.3"]),
    ]
    audited = world.rows("select subjects, detail from audit where action = 'store-image' order by id")
    assert [(row.subjects, row.detail) for row in audited] == [
        (["BOL|1", "1.1"], {"new": True}),
        (["CHR|2", "1.2"], {"new": True}),
        (["BOL|1", "1.3"], {"new": True}),
    ]
    world.verify()


def test_all_that_is_said_of_a_study_is_kept(world: World) -> None:
    world.tell(register("BOL|1", 1))
    whole = study(
        "1.1",
        "BOL|1",
        modalities=("CT", "SR"),
        body_site="CHEST",
        description="CT thorax 'with' \"contrast\" \\ ö",
        accession="A1",
        organisation="RMC",
        archive="vna",
        series=3,
        instances=400,
    )
    undated = study("1.2", "BOL|1", started_at=None, modalities=())
    take(world, Image(whole), Image(undated))
    assert world.imaging.history(of("BOL|1"), ARCHIVE).studies == (whole, undated)


def test_a_list_taken_again_changes_nothing(world: World) -> None:
    world.tell(register("BOL|1", 1))
    told = [Image(study("1.1", "BOL|1")), Image(study("1.2", "BOL|1"))]
    take(world, *told)
    golden_id = world.golden("BOL|1")
    assert take(world, *told) == [Taken(golden_id), Taken(golden_id)]
    assert world.count("event where type = 'study-registered'") == 2


@pytest.mark.parametrize(
    "image",
    [
        Image(study("1.1", "BOL|1", modalities=("SR",))),  # more is said of a known study
        Image(study("1.1", "CHR|2")),  # it is another patient's
        Image(study("1.2", "BOL|9")),  # nobody knows the patient
        Image(study("1.2", "STO|3"), SAID),  # nobody has described the patient, and this does
        Image(study("1.2", "BOL|1"), None, FLAW),
    ],
)
def test_what_is_not_plain_is_left_alone(world: World, image: Image) -> None:
    world.tell(register("BOL|1", 1), register("CHR|2", 2, other_person()))
    take_one_by_one(world, [Image(study("1.1", "BOL|1")), Image(study("1.0", "STO|3"))])
    before = world.count("event"), world.count("audit"), world.count("source_record")
    golden_id = world.golden("BOL|1")
    assert take(world, image, Image(study("1.5", "BOL|1", 5))) == [None, Taken(golden_id, True)]
    assert world.count("source_record") == before[2]
    assert (world.count("event"), world.count("audit")) == (before[0] + 1, before[1] + 1)
    assert world.imaging.study("1.1", ARCHIVE)[0] == study("1.1", "BOL|1")


def test_a_study_told_twice_is_left_alone_both_times(world: World) -> None:
    world.tell(register("BOL|1", 1), register("CHR|2", 2, other_person()))
    assert take(world, Image(study("1.1", "BOL|1")), Image(study("1.1", "CHR|2"))) == [None, None]
    assert world.count("study") == 0


def test_an_awaited_patient_of_whom_nothing_is_said_is_plain(world: World) -> None:
    take_one_by_one(world, [Image(study("1.1", "BOL|1"))])
    assert take(world, Image(study("1.2", "BOL|1"))) == [Taken(world.golden("BOL|1"), True)]


def test_a_patient_merged_away_keeps_the_study_and_the_survivors_history_has_it(world: World) -> None:
    world.tell(register("BOL|1", 1), register("BOL|2", 2, other_person()), Merge(of("BOL|1"), of("BOL|2"), at(3)))
    assert take(world, Image(study("1.1", "BOL|2"))) == [Taken(world.golden("BOL|1"), True)]
    assert world.history("BOL|1") == ["1.1"]
    world.verify()


def test_tasks_count_the_studies_that_come_in(world: World) -> None:
    world.tell(register("BOL|1", 1), register("CHR|2", 2, person(born="1961-03-08", postcode="", lines=())))
    task = world.task(TaskKind.POSSIBLE_MATCH)
    assert {task.one, task.other} == {of("BOL|1"), of("CHR|2")}
    take(world, Image(study("1.1", "BOL|1")), Image(study("1.2", "CHR|2")), Image(study("1.3", "BOL|1")))
    assert world.task(TaskKind.POSSIBLE_MATCH).studies == 3


def test_only_archives_load(world: World) -> None:
    with pytest.raises(Forbidden):
        Backload(world.index.units, world.index.clock).take([], REVIEWER)

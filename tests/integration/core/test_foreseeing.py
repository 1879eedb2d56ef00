"""What another model would make of the index, told before anything is changed (design section 4, Model change)."""

from __future__ import annotations

from dataclasses import replace

from linkage.model import Model
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Field, Merge, NhsNumber
from mpi.domain.evidence import Pair
from mpi.domain.model_change import ChangeKind, Counts, ModelDifference
from mpi.domain.model_codec import change_from_json, change_to_json
from mpi.main.index import compose
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.identity.matching import Matching
from mpi.usecases.models.foreseeing import Foreseeing
from mpi.usecases.models.models import Models
from mpi.usecases.models.reigning import Reigning
from tests.integration.core.other_models import altered, keener, otherwise_encoded, warier
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    World,
    at,
    network,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

OFFICER = Caller("pat", Role.PRIVACY_OFFICER, "RMC")
BERNARD = other_person(postcode="", lines=())


def foresee(world: World, model: Model, workers: int = 1) -> ModelDifference:
    proposed = Matching(model, network())
    return Foreseeing(world.index.units, world.index.matching, proposed, workers).run()


def linked(world: World) -> None:
    """Ada at two trusts with a study each, by her verified number; Bernard at one."""
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, person(number=nhs(1))))
    world.tell(register("BOL|2", 3, other_person(nhs(2))))
    for uid, patient in (("1.1", "BOL|1"), ("1.2", "CHR|1"), ("1.3", "BOL|2")):
        world.imaging.register(study(uid, patient), ARCHIVE)


def asked_about(world: World) -> None:
    """Bernard at two trusts, alike but not enough to be sure, with a study at each."""
    world.tell(register("BOL|8", 1, BERNARD), register("CHR|8", 2, BERNARD | {Field.BIRTH_DATE: "1938-11-26"}))
    for uid, patient in (("8.1", "BOL|8"), ("8.2", "CHR|8")):
        world.imaging.register(study(uid, patient), ARCHIVE)
    assert not world.together("BOL|8", "CHR|8")
    assert len(world.tasks()) == 1


def counts(found: ModelDifference) -> Counts:
    return replace(found.counts, records=0, edges=0)


def blocks(found: ModelDifference) -> list[list[set[str]]]:
    return [[{str(p.identifier) for p in block} for block in change.blocks] for change in found.changes]


def test_the_same_weights_change_nobody(world: World) -> None:
    linked(world)
    asked_about(world)
    found = foresee(world, altered(notes=["the same"]))
    assert (counts(found), found.changes, found.counts.records) == (Counts(), (), 5)
    assert found.counts.is_nothing


def test_what_would_merge_is_told_with_its_studies(world: World) -> None:
    asked_about(world)
    found = foresee(world, keener())
    assert counts(found) == Counts(joined=1, moved=1, histories=2, studies=1, tasks_closed=1)
    (change,) = found.changes
    assert (change.kinds, change.studies) == ((ChangeKind.MERGE,), 1)
    assert change.pair == Pair.of(of("BOL|8"), of("CHR|8"))
    assert blocks(found) == [[{"BOL|8", "CHR|8"}]]
    # The older golden id stays, as it would at any merge.
    assert {p.after for p in change.blocks[0]} == {world.golden("BOL|8")}
    assert change_from_json(change_to_json(change)) == change


def test_soft_evidence_parts_nobody_but_asks(world: World) -> None:
    """Holds: a link that the new model would not make stays, contested, with a task."""
    linked(world)
    found = foresee(world, warier())
    (change,) = found.changes
    assert (change.kinds, change.contested) == ((ChangeKind.HELD,), (Pair.of(of("BOL|1"), of("CHR|1")),))
    assert blocks(found) == [[{"BOL|1", "CHR|1"}]]
    assert counts(found) == Counts(held=1, tasks_opened=1)


def test_hard_evidence_parts(emptied_url: str) -> None:
    """A guard that the model in force does not heed: two verified NHS numbers."""
    heeds_nothing = altered(guards=["unidentified"], balance=None)
    world = World(compose(emptied_url, network(), heeds_nothing))
    for identifier, number in (("BOL|1", 1), ("CHR|1", 2)):
        world.tell(register(identifier, number, person(number=nhs(number), more={Field.PHONES: ("0161 496 0001",)})))
        world.imaging.register(study(f"1.{number}", identifier), ARCHIVE)
    assert world.together("BOL|1", "CHR|1")
    found = foresee(world, Model.default())
    (change,) = found.changes
    assert change.kinds == (ChangeKind.SPLIT,)
    assert blocks(found) == [[{"BOL|1"}, {"CHR|1"}]]
    assert [[p.after is None for p in block] for block in change.blocks] == [[False], [True]]
    assert counts(found) == Counts(parted=1, moved=1, histories=2, studies=1, tasks_opened=1)
    world.close()


def test_a_link_that_is_contested_can_be_freed(world: World) -> None:
    numbered = BERNARD | {Field.NHS_NUMBER: NhsNumber(nhs(1), "01")}
    world.tell(register("BOL|8", 1, numbered), register("CHR|8", 2, numbered | {Field.BIRTH_DATE: "1938-11-26"}))
    world.tell(register("BOL|8", 3, BERNARD | {Field.NHS_NUMBER: None}))
    assert world.verify().accounted == 1
    found = foresee(world, keener())
    assert [change.kinds for change in found.changes] == [(ChangeKind.FREED,)]
    assert counts(found) == Counts(freed=1, tasks_closed=1)


def test_what_people_said_stands(world: World) -> None:
    """Merges, reviewers' answers and do-not-links outrank any model's weights."""
    asked_about(world)
    world.tell(register("BOL|9", 3, other_person()), Merge(of("BOL|8"), of("BOL|9"), at(4)))
    KeepingApart(world.index.units, world.index.rematch, world.index.clock).keep_apart(
        of("BOL|8"), of("CHR|8"), "", OFFICER
    )
    for model in (keener(), warier()):
        found = foresee(world, model)
        assert not any(ChangeKind.MERGE in change.kinds for change in found.changes)
        assert not any(len(of_change) > 1 for of_change in blocks(found))


def test_records_are_encoded_anew_where_the_frequencies_differ(world: World) -> None:
    linked(world)
    asked_about(world)
    model = otherwise_encoded()
    assert model.tag != world.index.matching.model.tag
    assert counts(foresee(world, model)) == Counts()
    merging = otherwise_encoded(certain=keener().certain)
    assert counts(foresee(world, merging)).joined == 1


def test_workers_settle_the_same(world: World) -> None:
    linked(world)
    asked_about(world)
    alone, together = foresee(world, keener()), foresee(world, keener(), workers=2)
    assert alone == together


def test_nothing_that_is_served_is_touched(world: World) -> None:
    linked(world)
    asked_about(world)
    before = (world.records(), world.partition(), world.tasks(), world.count("edge"), world.count("link"))
    Reigning(world.index.units).model(world.index.matching.model, "admin")
    Models(world.index.units, world.index.matching).propose(keener(), ADMINISTRATOR)
    assert before == (world.records(), world.partition(), world.tasks(), world.count("edge"), world.count("link"))
    world.verify()

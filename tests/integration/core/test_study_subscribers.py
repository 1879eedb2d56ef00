"""Who subscribes to studies is told of these, with identity resolved, whatever becomes of it (IHE-64, issue 5.6)."""

from __future__ import annotations

import itertools
import json

import pytest

from mpi.api.webhook import event_body
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Envelope, Link, Merge, Unlink
from mpi.domain.interest import Interest
from mpi.domain.views import Event, EventType
from mpi.usecases.imaging.images import Image, Images
from tests.integration.core.world import ARCHIVE, World, at, nhs, of, other_person, person, register, study

CHEST_CT = Interest(("CT",), ("CHEST",))
Told = list[tuple[str, Event]]


def subscribe(world: World, name: str, interest: Interest, *types: EventType) -> None:
    world.subscriptions.add(f"https://{name}.example/hook", types, "", ARCHIVE, interest)


def heard(world: World) -> dict[str, list[tuple[EventType, tuple[str, ...]]]]:
    """What each subscriber is told now: the types, and which studies with their details."""
    told: Told = []
    world.relay.run_once(lambda subscription, event: told.append((subscription.url.split(".")[0][8:], event)))
    interests = {s.url.split(".")[0][8:]: s.interest for s in world.subscriptions.list(ARCHIVE)}
    found: dict[str, list[tuple[EventType, tuple[str, ...]]]] = {name: [] for name in interests}
    for name, event in told:
        found[name].append((event.type, tuple(s.study_uid for s in interests[name].of(event))))
    return found


def test_a_study_is_told_to_those_who_want_its_kind(world: World) -> None:
    subscribe(world, "everything", Interest())
    subscribe(world, "lung", CHEST_CT)
    subscribe(world, "mr", Interest(("MR", "CT")))
    subscribe(world, "spine", Interest((), ("LSPINE", "CSPINE")))
    world.tell(register("BOL|1", 1))
    heard(world)
    world.imaging.register(study("1.1", "BOL|1", body_site="Chest", accession="A1"), ARCHIVE)
    world.imaging.register(study("1.2", "BOL|1", body_site="L SPINE", modalities=("MR",)), ARCHIVE)
    world.imaging.register(study("1.3", "BOL|1", modalities=()), ARCHIVE)
    new = EventType.STUDY_REGISTERED
    assert heard(world) == {
        "everything": [(new, ("1.1",)), (new, ("1.2",)), (new, ("1.3",))],
        "lung": [(new, ("1.1",))],
        "mr": [(new, ("1.1",)), (new, ("1.2",))],
        "spine": [(new, ("1.2",))],
    }


def test_a_change_of_identity_reaches_who_follows_a_study_of_it(world: World) -> None:
    """A link, its end and a source's merge: old and new golden ids, and the studies that are of interest alone."""
    world.tell(register("BOL|1", 1), register("BOL|2", 2, other_person()))
    for uid, patient, site in (("1.1", "BOL|1", "CHEST"), ("1.2", "BOL|1", "KNEE"), ("1.3", "BOL|2", "KNEE")):
        world.imaging.register(study(uid, patient, body_site=site), ARCHIVE)
    subscribe(world, "lung", CHEST_CT)
    subscribe(world, "knee", Interest(body_sites=("KNEE",)))
    subscribe(world, "heart", Interest(body_sites=("HEART",)))
    world.tell(Link(of("BOL|1"), of("BOL|2"), at(5)), Unlink(of("BOL|1"), of("BOL|2"), at(6)))
    told = heard(world)
    assert told["heart"] == []
    assert {kind for kind, _ in told["knee"]} == {EventType.IDENTITY_MERGED, EventType.RECORD_MOVED}
    assert all(uid != "1.1" for _, uids in told["knee"] for uid in uids)
    assert {uid for _, uids in told["lung"] for uid in uids} <= {"1.1"}
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(7)))
    assert "1.3" in {uid for _, uids in heard(world)["knee"] for uid in uids}


def test_what_is_known_later_of_a_study_is_told_then(world: World) -> None:
    """The first image of a study need not be of the modality that somebody waits for."""
    images = Images(world.index.units, world.index.rematch, world.index.clock)
    subscribe(world, "lung", CHEST_CT)
    subscribe(world, "everything", Interest(), EventType.STUDY_REGISTERED, EventType.STUDY_CHANGED)
    for number, more in enumerate(({"modalities": ("SR",)}, {"body_site": "CHEST"}, {"body_site": "CHEST"})):
        envelope = Envelope("", "BOL_GW", "vna", "1.1", "C-STORE", str(number).encode())
        images.take(envelope, Image(study("1.1", "BOL|1", **more)), ARCHIVE)
    new, changed = EventType.STUDY_REGISTERED, EventType.STUDY_CHANGED
    assert heard(world) == {"lung": [(changed, ("1.1",))], "everything": [(new, ("1.1",)), (changed, ("1.1",))]}


def test_a_subscriber_is_told_the_study_and_every_id_of_its_person(world: World) -> None:
    world.tell(register("BOL|1", 1, person(number=nhs(1))), register("CHR|1", 2, person(nhs(1))))
    world.subscriptions.add("https://ai.example/hook", (), "", ARCHIVE, CHEST_CT)
    world.imaging.register(study("1.1", "BOL|1", body_site="CHEST", accession="A1"), ARCHIVE)
    told: Told = []
    world.relay.run_once(lambda subscription, event: told.append((subscription.url, event)))
    ((_, event),) = told
    assert event.new_golden_ids == (world.golden("BOL|1"),)
    assert event.about == (study("1.1", "BOL|1", body_site="CHEST", accession="A1"),)
    known = world.index.telling.set_of(event.new_golden_ids[0], event.at, Caller("ai", Role.ARCHIVE, ""))
    assert set(map(str, known)) == {"BOL|1", "CHR|1", f"NHS|{nhs(1)}"}
    assert "study_details" not in json.loads(event_body(event)), "only who wants studies is told of them"


def test_what_an_event_tells_is_what_was_so_then(world: World) -> None:
    """At least once, and the same bytes each time."""
    subscribe(world, "lung", CHEST_CT)
    world.imaging.register(study("1.1", "BOL|1", body_site="CHEST"), ARCHIVE)
    world.imaging.register(study("1.1", "BOL|1", body_site="KNEE"), ARCHIVE)
    assert heard(world)["lung"] == [(EventType.STUDY_REGISTERED, ("1.1",))]


@pytest.mark.parametrize("site", ["", "CHEST", "chest", "C SPINE", "c-spine", "CHESTX", "7"])
def test_the_database_and_the_domain_choose_alike(world: World, site: str) -> None:
    interests = {
        f"{number}": Interest(made, sites)
        for number, (made, sites) in enumerate(
            itertools.product([(), ("CT",), ("MR", "SR")], [(), ("CHEST",), ("CSPINE", "KNEE")])
        )
    }
    for name, interest in interests.items():
        subscribe(world, f"s{name}", interest, EventType.STUDY_REGISTERED)
    shown = study("1.1", "BOL|1", body_site=site, modalities=("CT", "SR"))
    world.imaging.register(shown, ARCHIVE)
    told = {name for name, steps in heard(world).items() if steps}
    assert told == {f"s{name}" for name, interest in interests.items() if interest.has(shown)}


def test_a_subscription_says_what_it_wants(world: World) -> None:
    subscribe(world, "lung", CHEST_CT)
    (found,) = world.subscriptions.list(ARCHIVE)
    assert found.interest == CHEST_CT

"""Refused messages over the real adapters: read, mended and sent again, once, with everything kept."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from adapters.dicom.receive import SUCCESS, Stored
from adapters.dicom.receive import Receiver as DicomReceiver
from adapters.fhir.exchange import Addresses
from adapters.fhir.feed import envelope
from adapters.fhir.feed_routes import Desk
from adapters.hl7v2.ack import code_of
from adapters.hl7v2.receive import Receiver
from linkage.model import Model
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Envelope, Field, Receipt, Status
from mpi.domain.network import Archive, Feed, Protocol
from mpi.domain.quarantine import Sought
from mpi.errors import Conflict, Fault, Forbidden, NotFound, Refused
from mpi.main.index import compose
from mpi.main.speaking import caller_of, caller_of_archive, new_id
from mpi.usecases.imaging.images import Images
from mpi.usecases.refused.quarantine import Quarantine
from tests.integration.core.world import ADMINISTRATOR, REVIEWER, SENIOR, World, network, person, register
from tests.unit.dicom.dicom_builders import encoded, header, sequence

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
PID = "PID|||{number}^^^{authority}^PI||O'Hara^Aoife||19610307|F|||12 Ladybarn Lane^^Manchester^^M13 9WL"
CHRISTIE = Caller("chris", Role.SENIOR_REVIEWER, "RBV")


@pytest.fixture
def world(emptied_url: str) -> World:
    """The tests' network with a FHIR feed and an archive besides."""
    known = network()
    fhir = Feed("bolton-fhir", "RMC", Protocol.FHIR, "EPR", "RMC", ("BOL",))
    archive = Archive("bol-pacs", "Bolton PACS", "RMC", ae_titles={"BOLPACS": "BOL"})
    wider = replace(known, feeds=(*known.feeds, fhir), archives=(archive,))
    return World(compose(emptied_url, wider, Model.default(), 5))


@pytest.fixture
def quarantine(world: World) -> Quarantine:
    return world.index.quarantine


def message(
    number: str = "1", authority: str = "BOL", sender: str = "RMC", control_id: str = "C1", more: str = ""
) -> bytes:
    head = f"MSH|^~\\&|PAS|{sender}|MPI|GM|20240301120000||ADT^A28|{control_id}|P|2.4{more}"
    pid = PID.format(number=number, authority=authority)
    return "\r".join((head, "EVN||20240301120000", pid, "PV1||N", "")).encode()


def deliver(world: World, frame: bytes) -> str:
    """The acknowledgement code of a message that the feed sends."""
    receiver = Receiver(world.intake, world.index.network, caller_of, world.index.clock.now, new_id)
    answer = receiver.handle(frame)
    assert answer is not None
    return code_of(answer)


def waiting(quarantine: Quarantine, caller: Caller = ADMINISTRATOR, **sought: object) -> list[int]:
    return [kept.id for kept in quarantine.list(caller, Sought(**sought)).messages]  # type: ignore[arg-type]


def refused(world: World, quarantine: Quarantine, frame: bytes) -> int:
    assert deliver(world, frame) in {"AE", "AR"}
    return waiting(quarantine)[0]


def test_a_mended_copy_is_applied_and_the_original_stays(world: World, quarantine: Quarantine) -> None:
    frame = message(authority="BOLTN")
    bad = refused(world, quarantine, frame)
    opened = quarantine.open(bad, ADMINISTRATOR)
    assert opened.reading.text is not None
    receipt = quarantine.replay(bad, opened.reading.text.replace("BOLTN", "BOL"), ADMINISTRATOR)
    assert (receipt.status, receipt.repeat) == (Status.ACCEPTED, False)
    assert world.record("BOL|1").registers.value(Field.BIRTH_DATE) == "1961-03-07"
    assert waiting(quarantine) == []
    assert waiting(quarantine, settled=True) == [bad]
    kept = quarantine.open(bad, ADMINISTRATOR)
    assert quarantine.raw(bad, ADMINISTRATOR) == frame
    assert (kept.kept.settled_by, kept.kept.settlement) == ("admin", f"replayed as message {receipt.message_id}")
    (copy,) = kept.copies
    assert (copy.id, copy.made_by, copy.original, copy.fault) == (receipt.message_id, "admin", bad, "")
    assert quarantine.raw(copy.id, ADMINISTRATOR) == message()
    (row,) = world.rows("select * from audit where action = 'replay-message' and \"user\" = 'admin'")
    assert (row.subjects, row.detail) == ([f"message/{bad}", f"message/{copy.id}"], {"accepted": True})
    world.verify()


def test_the_copy_meets_the_same_checks(world: World, quarantine: Quarantine) -> None:
    """The new refusal is told, each attempt is kept, and the original waits on."""
    bad = refused(world, quarantine, message(authority="BOLTN"))
    text = quarantine.open(bad, ADMINISTRATOR).reading.text or ""
    again = quarantine.replay(bad, text.replace("BOLTN", "CHR"), ADMINISTRATOR)
    assert (again.status, again.fault, again.location) == (
        Status.REFUSED,
        Fault.FOREIGN_AUTHORITY,
        "PID^1^3^1^4",
    )
    foreign = quarantine.replay(bad, text.replace("RMC", "RBV").replace("BOLTN", "CHR"), ADMINISTRATOR)
    assert foreign.fault == Fault.FOREIGN_FEED
    assert waiting(quarantine) == [bad]
    assert [kept.fault for kept in quarantine.open(bad, ADMINISTRATOR).copies] == [
        Fault.FOREIGN_AUTHORITY,
        Fault.FOREIGN_FEED,
    ]
    for kind in ("ADT^A40", "ADT^A23"):
        with pytest.raises(Refused, match=r"this message is ADT\^A28, and so must its copy be"):
            quarantine.replay(bad, text.replace("ADT^A28", kind), ADMINISTRATOR)
    # A copy that was refused is mended further: what comes of it settles the original.
    copy = quarantine.open(bad, ADMINISTRATOR).copies[0]
    mended = quarantine.replay(copy.id, text.replace("BOLTN", "BOL"), ADMINISTRATOR)
    assert mended.status is Status.ACCEPTED
    assert waiting(quarantine) == []
    assert len(quarantine.open(bad, ADMINISTRATOR).copies) == 3


def test_v2_16_an_unchanged_replay_is_no_duplicate_and_is_applied_once(emptied_url: str) -> None:
    """Refused because the network did not know the authority; then it does. The sender that sends it again is told
    what has become of it."""
    narrow = replace(network(), authorities=tuple(a for a in network().authorities if a.id != "CHR"))
    narrow = replace(narrow, feeds=tuple(f for f in narrow.feeds if f.id != "christie"))
    frame = message("7", "CHR", "RBV")
    before = World(compose(emptied_url, narrow, Model.default(), 2))
    assert deliver(before, frame) == "AR"
    before.close()
    world = World(compose(emptied_url, network(), Model.default(), 5))
    quarantine = world.index.quarantine
    (bad,) = waiting(quarantine)
    receipt = quarantine.replay(bad, None, ADMINISTRATOR)
    assert (receipt.status, receipt.repeat) == (Status.ACCEPTED, False)
    again = quarantine.replay(bad, None, ADMINISTRATOR)
    assert again == replace(receipt, repeat=True, created=False)
    assert deliver(world, frame) == "AA"
    assert (world.count("source_update"), world.count("message")) == (1, 2)
    world.close()


def test_what_the_sender_mended_itself_is_not_applied_again(world: World, quarantine: Quarantine) -> None:
    bad = refused(world, quarantine, message(authority="BOLTN"))
    assert deliver(world, message()) == "AA"
    receipt = quarantine.replay(bad, message().decode(), ADMINISTRATOR)
    assert (receipt.status, receipt.repeat) == (Status.ACCEPTED, True)
    assert world.count("source_update") == 1
    assert waiting(quarantine) == []


def test_what_was_replayed_is_not_applied_again_when_the_sender_mends_it(
    world: World, quarantine: Quarantine
) -> None:
    bad = refused(world, quarantine, message(authority="BOLTN"))
    quarantine.replay(bad, message().decode(), ADMINISTRATOR)
    assert deliver(world, message()) == "AA"
    assert world.count("source_update") == 1


def test_of_many_at_once_one_copy_is_applied(world: World, quarantine: Quarantine) -> None:
    bad = refused(world, quarantine, message(authority="BOLTN"))

    def mend(given: str) -> Receipt | str:
        try:
            return quarantine.replay(bad, message().decode().replace("Aoife", given), ADMINISTRATOR)
        except Conflict as conflict:
            return str(conflict)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(mend, ("Aoife", "Aoife", "Eva", "Ava")))
    accepted = {r.message_id for r in told if isinstance(r, Receipt) and r.status is Status.ACCEPTED}
    assert len(accepted) == 1
    assert {r for r in told if isinstance(r, str)} <= {
        f"message {next(iter(accepted))} is a copy of this one and was accepted"
    }
    assert world.count("source_update") == 1


def test_v2_18_a_copy_has_no_place_in_the_sequence(emptied_url: str) -> None:
    """The feed's numbers go on as if there were no copy; what came out of turn comes again in its turn."""
    numbers = tuple(replace(f, sequence_numbers=f.id == "bolton") for f in network().feeds)
    world = World(compose(emptied_url, replace(network(), feeds=numbers), Model.default(), 5))
    quarantine = world.index.quarantine
    assert deliver(world, message(control_id="C5", more="|5")) == "AA"
    bad = refused(world, quarantine, message("2", "BOLTN", control_id="C6", more="|6"))
    mended = quarantine.replay(bad, message("2", control_id="C6", more="|6").decode(), ADMINISTRATOR)
    assert (mended.status, mended.expected) == (Status.ACCEPTED, None)
    gap = refused(world, quarantine, message("3", control_id="C9", more="|9"))
    with pytest.raises(Conflict, match="in its turn"):
        quarantine.replay(gap, None, ADMINISTRATOR)
    assert deliver(world, message("4", control_id="C7", more="|7")) == "AA"
    world.close()


def test_it_is_settled_without_with_a_reason(world: World, quarantine: Quarantine) -> None:
    bad = refused(world, quarantine, message(authority="BOLTN"))
    with pytest.raises(Refused):
        quarantine.settle(bad, " ", ADMINISTRATOR)
    quarantine.settle(bad, "the trust has sent it again", ADMINISTRATOR)
    assert (waiting(quarantine), waiting(quarantine, settled=True)) == ([], [bad])
    with pytest.raises(Conflict):
        quarantine.settle(bad, "twice", ADMINISTRATOR)
    assert quarantine.open(bad, ADMINISTRATOR).kept.settlement == "the trust has sent it again"


def test_each_trust_sees_its_own_alone(world: World, quarantine: Quarantine) -> None:
    bolton = refused(world, quarantine, message(authority="BOLTN"))
    christie = refused(world, quarantine, message(authority="BOLTN", sender="RBV"))
    stranger = refused(world, quarantine, message(sender="XXX"))
    images = Images(world.index.units, world.index.rematch, world.index.clock)
    header = Envelope("", "BOLPACS", "bol-pacs", "1.2.3", "C-STORE", bytes(128) + b"DICM")
    images.refuse(header, Refused(Fault.MISSING_FIELD, "no patient id", "(0010,0020)"), caller_of_archive("x", "RMC"))
    image = waiting(quarantine)[0]
    assert waiting(quarantine) == [image, stranger, christie, bolton]
    assert waiting(quarantine, SENIOR) == [image, bolton]
    assert waiting(quarantine, CHRISTIE) == [christie]
    for reach in (
        lambda: quarantine.open(bolton, CHRISTIE),
        lambda: quarantine.raw(stranger, CHRISTIE),
        lambda: quarantine.replay(bolton, None, CHRISTIE),
        lambda: quarantine.settle(bolton, "not mine", CHRISTIE),
    ):
        with pytest.raises(NotFound):
            reach()
    with pytest.raises(NotFound, match=f"no message has the id {10**20}"):
        quarantine.replay(10**20, None, ADMINISTRATOR)
    with pytest.raises(NotFound, match=f"no message has the id {10**20}"):
        quarantine.raw(10**20, ADMINISTRATOR)
    assert len(quarantine.list(ADMINISTRATOR, before=10**20).messages) == 4
    with pytest.raises(Forbidden):
        quarantine.list(REVIEWER)
    assert quarantine.open(image, SENIOR).reading.protocol == "DICOM"
    with pytest.raises(Refused, match="archive"):
        quarantine.replay(image, None, SENIOR)
    assert (quarantine.waiting(SENIOR), quarantine.waiting(ADMINISTRATOR)) == (2, 4)


def test_sec_4_a_copy_never_speaks_for_another_feed(world: World, quarantine: Quarantine) -> None:
    """It names the Christie, is refused for it, and is refused again when it is sent on; then it is mended."""
    bad = refused(world, quarantine, message(authority="BOLTN"))
    text = message(authority="CHR", sender="RBV").decode()
    foreign = quarantine.replay(bad, text, SENIOR)
    again = quarantine.replay(foreign.message_id, None, SENIOR)
    assert (foreign.fault, again.fault) == (Fault.FOREIGN_FEED, Fault.FOREIGN_FEED)
    assert world.count("source_record") == 0
    assert quarantine.open(again.message_id, SENIOR).kept.original == bad
    with pytest.raises(NotFound):
        quarantine.open(again.message_id, CHRISTIE)
    mended = quarantine.replay(again.message_id, message().decode(), SENIOR)
    assert mended.status is Status.ACCEPTED
    assert quarantine.open(foreign.message_id, SENIOR).obstacle.endswith("was accepted")
    assert waiting(quarantine) == []


def test_sec_4_what_a_stranger_sent_as_a_feed_is_not_sent_again(world: World, quarantine: Quarantine) -> None:
    reason = Refused(Fault.FOREIGN_FEED, "not this certificate", "MSH^1^4")
    sent = Envelope("bolton", "PAS", "RMC", "", "ADT^A28", message())
    stranger = world.intake.refuse(sent, reason, Caller("mllp:unknown", Role.FEED, ""))
    assert waiting(quarantine, SENIOR) == []
    with pytest.raises(Conflict):
        quarantine.replay(stranger.message_id, None, ADMINISTRATOR)
    assert world.count("source_record") == 0


def test_what_can_be_looked_for(world: World, quarantine: Quarantine) -> None:
    unknown = refused(world, quarantine, message(authority="BOLTN"))
    stranger = refused(world, quarantine, message(sender="XXX"))
    assert waiting(quarantine, fault=Fault.UNKNOWN_AUTHORITY) == [unknown]
    assert waiting(quarantine, text="'BOLTN' IS NOT") == [unknown]
    assert waiting(quarantine, feed="bolton") == [unknown]
    assert waiting(quarantine, since=datetime.now(UTC)) == []
    assert waiting(quarantine, until=datetime.now(UTC)) == [stranger, unknown]
    page = quarantine.list(ADMINISTRATOR, limit=1)
    assert ([k.id for k in page.messages], page.total, page.following) == ([stranger], 2, stranger)
    rest = quarantine.list(ADMINISTRATOR, limit=1, before=page.following)
    assert ([k.id for k in rest.messages], rest.following) == ([unknown], None)


def test_a_fhir_message_is_mended_and_dated_when_it_came(world: World, quarantine: Quarantine) -> None:
    """An old message does not outrank what its feed has said since."""
    addresses = Addresses(world.index.network, "")
    feed = world.index.network.feed_by_id["bolton-fhir"]

    def put(family: str, **more: object) -> Receipt:
        patient = {
            "resourceType": "Patient",
            "active": True,
            "identifier": [{"system": addresses.system("BOL"), "value": "77"}],
            "name": [{"family": family, "given": ["Ana"]}],
            **more,
        }
        sent = envelope("PUT", f"identifier={addresses.system('BOL')}|77", json.dumps(patient).encode(), feed, family)
        return Desk(world.intake, addresses, world.index.clock.now).take(sent, feed, caller_of(feed))

    bad = put("Oldham", birthDate="1950-13-41")
    assert bad.status is Status.REFUSED
    assert put("Newham", birthDate="1950-03-04").status is Status.ACCEPTED
    opened = quarantine.open(bad.message_id, ADMINISTRATOR).reading
    assert json.loads(opened.answer)["resourceType"] == "OperationOutcome"
    assert '  "birthDate": "1950-13-41"' in opened.document
    assert opened.text is not None
    with pytest.raises(Refused, match="this message is ITI-104 PUT, and so must its copy be"):
        quarantine.replay(bad.message_id, opened.text.replace("PUT ", "DELETE ", 1), ADMINISTRATOR)
    assert quarantine.open(bad.message_id, ADMINISTRATOR).copies == ()
    receipt = quarantine.replay(bad.message_id, opened.text.replace("1950-13-41", "1950-03-04"), ADMINISTRATOR)
    assert receipt.status is Status.ACCEPTED
    (name,) = world.record("BOL|77").registers.value(Field.NAMES)  # type: ignore[misc]
    assert name.family == "Newham"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="the first line must stay PUT, a space"):
        quarantine.replay(put("Other", birthDate="x").message_id, "POST Patient?x\n{}", ADMINISTRATOR)


def test_promise_7_the_header_of_an_image_is_mended_and_its_study_registered(
    world: World, quarantine: Quarantine
) -> None:
    """By hand: an issuer, named twice, that nobody knows; then a date of birth that is none, of a known study."""
    index = world.index
    images = Images(index.units, index.rematch, index.clock)
    archive = DicomReceiver(images, index.network, caller_of_archive, lambda *told: None)

    def store(**said: object) -> None:
        content = encoded(header(**{"PatientID": "77", "IssuerOfPatientID": None, **said}))
        assert archive.handle(Stored(content, ExplicitVRLittleEndian, "1.9", "BOLPACS"), set()) == SUCCESS

    world.tell(register("BOL|77", 1, person()))
    strange = {"IssuerOfPatientID": "NOBODY", "IssuerOfPatientIDQualifiersSequence": _named("NOBODY")}
    store(**strange)
    (bad,) = waiting(quarantine)
    raw, told = quarantine.raw(bad, SENIOR), quarantine.open(bad, SENIOR)
    assert (told.obstacle, told.reading.text) == (
        "",
        "PatientID: 77\nIssuerOfPatientID: NOBODY\nPatientBirthDate: 19540307\nPatientSex: F",
    )
    for wrong, why in (("StudyDate: 1", "line 1 is not one of PatientID"), ("PatientID: 7\u00e4", "plain letters")):
        with pytest.raises(Refused, match=why):
            quarantine.replay(bad, wrong, SENIOR)
    same = quarantine.replay(bad, None, SENIOR)
    assert (same.status, same.fault) == (Status.REFUSED, Fault.UNKNOWN_AUTHORITY)
    mended = told.reading.text.replace("NOBODY", "BOL")
    receipt = quarantine.replay(bad, mended, SENIOR)
    assert (receipt.status, receipt.created) == (Status.ACCEPTED, True)
    (study,) = world.rows("select r.value from study s join source_record r on r.id = s.record_id")
    assert (study.value, quarantine.raw(bad, SENIOR), waiting(quarantine)) == ("77", raw, [])
    assert quarantine.replay(bad, mended, SENIOR) == replace(receipt, repeat=True, created=False)
    with pytest.raises(Conflict):
        quarantine.replay(bad, mended.replace("77", "78"), SENIOR)
    store(**strange)  # another image of the study: the same question, which has its answer
    assert waiting(quarantine) == []
    audited = world.rows("select subjects, detail from audit where action = 'replay-message' order by id")
    assert [(row.subjects[0], row.detail["accepted"]) for row in audited] == [
        (f"message/{bad}", False),
        (f"message/{bad}", True),
    ]
    store(StudyInstanceUID="1.2.3", PatientBirthDate="19541301")
    (flawed,) = waiting(quarantine)
    text = quarantine.open(flawed, SENIOR).reading.text
    assert text is not None
    assert quarantine.replay(flawed, text, SENIOR).fault == Fault.BAD_VALUE
    assert quarantine.replay(flawed, text.replace("19541301", "19541201"), SENIOR).status is Status.ACCEPTED
    assert world.count("study") == 2
    world.verify()


def test_promise_7_a_header_is_sent_again_as_it_came_when_the_network_knows_its_issuer(
    world: World, quarantine: Quarantine, emptied_url: str
) -> None:
    index = world.index
    images = Images(index.units, index.rematch, index.clock)
    archive = DicomReceiver(images, index.network, caller_of_archive, lambda *told: None)
    content = encoded(header(PatientID="8", IssuerOfPatientID="BOLTON PAS"))
    archive.handle(Stored(content, ExplicitVRLittleEndian, "1.9", "BOLPACS"), set())
    archive.handle(Stored(b"\x08\x00rubbish", ExplicitVRLittleEndian, "1.8", "BOLPACS"), set())
    rubbish, bad = waiting(quarantine)
    assert "have its archive send or list the study again" in quarantine.open(rubbish, SENIOR).obstacle
    with pytest.raises(Refused, match="not enough of the image is kept"):
        quarantine.replay(rubbish, None, SENIOR)
    known = (replace(index.network.archives[0], issuers={"BOLTON PAS": "BOL"}),)
    wiser = World(compose(emptied_url, replace(index.network, archives=known), Model.default(), 2))
    assert wiser.index.quarantine.replay(bad, None, SENIOR).status is Status.ACCEPTED
    assert wiser.rows("select r.value from study s join source_record r on r.id = s.record_id")[0].value == "8"
    wiser.close()


def _named(issuer: str) -> Sequence:
    return sequence({"LocalNamespaceEntityID": issuer})

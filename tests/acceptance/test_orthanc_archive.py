"""Orthanc follows the index: whatever is said of the patients, QIDO and our history agree, study for study."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydicom import dcmread

from adapters.dicom.attributes import read_header
from adapters.dicom.coerce import coerce
from adapters.dicom.identity import Origin
from adapters.hl7v2.ack import code_of
from mpi.api.webhook import sign
from mpi.domain.network import Network
from mpi.domain.views import Resolution, ResolutionState
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.conftest import StartService
from tests.acceptance.dicom_senders import statuses, write_image
from tests.acceptance.index_state import reading
from tests.acceptance.orthanc_process import OURS, Orthanc, archiving, free_port
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service, wait_for
from tests.acceptance.webhook_listener import SECRET
from tests.unit.dicom.dicom_builders import STUDY, encoded, sequence

pytestmark = pytest.mark.timeout(240)

PERSON = Patient("BRAMHALL", "Philippa", nhs=nhs_number(501))
ALIKE = Patient("BRAMHALL", "Pippa", line="1 Mersey Way", postcode="SK1 1AA", phone="")  # alike, not sure
TRAUMA = Patient("ZULU", "Tango", born="19800101", line="", postcode="", phone="")
OTHER = Patient("OKONKWO", "Chidi", born="19711130", sex="M", line="9 Deane Rd", postcode="BL3 5AB", phone="")
SENDERS = {"BOLTON": ("BOLTON_GW", "RMC"), "STOCKPORT": ("STOCKPORT_GW", "RWJ"), "MFT": ("BOLTON_GW", "R0A")}

_serials = count(1)


class World:
    """The index, the archive, and the trusts that send to both."""

    def __init__(self, service: Service, region: Region, orthanc: Orthanc, folder: Path) -> None:
        self.service = service
        self.region = region
        self.orthanc = orthanc
        self.folder = folder

    def tell(self, *messages: bytes) -> None:
        """ADT by MLLP."""
        with self.service.mllp() as client:
            assert [code_of(client.send(message)) for message in messages] == ["AA"] * len(messages)

    def image(self, identifier: str, study: str, **overrides: Any) -> Path:
        """An image file of a patient; its study UID ends in `study`."""
        authority, value = identifier.split("|")
        serial = next(_serials)
        said = {
            "PatientID": value,
            "IssuerOfPatientID": SENDERS[authority][1],
            "StudyInstanceUID": f"{STUDY}.{study}",
            "SeriesInstanceUID": f"{STUDY}.{study}.1",
            "InstanceNumber": str(serial),
        }
        return write_image(self.folder, serial, **(said | overrides))

    def send(self, identifier: str, study: str, images: int = 1, **overrides: Any) -> list[Path]:
        """Images by C-STORE, all stored."""
        files = [self.image(identifier, study, **overrides) for _ in range(images)]
        sent = self.orthanc.send(SENDERS[identifier.split("|", maxsplit=1)[0]][0], *files)
        assert statuses(sent) == ["Success"] * images, sent
        return files

    def home(self, study: str) -> str:
        """The golden id under which QIDO has a study, "" under none."""
        return self.orthanc.homes().get(f"{STUDY}.{study}", "")

    def agree(self, *identifiers: str) -> bool:
        """Nothing is being moved, and QIDO by golden id gives what our history gives, for each of these."""
        placed = self.orthanc.placed()
        studies = dict(placed)
        return len(studies) == len(placed) and all(
            self._under(studies, identifier) == self.region.history(identifier) for identifier in identifiers
        )

    def held(self, identifier: str) -> set[str]:
        """What QIDO has under the golden id of an identifier."""
        return self._under(self.orthanc.studies(), identifier)

    def _under(self, studies: dict[str, tuple[str, str]], identifier: str) -> set[str]:
        home = (self.region.golden(identifier), OURS)
        return {uid for uid, place in studies.items() if place == home}

    def settled(self, *identifiers: str) -> None:
        """Wait until they agree; then a comparison finds nothing to do and nothing is lost."""
        wait_for(lambda: not self.orthanc.waiting() and self.agree(*identifiers), "archive and history agree", 20)

    def task(self, kind: str, *values: str) -> int:
        """The open task of a kind about these patient ids."""
        for task in self.region.tasks("open"):
            if task["kind"] == kind and {task["one"]["value"], task["other"]["value"]} == set(values):
                return int(task["id"])
        raise AssertionError(f"no {kind} about {values}")


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def service(database: str, start_service: StartService) -> Service:
    return start_service(database_url=database, http_port=free_port())


@pytest.fixture(scope="module")
def region(service: Service, network: Network) -> Iterator[Region]:
    asked = Region(service, network)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def world(service: Service, region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three trusts have sent a person and her images; Orthanc is subscribed to what changes."""
    folder = tmp_path_factory.mktemp("orthanc")
    orthanc = Orthanc(folder, Url=service.target.http, Token=service.tokens["archive"])
    with archiving(orthanc):
        orthanc.start()
        subscription = {"url": f"{orthanc.url}/mpi/events", "secret": SECRET}
        ok(region.as_("archive").post("/v1/subscriptions", json=subscription))
        world = World(service, region, orthanc, folder)
        world.tell(
            adt("bolton", "A28", "B1", PERSON), adt("stockport", "A28", "S1", PERSON), adt("mft", "A28", "M1", PERSON)
        )
        world.send("BOLTON|B1", "1", images=3)
        world.send("STOCKPORT|S1", "2", IssuerOfPatientID=None)
        world.send("MFT|M1", "3")
        yield world


def test_ihe_64_three_trusts_one_patient_in_the_archive(world: World) -> None:
    golden_id = world.region.golden("BOLTON|B1")
    uids = {f"{STUDY}.{n}" for n in (1, 2, 3)}
    assert {uid: world.orthanc.studies()[uid] for uid in uids} == dict.fromkeys(uids, (golden_id, OURS))
    world.settled("BOLTON|B1", "STOCKPORT|S1", "MFT|M1")
    assert world.region.history(f"NHS|{PERSON.nhs}") == uids


def test_ihe_68_the_archive_writes_what_the_index_s_own_code_writes(world: World, network: Network) -> None:
    """The same image, coerced by the plugin and by `adapters.dicom.coerce`; pixels and all else untouched."""
    others = sequence(
        {"PatientID": "B1", "IssuerOfPatientID": "BOLPAS"}, {"PatientID": "X", "IssuerOfPatientID": "?"}
    )
    named = world.image("BOLTON|B1", "1", OtherPatientIDsSequence=others)
    for file, sender in ((named, ""), (world.image("STOCKPORT|S1", "2", IssuerOfPatientID=None), "STOCKPORT_GW")):
        assert statuses(world.orthanc.send(sender or "BOLTON_GW", file)) == ["Success"]
        ours = dcmread(file)
        stored = world.orthanc.stored(str(ours.SOPInstanceUID))
        at = datetime.strptime(
            stored.OriginalAttributesSequence[0].AttributeModificationDateTime, "%Y%m%d%H%M%S.%f%z"
        )
        origin = Origin("gm-vna", sender)
        identifier = read_header(ours, network, origin).study.patient
        resolved = Resolution(identifier, UUID(world.region.golden(str(identifier))), ResolutionState.CERTAIN, ())
        assert coerce(ours, resolved, network, origin, at)
        assert encoded(stored) == encoded(ours)


def test_a40_moves_the_images_and_its_withdrawal_moves_them_back(world: World) -> None:
    """V2-44, V2-47: a merge gathers, and its undoing parts just the studies that were gathered; UIDs stay."""
    world.tell(adt("bolton", "A04", "B2", TRAUMA))
    files = world.send("BOLTON|B2", "20", images=2)
    world.send("BOLTON|B2", "21")
    world.settled("BOLTON|B1", "BOLTON|B2")
    alone = world.home("20")
    assert alone != world.home("1")

    world.tell(adt("bolton", "A40", "B1", Patient("", ""), prior="B2"))
    world.settled("BOLTON|B1")
    assert world.home("20") == world.home("21") == world.home("1") == world.region.golden("BOLTON|B2")
    world.settled("MFT|M1", "STOCKPORT|S1")

    (merge,) = [made for made in world.region.assertions("BOLTON|B2") if made["subsumed"]]
    world.region.withdraw(merge["id"])
    world.settled("BOLTON|B1", "BOLTON|B2")
    assert world.home("20") == world.home("21") == world.region.golden("BOLTON|B2") != world.home("1")
    assert world.orthanc.instances(f"{STUDY}.20") == {str(dcmread(file).SOPInstanceUID) for file in files}


def test_a_reviewers_merge_and_its_undoing(world: World) -> None:
    """V2-48; the split leaves the studies of the others where they are."""
    world.tell(adt("stockport", "A28", "S2", ALIKE))
    world.send("STOCKPORT|S2", "30")
    world.settled("STOCKPORT|S2", "BOLTON|B1")
    assert world.home("30") != world.home("1")
    tasks = [task for task in world.region.tasks("open") if "S2" in (task["one"]["value"], task["other"]["value"])]
    decided = world.region.decide(tasks[0]["id"], "same")
    world.settled("STOCKPORT|S2", "BOLTON|B1")
    assert world.home("30") == world.home("1")
    world.region.undo(decided["id"])
    world.settled("STOCKPORT|S2", "BOLTON|B1")
    assert world.home("30") != world.home("1") == world.home("3")


def test_an_overlay_follows_its_reviewer(world: World) -> None:
    """Decision 17: it waits; when it is accepted the record is somebody else, and so are its images."""
    both = Patient("HARGREAVE", "Winifred", born="19480612", nhs=nhs_number(502))
    world.tell(adt("bolton", "A28", "B7", both), adt("mft", "A28", "M7", both))
    world.send("BOLTON|B7", "70")
    world.send("MFT|M7", "71")
    world.settled("BOLTON|B7", "MFT|M7")
    assert world.home("70") == world.home("71")
    world.tell(adt("bolton", "A08", "B7", OTHER, at="20260302120000"))
    world.settled("BOLTON|B7", "MFT|M7")
    assert world.home("70") == world.home("71")
    world.region.decide(world.task("overlay", "B7"), "accept")
    world.settled("BOLTON|B7", "MFT|M7")
    assert world.home("70") != world.home("71")


def test_ihe_67_an_emergency_patient_is_imaged_before_anybody_knows_who_it_is(world: World) -> None:
    world.send("BOLTON|T1", "40", PatientName="UNKNOWN^MALE", PatientBirthDate=None, PatientSex=None)
    world.settled("BOLTON|T1")
    provisional = world.home("40")
    world.tell(adt("bolton", "A40", "B1", Patient("", ""), prior="T1"))
    world.settled("BOLTON|B1")
    assert provisional != world.home("40") == world.region.golden("BOLTON|T1") == world.home("1")


def test_an_image_that_tells_only_a_retired_golden_id_comes_under_the_present_one(world: World) -> None:
    """Then nobody knows under which id it was acquired: it is not registered, and marked."""
    world.tell(adt("bolton", "A04", "B13", TRAUMA))
    retired = world.region.golden("BOLTON|B13")
    world.tell(adt("bolton", "A40", "B1", Patient("", ""), prior="B13"))
    world.send("BOLTON|B1", "130", PatientID=retired, IssuerOfPatientID=OURS)
    uid = f"{STUDY}.130"
    assert world.home("130") == world.region.golden("BOLTON|B1") != retired
    wait_for(lambda: world.orthanc.mark(uid) == "missing-field", "the study is marked", 20)
    world.orthanc.drop(uid)


def test_the_same_study_again_is_the_same_study(world: World) -> None:
    """Sent again by its trust, under its trust's id; and as the archive itself would send it, golden id and all."""
    before = world.orthanc.instances(f"{STUDY}.3")
    file = world.send("MFT|M1", "3")[0]
    assert statuses(world.orthanc.send("BOLTON_GW", file)) == ["Success"]
    golden = world.orthanc.stored(str(dcmread(file).SOPInstanceUID))
    copy = world.folder / "golden.dcm"
    golden.save_as(copy, enforce_file_format=True)
    assert statuses(world.orthanc.send("ANY_VNA", copy)) == ["Success"]
    world.settled("MFT|M1")
    assert world.orthanc.instances(f"{STUDY}.3") == before | {str(golden.SOPInstanceUID)}
    assert len(world.orthanc.stored(str(golden.SOPInstanceUID)).OriginalAttributesSequence) == 1


def test_images_by_rest_and_stow_are_taken_in_alike(world: World) -> None:
    uploaded = world.orthanc.post("/instances", world.image("BOLTON|B1", "50").read_bytes())
    assert uploaded.json()["Status"] == "Success"
    boundary = b"--edge\r\nContent-Type: application/dicom\r\n\r\n"
    body = boundary + world.image("MFT|M1", "51").read_bytes() + b"\r\n--edge--\r\n"
    kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=edge'}
    assert world.orthanc.post("/dicom-web/studies", body, kind).status_code == 200
    world.settled("BOLTON|B1", "MFT|M1")
    assert world.home("50") == world.home("51") == world.home("1")


@pytest.mark.parametrize(
    ("study", "said", "sender", "reason"),
    [
        ("60", {"IssuerOfPatientID": None}, "NOBODY_GW", "unknown-authority"),
        ("61", {"IssuerOfPatientID": "NOWHERE"}, "BOLTON_GW", "unknown-authority"),
        ("62", {"PatientID": ""}, "BOLTON_GW", "missing-field"),
        ("63", {"PatientID": "9990000018", "IssuerOfPatientID": "NHS"}, "BOLTON_GW", "not-found"),
    ],
)
def test_ihe_60_whom_nobody_knows_is_kept_under_the_local_id_and_marked(
    world: World, study: str, said: dict[str, str], sender: str, reason: str
) -> None:
    file = world.image("BOLTON|B1", study, **said)
    assert statuses(world.orthanc.send(sender, file)) == ["Success"]
    uid = f"{STUDY}.{study}"
    wait_for(lambda: world.orthanc.mark(uid) == reason, "the study is marked", 20)
    issuer = said.get("IssuerOfPatientID", "RMC") or ""
    assert world.orthanc.studies()[uid] == (said.get("PatientID", "B1"), issuer)
    assert world.orthanc.stored(str(dcmread(file).SOPInstanceUID)) == dcmread(file)
    assert world.orthanc.waiting("unresolved")[reason] >= 1
    assert uid not in world.region.history("BOLTON|B1")
    world.orthanc.drop(uid)


def test_a_study_of_two_patients_stays_under_the_first_and_is_marked(world: World) -> None:
    world.send("BOLTON|B1", "80")
    world.settled("BOLTON|B1")
    uid = f"{STUDY}.80"
    world.tell(adt("mft", "A28", "M8", OTHER))
    world.send("MFT|M8", "80", SeriesInstanceUID=f"{STUDY}.80.2")
    wait_for(lambda: world.orthanc.waiting("unresolved").get("conflict"), "the second is marked", 20)
    assert uid in world.region.history("BOLTON|B1")
    assert uid not in world.region.history("MFT|M8")
    world.orthanc.drop(uid, patient_id=world.region.golden("MFT|M8"))
    world.settled("BOLTON|B1")


def test_an_event_is_believed_by_its_signature_and_may_come_twice(world: World) -> None:
    event = {
        "id": 1,
        "type": "record-moved",
        "old_golden_ids": [world.region.golden("BOLTON|B2")],
        "new_golden_ids": [world.region.golden("BOLTON|B1")],
        "identifiers": [{"authority": "BOLTON", "value": "B2"}],
        "studies": [f"{STUDY}.20"],
    }
    body = json.dumps(event).encode()
    before = world.orthanc.studies()
    assert world.orthanc.post("/mpi/events", body).status_code == 403
    assert world.orthanc.post("/mpi/events", body, {"X-MPI-Signature": sign("another", body)}).status_code == 403
    for _ in range(2):  # of the past, too: what counts is what the index says now
        assert world.orthanc.post("/mpi/events", body, {"X-MPI-Signature": sign(SECRET, body)}).status_code == 200
    world.settled("BOLTON|B1", "BOLTON|B2")
    assert world.orthanc.studies() == before
    odd = b"[]"
    assert world.orthanc.post("/mpi/events", odd, {"X-MPI-Signature": sign(SECRET, odd)}).status_code == 400


def test_killed_while_it_moves_it_loses_nothing(world: World) -> None:
    world.tell(adt("bolton", "A04", "B9", TRAUMA))
    files = world.send("BOLTON|B9", "90", images=30)
    world.settled("BOLTON|B9")
    before = world.orthanc.placed()
    world.tell(adt("bolton", "A40", "B1", Patient("", ""), prior="B9"))
    wait_for(lambda: world.orthanc.placed() != before, "the move has begun")
    world.orthanc.kill()
    world.orthanc.start()
    world.settled("BOLTON|B1")
    assert world.home("90") == world.home("1")
    assert world.orthanc.instances(f"{STUDY}.90") == {str(dcmread(file).SOPInstanceUID) for file in files}


def test_while_the_index_is_away_the_sender_keeps_its_images(world: World) -> None:
    """Promise 7 by the setting "refuse": 0xA700, and sending again succeeds; what is stored stays readable."""
    world.tell(adt("bolton", "A28", "B100", TRAUMA))
    file = world.image("BOLTON|B100", "100")
    before = world.orthanc.studies()
    world.service.stop()
    assert statuses(world.orthanc.send("BOLTON_GW", file)) == ["Refused: OutOfResources"]
    unnamed = world.image("STOCKPORT|S100", "101", IssuerOfPatientID=None)
    assert statuses(world.orthanc.send("STOCKPORT_GW", unnamed)) == ["Refused: OutOfResources"]
    assert world.orthanc.studies() == before
    assert world.orthanc.post("/mpi/reconcile").status_code == 503
    world.service.start()
    wait_for(lambda: statuses(world.orthanc.send("BOLTON_GW", file)) == ["Success"], "it is stored", 20)
    assert statuses(world.orthanc.send("STOCKPORT_GW", unnamed)) == ["Success"]
    world.settled("BOLTON|B100", "STOCKPORT|S100")
    assert world.home("100") == world.region.golden("BOLTON|B100")
    assert world.home("101") == world.region.golden("STOCKPORT|S100")


def test_by_the_other_setting_images_are_kept_and_wait(world: World) -> None:
    """Promise 7 by the setting "store": under the local id until the index is back, though Orthanc is killed."""
    world.orthanc.stop()
    world.orthanc.start(WhenDown="store")
    world.service.stop()
    world.send("BOLTON|B1", "110", images=2)
    world.send("STOCKPORT|S1", "111", IssuerOfPatientID=None)
    assert world.orthanc.studies()[f"{STUDY}.110"] == ("B1", "RMC")
    assert sum(world.orthanc.waiting().values()) == 2
    world.orthanc.kill()
    world.orthanc.start()
    assert sum(world.orthanc.waiting().values()) == 2
    world.service.start()
    world.settled("BOLTON|B1")
    assert world.home("110") == world.home("111") == world.home("1")
    assert len(world.orthanc.instances(f"{STUDY}.110")) == 2


def test_a_comparison_puts_right_what_no_event_told(world: World, database: str) -> None:
    """The plugin hears of nothing; then it compares. The counts prove that archive and index agree."""
    world.orthanc.stop()
    world.orthanc.start(WebhookSecret="")
    world.tell(adt("bolton", "A28", "B12", TRAUMA))
    world.send("BOLTON|B12", "120")
    wait_for(lambda: not world.orthanc.waiting() and world.agree("BOLTON|B12"), "they agree", 20)
    world.tell(adt("bolton", "A40", "B1", Patient("", ""), prior="B12"))
    world.region.register_study("BOLTON|B1", f"{STUDY}.129")
    forget(database, f"{STUDY}.2")
    first = world.orthanc.reconcile()
    assert (first["moved"], first["registered"], first["unresolved"]) == (1, 1, {})
    assert first["missing_studies"] == [f"{STUDY}.129"]
    again = world.orthanc.reconcile()
    assert again["studies"] == again["agreeing"] == len(world.orthanc.studies())
    assert (again["moved"], again["registered"], again["missing"]) == (0, 0, 1)
    assert world.held("BOLTON|B1") == world.region.history("BOLTON|B1") - {f"{STUDY}.129"}


def test_no_log_line_tells_who_a_patient_is(world: World) -> None:
    told = world.orthanc.log.read_text()
    assert "Master patient index" in told
    assert not [name for name in ("BRAMHALL", "ZULU", "TESTPERSON") if name in told]


def forget(url: str, study_uid: str) -> None:
    """As if the index had never heard of a study."""
    with reading(url) as connection:
        connection.execute("delete from study where study_uid = %s", [study_uid])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"WhenDown": "guess"}, 'needs "WhenDown"'),
        ({"Url": "mpi.example"}, "which is no address"),
        ({"Adress": "x"}, 'has "Adress", which means nothing here'),
    ],
)
def test_with_a_bad_configuration_orthanc_does_not_start(
    tmp_path: Path, change: dict[str, str], sentence: str
) -> None:
    orthanc = Orthanc(tmp_path, **{"Url": "http://127.0.0.1:1", "Token": "t"} | change)
    with archiving(orthanc):
        assert not orthanc.launch()
    assert sentence in orthanc.log.read_text()

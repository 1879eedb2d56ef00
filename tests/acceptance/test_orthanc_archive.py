"""Orthanc follows the index: whatever is said of the patients, QIDO and our history agree, study for study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.conftest import StartService
from tests.acceptance.dicom_senders import statuses, write_image
from tests.acceptance.orthanc_process import OURS, Orthanc, archiving
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service, wait_for
from tests.acceptance.webhook_listener import SECRET
from tests.unit.dicom.dicom_builders import STUDY

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
        sent = self.orthanc.send(SENDERS[identifier.split("|")[0]][0], *files)
        assert statuses(sent) == ["Success"] * images, sent
        return files

    def home(self, study: str) -> str:
        """The golden id under which QIDO has a study, "" under none."""
        return self.orthanc.homes().get(f"{STUDY}.{study}", "")

    def agree(self, *identifiers: str) -> bool:
        """QIDO by golden id gives what our history gives, for each of these."""
        return all(self.held(identifier) == self.region.history(identifier) for identifier in identifiers)

    def held(self, identifier: str) -> set[str]:
        """What QIDO has under the golden id of an identifier."""
        golden_id = self.region.golden(identifier)
        return {uid for uid, home in self.orthanc.homes().items() if home == golden_id}

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
def service(new_database: Callable[[], str], start_service: StartService) -> Service:
    return start_service(database_url=new_database())


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

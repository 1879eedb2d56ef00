"""A real archive with a limit of its own is back-loaded to its last study, by C-FIND and QIDO-RS (IHE-62, IHE-63)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest

from mpi.errors import Unavailable
from mpi.main.harvest import Days, harvesting
from mpi.settings import load_settings
from tests.acceptance.dicom_senders import write_image
from tests.acceptance.index_state import count
from tests.acceptance.orthanc_process import PLUGINS, free_port, orthanc_program
from tests.acceptance.service_process import wait_for
from tests.unit.dicom.dicom_builders import STUDY

pytestmark = pytest.mark.timeout(240)
DAY = date(2024, 3, 1)
LIMIT, STUDIES, UNDATED = 60, 130, 2  # Orthanc tells 61 of a search, and of QIDO-RS nothing says that there are more


@dataclass(frozen=True)
class Archive:
    """An Orthanc without our plugin: its peers for C-FIND and QIDO-RS."""

    find: str
    web: str


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("orthanc")
    http, dicom = free_port(), free_port()
    configuration = {
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": "GM_VNA",
        "DicomAlwaysAllowFind": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "LimitFindResults": LIMIT,
        "Plugins": [str(PLUGINS / "libOrthancDicomWeb.so")],
        "DicomWeb": {"Enable": True},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([orthanc_program(), str(folder / "orthanc.json")], stdout=log, stderr=log)
    client = httpx.Client(base_url=f"http://127.0.0.1:{http}", trust_env=False, timeout=30)
    try:
        wait_for(lambda: _serves(client), "Orthanc serves")
        for number in range(STUDIES):
            when = (
                {"StudyTime": f"{number % 24:02d}1500"} if number >= UNDATED else {"StudyDate": "", "StudyTime": ""}
            )
            told = {"PatientID": f"P{number}", "StudyInstanceUID": f"{STUDY}.{number}"}
            image = write_image(folder, number, SeriesInstanceUID=f"{STUDY}.{number}.1", **(told | when))
            assert client.post("/instances", content=image.read_bytes()).is_success
        yield Archive(f"GM_VNA@127.0.0.1:{dicom}", f"http://127.0.0.1:{http}/dicom-web")
    finally:
        client.close()
        process.terminate()
        process.wait(30)


def _serves(client: httpx.Client) -> bool:
    try:
        return client.get("/system").is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("how", ["find", "web"])
def test_every_study_behind_the_limit_is_found(
    archive: Archive, how: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And studies without a date are not said to have been found behind it."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings(database_url=database_url)
    days = harvesting(settings, "gm-vna", getattr(archive, how), Days(DAY, DAY, True), tmp_path / "done", 0)
    day = next(days)
    dated = STUDIES - UNDATED
    assert (day.listed, day.registered, day.new, day.quarantined) == (dated, dated, dated, 0)
    assert day.parts > 1
    assert count(database_url, "select count(*) from study") == dated
    issuers = "select count(*) from study s join source_record r on r.id = s.record_id where r.authority = 'BOLTON'"
    assert count(database_url, issuers) == dated
    with pytest.raises(Unavailable):
        next(days)
    assert len((tmp_path / "done").read_text().splitlines()) == 1

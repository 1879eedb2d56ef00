"""A real Orthanc with many tiny studies of one day: what it allows by itself whoever back-loads from it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path

import httpx
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

_WEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_PATIENCE = 60.0  # seconds for it to come up


@contextmanager
def orthanc(folder: Path, day: date, count: int) -> Iterator[str]:
    """One that holds `count` studies of a day with one image each; the address of its DICOMweb. Stopped at exit.
    Raises SystemExit when it is not installed."""
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
    if program is None or not _WEB.exists():
        raise SystemExit("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb")
    store, port = folder / "orthanc", _free_port()
    store.mkdir()
    configuration = {
        "StorageDirectory": str(store),
        "IndexDirectory": str(store),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(_WEB)],
        "DicomWeb": {"Enable": True},
    }
    (store / "orthanc.json").write_text(json.dumps(configuration))
    with (store / "log").open("wb") as log:
        process = subprocess.Popen([program, str(store / "orthanc.json")], stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            _await(client, process)
            for number in range(count):
                client.post("/instances", content=_image(day, number)).raise_for_status()
        yield f"http://127.0.0.1:{port}/dicom-web"
    finally:
        process.terminate()
        process.wait(30)


def listed(address: str, day: date, page: int = 500) -> int:
    """How many studies of the day it tells whoever asks for no attribute beyond those that it always tells."""
    count = 0
    with httpx.Client(trust_env=False, timeout=60) as client:
        while True:
            asked = {"StudyDate": f"{day:%Y%m%d}", "limit": str(page), "offset": str(count)}
            told = client.get(f"{address}/studies", params=asked)
            told.raise_for_status()
            found = len(told.json()) if told.content else 0
            count += found
            if found < page:
                return count


def _image(day: date, number: int) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = _SECONDARY_CAPTURE
    dataset.StudyInstanceUID = f"2.25.{10**12 + number}"
    dataset.SeriesInstanceUID = f"{dataset.StudyInstanceUID}.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = f"{dataset.StudyInstanceUID}.1.1"
    dataset.PatientID, dataset.IssuerOfPatientID = f"P{number:07d}", "RMC"
    dataset.PatientName, dataset.PatientBirthDate = f"BENCH^{number}", "19540307"
    dataset.StudyDate, second = f"{day:%Y%m%d}", number * 7 % 86_400
    dataset.StudyTime = f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
    dataset.Modality, dataset.AccessionNumber = "OT", f"B{number:07d}"
    content = BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/system").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise SystemExit("Orthanc did not start")

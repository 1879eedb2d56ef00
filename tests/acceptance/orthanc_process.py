"""Orthanc with the plugin, as an archive runs it: a process of its own, real ports, stopped by pid."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import Dataset, dcmread

from tests.acceptance.dicom_senders import program
from tests.acceptance.service_process import wait_for
from tests.acceptance.webhook_listener import SECRET

SCRIPT = Path(__file__).parents[2] / "integrations" / "orthanc" / "master_patient_index.py"
PLUGINS = Path("/usr/share/orthanc/plugins")
OURS = "GMMPI"


def orthanc_program() -> str:
    """The path of Orthanc with its plugins; the test is skipped without them, which fails in CI."""
    found = shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
    missing = [name for name in ("Python", "DicomWeb") if not (PLUGINS / f"libOrthanc{name}.so").exists()]
    if found is None or missing:
        pytest.skip("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb orthanc-python dcmtk")
    return found


def free_port() -> int:
    """A port that was free a moment ago; Orthanc cannot be told to choose one."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Orthanc:
    """One Orthanc; may be stopped, killed and started again, with other settings of the plugin."""

    def __init__(self, folder: Path, **section: object) -> None:
        self.folder = folder
        self.section: dict[str, object] = {
            "Archive": "gm-vna",
            "Issuer": OURS,
            "WhenDown": "refuse",
            "Timeout": 5,
            "RetrySeconds": 0.2,
            "ReconcileAt": "",
            "WebhookSecret": SECRET,
        } | section
        self.http_port, self.dicom_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    @property
    def url(self) -> str:
        """Where it serves HTTP."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> Path:
        """Everything that every start wrote."""
        return self.folder / "orthanc.log"

    def start(self, **section: object) -> None:
        """Start, and return when it serves."""
        assert self.launch(**section), self.log.read_text()[-3000:]

    def launch(self, **section: object) -> bool:
        """Start; whether it serves, False when it has ended by itself."""
        self.section |= section
        (self.folder / "store").mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "orthanc.json"
        configuration.write_text(json.dumps(self._configuration()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [orthanc_program(), str(configuration)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self._ended() or self._serves(), "Orthanc serves")
        return not self._ended()

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and kill when that is not enough."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON of a GET."""
        answer = self._client.get(path, params=parameters)
        assert answer.is_success, f"{answer.status_code}: {answer.text}"
        return answer.json()

    def post(self, path: str, content: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
        """POST."""
        return self._client.post(path, content=content, headers=headers)

    def send(self, ae_title: str, *files: Path) -> subprocess.CompletedProcess[str]:
        """C-STORE by storescu in one association."""
        command = [program("storescu"), "-v", "-aet", ae_title, "-aec", "GM_VNA", "127.0.0.1", str(self.dicom_port)]
        return subprocess.run([*command, *map(str, files)], capture_output=True, text=True, timeout=120, check=False)

    def placed(self) -> list[tuple[str, tuple[str, str]]]:
        """By QIDO: of each study the Patient ID and its issuer; twice of one that is being moved."""
        told = self.get("/dicom-web/studies", includefield="00100021")
        return sorted((_text(one, "0020000D"), (_text(one, "00100020"), _text(one, "00100021"))) for one in told)

    def studies(self) -> dict[str, tuple[str, str]]:
        """As `placed`. A study under two patients fails."""
        placed = self.placed()
        found = dict(placed)
        assert len(found) == len(placed), "a study is under two patients"
        return found

    def homes(self) -> dict[str, str]:
        """By QIDO: the golden id of each study that is under one."""
        return {uid: value for uid, (value, issuer) in self.studies().items() if issuer == OURS}

    def places(self, study_uid: str) -> list[str]:
        """Orthanc's ids of a study: one, but for a moment."""
        query = {"Level": "Study", "Query": {"StudyInstanceUID": study_uid}}
        return list(self.post("/tools/find", json.dumps(query).encode()).json())

    def instances(self, study_uid: str) -> set[str]:
        """The SOP Instance UIDs of a study. An image that is there twice fails."""
        found = [
            one["MainDicomTags"]["SOPInstanceUID"]
            for place in self.places(study_uid)
            for one in self.get(f"/studies/{place}/instances")
        ]
        assert len(found) == len(set(found)), "an image is there twice"
        return set(found)

    def stored(self, sop_instance_uid: str) -> Dataset:
        """An image as it is stored."""
        query = {"Level": "Instance", "Query": {"SOPInstanceUID": sop_instance_uid}}
        (instance,) = self.post("/tools/find", json.dumps(query).encode()).json()
        return dcmread(BytesIO(self._client.get(f"/instances/{instance}/file").content))

    def mark(self, study_uid: str) -> str:
        """Why nobody knows whose a study is, as noted at it; "" when nothing is."""
        (place,) = self.places(study_uid)
        answer = self._client.get(f"/studies/{place}/metadata/4210")
        return answer.text if answer.is_success else ""

    def drop(self, study_uid: str, patient_id: str = "") -> None:
        """Delete a study, of one patient when it is said."""
        for place in self.places(study_uid):
            if patient_id in ("", self.get(f"/studies/{place}")["PatientMainDicomTags"]["PatientID"]):
                assert self._client.delete(f"/studies/{place}").is_success

    def waiting(self, whom: str = "waiting") -> dict[str, int]:
        """How many studies wait for the index ("unresolved": for somebody to act), by reason."""
        return dict(self.get("/mpi/status")[whom])

    def reconcile(self) -> dict[str, Any]:
        """Compare archive and index; the counts."""
        answer = self.post("/mpi/reconcile")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def _configuration(self) -> dict[str, object]:
        return {
            "Name": "acceptance",
            "StorageDirectory": str(self.folder / "store"),
            "IndexDirectory": str(self.folder / "store"),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": "GM_VNA",
            "DicomAlwaysAllowStore": True,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "OverwriteInstances": True,
            "StableAge": 1,
            "Plugins": [str(PLUGINS / "libOrthancPython.so"), str(PLUGINS / "libOrthancDicomWeb.so")],
            "PythonScript": str(SCRIPT),
            "MasterPatientIndex": self.section,
        }

    def _ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

    def _serves(self) -> bool:
        try:
            return self._client.get("/system", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def archiving(orthanc: Orthanc) -> Iterator[Orthanc]:
    """`orthanc`, stopped at the end."""
    try:
        yield orthanc
    finally:
        orthanc.stop()


def _text(study: dict[str, Any], tag: str) -> str:
    return "".join((study.get(tag) or {}).get("Value") or [""])

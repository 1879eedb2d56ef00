"""Moving images: whenever it is interrupted nothing is lost, and doing it again ends it.

An Orthanc on paper, which can stop at any of its answers as a crash does; the acceptance tests kill the real one.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread

from mpi_orthanc.archive import Archive
from mpi_orthanc.failures import Gone, Refusal
from mpi_orthanc.reconcile import Reconcile
from mpi_orthanc.resolver import Resolver
from mpi_orthanc.settle import Settler
from tests.unit.dicom.dicom_builders import STUDY, header
from tests.unit.orthanc.plugin_builders import GOLDEN, OTHER, OURS, PaperIndex, tags_of
from tests.unit.orthanc.test_orthanc_coercion import file_of


class Crash(BaseException):
    """The process ends here."""


class PaperOrthanc:
    """Instances by Orthanc's id, which depends on Patient ID and UIDs. `crash_after` answers it ends."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.marks: dict[str, str] = {}
        self.crash_after = -1

    def put_image(self, content: bytes) -> str:
        dataset = dcmread(BytesIO(content))
        key = f"{dataset.PatientID}~{dataset.StudyInstanceUID}~{dataset.SeriesInstanceUID}~{dataset.SOPInstanceUID}"
        self.files[key] = content
        return key

    def get(self, path: str) -> bytes:
        self._step()
        _, kind, *rest = path.split("/")
        if kind == "studies" and not rest:
            return json.dumps(sorted({self._up(key, 2) for key in self.files})).encode()
        if kind == "studies" and rest[1:] == ["metadata"]:
            return json.dumps(["4210"] if rest[0] in self.marks else []).encode()
        if kind == "instances":
            return self._instance(rest[0], rest[1])
        below = sorted({key for key in self.files if key.startswith(rest[0] + "~")})
        if not below:
            raise Gone
        if kind == "series":
            return json.dumps({"Instances": below}).encode()
        patient, uid = rest[0].split("~")
        series = sorted({self._up(key, 3) for key in below})
        study = {"MainDicomTags": {"StudyInstanceUID": uid}, "PatientMainDicomTags": {"PatientID": patient}}
        return json.dumps(study | {"Series": series}).encode()

    def post(self, path: str, body: bytes) -> bytes:
        self._step()
        if path == "/instances":
            return json.dumps({"ID": self.put_image(body)}).encode()
        ((tag, value),) = json.loads(body)["Query"].items()
        at = {"PatientID": 0, "StudyInstanceUID": 1}[tag]
        return json.dumps(sorted({self._up(k, 2) for k in self.files if k.split("~")[at] == value})).encode()

    def put(self, path: str, body: bytes) -> None:
        self._step()
        self.marks[path.split("/")[2]] = body.decode()

    def delete(self, path: str) -> None:
        self._step()
        key = path.split("/")[2]
        if (self.marks if "metadata" in path else self.files).pop(key, None) is None:
            raise Gone

    def patients(self) -> set[str]:
        return {key.split("~")[0] for key in self.files}

    def _instance(self, key: str, what: str) -> bytes:
        if key not in self.files:
            raise Gone
        content = self.files[key]
        return content if what == "file" else json.dumps(tags_of(dcmread(BytesIO(content)))).encode()

    def _up(self, key: str, parts: int) -> str:
        return "~".join(key.split("~")[:parts])

    def _step(self) -> None:
        if self.crash_after == 0:
            raise Crash
        self.crash_after -= 1


class Registry(PaperIndex):
    """The paper index, with the studies registered in it."""

    def __init__(self) -> None:
        super().__init__()
        self.registered: dict[str, tuple[str, str]] = {}

    def register(self, study: dict[str, Any]) -> str:
        patient = (study["issuer"], study["patient_id"])
        if self.registered.setdefault(study["study_uid"], patient) != patient:
            raise Refusal("conflict")
        return self.home(study["study_uid"])

    def home(self, study_uid: str) -> str:
        patient = self.registered.get(study_uid)
        return str(self.people.get("|".join(patient), self.golden)) if patient else ""

    def studies(self, archive: str) -> list[tuple[str, str]]:
        return [(uid, self.home(uid)) for uid in self.registered]


class House:
    def __init__(self) -> None:
        self.orthanc, self.index = PaperOrthanc(), Registry()
        self.renew()

    def renew(self) -> None:
        """A new process."""
        archive = Archive(self.orthanc, OURS, 4210)
        self.resolver = resolver = Resolver(self.index, "gm-vna", OURS, 60)
        self.settler = Settler(archive, resolver, self.index, "gm-vna")
        self.reconcile = Reconcile(archive, resolver, self.index, self.settler, "gm-vna")

    def store(self, number: int, **overrides: Any) -> None:
        dataset = header(SeriesInstanceUID=f"1.2.{number % 2}", **overrides)
        content = file_of(dataset)
        again = dcmread(BytesIO(content))
        again.SOPInstanceUID = again.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        buffer = BytesIO()
        again.save_as(buffer, enforce_file_format=True)
        self.orthanc.put_image(buffer.getvalue())

    def images(self) -> set[str]:
        return {key.split("~")[3] for key in self.orthanc.files}


@given(st.lists(st.integers(0, 60), max_size=4), st.lists(st.sampled_from([GOLDEN, OTHER]), min_size=1, max_size=3))
def test_whenever_it_ends_no_image_is_lost_and_the_next_finishes(crashes: list[int], golden: list[Any]) -> None:
    house = House()
    for number in range(4):
        house.store(number)
    everything = house.images()
    for golden_id in golden:
        house.index.golden = golden_id
        for steps in crashes:
            house.orthanc.crash_after = steps
            house.renew()
            try:
                house.settler.settle(STUDY)
            except Crash:
                assert house.images() == everything
        house.orthanc.crash_after = -1
        house.renew()
        house.settler.settle(STUDY)
        assert house.images() == everything
        assert len(house.orthanc.files) == len(everything)
        assert house.orthanc.patients() == {str(golden_id)}
        before = dict(house.orthanc.files)
        house.settler.settle(STUDY)
        assert house.orthanc.files == before


def test_a_split_parts_the_studies_of_two_records_under_one_golden_id() -> None:
    house = House()
    house.store(1)
    house.store(2, PatientID="B2", StudyInstanceUID=f"{STUDY}.2")
    house.reconcile.run()
    assert house.orthanc.patients() == {str(GOLDEN)}
    house.index.people["BOLTON|B2"] = OTHER
    counts = house.reconcile.run().told()
    assert (counts["moved"], counts["agreeing"]) == (1, 1)
    assert {key.split("~")[1]: key.split("~")[0] for key in house.orthanc.files} == {
        STUDY: str(GOLDEN),
        f"{STUDY}.2": str(OTHER),
    }


def test_the_counts_of_a_comparison_add_up() -> None:
    house = House()
    house.store(1)
    house.store(2, IssuerOfPatientID="NOWHERE", StudyInstanceUID=f"{STUDY}.2")
    house.index.registered |= {f"{STUDY}.3": ("BOLTON", "0001027"), f"{STUDY}.4": ("BOLTON", "B4")}
    house.store(4, StudyInstanceUID=f"{STUDY}.4")
    house.index.people["BOLTON|B4"] = OTHER
    told = house.reconcile.run().told()
    assert told == {
        "studies": 3,
        "agreeing": 0,
        "moved": 2,
        "registered": 1,
        "deleted_meanwhile": 0,
        "unresolved": {"conflict": 1, "unknown-authority": 1},
        "missing": 1,
        "missing_studies": [f"{STUDY}.3"],
    }
    assert set(house.orthanc.marks.values()) == {"conflict", "unknown-authority"}
    again = house.reconcile.run().told()
    assert (again["agreeing"], again["moved"], again["registered"]) == (1, 0, 0)


@pytest.mark.parametrize("value", ["*", "00?1", "1\\2"])
def test_a_value_that_would_mean_other_patients_too_is_not_looked_for(value: str) -> None:
    house = House()
    house.store(1)
    assert Archive(house.orthanc, OURS, 4210).find("PatientID", [value]) == []

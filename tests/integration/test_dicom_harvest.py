"""An archive's studies are back-loaded by C-FIND: resumed, not doubled, and counted to the last (IHE-60, IHE-62)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from adapters.dicom.harvest import Day
from mpi.errors import SettingsError, Unavailable
from mpi.main.harvest import Days, harvesting
from mpi.settings import Settings, load_settings
from tests.acceptance.index_state import count, rows
from tests.acceptance.service_process import mpi
from tests.unit.dicom.dicom_builders import STUDY, header

FIRST, LAST = date(2024, 3, 1), date(2024, 3, 3)


class StubArchive:
    """Answers C-FIND at STUDY level by day and time; `fails` is a day at whose second study it fails, and `most` the
    number of studies after which it ends with `ends`."""

    def __init__(self) -> None:
        self.studies: list[Dataset] = []
        self.asked: list[Dataset] = []
        self.fails = ""
        self.most, self.ends = 1000, 0xA700
        entity = AE("GM_VNA")
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        self.server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, self._find)])
        self.peer = f"GM_VNA@127.0.0.1:{self.server.server_address[1]}"

    def _find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        query = event.identifier
        self.asked.append(query)
        for number, study in enumerate(s for s in self.studies if self._is_asked(s, query)):
            if number and query.StudyDate and query.StudyDate == self.fails:
                yield 0xC001, None
                return
            if number == self.most:
                yield self.ends, None
                return
            answer = Dataset()
            for element in query:
                if element.tag in study:
                    answer[element.tag] = study[element.tag]
            answer.QueryRetrieveLevel = "STUDY"
            yield 0xFF00, answer

    def _is_asked(self, study: Dataset, query: Dataset) -> bool:
        first, _, last = (query.StudyTime or "").partition("-")
        on_day = query.StudyDate in ("", None, study.StudyDate)
        return on_day and (not first or first <= (study.StudyTime or "") <= last)

    def add(self, number: int, day: date, **overrides: str | None) -> None:
        told = {"PatientID": f"P{number}", "StudyInstanceUID": f"{STUDY}.{number}", "StudyDate": f"{day:%Y%m%d}"}
        self.studies.append(header(**(told | {"PatientName": f"FAMILY{chr(65 + number)}^GIVEN"} | overrides)))


@pytest.fixture
def archive() -> Iterator[StubArchive]:
    stub = StubArchive()
    for number in range(6):
        stub.add(number, date(2024, 3, 1 + number // 3))
    yield stub
    stub.server.shutdown()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load_settings(database_url=database_url)


def run(
    settings: Settings, archive: StubArchive, progress: Path, name: str = "gm-vna", *, undated: bool = False
) -> list[Day]:
    return list(harvesting(settings, name, archive.peer, Days(FIRST, LAST, undated), progress, rate=0))


def test_every_study_once_and_the_counts_add_up(settings: Settings, archive: StubArchive, tmp_path: Path) -> None:
    archive.add(6, LAST, IssuerOfPatientID=None)
    archive.add(7, LAST, PatientBirthDate="")
    archive.add(8, LAST, PatientSex="WOMAN")
    archive.add(0, LAST, PatientID="P1")  # the first study again, under another patient
    days = run(settings, archive, tmp_path / "progress")
    counts = [(d.listed, d.registered, d.new, d.quarantined, d.flawed) for d in days]
    assert counts == [(3, 3, 3, 0, 0), (3, 3, 3, 0, 0), (4, 2, 2, 3, 1)]
    assert all(day.listed == day.registered + day.quarantined - day.flawed for day in days)
    assert count(settings.database_url, "select count(*) from study") == sum(day.new for day in days)
    faults = rows(settings.database_url, "select fault, event from message order by fault")
    assert faults == [(fault, "C-FIND") for fault in ("bad-value", "conflict", "unknown-authority")]
    assert {query.QueryRetrieveLevel for query in archive.asked} == {"STUDY"}
    assert all("IssuerOfPatientID" in query and "OtherPatientIDsSequence" in query for query in archive.asked)


def test_it_goes_on_where_it_stopped(settings: Settings, archive: StubArchive, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    archive.fails = "20240302"
    with pytest.raises(Unavailable, match="0xC001"):
        run(settings, archive, progress)
    assert [json.loads(line)["day"] for line in progress.read_text().splitlines()] == ["2024-03-01"]
    with progress.open("a") as file:
        file.write('{"archive": "gm-')  # killed while it wrote
    archive.fails = ""
    archive.asked.clear()
    days = run(settings, archive, progress)
    assert [(day.day.day, day.listed, day.new) for day in days] == [(2, 3, 3), (3, 0, 0)]
    assert len(archive.asked) == 2
    assert run(settings, archive, progress) == []
    assert count(settings.database_url, "select count(*) from study") == 6


@pytest.mark.parametrize("status", [0xA700, 0xFE00])
def test_a_day_too_large_for_the_archive_is_read_in_parts(
    settings: Settings, archive: StubArchive, tmp_path: Path, status: int
) -> None:
    """PS3.4 C.4.1: out of resources, or ended by an archive that has a limit. The parts overlap nowhere."""
    archive.studies.clear()
    for number in range(9):
        archive.add(number, FIRST, StudyTime=f"{number + 8:02d}1500.5")
    archive.most, archive.ends = 2, status
    days = run(settings, archive, tmp_path / "progress")
    assert [(day.listed, day.registered, day.new) for day in days] == [(9, 9, 9), (0, 0, 0), (0, 0, 0)]
    assert days[0].parts > 4
    assert "parts, which leave out studies without a time" in str(days[0])
    assert all(query.QueryRetrieveLevel == "STUDY" for query in archive.asked)


def test_a_moment_with_too_many_studies_is_told(settings: Settings, archive: StubArchive, tmp_path: Path) -> None:
    archive.most = 2  # all three of a day are of one second
    with pytest.raises(Unavailable, match=r"0xA700 .* cannot be split further"):
        run(settings, archive, tmp_path / "progress")


def test_studies_without_a_date_are_found_and_counted(
    settings: Settings, archive: StubArchive, tmp_path: Path
) -> None:
    archive.add(6, FIRST, StudyDate="")
    archive.add(7, FIRST, StudyDate="", IssuerOfPatientID=None)
    *dated, undated = run(settings, archive, tmp_path / "progress", undated=True)
    assert [day.listed for day in dated] == [3, 3, 0]
    told = (undated.day, undated.looked, undated.listed, undated.registered, undated.new, undated.quarantined)
    assert told == (None, 8, 2, 1, 1, 1)
    assert str(undated).startswith("without a date, of 8: 2 studies listed")
    assert run(settings, archive, tmp_path / "progress", undated=True) == []
    assert count(settings.database_url, "select count(*) from study where started_at is null") == 1


def test_what_cannot_be_is_told_before_anything_is_asked(
    settings: Settings, archive: StubArchive, tmp_path: Path
) -> None:
    progress = tmp_path / "progress"
    run(settings, archive, progress)
    archive.asked.clear()
    with pytest.raises(SettingsError, match="write one of gm-vna"):
        run(settings, archive, progress, "vna")
    progress.write_text("something else\n")
    with pytest.raises(SettingsError, match="progress:1: is no line"):
        run(settings, archive, progress)
    progress.write_text('{"archive": "other", "day": "2024-03-01", "listed": 1}\n')
    with pytest.raises(SettingsError, match="is the progress of archive other"):
        run(settings, archive, progress)
    archive.peer = "127.0.0.1:4242"
    with pytest.raises(SettingsError, match="AETITLE@host:port"):
        run(settings, archive, tmp_path / "new")
    assert archive.asked == []


def test_an_archive_that_is_away_is_told(settings: Settings, archive: StubArchive, tmp_path: Path) -> None:
    archive.peer = "GM_VNA@127.0.0.1:1"
    with pytest.raises(Unavailable, match="GM_VNA at 127"):
        run(settings, archive, tmp_path / "progress")


def test_the_command(settings: Settings, archive: StubArchive, tmp_path: Path) -> None:
    archive.add(6, FIRST, IssuerOfPatientID="NOWHERE")
    days = ("--since", "2024-03-01", "--until", "2024-03-02", "--rate", "1000")
    arguments = ("harvest", "gm-vna", "--peer", archive.peer, "--progress", "done", *days)
    first = mpi(*arguments, cwd=tmp_path, database_url=settings.database_url)
    assert first.returncode == 1, first.stderr
    assert "2024-03-01: 4 studies listed, 3 registered (3 new), 1 in quarantine" in first.stderr
    assert "2024-03-02: 3 studies listed, 3 registered (3 new), 0 in quarantine" in first.stderr
    again = mpi(*arguments, cwd=tmp_path, database_url=settings.database_url)
    assert (again.returncode, again.stderr) == (0, "")
    listed = mpi("quarantine", cwd=tmp_path, database_url=settings.database_url)
    assert f"GM_VNA  C-FIND {STUDY}.6  unknown-authority at (0010,0021)" in listed.stdout

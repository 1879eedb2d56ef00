"""Files of messages from a folder: put away with their answers, and taken again after whatever happens (V2-19)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.hl7v2 import batch
from adapters.hl7v2.files import FileLoader, Stopped
from adapters.hl7v2.folder import Folder
from mpi.domain.commands import Envelope, Receipt
from mpi.errors import Fault, Unavailable
from tests.unit.hl7v2.wire_builders import BOLTON, RecordingIntake, fields, message, pid, receiver


def file_of(*wires: bytes, count: int | None = None) -> bytes:
    told = len(wires) if count is None else count
    head = b"FHS|^~\\&|PAS|RMC|MPI|GM|||||F1\rBHS|^~\\&|PAS|RMC|MPI|GM|||||B1\r"
    return head + b"".join(wires) + b"BTS|%d\rFTS|1\r" % told


def loader(intake: RecordingIntake, **options: object) -> FileLoader:
    return FileLoader(receiver(intake), BOLTON, 4000, **options)  # type: ignore[arg-type]


def answers(file: Path) -> list[tuple[str, str]]:
    with file.open("rb") as content:
        found = list(batch.messages(batch.lines_of([content.read()], 10_000)))
    return [(fields(part, "MSA")[1], fields(part, "MSA")[2]) for part in found]


WIRES = [
    message(control_id="A"),
    message("ADT^A08", "EVN||20260301", pid(f3=""), control_id="B"),
    message(control_id="C") + b"NTE|" + b"x" * 5000 + b"\r",
    message("ADT^A08", "EVN||20260301", pid(f3="P^^^RBV"), control_id="D", sender="LORENZO|RBV"),
    message(control_id="E"),
]
TOLD = [("AA", "A"), ("AE", "B"), ("AE", "C"), ("AR", "D"), ("AA", "E")]  # D is another feed's


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def take(inbox: Path, intake: RecordingIntake, **options: object) -> list[Path]:
    return [file for file, _ in Folder(inbox, settle=0).take(loader(intake, **options))]


def test_v2_19_a_file_is_answered_beside_it_message_by_message(tmp_path: Path) -> None:
    intake = RecordingIntake()
    file = tmp_path / "night.hl7"
    file.write_bytes(file_of(*WIRES).replace(b"\r", b"\r\n"))
    loaded = loader(intake).load(file)
    assert answers(loaded.answers) == TOLD
    assert loaded.answers == tmp_path / "night.hl7.ack"
    assert (dict(loaded.codes), loaded.is_positive) == ({"AA": 2, "AE": 2, "AR": 1}, False)
    assert [envelope.control_id for envelope, _, _ in intake.registered] == ["A", "E"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["night.hl7", "night.hl7.ack"]
    again = loader(RecordingIntake(), failures_only=True).load(file)
    assert answers(again.answers) == [entry for entry in TOLD if entry[0] != "AA"]


def test_v2_19_a_wrong_count_quarantines_the_file_before_anything_is_applied(inbox: Path) -> None:
    intake = RecordingIntake()
    (inbox / "short.hl7").write_bytes(file_of(*WIRES, count=6))
    assert take(inbox, intake) == [inbox / "quarantine" / "short.hl7"]
    assert not intake.registered
    ((envelope, reason, caller),) = intake.refused
    assert (reason.fault, reason.location, envelope.control_id) == (Fault.COUNT_MISMATCH, "BTS^1^1", "F1")
    assert caller.feed == envelope.feed == "bolton-pas"
    assert answers(inbox / "quarantine" / "short.hl7.ack") == [("AE", "F1")]


def test_files_are_taken_by_name_and_put_away(inbox: Path) -> None:
    intake = RecordingIntake()
    for name in ("2.hl7", "1.hl7", ".3.hl7", "4.part", "5.tmp"):
        (inbox / name).write_bytes(message(control_id=name[0]))
    assert take(inbox, intake) == [inbox / "done" / "1.hl7", inbox / "done" / "2.hl7"]
    assert [envelope.control_id for envelope, _, _ in intake.registered] == ["1", "2"]
    assert sorted(p.name for p in inbox.iterdir()) == [".3.hl7", "4.part", "5.tmp", "done"]
    (inbox / "1.hl7").write_bytes(message(control_id="6"))
    assert take(inbox, intake) == [inbox / "done" / "1.hl7.2"]  # nothing that lies there is hidden
    assert answers(inbox / "done" / "1.hl7.ack") == [("AA", "1")]
    assert answers(inbox / "done" / "1.hl7.2.ack") == [("AA", "6")]


def test_a_file_that_has_just_changed_is_left_alone(inbox: Path) -> None:
    file = inbox / "slow.hl7"
    file.write_bytes(message())
    folder = Folder(inbox, settle=30)
    assert folder.ready() == []
    past = file.stat().st_mtime - 60
    os.utime(file, (past, past))
    assert folder.ready() == [file]


def test_a_file_that_grows_while_it_is_read_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "growing.hl7"
    file.write_bytes(message(control_id="A"))
    checked = batch.check

    def grow(lines: object) -> batch.Head:
        head = checked(lines)  # type: ignore[arg-type]
        with file.open("ab") as out:
            out.write(message(control_id="B"))
        return head

    monkeypatch.setattr(batch, "check", grow)
    intake = RecordingIntake()
    with pytest.raises(Unavailable, match=r"growing\.hl7 is still being written"):
        loader(intake).load(file)
    assert not intake.registered


class Away(RecordingIntake):
    """Cannot store the third message."""

    def register(self, envelope: Envelope, commands: object, caller: object) -> Receipt:
        if len(self.registered) == 2:
            raise Unavailable("down")
        return super().register(envelope, commands, caller)  # type: ignore[arg-type]


@pytest.mark.parametrize("trouble", [Unavailable, Stopped])
def test_v2_19_a_file_stopped_in_the_middle_stays_and_is_taken_from_its_start(
    inbox: Path, trouble: type[Exception]
) -> None:
    wires = [message(control_id=f"M{n}") for n in range(4)]
    file = inbox / "night.hl7"
    file.write_bytes(file_of(*wires))
    first: RecordingIntake = Away() if trouble is Unavailable else RecordingIntake()
    with pytest.raises(trouble):
        take(inbox, first, stopped=lambda: trouble is Stopped and len(first.registered) == 2)
    assert [envelope.control_id for envelope, _, _ in first.registered] == ["M0", "M1"]
    assert file.exists()
    assert not list(inbox.glob("*.ack"))  # no answers before all of them are there
    second = RecordingIntake()
    assert take(inbox, second) == [inbox / "done" / "night.hl7"]
    assert [envelope.raw for envelope, _, _ in second.registered] == wires
    assert not list(inbox.rglob("*.part"))


def test_sec_4_another_feeds_file_is_warned_of_once_with_its_count(tmp_path: Path) -> None:
    """Not once a message: a night's file would bury the warning in itself."""
    file = tmp_path / "theirs.hl7"
    others = [message(control_id=f"O{number}", sender="LORENZO|RBV") for number in range(50)]
    file.write_bytes(file_of(*others, message(control_id="OWN")))
    with capture_logs() as logs:
        loaded = loader(RecordingIntake()).load(file)
    assert loaded.codes == {"AR": 50, "AA": 1}
    (warned,) = [log for log in logs if log["log_level"] == "warning"]
    assert (warned["feed"], warned["file_of"], warned["messages"]) == ("christie-pas", "bolton-pas", 50)

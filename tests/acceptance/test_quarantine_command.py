"""`mpi quarantine` as an operator uses it: list, show, send again as it came or edited, settle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.hl7v2.ack import code_of
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import count, rows
from tests.acceptance.patients import Patient, adt
from tests.acceptance.service_process import mpi

pytestmark = pytest.mark.timeout(300)


def test_a_refused_message_is_sent_again(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    """V2-16: the sender that sends the original again afterwards is answered with the refusal it had; the edited copy
    is in the index once."""
    url = new_database()
    service = start_service(database_url=url)
    frame = adt("bolton", "A28", "Q1", Patient("REFUSED", "Ottilie"), authority="BOLTEN")
    with service.mllp() as client:
        assert code_of(client.send(frame)) in {"AE", "AR"}
        assert code_of(client.send(adt("bolton", "A28", "Q2", Patient("OTHER", "Ann"), authority="NOBODY"))) != "AA"
    settings = {"database_url": url, "data_dir": tmp_path}
    listed = mpi("quarantine", cwd=tmp_path, **settings).stdout.splitlines()
    second, first = (line.split()[0] for line in listed)
    assert "unknown-authority at PID^1^3^1^4" in listed[1]
    again = mpi("quarantine", "replay", first, cwd=tmp_path, **settings)
    assert (again.returncode, "refused again" in again.stdout) == (1, True)
    (tmp_path / "copy.hl7").write_bytes(frame.replace(b"BOLTEN", b"RMC").replace(b"\r", b"\n"))
    sent = mpi("quarantine", "replay", first, "--edited", "copy.hl7", cwd=tmp_path, **settings)
    assert (sent.returncode, "accepted as message" in sent.stdout) == (0, True), sent.stderr
    over = mpi("quarantine", "replay", first, cwd=tmp_path, **settings)
    assert over.returncode == 2
    assert "is a copy of this one and was accepted" in over.stderr
    assert count(url, "select count(*) from source_record where authority = 'BOLTON'") == 1
    with service.mllp() as client:
        assert code_of(client.send(frame)) in {"AE", "AR"}
        assert code_of(client.send(frame.replace(b"BOLTEN", b"RMC"))) == "AA"
    assert count(url, "select count(*) from source_update") == 1
    settled = mpi("quarantine", "settle", second, "--reason", "a test of the sender's", cwd=tmp_path, **settings)
    assert settled.returncode == 0, settled.stderr
    assert mpi("quarantine", cwd=tmp_path, **settings).stdout == ""
    assert len(mpi("quarantine", "--settled", cwd=tmp_path, **settings).stdout.splitlines()) == 2
    shown = mpi("quarantine", "--message", second, cwd=tmp_path, **settings)
    assert "NOBODY" in shown.stdout
    assert {row[0] for row in rows(url, "select made_by from message where original_id is not null")} != {""}
    (tmp_path / "latin.hl7").write_bytes(b"MSH|\xff")
    unreadable = mpi("quarantine", "replay", second, "--edited", "latin.hl7", cwd=tmp_path, **settings)
    assert (unreadable.returncode, "is not in UTF-8" in unreadable.stderr) == (2, True)

"""`mpi load` and `mpi watch` as an operator runs them, over a database that a service uses too (V2-16, V2-19)."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.hl7v2.ack import code_of
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import count
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import COMMAND, environment, mpi, wait_for

pytestmark = pytest.mark.timeout(180)


def file_of(wires: list[bytes], told: int | None = None) -> bytes:
    head = b"FHS|^~\\&|BOLPAS|RMC\rBHS|^~\\&|BOLPAS|RMC\r"
    return head + b"".join(wires) + b"BTS|%d\rFTS|1\r" % (len(wires) if told is None else told)


def wires_of(number: int) -> list[bytes]:
    return [
        adt("bolton", "A28", f"L{n}", Patient(f"LOADED{n:03d}", "Ada", nhs=nhs_number(500 + n)), control=f"LOAD{n}")
        for n in range(number)
    ]


def test_v2_19_a_load_that_is_killed_and_run_again_loses_nothing_and_applies_nothing_twice(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    url = new_database()
    settings = {"database_url": url, "data_dir": tmp_path}
    file = tmp_path / "initial.hl7"
    file.write_bytes(file_of(wires_of(150)))
    with subprocess.Popen(
        [*COMMAND, "load", str(file), "--feed", "bolton"],
        env=environment(**settings),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: count(url, "select count(*) from message") >= 20, "some messages are in")
        process.kill()
    at_the_kill = count(url, "select count(*) from message")
    assert 20 <= at_the_kill < 150
    assert not file.with_name("initial.hl7.ack").exists()
    for _ in range(2):
        done = mpi("load", str(file), "--feed", "bolton", cwd=tmp_path, **settings)
        assert (done.returncode, "150 messages: 150 AA" in done.stderr) == (0, True), done.stderr
        assert count(url, "select count(*) from message") == 150
        assert count(url, "select count(*) from source_update") == 150
        assert count(url, "select count(*) from source_record") == 150
    assert file.with_name("initial.hl7.ack").read_bytes().count(b"\rMSA|AA|LOAD") == 150
    assert mpi("verify", cwd=tmp_path, **settings).returncode == 0


def test_v2_16_a_message_from_a_file_is_the_same_message_on_a_link(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    url = new_database()
    service = start_service(database_url=url)
    (wire,) = wires_of(1)
    file = tmp_path / "one.hl7"
    file.write_bytes(file_of([wire]).replace(b"\r", b"\n"))
    done = mpi("load", "one.hl7", "--feed", "bolton", cwd=tmp_path, database_url=url, data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    with service.mllp() as client:
        assert code_of(client.send(wire)) == "AA"
        reply = client.send(file_of([wire, *wires_of(2)[1:]]))  # a batch over MLLP
    assert reply.count(b"MSA|AA|LOAD") == 2
    assert reply.endswith(b"BTS|2\rFTS|1\r")
    assert count(url, "select count(*) from message") == 2


def test_v2_19_load_says_what_was_refused(tmp_path: Path, new_database: Callable[[], str]) -> None:
    settings = {"database_url": new_database(), "data_dir": tmp_path}
    file = tmp_path / "short.hl7"
    file.write_bytes(file_of(wires_of(2), told=3))
    done = mpi("load", "short.hl7", "--feed", "bolton", cwd=tmp_path, **settings)
    assert done.returncode == 1
    assert "quarantined, nothing was applied: BTS-1 does not say that there are 2 messages" in done.stderr
    assert count(settings["database_url"], "select count(*) from source_record") == 0  # type: ignore[arg-type]
    assert "count-mismatch at BTS^1^1" in mpi("quarantine", cwd=tmp_path, **settings).stdout
    unknown = mpi("load", "short.hl7", "--feed", "nobody", cwd=tmp_path, **settings)
    assert (unknown.returncode, "'nobody' is no HL7 v2 feed" in unknown.stderr) == (2, True)
    assert mpi("load", "none.hl7", "--feed", "bolton", cwd=tmp_path, **settings).returncode == 2


def test_v2_19_a_watched_folder_is_worked_off_until_sigterm(tmp_path: Path, new_database: Callable[[], str]) -> None:
    url = new_database()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "first.hl7").write_bytes(file_of(wires_of(2)))
    with subprocess.Popen(
        [*COMMAND, "watch", str(folder), "--feed", "bolton", "--settle", "0"],
        env=environment(database_url=url, data_dir=tmp_path),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for((folder / "done" / "first.hl7").exists, "the first file is done")
        (folder / ".second.hl7").write_bytes(file_of(wires_of(3), told=4))
        (folder / ".second.hl7").rename(folder / "second.hl7")
        wait_for((folder / "quarantine" / "second.hl7").exists, "the second is quarantined")
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert "2 messages: 2 AA" in told
    assert (folder / "done" / "first.hl7.ack").exists()
    assert (folder / "quarantine" / "second.hl7.ack").exists()
    assert count(url, "select count(*) from source_record") == 2
    once = mpi("watch", str(folder), "--feed", "bolton", "--once", cwd=tmp_path, database_url=url, data_dir=tmp_path)
    assert once.returncode == 0, once.stderr

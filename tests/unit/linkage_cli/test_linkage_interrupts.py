"""Interrupted commands leave a sentence, and nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from linkage import interrupts
from linkage.errors import LinkageError
from linkage.writing import new_directory, write_new

ROOT = Path(__file__).parents[3]
WAITING = """
import signal, sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from multiprocessing import get_context
from linkage import interrupts, writing

# A shell without job control, as CI's may be, has its children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
interrupts.install()


# A worker forked a moment ago loses the signals that reach it before it has begun to run.
def hear_nothing():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


pool = ProcessPoolExecutor(2, get_context("fork"), hear_nothing)
with pool, writing.new_directory(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("x")
    pool.submit(time.sleep, 0.01).result()
    print("ready", flush=True)
    while True:
        try:
            time.sleep(60)
        except BaseException:  # what libraries do with an exception that comes at a bad moment
            print("swallowed", flush=True)
"""


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_at_once_and_cleanly(tmp_path: Path, sent: signal.Signals, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(tmp_path / "out")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert [path.name[:5] for path in tmp_path.iterdir()] == [".out-"]
    os.killpg(process.pid, sent)
    try:
        said, complained = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # what it left running holds the pipes
        raise
    assert process.returncode == status
    assert (said, complained.split("\n")) == ("", ["", interrupts.SENTENCE, ""])
    assert list(tmp_path.iterdir()) == []
    for _ in range(600):  # its workers go with it, as soon as the system comes to them
        if not _alive(process.pid):
            break
        time.sleep(0.1)
    assert not _alive(process.pid)


def _alive(group: int) -> list[int]:
    """The processes of a group that still run; what nobody has reaped yet does not."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def test_a_signal_that_is_ignored_stays_so() -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from linkage import interrupts; interrupts.install(); signal.raise_signal(signal.SIGINT); print('went on')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "went on\n"


def test_a_directory_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_directory(tmp_path / "out") as folder:  # noqa: PT012
        (folder / "half").write_text("x")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with new_directory(tmp_path / "out") as folder:
        (folder / "whole").write_text("x")
        assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "whole"]


def test_clear_removes_what_is_unfinished_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    with interrupts.unfinished(tmp_path / "file"), interrupts.unfinished(tmp_path / "folder"):
        (tmp_path / "file").write_text("x")
        (tmp_path / "folder" / "in").mkdir(parents=True)
        interrupts.clear()
        assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    write_new(tmp_path / "a", "one")
    with pytest.raises(LinkageError, match="already"):
        write_new(tmp_path / "a", b"two")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "one")]

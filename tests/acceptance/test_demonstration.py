"""The demonstration ends as it promises: its data are thrown away, whoever asks it to stop and whenever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.acceptance.service_process import COMMAND, environment

INTERRUPTED = """
import signal, sys
from mpi.main.demo import _Ending
_Ending()
try:
    exec("signal.raise_signal(signal.SIGTERM)")
except KeyboardInterrupt:
    sys.exit(130)
"""

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize(("when", "times"), [("Simulating", 1), ("Simulating", 5), ("Press Ctrl-C", 5)])
def test_a_demonstration_that_is_told_to_end_leaves_nothing(tmp_path: Path, when: str, times: int) -> None:
    """SIGTERM, as a supervisor or a closing terminal sends it, while it begins and while it serves; and again, as by
    somebody who has no patience, while it clears up."""
    folder, said = tmp_path / "tmp", tmp_path / "said.txt"
    folder.mkdir()
    with said.open("wb") as out:
        demo = subprocess.Popen(
            [*COMMAND, "demo", "--people", "60"],
            env={**environment(), "TMPDIR": str(folder)},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        while when not in said.read_text() and demo.poll() is None:
            time.sleep(0.1)
        started = psutil.Process(demo.pid).children(recursive=True)
        for _ in range(times):
            demo.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert demo.wait(60) in (0, 130), said.read_text()
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive
    assert not os.listdir(folder)
    if when != "Simulating":
        assert "Stopping." in said.read_text()
        (call,) = (line for line in said.read_text().splitlines() if line.startswith("Try: "))
        assert call.endswith("/v1/tasks?limit=1'"), "one line, to be pasted"


def test_a_demonstration_ends_with_its_own_status_wherever_the_signal_falls(tmp_path: Path) -> None:
    """Also in code that a library runs from text: a plain KeyboardInterrupt would end CPython 3.11 by SIGINT."""
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    environ = {**environment(), "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    ended = subprocess.run([sys.executable, "-m", "interrupted"], check=False, env=environ, timeout=60)
    assert ended.returncode == 130

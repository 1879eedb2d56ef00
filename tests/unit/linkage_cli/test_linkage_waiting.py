"""Who waits for a long run is told how far it has come: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from linkage.commands.waiting import EVERY, Lines
from linkage.people import people
from linkage.progress import stepping
from linkage.tables.reading import read


def test_lines_are_told_now_and_then() -> None:
    said: list[str] = []
    clock = iter(float(second) for second in range(0, 10_000, 2))
    lines = Lines(said.append, lambda: next(clock))
    assert list(stepping(range(20), "weighing pairs", 20, lines)) == list(range(20))
    assert said[0] == "weighing pairs ..."
    assert said[1:] == sorted(said[1:])
    assert 1 < len(said) < 20 / (EVERY / 4)
    assert said[1].endswith("%")
    lines.begin("weighing pairs", 3)
    lines.begin("writing", 0)
    assert said[-1] == "writing ..."
    assert said.count("weighing pairs ...") == 1


class Listening:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.steps: dict[str, int] = {}

    def begin(self, stage: str, steps: int) -> None:
        self.told.append((stage, steps))
        self.steps[stage] = 0

    def step(self) -> None:
        self.steps[self.told[-1][0]] += 1


def test_people_tells_every_stage_and_all_its_steps(linked: Path) -> None:
    listening = Listening()
    linker = people(read(linked.parent / "people.csv").table, progress=listening)
    assert len(linker.clusters.label) > 0
    assert [stage for stage, _ in listening.told] == [
        *("encoding records", "learning a model", "weighing pairs", "settling clusters"),
    ]
    assert all(listening.steps[stage] == steps for stage, steps in listening.told)
    assert listening.steps["weighing pairs"] > 0


def test_a_terminal_gets_a_bar_and_a_pipe_lines(linked: Path, tmp_path: Path) -> None:
    called = [sys.executable, "-m", "linkage", "dedupe", str(linked.parent / "people.csv"), "--out"]
    piped = subprocess.run([*called, str(tmp_path / "one")], capture_output=True, text=True, check=True)
    assert [line for line in piped.stderr.splitlines() if line.endswith("...")] == [
        *(
            "encoding records ...",
            "learning a model ...",
            "weighing pairs ...",
            "settling clusters ...",
            "writing ...",
        ),
    ]
    leader, follower = pty.openpty()
    shown = subprocess.run([*called, str(tmp_path / "two")], stdout=subprocess.PIPE, stderr=follower, check=True)
    os.close(follower)
    text = b""
    while True:
        try:
            piece = os.read(leader, 1 << 16)
        except OSError:  # how a pseudo-terminal ends on Linux
            break
        if not piece:
            break
        text += piece
    os.close(leader)
    assert b"\x1b[" in text
    assert b"writing" in text
    assert shown.stdout.count(b"links") == 1

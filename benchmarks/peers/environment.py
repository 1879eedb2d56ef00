"""The peers' own environment and the processes in it: nothing of theirs is imported here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".venv-peers"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_STAMP = "requirements.blake2b"


class ToolFailed(Exception):
    """A tool gave no answer; the message says why in one line."""


def python_of_peers() -> Path:
    """The interpreter of the peers' environment, which is made by pip when missing or made for other requirements.

    Raises `ToolFailed` when pip does.
    """
    python = PLACE / "bin" / "python"
    wanted = blake2b(REQUIREMENTS.read_bytes() + sys.version.encode(), digest_size=16).hexdigest()
    stamp = PLACE / _STAMP
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print("making the peers' environment", file=sys.stderr)
    venv.create(PLACE, clear=True, with_pip=True)
    run([str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)], 1800)
    stamp.write_text(wanted)
    return python


def run(command: Sequence[str], seconds: float) -> float:
    """Run a process to its end from the repository's root; the seconds it took, start of Python included.

    Raises `ToolFailed` when it fails or takes longer than `seconds`.
    """
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=_surroundings(), capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"not finished after {seconds:.0f} s") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ToolFailed(f"ended with {done.returncode}: {' '.join(last)}"[:500])
    return time.perf_counter() - started


def _surroundings() -> Mapping[str, str]:
    """This process's variables without those that would lead the peers' Python to our packages."""
    return {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }

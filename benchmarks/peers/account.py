"""What one linkage tool's process writes down of itself: seconds by phase, peak of memory, versions, answers.

Standard library only: it is imported in the peers' own environment too.
"""

from __future__ import annotations

import json
import platform
import re
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

PAIRS = "pairs.parquet"
CLUSTERS = "clusters.parquet"
ACCOUNT = "account.json"


class Account:
    """Seconds by phase, from the first phase on; imports and the start of Python are nobody's work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add what is done inside to the seconds of a phase."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def write(self, folder: Path, *, threshold: float, packages: tuple[str, ...], **said: object) -> None:
        """Leave the account beside the answers. `threshold` is the default one, on the weight of `pairs.parquet`."""
        told = {
            "seconds": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
            "peak_mb": peak_mb(),
            "threshold": threshold,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
            **said,
        }
        (folder / ACCOUNT).write_text(json.dumps(told))


def peak_mb() -> float:
    """Peak resident memory of this process in MiB."""
    # ru_maxrss survives exec, so a small child of a large parent would show the parent's peak.
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        found = None
    kib = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kib / 1024, 1)

"""A folder that is watched for files of messages (V2-19): each goes to `done` or to `quarantine`, with its answers.

A sender writes a file under a name that begins with a dot or ends in .part or .tmp, and renames it when it is whole;
for those who do not, a file is left alone until it has not changed for some seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from adapters.hl7v2.files import FileLoader, Loaded

_UNFINISHED = (".part", ".tmp", ".ack")


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder at `path`; `settle` is how many seconds a file must not have changed."""

    path: Path
    settle: float = 2.0

    def ready(self) -> list[Path]:
        """The files to take, by name."""
        latest = time.time() - self.settle
        return sorted(file for file in self.path.iterdir() if _is_whole(file) and file.stat().st_mtime <= latest)

    def take(self, loader: FileLoader) -> Iterator[tuple[Path, Loaded]]:
        """Load what is ready and put it away; yields where it is now. Raises as `FileLoader.load`."""
        for file in self.ready():
            loaded = loader.load(file)
            folder = self.path / ("quarantine" if loaded.refusal else "done")
            folder.mkdir(exist_ok=True)
            target = _free(folder, file.name)
            loaded.answers = loaded.answers.replace(target.with_name(f"{target.name}.ack"))
            # Last, so that a file whose answers are not yet in their place is taken again.
            yield file.replace(target), loaded


def _is_whole(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".") and file.suffix not in _UNFINISHED


def _free(folder: Path, name: str) -> Path:
    """Where a file of that name can lie without hiding an earlier one."""
    names = (name if n == 1 else f"{name}.{n}" for n in count(1))
    return next(folder / candidate for candidate in names if not (folder / candidate).exists())

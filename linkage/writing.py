"""New files and directories, whole or not at all; nothing is ever written over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from linkage.errors import LinkageError
from linkage.interrupts import unfinished


def check_free(out: Path) -> None:
    """Raises `LinkageError` when `out` is there and not empty: results are never written over."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LinkageError(f"{out} is there already and not empty; name a new directory")
    above = next(place for place in out.absolute().parents if place.exists())
    if not os.access(above, os.W_OK):
        raise LinkageError(f"{out} cannot be written: {above} takes no files")


def check_new(out: Path) -> None:
    """Raises `LinkageError` when `out` is there already or its directory is not."""
    if out.exists():
        raise LinkageError(f"{out} is there already; name a new file")
    if not out.absolute().parent.is_dir():
        raise LinkageError(f"{out} cannot be written: there is no directory {out.absolute().parent}")


def write_new(out: Path, content: str | bytes) -> None:
    """A new file, whole or not at all. Raises `LinkageError`."""
    check_new(out)
    partial = out.with_name(f".{out.name}.part")
    try:
        with unfinished(partial):
            partial.write_bytes(content.encode() if isinstance(content, str) else content)
            partial.replace(out)
    except OSError as error:
        raise LinkageError(f"{out} cannot be written: {error.strerror}") from None


@contextmanager
def new_directory(out: Path) -> Iterator[Path]:
    """A directory beside `out` that takes its place when all is written. Raises `LinkageError`."""
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(out.parent / f".{out.name}-{token_hex(4)}") as folder:
            folder.mkdir(0o700)
            yield folder
            folder.chmod(0o755)
            folder.replace(out)
    except OSError as error:
        raise LinkageError(f"{out} cannot be written: {error.strerror}") from None

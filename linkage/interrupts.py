"""What an interrupted command leaves behind: one sentence and nothing half-written.

KeyboardInterrupt alone does not do: raised inside an import, a callback or a destructor, a library turns it into an
error of its own or passes it over, and worker processes print a traceback each. So the command stops on the spot.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

SENTENCE = "linkage: interrupted; nothing was left half-written"
STOPPED = 128
"""A command that a signal ended exits with this and the signal's number: 130 for Ctrl-C."""

_unfinished: set[Path] = set()


def install() -> None:
    """End this process cleanly on Ctrl-C and on a request to end; a signal that the caller ignores stays ignored."""
    owner = os.getpid()

    def stop(number: int, _: FrameType | None) -> None:
        if os.getpid() == owner:  # a forked reader ends without a word
            signal.signal(number, signal.SIG_IGN)
            os.write(2, f"\n{SENTENCE}\n".encode())
            clear()
            for child in multiprocessing.active_children():
                child.kill()  # any other signal is lost on one that was forked a moment ago
        os._exit(STOPPED + number)

    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) is usual:
            signal.signal(number, stop)


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A file or directory that is removed when the process is stopped, or the block fails, before it has its name."""
    _unfinished.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _unfinished.discard(path)


def clear() -> None:
    """Remove all that is unfinished."""
    for path in tuple(_unfinished):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

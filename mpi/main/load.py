"""Files of HL7 v2 messages taken in by a command: one, or whatever appears in a folder."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from adapters.hl7v2.files import FileLoader, Loaded, Stopped
from adapters.hl7v2.folder import Folder
from adapters.hl7v2.observer import Observer
from linkage import kernel
from mpi.domain.network import Feed, Network, Protocol
from mpi.errors import SettingsError, Unavailable
from mpi.main.counting import counting
from mpi.main.database import database
from mpi.main.index import compose
from mpi.main.model_in_force import model_in_force
from mpi.main.receivers import compose_receiver
from mpi.metrics import Metrics
from mpi.networks import load_network
from mpi.settings import Settings

_log = structlog.get_logger("mpi.load")
_LOOK = 1.0  # seconds between looks into the folder
_AWAY = 5.0  # seconds until a file is tried again that could not be stored
_SILENCE = 5.0  # seconds after which it is said how far a file is

Say = Callable[[str], None]


def say_nothing(line: str) -> None:
    """For whoever wants no progress."""


class Pace:
    """Says every few seconds how far a file is."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._at, self._done = time.monotonic(), 0

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` messages have their answer."""
        passed = time.monotonic() - self._at
        if passed >= _SILENCE:
            self._say(f"{done:,} of {total:,} messages, {max(done - self._done, 0) / passed:,.0f}/s")
            self._at, self._done = time.monotonic(), done


@contextmanager
def loading(
    settings: Settings,
    feed: str,
    failures_only: bool,
    stopped: Callable[[], bool] = lambda: False,
    say: Say = say_nothing,
) -> Iterator[FileLoader]:
    """A loader over the settings' database. Raises `SettingsError` when the network has no such MLLP feed."""
    network = load_network(settings.network)
    found = feed_of(network, feed)
    with database(settings) as url:
        model = model_in_force(url, settings)
        kernel.warm(model)
        index = compose(url, network, model)
        observer = Observer(index.clock.now)
        receiver, writing = compose_receiver(index, Metrics(), observer), counting(index, observer)
        writing.start()
        try:
            yield FileLoader(receiver, found, settings.max_message_bytes, failures_only, stopped, Pace(say))
        finally:
            writing.stop()
            index.engine.dispose()


def watching(
    settings: Settings, path: Path, feed: str, *, failures_only: bool, once: bool, settle: float
) -> Iterator[str]:
    """Take in the folder's files until SIGTERM or SIGINT, or once; yields a line for each. What is in hand then is
    finished to the message, and its file is taken from its start the next time."""
    if not path.is_dir():
        raise SettingsError(f"{path}: is no folder")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folder = Folder(path, settle)
    begun = False
    while not stop.is_set():
        try:
            with loading(settings, feed, failures_only, stop.is_set) as loader:
                if not begun:
                    begun = True
                    yield f"watching {path} for feed {feed}"
                while not stop.is_set():
                    for file, loaded in folder.take(loader):
                        yield told(file, loaded)
                    if once:
                        return
                    stop.wait(_LOOK)
        except Stopped:
            break
        except (Unavailable, OSError) as reason:
            if once or not begun:
                raise
            _log.warning("a file waits", feed=feed, error=type(reason).__name__)
            stop.wait(_AWAY)  # and begins anew, by the model that is in force then


def told(file: Path, loaded: Loaded) -> str:
    """What became of a file, in words."""
    if loaded.refusal is not None:
        return f"{file}: quarantined, nothing was applied: {loaded.refusal}; the answer is in {loaded.answers}"
    codes = ", ".join(f"{count} {code or 'without an answer'}" for code, count in sorted(loaded.codes.items()))
    return f"{file}: {sum(loaded.codes.values())} messages: {codes or 'none'}; the answers are in {loaded.answers}"


def feed_of(network: Network, name: str) -> Feed:
    """The MLLP feed of that name. Raises `SettingsError` that lists them."""
    feed = network.feed_by_id.get(name)
    if feed is None or feed.protocol is not Protocol.MLLP:
        known = ", ".join(f.id for f in network.feeds if f.protocol is Protocol.MLLP)
        raise SettingsError(f"--feed: '{name}' is no HL7 v2 feed of {network.id}; write one of {known}")
    return feed

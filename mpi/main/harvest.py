"""Back-load an archive's studies: a day at a time, throttled, and gone on with where it stopped.

A day is done when the archive has answered to the end and every study it listed is committed; then one line is added
to the progress file. What was half done is done again, which changes nothing: every study is registered once.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from adapters.dicom.harvest import Day, Harvester
from adapters.dicom.listing import Listing
from linkage import kernel
from mpi.domain.access import Caller, Role
from mpi.domain.network import Archive, Network
from mpi.errors import SettingsError, Unavailable
from mpi.main.database import database
from mpi.main.index import compose
from mpi.main.model_in_force import model_in_force
from mpi.main.peers import Access, Asked, peer_of
from mpi.networks import load_network
from mpi.settings import Settings
from mpi.usecases.imaging.backload import Backload
from mpi.usecases.imaging.images import Images

_UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Days:
    """From `since` to `until`, and the studies `undated` if wanted: those are found by looking through all there
    are."""

    since: date
    until: date
    undated: bool = False

    def __iter__(self) -> Iterator[date | None]:
        yield from (self.since + timedelta(n) for n in range((self.until - self.since).days + 1))
        yield from [None] if self.undated else []


def harvesting(
    settings: Settings,
    archive: str,
    peer: str,
    days: Days,
    progress: Path,
    rate: float,
    access: Access = Access(),
) -> Iterator[Day]:
    """Take in every one of the days that `progress` does not tell yet; yields each when it is done.

    Raises `SettingsError` for an archive, peer, progress file or span of days that is none, and `Unavailable`
    when archive or index are away.
    """
    if days.until < days.since:
        raise SettingsError(f"--until: {days.until} is before --since, {days.since}")
    network = load_network(settings.network)
    source, asked = _archive(network, archive), peer_of(peer, settings.dicom_ae_title, access)
    done = _done(progress, archive)
    with database(settings) as url:
        model = model_in_force(url, settings)
        kernel.warm(model)
        index = compose(url, network, model)
        images, backload = Images(index.units, index.rematch, index.clock), Backload(index.units, index.clock)
        caller = Caller(f"archive/{source.id}", Role.ARCHIVE, source.organisation)
        harvester = _harvester(images, backload, network, source, asked, caller, rate)
        try:
            for day in days:
                if day in done:
                    continue
                counts = harvester.take(Listing(asked.ask, day))
                _check_whole(counts, done)
                _note(progress, archive, counts)
                done[day] = counts.listed
                yield counts
        finally:
            index.engine.dispose()


def _harvester(
    images: Images, backload: Backload, network: Network, source: Archive, asked: Asked, caller: Caller, rate: float
) -> Harvester:
    pace = _pacer(rate)
    return Harvester(images, backload, network, source, asked.ae_title, caller, pace, asked.event, asked.name)


def _pacer(rate: float) -> Callable[[], None]:
    """Waits so that it returns at most `rate` times a second; 0 never waits."""
    due = time.monotonic()

    def pace() -> None:
        nonlocal due
        now = time.monotonic()
        if rate > 0:
            time.sleep(max(0.0, due - now))
            due = max(due, now) + 1 / rate

    return pace


def _check_whole(counts: Day, done: Mapping[date | None, int]) -> None:
    """All studies of an archive are no fewer than those of its days."""
    known = sum(listed for day, listed in done.items() if day is not None)
    if counts.day is None and counts.looked < known:
        raise Unavailable(
            f"the archive told {counts.looked} studies when asked for all, and {known} day by day: it has a limit, so"
            " that studies without a date cannot be found by looking through all"
        )


def _done(progress: Path, archive: str) -> dict[date | None, int]:
    """How many studies were listed of each day told."""
    days: dict[date | None, int] = {}
    for number, line in enumerate(_whole_lines(progress), start=1):
        try:
            told = json.loads(line)
            owner, day = told["archive"], None if told["day"] == _UNDATED else date.fromisoformat(told["day"])
            listed = int(told["listed"])
        except (ValueError, KeyError, TypeError):
            raise SettingsError(f"{progress}:{number}: is no line of a harvest's progress") from None
        if owner != archive:
            raise SettingsError(f"{progress}: is the progress of archive {owner}; name another file")
        days[day] = listed
    return days


def _whole_lines(progress: Path) -> list[bytes]:
    """The lines of the file; a last one that a crash cut off counts for nothing."""
    return progress.read_bytes().split(b"\n")[:-1] if progress.exists() else []


def _note(progress: Path, archive: str, counts: Day) -> None:
    whole = sum(len(line) + 1 for line in _whole_lines(progress))
    line = json.dumps(
        {"archive": archive} | asdict(counts) | {"day": counts.day.isoformat() if counts.day else _UNDATED}
    )
    with progress.open("r+b" if progress.exists() else "wb") as file:
        file.truncate(whole)
        file.seek(whole)
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _archive(network: Network, name: str) -> Archive:
    for archive in network.archives:
        if archive.id == name:
            return archive
    known = ", ".join(archive.id for archive in network.archives)
    raise SettingsError(f"'{name}' is no archive of {network.id}; write one of {known}")

"""A first filling from files of HL7 v2 messages: by bulk what can be, then the rest message by message."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.hl7v2 import batch, initial
from adapters.hl7v2.files import FileLoader, Loaded
from adapters.hl7v2.initial import InitialFile
from adapters.hl7v2.observer import Observer
from adapters.hl7v2.registrations import Reader
from linkage import kernel
from mpi.db.bulk import BulkStores
from mpi.domain.access import Caller, Role
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Feed, Network
from mpi.errors import Fault, Refused, SettingsError
from mpi.main.counting import counting
from mpi.main.database import database
from mpi.main.index import Index, TimeOrderedIds, compose
from mpi.main.load import Pace, Say, feed_of, loading, told
from mpi.main.model_in_force import model_in_force
from mpi.main.receivers import compose_receiver
from mpi.main.speaking import caller_of
from mpi.metrics import Metrics
from mpi.networks import load_network
from mpi.settings import Settings
from mpi.usecases.whole.bulk import BulkLoad, Registration, Store
from mpi.usecases.whole.bulk_workers import Workers

Source = tuple[Path, Feed]


@dataclass(slots=True)
class Filling:
    """Fills one empty index. `workers` processes; `failures_only` leaves positive acknowledgements out."""

    index: Index
    observer: Observer
    operator: Caller
    workers: int
    limit: int
    failures_only: bool
    say: Say

    def run(self, sources: Sequence[Source]) -> Iterator[tuple[Path, Loaded]]:
        """Load the files; yields what became of each.

        A file whose counts are wrong is quarantined, and nothing of any is applied. Raises `Refused` (CONFLICT)
        when the index has records or subscribers, `Unavailable`, OSError: then nothing was applied either, or the
        bulk load is in and the files are to be loaded again message by message, which finds what is there.
        """
        wrong = [source for source in sources if not self._adds_up(source[0])]
        if wrong:
            for path, feed in wrong:
                yield path, self._loader(feed).load(path)
            return
        with Workers(self.workers) as workers:
            files = [self._gather(workers, *source) for source in sources]
        initial.choose(files)
        self._load(files)
        for file in files:
            initial.note(file, self.observer)
            yield file.path, self._loader(file.reader.feed).load(file.path, frozenset(file.chosen))

    def _adds_up(self, path: Path) -> bool:
        with path.open("rb") as content:
            try:
                batch.check(batch.lines_of(iter(partial(content.read, 1 << 20), b"")))
            except Refused:
                return False
        return True

    def _gather(self, workers: Workers, path: Path, feed: Feed) -> InitialFile:
        reader = Reader(self.index.network, feed, self.limit, self.index.clock.now())
        pace = Pace(lambda line: self.say(f"{path}: read {line}"))
        return initial.gather(path, reader, workers.map, pace)

    def _load(self, files: Sequence[InitialFile]) -> None:
        callers = {file.reader.feed.id: caller_of(file.reader.feed) for file in files}

        def begun(store: Store) -> None:
            initial.number(files, store.add_messages(registrations(files), callers))
            self.say(f"{sum(len(file.chosen) for file in files):,} messages go in by bulk")

        stores = BulkStores(self.index.engine, self.index.matching.model.fingerprint)
        load = BulkLoad(stores, self.index.matching, self.index.network, TimeOrderedIds(), self.workers)
        try:
            load.run(initial.updates(files), self.operator, lambda phase, rows: self.say(f"{phase}: {rows:,}"), begun)
        except Refused as reason:
            if reason.fault is not Fault.CONFLICT:
                raise
            text = f"{reason.text}; load the files without --initial, what is there already is known again"
            raise Refused(reason.fault, text) from None

    def _loader(self, feed: Feed) -> FileLoader:
        receiver = compose_receiver(self.index, Metrics(), self.observer)
        return FileLoader(receiver, feed, self.limit, self.failures_only, progress=Pace(self.say))


def registrations(files: Sequence[InitialFile]) -> Iterator[Registration]:
    """The chosen messages with the patient of each."""
    patients: Iterator[Identifier] = (file.read[at].identifiers[0] for file in files for at in file.chosen)
    return zip(initial.envelopes(files), patients, strict=True)


def load_all(
    settings: Settings, files: Sequence[Path], feeds: Sequence[str], operator: str, *, failures_only: bool, say: Say
) -> bool:
    """Load each file of its feed; with an `operator`, as the first filling of an index. Returns whether nothing was
    refused. Raises as `Filling.run`, and `SettingsError`."""
    sources = sources_of(load_network(settings.network), files, feeds)
    positive = True
    if operator:
        with filling(settings, operator, failures_only, say) as fill:
            for file, loaded in fill.run(sources):
                say(told(file, loaded))
                positive = positive and loaded.is_positive
        return positive
    for file, feed in sources:
        with loading(settings, feed.id, failures_only, say=say) as loader:
            loaded = loader.load(file)
        say(told(file, loaded))
        positive = positive and loaded.is_positive
    return positive


@contextmanager
def filling(settings: Settings, operator: str, failures_only: bool, say: Say) -> Iterator[Filling]:
    """A filling of the settings' database on all cores, in the name of `operator`."""
    network = load_network(settings.network)
    caller = Caller(operator, Role.ADMINISTRATOR, "local", purpose="operations")
    with database(settings) as url:
        model = model_in_force(url, settings)
        kernel.warm(model)
        index = compose(url, network, model)
        observer = Observer(index.clock.now)
        writing = counting(index, observer)
        writing.start()
        try:
            workers = len(os.sched_getaffinity(0))
            yield Filling(index, observer, caller, workers, settings.max_message_bytes, failures_only, say)
        finally:
            writing.stop()
            index.engine.dispose()


def sources_of(network: Network, files: Sequence[Path], feeds: Sequence[str]) -> list[Source]:
    """Each file with its feed, in the order written. Raises `SettingsError`."""
    if len(files) != len(feeds):
        raise SettingsError(
            f"--feed: {len(files)} files and {len(feeds)} feeds are named; name one feed for each file"
        )
    if twice := {file for file in files if files.count(file) > 1}:
        raise SettingsError(f"{min(twice)}: is named twice")
    return [(file, feed_of(network, feed)) for file, feed in zip(files, feeds, strict=True)]

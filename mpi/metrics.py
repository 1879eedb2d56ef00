"""What the index counts and times for Prometheus.

Each process makes one `Metrics`; nothing is global. With several workers each writes its numbers to files in one
directory and any of them answers for all. prometheus_client chooses between memory and files once, when it is
imported, so it is imported here only when the first `Metrics` is made.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.errors import SettingsError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FILES = "PROMETHEUS_MULTIPROC_DIR"
_ACK_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_RESOLVE_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)  # IHE-69: 50 ms at p99


_MLLP_COUNTS = {
    "connections": "Connections accepted",
    "handshakes": "Failed TLS handshakes, among them clients without a certificate we trust",
    "frames": "Whole frames received",
    "commits": "Commit blocks of MLLP release 2 received",
    "refused_commits": "Negative commit blocks received",
    "discarded_bytes": "Bytes outside a frame, or of one without an end",
    "oversized": "Frames over the limit",
    "timeouts": "Connections closed for silence or an endless frame",
    "failures": "Frames on which the receiver failed",
}


class Metrics:
    """The collectors of one process, on a registry of its own.

    `directory` is shared by all workers and empty when the first starts (see `clear`); None when there is one only.
    Labels hold configured names and codes, never anything from a message.
    """

    def __init__(self, directory: Path | None = None) -> None:
        _choose_storage(directory)
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415  see above

        self._directory = directory
        self.registry = own = CollectorRegistry()
        self.messages = Counter("mpi_messages", "Messages answered", ["feed", "protocol", "ack"], registry=own)
        self.refused = Counter("mpi_messages_refused", "Messages refused", ["feed", "fault"], registry=own)
        self.links = Counter("mpi_links", "Changes of golden identities", ["change", "by"], registry=own)
        self.ack_seconds = Histogram(
            "mpi_ack_seconds", "From a whole message to its answer", ["protocol"], buckets=_ACK_SECONDS, registry=own
        )
        self.resolve_seconds = Histogram(
            "mpi_resolve_seconds", "Time to resolve", ["status"], buckets=_RESOLVE_SECONDS, registry=own
        )

        self.mllp_answers = Counter("mpi_mllp_answers", "Answers sent by MSA-1", ["code"], registry=own)
        self.mllp_open = Gauge("mpi_mllp_open", "Open MLLP connections", registry=own, multiprocess_mode="livesum")
        self.mllp_counts = {
            what: Counter(f"mpi_mllp_{what}", text, registry=own) for what, text in _MLLP_COUNTS.items()
        }

        def latest(name: str, text: str, *labels: str) -> Gauge:
            """Every worker reads it from the same database: the newest reading is the truth for all."""
            return Gauge(name, text, labels, registry=own, multiprocess_mode="mostrecent")

        self.tasks_open = latest("mpi_review_tasks_open", "Review tasks waiting", "kind")
        self.certificate_ends = latest(
            "mpi_tls_certificate_not_after_seconds", "When a TLS certificate ends, Unix time", "certificate"
        )
        self.outbox_lag = latest("mpi_outbox_lag_seconds", "Age of the oldest unpublished event")
        self.outbox_waiting = latest("mpi_outbox_waiting", "Unpublished events")
        self.subscriber_waiting = latest("mpi_subscriber_waiting", "Events owed to a subscriber", "subscriber")
        self.subscriber_lag = latest("mpi_subscriber_lag_seconds", "Age of the oldest event owed", "subscriber")
        self.subscriber_stopped = latest(
            "mpi_subscriber_stopped", "1 when a subscriber refused an event for good", "subscriber"
        )
        self.pool = Gauge(
            "mpi_db_pool_connections", "Connections", ["state"], registry=own, multiprocess_mode="livesum"
        )

    def message(self, feed: str, protocol: str, ack: str, seconds: float, fault: str = "") -> None:
        """Count one answered message; `feed` is "" when it could not be told, `ack` e.g. "AA" or "201"."""
        self.messages.labels(feed or "unknown", protocol, ack).inc()
        self.ack_seconds.labels(protocol).observe(seconds)
        if fault:
            self.refused.labels(feed or "unknown", fault).inc()

    def mllp(self, what: str, amount: int = 1, code: str = "") -> None:
        """Count what an MLLP listener saw: a key of the counts above, "open", or "answers" with MSA-1."""
        if what == "answers":
            self.mllp_answers.labels(code or "none").inc(amount)
        elif what == "open":
            self.mllp_open.inc(amount)
        else:
            self.mllp_counts[what].inc(amount)

    def certificate(self, whose: str, end: datetime) -> None:
        """Note when a TLS certificate ends: "server", "ca" or "feed/<id>"."""
        self.certificate_ends.labels(whose).set(end.timestamp())

    def owed(self, subscribers: Sequence[tuple[str, int, float, bool]]) -> None:
        """What is owed to each subscriber: name, events, seconds the oldest has waited, whether it is served."""
        self.outbox_waiting.set(sum(waiting for _, waiting, _, _ in subscribers))
        self.outbox_lag.set(max((lag for _, _, lag, _ in subscribers), default=0.0))
        for name, waiting, lag, active in subscribers:
            self.subscriber_waiting.labels(name).set(waiting)
            self.subscriber_lag.labels(name).set(lag)
            self.subscriber_stopped.labels(name).set(0 if active else 1)

    def questions(self, waiting: Mapping[str, int]) -> None:
        """How many review tasks wait, by kind; kinds that are named once are told for ever."""
        for kind, number in waiting.items():
            self.tasks_open.labels(kind).set(number)

    @contextmanager
    def resolving(self) -> Iterator[dict[str, str]]:
        """Time one resolve; put the outcome into the yielded dict under "status"."""
        outcome = {"status": "failed"}
        with _timed(self.resolve_seconds, outcome):
            yield outcome

    def render(self) -> bytes:
        """The numbers of all workers in Prometheus' text format, of CONTENT_TYPE."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        if self._directory is None:
            return generate_latest(self.registry)
        everybody: CollectorRegistry = CollectorRegistry()
        MultiProcessCollector(everybody, str(self._directory))  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


def clear(directory: Path) -> None:
    """Make the workers' directory and empty it of an earlier run's numbers; for the supervisor, before any worker."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in directory.glob("*.db"):
        file.unlink()


def forget(directory: Path, pid: int) -> None:
    """A worker died: its live gauges count no more, what it counted stays. For the supervisor."""
    for file in directory.glob(f"gauge_live*_{pid}.db"):
        file.unlink()


@contextmanager
def _timed(histogram: Histogram, outcome: dict[str, str]) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        histogram.labels(outcome["status"]).observe(time.perf_counter() - start)


def _choose_storage(directory: Path | None) -> None:
    wanted = None if directory is None else str(directory)
    if "prometheus_client" in sys.modules and os.environ.get(_FILES) != wanted:
        raise SettingsError(
            "workers: metrics were set up before the workers' directory was known; start a new process"
        )
    if wanted is not None:
        os.environ[_FILES] = wanted

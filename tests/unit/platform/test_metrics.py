"""Metrics: one registry a process, one answer for all workers, no label from a message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mpi.metrics import Metrics, clear, forget

WORKER = """
import os, sys
from pathlib import Path
from mpi.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]))
metrics.message("bolton", "mllp", "AA", 0.02)
metrics.pool.labels("used").set(3)
metrics.tasks_open.labels("possible-match").set(int(sys.argv[2]))
print(os.getpid(), flush=True)
sys.stdin.readline()
print(metrics.render().decode())
"""


def value(text: str, series: str) -> float:
    (line,) = [row for row in text.splitlines() if row.startswith(series + " ")]
    return float(line.rsplit(" ", 1)[1])


def test_messages_are_counted_by_feed_and_answer() -> None:
    metrics = Metrics()
    metrics.message("bolton", "mllp", "AA", 0.004)
    metrics.message("bolton", "mllp", "AA", 0.030)
    metrics.message("", "mllp", "AR", 0.001, fault="unknown-feed")
    text = metrics.render().decode()
    assert value(text, 'mpi_messages_total{ack="AA",feed="bolton",protocol="mllp"}') == 2
    assert value(text, 'mpi_messages_total{ack="AR",feed="unknown",protocol="mllp"}') == 1
    assert value(text, 'mpi_messages_refused_total{fault="unknown-feed",feed="unknown"}') == 1
    assert value(text, 'mpi_ack_seconds_bucket{le="0.005",protocol="mllp"}') == 2
    assert value(text, 'mpi_ack_seconds_count{protocol="mllp"}') == 3


def test_a_resolve_is_timed_also_when_it_fails() -> None:
    """IHE-69: the 50 ms promise needs a bucket at 50 ms."""
    metrics = Metrics()
    with metrics.resolving() as outcome:
        outcome["status"] = "certain"
    with pytest.raises(KeyError), metrics.resolving():
        raise KeyError
    text = metrics.render().decode()
    assert value(text, 'mpi_resolve_seconds_bucket{le="0.05",status="certain"}') == 1
    assert value(text, 'mpi_resolve_seconds_count{status="failed"}') == 1


def test_two_indexes_in_one_process_do_not_mix() -> None:
    one, two = Metrics(), Metrics()
    one.outbox_lag.set(7)
    assert value(one.render().decode(), "mpi_outbox_lag_seconds") == 7
    assert value(two.render().decode(), "mpi_outbox_lag_seconds") == 0


def test_any_worker_answers_for_all_and_a_dead_one_uses_no_connections(tmp_path: Path) -> None:
    directory = tmp_path / "metrics"
    clear(directory)
    workers = []
    for tasks in (4, 9):
        arguments = [sys.executable, "-c", WORKER, str(directory), str(tasks)]
        worker = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        workers.append((worker, int(worker.stdout.readline())))
    (first, first_pid), (second, _) = workers
    both, _ = first.communicate("\n", timeout=60)
    assert value(both, 'mpi_messages_total{ack="AA",feed="bolton",protocol="mllp"}') == 2
    assert value(both, 'mpi_db_pool_connections{state="used"}') == 6
    assert value(both, 'mpi_review_tasks_open{kind="possible-match"}') == 9, "a count of the database, not a sum"
    forget(directory, first_pid)
    after, _ = second.communicate("\n", timeout=60)
    assert value(after, 'mpi_messages_total{ack="AA",feed="bolton",protocol="mllp"}') == 2
    assert value(after, 'mpi_db_pool_connections{state="used"}') == 3
    clear(directory)
    assert not list(directory.iterdir())


def test_the_storage_cannot_be_changed_once_chosen(tmp_path: Path) -> None:
    script = "from pathlib import Path; from mpi.metrics import Metrics; Metrics(); Metrics(Path('x'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "SettingsError: workers" in done.stderr

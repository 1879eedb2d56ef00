"""The plugin's own thread: what waits is settled when the index can answer, and the night compares."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mpi_orthanc.ingest import OUT_OF_RESOURCES, Ingest
from mpi_orthanc.waiting import Queue, Waiting
from mpi_orthanc.worker import Worker
from tests.unit.dicom.dicom_builders import STUDY, header
from tests.unit.orthanc.plugin_builders import GOLDEN, header_of
from tests.unit.orthanc.test_orthanc_coercion import file_of
from tests.unit.orthanc.test_orthanc_settling import House


class Day:
    """A clock that is at noon until it is night."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-03-03T12:00")

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    queue = Queue(str(tmp_path / "queue.sqlite"))
    yield queue
    queue.close()


def worker(house: House, queue: Queue, day: Day | None = None, told: threading.Event | None = None) -> Worker:
    def log(text: str) -> None:
        if told is not None and "compared" in text:
            told.set()

    return Worker(queue, house.settler, house.reconcile, 0.0, (2, 30), log, day or Day())


def test_what_waits_is_settled_when_the_index_is_back(queue: Queue) -> None:
    house = House()
    house.store(1)
    house.index.away = True
    queue.add([STUDY, f"{STUDY}.gone"], "new")
    working = worker(house, queue)
    assert working.run_once() == 1
    assert queue.counts()[0] == {"new": 1, "unavailable": 1}
    house.index.away = False
    house.renew()
    worker(house, queue).run_once()
    assert house.orthanc.patients() == {str(GOLDEN)}
    assert set(house.index.registered) == {STUDY}
    assert queue.counts() == ({"new": 1}, {})  # announced, and not stored yet


def test_for_what_somebody_must_mend_it_waits_until_the_night(queue: Queue) -> None:
    house = House()
    house.store(1, IssuerOfPatientID="NOWHERE")
    queue.add([STUDY], "stable")
    working = worker(house, queue)
    assert (working.run_once(), working.run_once()) == (1, 0)
    assert queue.counts() == ({}, {"unknown-authority": 1})
    assert working.reconcile()["unresolved"] == {"unknown-authority": 1}
    assert working.run_once() == 1


def test_a_night_compares_once(queue: Queue) -> None:
    house, day, told = House(), Day(), threading.Event()
    house.store(1)
    working = worker(house, queue, day, told)
    working.start()
    assert not told.is_set()
    day.now += timedelta(hours=15)
    working.wake()
    assert told.wait(20)
    working.stop()
    assert house.orthanc.patients() == {str(GOLDEN)}


@pytest.mark.parametrize(("refuse", "status"), [(True, OUT_OF_RESOURCES), (False, 0)])
def test_while_the_index_is_away_the_setting_decides(queue: Queue, refuse: bool, status: int) -> None:
    """Either way the study waits on disk before the image is stored (promise 7)."""
    house = House()
    house.index.away = True
    ingest = Ingest(house.resolver, house.settler, queue, refuse=refuse, log=lambda text: None)
    image = header_of(header())
    assert ingest.received(b"", image) is None
    assert queue.counts()[0] == {"new": 1}
    assert ingest.admitted(image) == status


def test_a_study_is_announced_once_unless_one_of_its_images_stays_behind(tmp_path: Path) -> None:
    now = [1000.0]
    queue = Queue(str(tmp_path / "queue.sqlite"), lambda: now[0])

    def due() -> list[Waiting]:
        now[0] += 1
        return queue.due()

    house, image = House(), header_of(header())
    ingest = Ingest(house.resolver, house.settler, queue, refuse=False, log=lambda text: None, clock=lambda: 1.0)
    content = file_of(header())
    assert ingest.received(content, image) is not None
    (one,) = due()
    queue.done(one)
    assert ingest.received(content, image) is not None
    assert due() == []
    house.resolver.forget({str(GOLDEN)}, set())
    house.index.away = True
    assert ingest.received(content, image) is None
    assert len(due()) == 1
    queue.close()


def test_an_image_of_nobody_is_never_refused(queue: Queue) -> None:
    house = House()
    ingest = Ingest(house.resolver, house.settler, queue, refuse=True, log=lambda text: None)
    for image in (header(PatientID=""), header(IssuerOfPatientID="NOWHERE")):
        assert ingest.received(b"", header_of(image)) is None
        assert ingest.admitted(header_of(image)) == 0

"""What reads the messages and headers that arrive, over the use cases of an index."""

from __future__ import annotations

from adapters.dicom.receive import Receiver as ImageReceiver
from adapters.hl7v2.observer import Observer
from adapters.hl7v2.receive import Receiver
from mpi.main.index import Index
from mpi.main.observed import ObservedIntake, ObservedQueries
from mpi.main.speaking import caller_of, caller_of_archive, new_id
from mpi.metrics import Metrics
from mpi.usecases.imaging.images import Images
from mpi.usecases.reading.paging import Paging
from mpi.usecases.reading.query import Query


def compose_receiver(index: Index, metrics: Metrics, observer: Observer) -> Receiver:
    """The HL7 v2 edge."""
    intake = ObservedIntake(index.units, index.rematch, index.network, metrics, "mllp")
    query = Query(index.units, index.matching)
    queries = ObservedQueries(query, Paging(index.units), index.network, index.clock.now, new_id, metrics)
    return Receiver(intake, index.network, caller_of, index.clock.now, new_id, queries, observer.note)


def compose_images(index: Index, metrics: Metrics) -> ImageReceiver:
    """The DICOM edge."""

    def count(archive: str, status: int, fault: str, seconds: float) -> None:
        metrics.message(archive, "dicom", f"{status:04X}", seconds, fault)

    images = Images(index.units, index.rematch, index.clock)
    return ImageReceiver(images, index.network, caller_of_archive, count)

"""Instance Availability Notification: what its attributes say of a study (PS3.3 C.4.23, PS3.4 annex R)."""

from __future__ import annotations

from adapters.dicom.elements import Elements
from adapters.dicom.studies import read_study_uid
from mpi.domain.availability import Availability, Holding, Notice, slowest
from mpi.errors import Fault

_TITLE_LONGEST = 16


def read_notice(elements: Elements, archive: str) -> Notice:
    """The notice. Raises `Refused`: MISSING_FIELD, BAD_VALUE for what is no notification of anything."""
    uid = read_study_uid(elements)
    told: list[Availability] = []
    titles: dict[str, None] = {}
    series = list(elements.items("ReferencedSeriesSequence"))
    for one in series:
        for instance in one.items("ReferencedSOPSequence"):
            told.append(_availability(instance))
            for title in instance.texts("RetrieveAETitle", _TITLE_LONGEST):
                titles[title] = None
    if not told:
        raise elements.refuse("ReferencedSeriesSequence", "names no instance", Fault.MISSING_FIELD)
    # Which is the best of several no attribute says: the first named.
    holding = Holding(slowest(told), next(iter(titles), ""))
    return Notice(uid, archive, holding, len(series), len(told))


def _availability(instance: Elements) -> Availability:
    said = instance.text("InstanceAvailability")
    try:
        return Availability(said)
    except ValueError:
        fault = Fault.BAD_VALUE if said else Fault.MISSING_FIELD
        raise instance.refuse("InstanceAvailability", "is none of the defined terms", fault) from None

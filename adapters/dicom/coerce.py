"""Write a golden identity into a data set, and leave one alone that has it (IHE-61, IHE-68)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence as ItemSequence

from adapters.dicom.attributes import elements_of
from adapters.dicom.identity import Origin, is_golden, read_identity, read_others
from mpi.domain.coercion import (
    MODIFIED_ATTRIBUTES,
    ORIGINAL_ATTRIBUTES,
    OTHER_PATIENT_IDS,
    JsonElements,
    coercion_for,
)
from mpi.domain.network import Network
from mpi.domain.views import Resolution
from mpi.errors import Fault, Refused


def coerce(dataset: Dataset, resolution: Resolution, network: Network, origin: Origin, now: datetime) -> bool:
    """Make `dataset` an image of the resolution's golden identity; whether anything had to be changed.

    Its identity, as `read_identity` gives it, is the same before and after. Raises `Refused`: CONFLICT when the
    resolution is of another patient id, BAD_VALUE when the network has no `[issuer]`, and what `read_identity`
    raises; then nothing has been changed. `now` is aware.
    """
    elements = elements_of(dataset, network, origin)
    if read_identity(elements, network, origin) != resolution.identifier:
        raise Refused(Fault.CONFLICT, "the resolution is of another patient id than the image's", "(0010,0020)")
    wanted = coercion_for(resolution, network)
    if wanted is None:
        raise Refused(Fault.BAD_VALUE, "the network file has no [issuer] to issue golden ids", "(0010,0021)")
    golden = is_golden(elements, network, origin)
    if golden and elements.text("PatientID") == str(resolution.golden_id):
        return False
    if not golden and resolution.identifier not in read_others(elements, network, origin).identifiers:
        _append(dataset, OTHER_PATIENT_IDS, _item(wanted.other_patient_id))
    original = _item(wanted.original_attributes)
    original.AttributeModificationDateTime = now.strftime("%Y%m%d%H%M%S.%f%z")
    _append(original, MODIFIED_ATTRIBUTES, _standing(dataset, wanted.replaced))
    _append(dataset, ORIGINAL_ATTRIBUTES, original)
    dataset.update(_item(wanted.attributes))
    return True


def _item(elements: JsonElements) -> Dataset:
    return Dataset.from_json(json.dumps(elements))


def _append(dataset: Dataset, tag: str, item: Dataset) -> None:
    number = int(tag, 16)
    present = list(dataset[number].value or ()) if number in dataset else []
    dataset[number] = DataElement(number, "SQ", ItemSequence([*present, item]))


def _standing(dataset: Dataset, tags: Sequence[str]) -> Dataset:
    """The elements as they stand, bytes for bytes; without a value where they are absent."""
    copied = Dataset()
    for tag in (int(tag, 16) for tag in tags):
        copied[tag] = dataset.get_item(tag) if tag in dataset else DataElement(tag, dictionary_VR(tag), None)
    return copied

"""Headers of images that are in quarantine, by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_description

from mpi.domain.commands import Receipt
from mpi.domain.quarantine import Copy, Kept
from mpi.domain.reading import Entry, Reading, Section, seen
from mpi.errors import Fault, Refused

_LONGEST = 400  # characters of a value
_DEEPEST = 4
_OBSTACLE = "only the head of an image is kept; have its archive send or list the study again"


class QuarantinedHeaders:
    """See `mpi.ports.Messages`. The archive has the image: it is sent, or listed, again from there."""

    def read(self, kept: Kept, raw: bytes) -> Reading:
        """The attributes, else the bytes as far as they are text."""
        try:
            entries = tuple(_entries(dcmread(BytesIO(raw), force=not raw.startswith(bytes(128) + b"DICM"))))
        except Exception:  # of hostile bytes pydicom raises nearly anything, deep inside
            entries = ()
        if entries:
            section = Section("", "Attributes", tuple(_mark(entry, kept.location) for entry in entries))
            return Reading("DICOM", (section,), obstacle=_OBSTACLE)
        return Reading("DICOM", document=seen(raw[: 1 << 12].decode("latin-1")), obstacle=_OBSTACLE)

    def edited(self, kept: Kept, raw: bytes, text: str) -> bytes:
        """Raises `Refused`: there is no text."""
        raise _refused()

    def take(self, kept: Kept, content: bytes, copy: Copy) -> Receipt:
        """Raises `Refused`."""
        raise _refused()


def _refused() -> Refused:
    return Refused(Fault.UNSUPPORTED_TYPE, _OBSTACLE)


def _entries(dataset: Dataset, above: str = "", deep: int = 0) -> Iterator[Entry]:
    for tag in sorted(dataset.keys()):
        place = f"{above}({tag.group:04X},{tag.element:04X})"
        try:
            element = dataset[tag]
            name = element.name
            if element.VR == "SQ" and deep < _DEEPEST:
                yield Entry(place, name, (("", f"{len(element.value)} items"),))
                for number, item in enumerate(element.value, start=1):
                    yield from _entries(item, f"{place}[{number}]", deep + 1)
                continue
            value = str(element.value)
        except Exception:  # a value that cannot be read is what people want to see
            name, value = _name(tag), repr(dataset.get_item(tag).value)
        yield Entry(place, name, (("", seen(value[:_LONGEST])),))


def _name(tag: int) -> str:
    try:
        return dictionary_description(tag)
    except KeyError:
        return ""


def _mark(entry: Entry, location: str) -> Entry:
    return Entry(entry.place, entry.name, entry.parts, entry.place == location)

"""Headers of images that are in quarantine: laid open by attribute, mended, and taken in again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from pydicom import DataElement, Dataset, dcmread
from pydicom.datadict import dictionary_description, dictionary_VR

from adapters.dicom.attributes import elements_of, read_header
from adapters.dicom.headers import kept as kept_of
from adapters.dicom.identity import Origin
from mpi.domain.access import Caller
from mpi.domain.commands import Envelope, Receipt
from mpi.domain.network import Network
from mpi.domain.quarantine import Copy, Kept
from mpi.domain.reading import Entry, Reading, Section, pictured, seen, unpictured
from mpi.errors import Fault, Refused
from mpi.usecases.imaging.images import Image
from mpi.usecases.refused.retaking import Retaking

_LONGEST = 400  # characters of a value
_DEEPEST = 4
_PREAMBLE = bytes(128) + b"DICM"
_OBSTACLE = "not enough of the image is kept; have its archive send or list the study again"
_NOTICE = "N-CREATE"
_QUALIFIERS = "IssuerOfPatientIDQualifiersSequence"
_EDITABLE = ("PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")


@dataclass(frozen=True, slots=True)
class QuarantinedHeaders:
    """See `mpi.ports.Messages`. The text of a header is what says whose it is, an attribute a line. The image itself
    is in its archive and stays as it is: what is taken in is that its study is there, and of whom."""

    network: Network
    intake_of: Callable[[Copy], Retaking]
    caller_of: Callable[[str, str], Caller]  # of an archive's id and organisation

    def read(self, kept: Kept, raw: bytes) -> Reading:
        """The attributes, else the bytes as far as they are text."""
        try:
            entries = tuple(_entries(dcmread(BytesIO(raw), force=not raw.startswith(_PREAMBLE))))
        except Exception:  # of hostile bytes pydicom raises nearly anything, deep inside
            entries = ()
        text = self._text(kept, raw)
        obstacle = "" if text else _OBSTACLE
        if entries:
            section = Section("", "Attributes", tuple(_mark(entry, kept.location) for entry in entries))
            return Reading("DICOM", (section,), obstacle=obstacle, text=text or None)
        return Reading("DICOM", document=seen(raw[: 1 << 12].decode("latin-1")), obstacle=obstacle)

    def edited(self, kept: Kept, raw: bytes, text: str) -> bytes:
        """The bytes with the attributes whose lines have changed. Raises `Refused` for what is no such line, or no
        text that every character set can say."""
        before, after = _said(self._text(kept, raw)), _said(unpictured(text))
        head = _head(kept, raw)
        for keyword, value in after.items():
            if value == before.get(keyword, ""):
                continue
            if not (value.isascii() and (value.isprintable() or not value)):
                raise Refused(Fault.ENCODING, f"{keyword} may hold plain letters, digits and signs only")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they repeat the value; the reader judges it
                head[keyword] = DataElement(keyword, dictionary_VR(keyword), value)
            if keyword == "IssuerOfPatientID" and _QUALIFIERS in head:
                del head[_QUALIFIERS]  # it names the issuer that was mended once more
        content = kept_of(head, b"", head.file_meta.TransferSyntaxUID)
        if not content:
            raise Refused(Fault.BAD_VALUE, "these values cannot be written into a DICOM header")
        return content

    def take(self, kept: Kept, content: bytes, copy: Copy) -> Receipt:
        """See `mpi.ports.Messages.take`: as an image of its archive."""
        head = _head(kept, content)
        archive = next((one for one in self.network.archives if one.id == kept.facility), None)
        caller = self.caller_of(archive.id, archive.organisation) if archive else self.caller_of("", "")
        sent = Envelope("", kept.application, kept.facility, kept.control_id, kept.event, content)
        intake = self.intake_of(copy)
        try:
            header = read_header(head, self.network, _origin(kept))
        except Refused as reason:
            return intake.refuse(sent, reason, caller)
        return intake.store(sent, Image(header.study, header.patch, header.flaw), caller)

    def _text(self, kept: Kept, raw: bytes) -> str:
        """A line for each attribute that can be mended; "" for bytes that are no header, or not all of one."""
        try:
            elements = elements_of(_head(kept, raw), self.network, _origin(kept))
        except Refused:
            return ""
        lines = []
        for keyword in _EDITABLE:
            try:
                value = "\\".join(elements.texts(keyword))
            except Refused:  # it is shown above as it came; what is written here takes its place
                value = ""
            lines.append(f"{keyword}: {value}".rstrip())
        return pictured("\n".join(lines))


def _origin(kept: Kept) -> Origin:
    return Origin(kept.facility, kept.application)


def _head(kept: Kept, raw: bytes) -> Dataset:
    """Raises `Refused`."""
    if kept.event == _NOTICE or not raw.startswith(_PREAMBLE):
        raise Refused(Fault.UNSUPPORTED_TYPE, _OBSTACLE)
    try:
        head = dcmread(BytesIO(raw))
    except Exception:  # see above
        head = None
    if not head:
        raise Refused(Fault.UNSUPPORTED_TYPE, _OBSTACLE)
    return head


def _said(text: str) -> Mapping[str, str]:
    """The values by keyword. Raises `Refused`."""
    told = {}
    for number, line in enumerate(text.splitlines(), start=1):
        keyword, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or keyword.strip() not in _EDITABLE or keyword.strip() in told:
            known = ", ".join(_EDITABLE)
            raise Refused(Fault.BAD_VALUE, f"line {number} is not one of {known}, each once, with a colon behind it")
        told[keyword.strip()] = value.strip()
    return told


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

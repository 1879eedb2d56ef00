"""The head of an encoded data set: read as far as identity needs, and cut down to what is kept in quarantine.

The rest, above all the pixels, is neither parsed nor kept.
"""

from __future__ import annotations

import zlib
from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from mpi.errors import Fault, Refused

KEPT_BYTES = 1 << 16
"""Of a data set that cannot be read at all, the bytes that go to quarantine."""

_LAST = 0x04000561  # Original Attributes Sequence: elements come in the order of their tags, what follows is not read
_HEAD_BYTES = 1 << 24  # of a deflated data set
_PATIENT_GROUP = 0x0010
_STUDY_TAGS = frozenset(
    {
        *(0x00080005, 0x00080020, 0x00080030, 0x00080050, 0x00080051, 0x00080080, 0x00080082, 0x00080201, 0x00081030),
        *(0x0020000D, 0x00200010, _LAST),
    }
)


def read_head(content: bytes, transfer_syntax: str) -> Dataset:
    """The elements up to (0400,0561), values raw. Raises `Refused` (MALFORMED) when the bytes are no data set."""
    syntax = UID(transfer_syntax)
    try:
        if syntax.is_deflated:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, _HEAD_BYTES)
        head = read_dataset(
            BytesIO(content),
            syntax.is_implicit_VR,
            syntax.is_little_endian,
            stop_when=lambda tag, vr, size: tag > _LAST,
        )
    except Exception as error:  # of hostile bytes pydicom raises nearly anything, deep inside
        what = f"the data set cannot be read: {type(error).__name__}"
        raise Refused(Fault.MALFORMED, what, "dataset") from None
    head.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
    return head


def kept(head: Dataset, content: bytes, transfer_syntax: str) -> bytes:
    """What quarantine keeps of an image: its patient and its study, bytes for bytes, as a DICOM file; the same for
    every image of a study. Where they cannot be written again, the first bytes as they came."""
    syntax = UID(transfer_syntax)
    file = Dataset()
    file.file_meta = FileMetaDataset()
    plain = ExplicitVRLittleEndian if syntax.is_little_endian else ExplicitVRBigEndian
    file.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if syntax.is_implicit_VR else plain
    buffer = BytesIO()
    try:
        for tag in head.keys():  # noqa: SIM118  iterating a data set itself would decode its values
            if tag.group == _PATIENT_GROUP or tag in _STUDY_TAGS:
                file[tag] = head.get_item(tag)
        dcmwrite(buffer, file, enforce_file_format=False)
    except Exception:  # what could be read cannot always be written
        return content[:KEPT_BYTES]
    return bytes(128) + b"DICM" + buffer.getvalue().removeprefix(bytes(128) + b"DICM")

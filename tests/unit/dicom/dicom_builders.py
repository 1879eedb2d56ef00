"""Synthetic images: headers as data sets and as the bytes a modality would send."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from adapters.dicom.identity import Origin

STUDY = "1.2.826.0.1.3680043.2.1125.77"
FROM_BOLTON = Origin("gm-vna", "BOLTON_GW")
FROM_ARCHIVE = Origin("gm-vna", "GM_VNA")


def header(**overrides: Any) -> Dataset:
    """An image of Alpha Testperson, Bolton's 0001027; None leaves an element out."""
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "StudyDate": "20240301",
        "StudyTime": "101500",
        "AccessionNumber": "ACC1",
        "Modality": "CT",
        "StudyDescription": "CT Thorax",
        "PatientName": "TESTPERSON^Alpha Beta^Gamma^Mrs",
        "PatientID": "0001027",
        "IssuerOfPatientID": "RMC",
        "PatientBirthDate": "19540307",
        "PatientSex": "F",
        "BodyPartExamined": "CHEST",
        "StudyInstanceUID": STUDY,
    }
    dataset = Dataset()
    for keyword, value in (values | overrides).items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def item(**values: Any) -> Dataset:
    """An item of a sequence."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def sequence(*items: Mapping[str, Any]) -> Sequence:
    """A sequence of items."""
    return Sequence([item(**values) for values in items])


def encoded(dataset: Dataset) -> bytes:
    """The data set in explicit VR little endian."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, dataset)
    return buffer.getvalue()


def sent(dataset: Dataset) -> Dataset:
    """The data set as it arrives: encoded, and read again with every value raw."""
    return received(encoded(dataset))


def received(content: bytes) -> Dataset:
    """Bytes in explicit VR little endian, read."""
    meta = b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00"
    return dcmread(BytesIO(bytes(128) + b"DICM" + meta + content), force=True)


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    """One element in explicit VR little endian, whatever is in it."""
    padded = value + b" " * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(padded)) + padded


def with_bytes(name: bytes, charset: bytes = b"") -> Dataset:
    """An image whose Patient's Name is these bytes, under this Specific Character Set."""
    declared = element(8, 5, b"CS", charset) if charset else b""
    return received(
        declared
        + element(0x10, 0x10, b"PN", name)
        + element(0x10, 0x20, b"LO", b"0001027")
        + element(0x10, 0x21, b"LO", b"RMC")
        + element(0x20, 0xD, b"UI", STUDY.encode())
    )

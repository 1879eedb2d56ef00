"""What the plugin writes is what `adapters.dicom.coerce` writes, in every transfer syntax, and not a byte more."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from adapters.dicom.attributes import elements_of
from adapters.dicom.coerce import coerce
from adapters.dicom.identity import Origin, read_identity
from mpi.domain.views import Resolution, ResolutionState
from mpi_orthanc.coercion import coerce as coerce_bytes
from mpi_orthanc.encoding import take_apart
from mpi_orthanc.failures import Refusal
from mpi_orthanc.index import Answer
from mpi_orthanc.resolver import Resolver
from tests.unit.dicom.dicom_builders import element, encoded, header, sequence
from tests.unit.orthanc.plugin_builders import GOLDEN, NETWORK, OTHER, OURS, PaperIndex, header_of

NOW = datetime(2026, 3, 3, 12, 0, 0, 250000, tzinfo=UTC)
ORIGIN = Origin("gm-vna", "BOLTON_GW")
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def file_of(dataset: Dataset, syntax: Any = ExplicitVRLittleEndian) -> bytes:
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def by_plugin(content: bytes, golden: UUID = GOLDEN) -> bytes:
    verdict = Resolver(PaperIndex(golden), "gm-vna", OURS, 60).judge(
        header_of(dcmread(BytesIO(content)), "BOLTON_GW")
    )
    if verdict.right:
        return content
    return coerce_bytes(content, verdict.answer.coercion, NOW, add_other=verdict.add_other)


def by_index(content: bytes, golden: UUID = GOLDEN) -> Dataset:
    dataset = dcmread(BytesIO(content))
    identifier = read_identity(elements_of(dataset, NETWORK, ORIGIN), NETWORK, ORIGIN)
    coerce(dataset, Resolution(identifier, golden, ResolutionState.CERTAIN, ()), NETWORK, ORIGIN, NOW)
    return dataset


def tail() -> dict[str, Any]:
    """Things that must not be touched, on both sides of what is written."""
    return {"PatientComments": "x" * 300, "ReferencedStudySequence": sequence({"ReferencedSOPInstanceUID": "1.2"})}


IMAGES = [
    header(),
    header(**tail()),
    header(IssuerOfPatientID=None),
    header(PatientID="Z\u00fc7", SpecificCharacterSet="ISO_IR 100"),
    header(
        IssuerOfPatientIDQualifiersSequence=sequence(
            {"UniversalEntityID": NETWORK.authority_by_id["BOLTON"].oid, "UniversalEntityIDType": "ISO"}
        )
    ),
    header(OtherPatientIDsSequence=sequence({"PatientID": "0001027", "IssuerOfPatientID": "BOLPAS"})),
    header(OtherPatientIDsSequence=sequence({"PatientID": "0001027", "IssuerOfPatientID": "RM3"}, {"PatientID": ""})),
    header(
        OriginalAttributesSequence=sequence(
            {"ModifyingSystem": "IMPORTER", "ModifiedAttributesSequence": sequence({"PatientID": "X1"})}
        )
    ),
]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("image", range(len(IMAGES)))
def test_ihe_61_ihe_68_both_write_the_same(image: int, syntax: Any) -> None:
    """A golden id, the same again, another one: step by step the same data set."""
    content = file_of(deepcopy(IMAGES[image]), syntax)
    for golden in (GOLDEN, GOLDEN, OTHER, GOLDEN):
        expected = by_index(content, golden)
        content = by_plugin(content, golden)
        found = dcmread(BytesIO(content))
        assert found.file_meta.TransferSyntaxUID == syntax
        assert encoded(found) == encoded(expected)


def test_sequences_of_undefined_length_are_stepped_over_and_added_to() -> None:
    dataset = header(
        OtherPatientIDsSequence=sequence({"PatientID": "C1", "IssuerOfPatientID": "RBV"}),
        ReferencedStudySequence=sequence({"ReferencedSOPInstanceUID": "1.2"}),
    )
    for keyword in ("OtherPatientIDsSequence", "ReferencedStudySequence"):
        dataset[keyword].is_undefined_length = True
        dataset[keyword].value[0].is_undefined_length_sequence_item = True
    content = file_of(dataset)
    assert content.count(b"\xfe\xff\xdd\xe0") == 2
    assert encoded(dcmread(BytesIO(by_plugin(content)))) == encoded(by_index(content))


def test_pixels_and_private_elements_stay_byte_for_byte() -> None:
    dataset = header()
    dataset.add_new(0x00091001, "UN", b"\x00\xff\x10private")
    dataset.add_new(0x7FE00010, "OW", bytes(range(256)) * 40)
    content = file_of(dataset)
    changed = by_plugin(content)
    assert take_apart(changed, 0x04000561).tail == take_apart(content, 0x04000561).tail
    assert b"\x00\xff\x10private" in changed


@given(st.integers(0, 2000), st.binary(max_size=12))
def test_whatever_bytes_come_they_are_refused_or_kept_whole(cut: int, noise: bytes) -> None:
    """A cut or damaged file is never half understood."""
    content = file_of(header(**tail()))
    damaged = content[: min(cut, len(content))] + noise
    with suppress(Refusal):
        file = take_apart(damaged, 0x04000561)
        assert file.joined(list(file.elements)) == damaged


def test_what_cannot_be_written_is_refused() -> None:
    """Bytes that are no sequence where one has to grow, and an id that the image's character set cannot hold."""
    (answer,) = PaperIndex().resolve([{"patient_id": "\u0141", "issuer": "RMC"}])
    assert isinstance(answer, Answer)
    for said in ({"SpecificCharacterSet": "ISO_IR 100"}, {"SpecificCharacterSet": "ISO_IR 192"}):
        content = file_of(header(**said))
        if said["SpecificCharacterSet"] == "ISO_IR 192":
            other = element(0x0010, 0x1000, b"LO", b"X") + b"\x10\x00\x02\x10UN\x00\x00\x02\x00\x00\x00zz"
            at = content.index(b"\x18\x00\x15\x00CS")
            content = content[:at] + other + content[at:]
        with pytest.raises(Refusal, match=r"character set|sequence"):
            coerce_bytes(content, answer.coercion, NOW, add_other=True)

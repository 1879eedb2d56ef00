"""An image's header: whose it is, which study it belongs to, and what it says of the patient (IHE-60, IHE-61)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from pydicom import Dataset

from adapters.dicom.demographics import read_patch
from adapters.dicom.elements import Elements
from adapters.dicom.identity import Origin, read_identity, read_others
from adapters.dicom.studies import read_study, read_study_uid
from mpi.domain.commands import Patch
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.views import Study
from mpi.errors import Refused


@dataclass(frozen=True, slots=True)
class Header:
    """What an image says, under its patient id.

    `patch` is None when what it says of the patient cannot be read, and `flaw` says why: nothing is guessed, and the
    image still stands under its local identity (promise 7). `remarks` name places, never values.
    """

    study: Study
    patch: Patch | None
    flaw: Refused | None = None
    others: tuple[Identifier, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def facts(self) -> Hashable:
        """What it says, to be compared with what another image says."""
        told = frozenset(self.patch.items()) if self.patch is not None else None
        return self.study, told, str(self.flaw)


def read_header(dataset: Dataset, network: Network, origin: Origin) -> Header:
    """The header of an image that came from `origin`. Raises `Refused` with the tag as location when the image has
    no identity: Patient ID, issuer or Study Instance UID are missing, unknown or unreadable."""
    elements = elements_of(dataset, network, origin)
    patient = read_identity(elements, network, origin)
    study, remarks = read_study(elements, patient, network, origin.archive)
    try:
        others = read_others(elements, network, origin)
        patch = read_patch(elements, others.nhs)
    except Refused as flaw:
        return Header(study, None, flaw, remarks=tuple(remarks))
    return Header(study, patch, None, others.identifiers, (*remarks, *others.remarks))


def question_key(dataset: Dataset) -> str:
    """Under which key a header that was refused is kept: its study, for all images of it ask the same question."""
    try:
        return read_study_uid(Elements.of(dataset))
    except Refused:
        return "no-study-uid"


def elements_of(dataset: Dataset, network: Network, origin: Origin) -> Elements:
    """The elements of a data set; text without a declared character set is read as the archive's."""
    undeclared = next((archive.charset for archive in network.archives if archive.id == origin.archive), "")
    return Elements.of(dataset, undeclared)

"""Ask an archive which studies it has: C-FIND at STUDY level (IHE-62: with the issuer, which PATIENT level lacks)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pydicom import Dataset
from pynetdicom import _config
from pynetdicom.ae import ApplicationEntity
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]

from adapters.dicom.elements import Elements
from adapters.dicom.headers import kept
from adapters.dicom.listing import Span, TooMany
from mpi.errors import Unavailable

_PENDING = frozenset({0xFF00, 0xFF01})
_SUCCESS = 0x0000
_NOT_ALL = frozenset({0xA700, 0xFE00})  # out of resources; ended by the archive, which we never ask for
_RETURN_KEYS = (
    *("SpecificCharacterSet", "AccessionNumber", "ModalitiesInStudy", "StudyDescription"),
    *("InstitutionName", "TimezoneOffsetFromUTC", "PatientName", "PatientID", "IssuerOfPatientID"),
    *("PatientBirthDate", "PatientSex", "StudyInstanceUID"),
    *("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
)
_RETURN_SEQUENCES = (
    *("IssuerOfPatientIDQualifiersSequence", "OtherPatientIDsSequence", "OriginalAttributesSequence"),
    "ProcedureCodeSequence",
)
_QUALIFIERS = 0x00100024
_IDENTITY = (0x0020000D, 0x00100020, 0x00100021)


@dataclass(frozen=True, slots=True)
class Peer:
    """An archive that answers C-FIND, and what we call ourselves."""

    host: str
    port: int
    ae_title: str
    calling: str = "MPI"
    timeout: float = 60.0  # seconds for each response


@dataclass(frozen=True)
class Identified:
    """See `adapters.dicom.listing.Answer`: the identifier of a C-FIND response."""

    dataset: Dataset
    syntax: str

    @cached_property
    def mark(self) -> bytes:
        """The same for one study of one patient; by everything that is said when its issuer is in a sequence."""
        if _QUALIFIERS in self.dataset:
            return hashlib.sha256(kept(self.dataset, b"", self.syntax)).digest()
        told = [self.dataset.get_item(tag) for tag in _IDENTITY if tag in self.dataset]
        return hashlib.sha256(repr([(element.tag, element.value) for element in told if element]).encode()).digest()

    def text(self, keyword: str) -> str:
        """The one value of a text."""
        return Elements.of(self.dataset).text(keyword)

    def read(self) -> tuple[Dataset, str]:
        """All of it."""
        return self.dataset, self.syntax


def find_studies(peer: Peer, span: Span) -> Iterator[Identified]:
    """Every study of a span as the archive tells it. Raises `Unavailable` when it cannot be reached or does not
    answer to the end: then what has come is not all. `TooMany` when it may answer for less."""
    _config.LOG_HANDLER_LEVEL = "none"
    entity = ApplicationEntity(peer.calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = peer.timeout
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    association = entity.associate(peer.host, peer.port, ae_title=peer.ae_title)
    if not association.is_established:
        raise Unavailable(f"{peer.ae_title} at {peer.host}:{peer.port} does not accept our association")
    finished = False
    try:
        syntax = str(association.accepted_contexts[0].transfer_syntax[0])
        answers = association.send_c_find(_query(span), StudyRootQueryRetrieveInformationModelFind)
        code = None
        for status, identifier in answers:
            code = status.get("Status")
            if code in _PENDING and identifier is not None:
                yield Identified(identifier, syntax)
        finished = True
        if code != _SUCCESS:
            said = "nothing" if code is None else f"0x{code:04X}"
            failure = TooMany if code in _NOT_ALL else Unavailable
            raise failure(f"{peer.ae_title} answered {said} when asked for the studies of {span}")
    finally:
        if association.is_established:
            association.release() if finished else association.abort()


def _query(span: Span) -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    for keyword in _RETURN_KEYS:
        setattr(query, keyword, None)
    for keyword in _RETURN_SEQUENCES:
        setattr(query, keyword, [])
    query.StudyDate, query.StudyTime = span.date_key, span.time_key
    return query

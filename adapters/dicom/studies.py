"""The study of an image. Its UID must be right; what merely describes it is left out when it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from adapters.dicom.elements import Elements
from adapters.dicom.times import read_moment, read_offset
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.orders import Coded
from mpi.domain.views import Study
from mpi.errors import Fault, Refused

_UID = re.compile(r"(?=.{1,64}\Z)(0|[1-9]\d*)(\.(0|[1-9]\d*))+\Z", re.ASCII)  # PS3.5 9.1
_CODE = re.compile(r"[A-Z0-9_ ]{1,16}\Z")  # CS
_MOST = 2**31 - 1
_MOST_CODES = 20
T = TypeVar("T")


def read_study(elements: Elements, patient: Identifier, network: Network, archive: str) -> tuple[Study, list[str]]:
    """The study an image belongs to, and remarks upon what was left out. Raises `Refused` (MISSING_FIELD,
    BAD_VALUE) when its Study Instance UID is no UID."""
    remarks: list[str] = []

    def optional(read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Refused as reason:
            remarks.append(f"{reason.location} left out: {reason.fault}")
            return otherwise

    study = Study(
        study_uid=read_study_uid(elements),
        patient=patient,
        started_at=optional(lambda: _started(elements), None),
        modalities=optional(lambda: _modalities(elements), ()),
        body_site=optional(lambda: elements.text("BodyPartExamined"), ""),
        description=optional(lambda: elements.text("StudyDescription"), ""),
        accession=optional(lambda: elements.text("AccessionNumber"), ""),
        organisation=optional(lambda: _organisation(elements, network), ""),
        archive=archive,
        series=optional(lambda: _count(elements, "NumberOfStudyRelatedSeries"), 0),
        instances=optional(lambda: _count(elements, "NumberOfStudyRelatedInstances"), 0),
        procedures=optional(lambda: _procedures(elements), ()),
        anatomy=optional(lambda: _codes(elements, "AnatomicRegionSequence"), ()),
    )
    return study, remarks


def read_study_uid(elements: Elements) -> str:
    """Study Instance UID (0020,000D). Raises `Refused`: MISSING_FIELD, BAD_VALUE."""
    uid = elements.text("StudyInstanceUID")
    if not uid:
        raise elements.refuse("StudyInstanceUID", "is empty", Fault.MISSING_FIELD)
    if not _UID.match(uid):
        raise elements.refuse("StudyInstanceUID", "is not a UID")
    return uid


def _started(elements: Elements) -> datetime | None:
    """A day without a time is its earliest moment: the study stands in the history where it belongs."""
    day, clock = elements.text("StudyDate"), elements.text("StudyTime")
    if not day:
        return None
    offset = elements.text("TimezoneOffsetFromUTC")
    zone = read_offset(offset) if offset else None
    if offset and zone is None:
        raise elements.refuse("TimezoneOffsetFromUTC", "is not an offset from UTC")
    started = read_moment(day, clock, zone) or read_moment(day, "", zone)
    if started is None or not 1800 <= started.year <= 2200:
        raise elements.refuse("StudyDate", "is not a day")
    return started


def _modalities(elements: Elements) -> tuple[str, ...]:
    codes = (*elements.texts("ModalitiesInStudy"), *elements.texts("Modality"))
    if not all(_CODE.match(code) for code in codes):
        raise elements.refuse("Modality", "is not a code")
    return tuple(dict.fromkeys(codes))


def _organisation(elements: Elements, network: Network) -> str:
    """The ODS code of the trust that acquired the study, by code or by the very name the network file has for it or
    one of its sites; "" when it is neither. That a trust issued the patient id does not say that it acquired this."""
    codes = [item.text("CodeValue") for item in elements.items("InstitutionCodeSequence")]
    names = (*codes, elements.text("InstitutionName").casefold())
    return next((network.owner_by_name[name] for name in names if name in network.owner_by_name), "")


def _procedures(elements: Elements) -> tuple[Coded, ...]:
    """The codes of what was made and, as a RIS had them on its worklist, of what was asked for."""
    asked = [_codes(item, "RequestedProcedureCodeSequence") for item in elements.items("RequestAttributesSequence")]
    made = _codes(elements, "ProcedureCodeSequence"), _codes(elements, "RequestedProcedureCodeSequence")
    return tuple(dict.fromkeys(coded for codes in (*made, *asked) for coded in codes))[:_MOST_CODES]


def _codes(elements: Elements, keyword: str) -> tuple[Coded, ...]:
    """The codes of a sequence (PS3.3 8.8), those without a value left out."""
    found = []
    for item in elements.items(keyword):
        code = item.text("CodeValue") or item.text("LongCodeValue")
        if code:
            found.append(Coded(code, item.text("CodeMeaning"), item.text("CodingSchemeDesignator")))
    return tuple(dict.fromkeys(found))[:_MOST_CODES]


def _count(elements: Elements, keyword: str) -> int:
    text = elements.text(keyword)
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST):
        raise elements.refuse(keyword, "is not a number")
    return int(text)

"""A study as a data set of the DICOM JSON model (PS3.18 F; attributes of PS3.18 table 10.6.3-3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from adapters.dicom.times import write_moment
from linkage.record import Demographics, Name, Sex
from mpi.domain.identifiers import WITHHELD, Identifier
from mpi.domain.views import Study

_SEXES = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.OTHER: "O"}
Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The patient of every study in one answer: golden id, the id and issuer asked for, surviving demographics."""

    golden_id: UUID | None = None
    patient_id: str = ""
    issuer: str = ""
    demographics: Demographics = field(default_factory=Demographics)


def dataset(study: Study, shown: Shown, retrieve: str) -> dict[str, Element]:
    """One study. The Patient ID is the one asked for, so that a viewer shows one patient; the id that the study was
    acquired under stands in Other Patient IDs Sequence with its issuer (IHE-61). `retrieve` is the archive's DICOMweb
    address, "" when it is not known."""
    day, clock, offset = write_moment(study.started_at) if study.started_at else ("", "", "")
    person = shown.demographics
    told = {
        "00080005": _element("CS", "ISO_IR 192"),
        "00080020": _element("DA", day),
        "00080030": _element("TM", clock),
        "00080050": _element("SH", study.accession),
        "00080054": _element("AE", study.holding.ae_title if study.holding else ""),
        "00080056": _element("CS", study.holding.availability if study.holding else ""),
        "00080061": _element("CS", *study.modalities),
        "00080090": _element("PN"),
        "00080201": _element("SH", offset),
        "00081030": _element("LO", study.description),
        "00081190": _element("UR", f"{retrieve}/studies/{study.study_uid}" if retrieve else ""),
        "00100010": _name(person.names[0]) if person.names else _element("PN"),
        "00100020": _element("LO", shown.patient_id),
        "00100021": _element("LO", shown.issuer),
        "00100030": _element("DA", _day(person.birth_date)),
        "00100040": _element("CS", _SEXES.get(person.sex, "")),
        "00101002": {"vr": "SQ"} | ({} if study.patient == WITHHELD else {"Value": [_other(study.patient)]}),
        "0020000D": _element("UI", study.study_uid),
        "00200010": _element("SH"),
        "00201206": _count(study.series),
        "00201208": _count(study.instances),
    }
    for optional in ("00080054", "00080056", "00080201", "00081030", "00081190", "00100021"):
        if "Value" not in told[optional]:
            del told[optional]
    return told


def _element(vr: str, *values: str) -> Element:
    present = [value for value in values if value]
    return {"vr": vr, "Value": present} if present else {"vr": vr}


def _count(number: int) -> Element:
    return {"vr": "IS", "Value": [number]} if number else {"vr": "IS"}


def _name(name: Name) -> Element:
    parts = [name.family, name.given, name.middle, name.title, name.suffix]
    text = "^".join(part.replace("^", " ").replace("=", " ").replace("\\", " ") for part in parts).rstrip("^")
    return {"vr": "PN", "Value": [{"Alphabetic": text}]} if text else {"vr": "PN"}


def _day(birth_date: str) -> str:
    digits = birth_date.replace("-", "")
    return digits if len(digits) == 8 else ""  # a DA is a whole day


def _other(patient: Identifier) -> dict[str, Element]:
    return {"00100020": _element("LO", patient.value), "00100021": _element("LO", patient.authority)}

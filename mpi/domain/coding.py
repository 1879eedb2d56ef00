"""Codes of examinations and parts of the body: which scheme each is of, and so whether two trusts mean the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from mpi.domain.orders import Coded


class Scheme(StrEnum):
    """The schemes that mean the same at every trust; any other is a trust's own."""

    SNOMED_CT = "SNOMED CT"
    NICIP = "NICIP"  # National Interim Clinical Imaging Procedures


# As DICOM (PS3.16 8), HL7 (table 0396) and FHIR call them. SRT and SNM3 are SNOMED-RT, whose codes are others.
_NAMES = {
    "SCT": Scheme.SNOMED_CT,
    "SNOMEDCT": Scheme.SNOMED_CT,
    "SNOMEDCTUK": Scheme.SNOMED_CT,
    "HTTPSNOMEDINFOSCT": Scheme.SNOMED_CT,
    "21684011388396": Scheme.SNOMED_CT,
    "NICIP": Scheme.NICIP,
    "NICIPCODES": Scheme.NICIP,
}
_FORMS = {Scheme.SNOMED_CT: re.compile(r"[1-9]\d{5,17}", re.ASCII), Scheme.NICIP: re.compile(r"[A-Z0-9]{2,8}")}
_NOT_TELLING = re.compile(r"[^A-Z0-9]")


def scheme_of(coded: Coded) -> Scheme | None:
    """The national scheme of a code; None when it is a trust's own, or not of the scheme's form."""
    scheme = _NAMES.get(_NOT_TELLING.sub("", coded.system.upper()))
    return scheme if scheme and _FORMS[scheme].fullmatch(coded.code.upper()) else None


def national(codes: Iterable[Coded]) -> frozenset[tuple[Scheme, str]]:
    """The codes that mean the same wherever they are used."""
    return frozenset((scheme, coded.code.upper()) for coded in codes if (scheme := scheme_of(coded)))


def without_local(codes: Iterable[Coded]) -> tuple[Coded, ...]:
    """The codes without what names a trust: of its own ones only the text stays."""
    told = (coded if scheme_of(coded) else Coded("", coded.text) for coded in codes)
    return tuple(dict.fromkeys(coded for coded in told if coded.code or coded.text))

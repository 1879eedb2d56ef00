"""What an image's header says of the patient, as a patch; what is empty is not said, an image deletes nothing.

It counts only while no feed has described the patient. Patient's Age (0010,1010) is not turned into a date of birth:
it fits two years.
"""

from __future__ import annotations

from adapters.dicom.elements import Elements
from adapters.dicom.times import read_date
from linkage.record import Address, Name, NameUse, Sex
from mpi.domain.commands import Field, NhsNumber, Patch, Value

_SEXES = {"M": Sex.MALE, "F": Sex.FEMALE, "O": Sex.OTHER, "U": Sex.UNKNOWN, "N": Sex.UNKNOWN}  # PS3.3 C.7.1.1: M F O
_LONGEST_NAME = 1000  # three component groups of five components


def read_patch(elements: Elements, nhs: NhsNumber | None) -> Patch:
    """The fields that are said. Raises `Refused`: ENCODING, BAD_VALUE."""
    patch: dict[Field, Value] = {}
    if names := _read_names(elements):
        patch[Field.NAMES] = names
    if born := _read_birth_date(elements):
        patch[Field.BIRTH_DATE] = born
    if (sex := _read_sex(elements)) is not None:
        patch[Field.SEX] = sex
    if address := elements.text("PatientAddress", _LONGEST_NAME):
        patch[Field.ADDRESSES] = (Address(lines=(address,)),)
    if phones := elements.texts("PatientTelephoneNumbers"):
        patch[Field.PHONES] = tuple(dict.fromkeys(phones))
    if maiden := read_name(elements.text("PatientMotherBirthName", _LONGEST_NAME)):
        patch[Field.MOTHERS_MAIDEN_NAME] = maiden[0].family
    if nhs is not None:
        patch[Field.NHS_NUMBER] = nhs
    return {name: value for name, value in patch.items() if value}


def read_name(text: str, use: NameUse = NameUse.USUAL) -> tuple[Name, ...]:
    """The names of a PN (PS3.5 6.2.1): its first component group that says anything, and the others as aliases."""
    names: dict[Name, None] = {}
    for group in text.split("="):
        family, given, middle, prefix, suffix = ([part.strip() for part in group.split("^")] + [""] * 5)[:5]
        first, _, more = given.partition(" ")  # several forenames may stand in one component
        middle = " ".join(filter(None, (more.strip(), middle)))
        if family or first or middle:
            names[Name(family, first, middle, prefix, suffix, NameUse.ALIAS if names else use)] = None
    return tuple(names)


def _read_names(elements: Elements) -> tuple[Name, ...]:
    names = list(read_name(elements.text("PatientName", _LONGEST_NAME)))
    names += read_name(elements.text("PatientBirthName", _LONGEST_NAME), NameUse.MAIDEN)
    for other in elements.texts("OtherPatientNames", _LONGEST_NAME):
        names += read_name(other, NameUse.ALIAS)
    return tuple(dict.fromkeys(names))


def _read_birth_date(elements: Elements) -> str:
    text = elements.text("PatientBirthDate")
    born = read_date(text) if text else ""
    if born is None:
        raise elements.refuse("PatientBirthDate", "is not a date")
    return born


def _read_sex(elements: Elements) -> Sex | None:
    code = elements.text("PatientSex").upper()
    if code and code not in _SEXES:
        raise elements.refuse("PatientSex", "is none of M, F and O")
    return _SEXES.get(code)

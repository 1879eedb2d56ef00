"""The two stages of a person's demographics: as received (`Demographics`) and ready to compare (`StandardRecord`).

They are different types so that nobody can pass one for the other; `linkage.standardise` is the only road
from the first to the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum


class NameUse(StrEnum):
    """What a name is for (FHIR name-use; HL7 table 0200 maps onto it)."""

    USUAL = "usual"
    OFFICIAL = "official"
    MAIDEN = "maiden"
    OLD = "old"
    NICKNAME = "nickname"
    ALIAS = "alias"
    TEMP = "temp"


class Kind(StrEnum):
    """How a field outside the usual ones is read and compared.

    CODE: an identifier, by wrong and swapped characters. NAME: one or two words, by likeness. TEXT: more words, by
    the letters they share. CATEGORY: the same or not. NUMBER: by distance.
    """

    CODE = "code"
    NAME = "name"
    TEXT = "text"
    CATEGORY = "category"
    NUMBER = "number"


class AddressUse(StrEnum):
    """What an address is for."""

    HOME = "home"
    TEMP = "temp"
    OLD = "old"
    WORK = "work"
    BIRTH = "birth"


class Sex(StrEnum):
    """Administrative sex as FHIR administrative-gender; UNKNOWN is no evidence (NHS-51)."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class Reliability(StrEnum):
    """Identity reliability codes (HL7 table 0445 with the ITK additions, PID-32)."""

    ALIAS = "AL"
    DEFAULT_ADDRESS = "UA"
    DEFAULT_BIRTH_DATE = "UD"
    ESTIMATED_BIRTH_DATE = "ED"


@dataclass(frozen=True, slots=True)
class Name:
    """One name as received; `given` is the first forename, `middle` all the others, space separated."""

    family: str = ""
    given: str = ""
    middle: str = ""
    title: str = ""
    suffix: str = ""
    use: NameUse = NameUse.USUAL


@dataclass(frozen=True, slots=True)
class Address:
    """One postal address as received."""

    lines: tuple[str, ...] = ()
    town: str = ""
    county: str = ""
    postcode: str = ""
    use: AddressUse = AddressUse.HOME


@dataclass(frozen=True, slots=True)
class FurtherValue:
    """What a record says in a field outside the usual ones."""

    name: str
    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class Demographics:
    """What one source record says about a person, as received. Empty means not said.

    `birth_date` is ISO 8601 at the precision received: "1954", "1954-03" or "1954-03-07".
    `nhs_status` is the two-digit verification status "01".."08" (NHS-8); "" counts as "02", present but not traced.
    `previous_names` and `previous_addresses` are values this record once held, newest first. `foreign`: postcodes
    follow no British rules. `imported`: only an image's header says all this, and nobody who knows the patient.
    """

    names: tuple[Name, ...] = ()
    previous_names: tuple[Name, ...] = ()
    birth_date: str = ""
    sex: Sex = Sex.UNKNOWN
    addresses: tuple[Address, ...] = ()
    previous_addresses: tuple[Address, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    nhs_number: str = ""
    nhs_status: str = ""
    gp_practice: str = ""
    mothers_maiden_name: str = ""
    multiple_birth: bool | None = None
    birth_order: int | None = None
    identity_unknown: bool = False
    reliability: frozenset[Reliability] = frozenset()
    further: tuple[FurtherValue, ...] = ()
    foreign: bool = False
    imported: bool = False


class SexCode(IntEnum):
    """Sex in a standardised record; OTHER and UNKNOWN both become NONE, which is no evidence."""

    NONE = 0
    MALE = 1
    FEMALE = 2


class Caution(IntFlag):
    """What makes a record, by itself, unfit for automatic linking by demographics."""

    NONE = 0
    UNIDENTIFIED = 1  # PID-31, trauma and phonetic placeholder names (NHS-53)
    PLACEHOLDER_NAME = 2  # baby names: the forename is missing, not known (NHS-54)
    DEFAULT_BIRTH_DATE = 4  # UD flag or a default value: the date carries no weight (NHS-52)
    ESTIMATED_BIRTH_DATE = 8  # ED flag: the date carries reduced weight (NHS-52)
    MULTIPLE_BIRTH = 16  # twin or higher: siblings share nearly everything (NHS-55)
    JUNK_NAME = 32  # test and deceased markers in a name field (NHS-60)
    IMPORTED = 64  # nobody but an image's header says who this is: name and date alone bind nothing (IHE-68)


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A date of birth at its precision: 0 stands for an unknown part; all 0 is missing."""

    year: int = 0
    month: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class StandardRecord:
    """Demographics ready to compare: upper-case ASCII A-Z, no punctuation, placeholders and pseudo values removed.

    surnames: current first, then previous, maiden and alias ones; a double-barrelled name stands joined
        ("SMITHJONES") and each part follows ("SMITH", "JONES"). No repeats.
    forenames: current first forename first, then nickname, alias and previous ones. No repeats.
    middle_names: the other forenames, in order.
    postcode: seven characters or fewer without the space ("M139WL"); pseudo postcodes (NHS-50) are "".
    house, street, town: of the current home address; house is the number or name ("12A", "FLAT3 12A").
    phones: digits only in national form ("07700900123"), national order kept.
    nhs_number: ten digits that pass every rule of NHS-1 to NHS-4, else "".
    nhs_status: 0 when there is no number, otherwise 1..8.
    birth_order: 0 when unknown.
    further: name and standardised text of fields outside the usual ones, those that say anything.
    """

    surnames: tuple[str, ...] = ()
    forenames: tuple[str, ...] = ()
    middle_names: tuple[str, ...] = ()
    birth_date: BirthDate = BirthDate()
    sex: SexCode = SexCode.NONE
    postcode: str = ""
    previous_postcodes: tuple[str, ...] = ()
    house: str = ""
    street: str = ""
    town: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    nhs_number: str = ""
    nhs_status: int = 0
    gp_practice: str = ""
    mothers_maiden_name: str = ""
    birth_order: int = 0
    cautions: Caution = Caution.NONE
    further: tuple[tuple[str, str], ...] = ()

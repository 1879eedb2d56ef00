"""From demographics as received to a record ready to compare: the only road, pure and idempotent."""

from __future__ import annotations

from linkage import nhs_number
from linkage.record import (
    AddressUse,
    BirthDate,
    Caution,
    Demographics,
    FurtherValue,
    Reliability,
    Sex,
    SexCode,
    StandardRecord,
)
from linkage.standardise.addresses import choose_home, read_lines, read_postcode, read_town
from linkage.standardise.contacts import read_emails, read_phones, read_practice
from linkage.standardise.dates import MISSING_DATE, is_default, is_new_year, read_birth_date
from linkage.standardise.further import read_further, read_postal_code
from linkage.standardise.names import read_names, read_surname

__all__ = ["judge_birth_date", "read_status", "standardise"]

_SEX_CODES = {Sex.MALE: SexCode.MALE, Sex.FEMALE: SexCode.FEMALE}
_UNTRACED = 2
_NOT_HOMES = frozenset({AddressUse.WORK, AddressUse.BIRTH})


def standardise(raw: Demographics) -> StandardRecord:
    """The one standardised form of `raw`; never raises, because poor data must never stop an image (NHS-14)."""
    names = read_names(raw)
    order = _read_birth_order(raw) or names.birth_order
    unidentified = raw.identity_unknown or bool(names.cautions and Caution.UNIDENTIFIED in names.cautions)
    birth_date, cautions = judge_birth_date(raw.birth_date, raw.reliability, unidentified=unidentified)
    if names.cautions:
        cautions |= names.cautions
    if raw.identity_unknown:
        cautions |= Caution.UNIDENTIFIED
    if raw.imported:
        cautions |= Caution.IMPORTED
    if raw.multiple_birth or order:
        cautions |= Caution.MULTIPLE_BIRTH
    postcode, house, street, town, previous_postcodes = _read_addresses(raw)
    number = nhs_number.accept(raw.nhs_number) if raw.nhs_number else ""
    return StandardRecord(
        surnames=names.surnames,
        forenames=names.forenames,
        middle_names=names.middle_names,
        birth_date=birth_date,
        sex=_SEX_CODES.get(raw.sex, SexCode.NONE),
        postcode=postcode,
        previous_postcodes=previous_postcodes,
        house=house,
        street=street,
        town=town,
        phones=read_phones(raw.phones) if raw.phones else (),
        emails=read_emails(raw.emails) if raw.emails else (),
        nhs_number=number,
        nhs_status=read_status(raw.nhs_status) if number else 0,
        gp_practice=read_practice(raw.gp_practice) if raw.gp_practice else "",
        mothers_maiden_name=read_surname(raw.mothers_maiden_name),
        birth_order=order,
        cautions=cautions,
        further=_read_further(raw.further) if raw.further else (),
    )


def _read_further(said: tuple[FurtherValue, ...]) -> tuple[tuple[str, str], ...]:
    """Name and text of the further fields that say anything."""
    read = ((field.name, read_further(field.kind, field.value)) for field in said)
    return tuple((name, text) for name, text in read if text)


def _read_birth_order(raw: Demographics) -> int:
    """1 to 7; 8 and 9 are "not applicable" and "not known", and an only child is first of one (NHS-55)."""
    order = raw.birth_order or 0
    if not 1 <= order <= 7 or (order == 1 and raw.multiple_birth is False):
        return 0
    return order


def judge_birth_date(
    text: str, reliability: frozenset[Reliability] = frozenset(), *, unidentified: bool
) -> tuple[BirthDate, Caution]:
    """The birth date with its caution; a default one is no date at all (NHS-52)."""
    birth_date = read_birth_date(text) if text else MISSING_DATE
    if is_default(birth_date) or (reliability and Reliability.DEFAULT_BIRTH_DATE in reliability):
        return MISSING_DATE, Caution.DEFAULT_BIRTH_DATE
    if (reliability and Reliability.ESTIMATED_BIRTH_DATE in reliability) or (
        unidentified and is_new_year(birth_date)
    ):
        return birth_date, Caution.ESTIMATED_BIRTH_DATE
    return birth_date, Caution.NONE


def _read_addresses(raw: Demographics) -> tuple[str, str, str, str, tuple[str, ...]]:
    """Postcode, house, street and town of the home address, and the postcodes of every other home."""
    home, read = choose_home(raw.addresses), read_postal_code if raw.foreign else read_postcode
    if home is None or (raw.reliability and Reliability.DEFAULT_ADDRESS in raw.reliability):
        postcode = house = street = town = ""
    else:
        postcode, town = read(home.postcode), read_town(home.town)
        house, street = read_lines(home.lines)
    if len(raw.addresses) < 2 and not raw.previous_addresses:
        return postcode, house, street, town, ()
    others = (a for a in (*raw.addresses, *raw.previous_addresses) if a is not home and a.use not in _NOT_HOMES)
    found = dict.fromkeys(read(address.postcode) for address in others)
    return postcode, house, street, town, tuple(code for code in found if code and code != postcode)


def read_status(text: str) -> int:
    """The verification status 1..8; anything unsaid or unknown is 2, present but not traced (NHS-8)."""
    code = text.strip().lstrip("0")
    return int(code) if len(code) == 1 and code in "12345678" else _UNTRACED

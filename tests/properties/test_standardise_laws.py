"""Laws of `standardise`: total, idempotent, and blind to what is only spelling (NHS-60)."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.blocking import MOST_KEYS, block_keys
from linkage.record import (
    Address,
    AddressUse,
    Caution,
    Demographics,
    Name,
    NameUse,
    Reliability,
    Sex,
    SexCode,
    StandardRecord,
)
from linkage.standardise import standardise

WORDS = """
Smith Jones O'Brien Kaur Singh Begum Gill van der Berg De la Cruz Mc Donald St John Müller Łukasz Al-Sayed née
Baby Boy Twin 1 B of Male Unknown Female Trauma Major Incident Alpha Bravo X-Ray Victor Mr Mrs Dr (deceased)
ZZZTEST TEST Mohammed Abdul Rahman Jean-Paul J. Mary-Ann (Bob) "Bob" - ' . , y e II Jnr FNU UN KNOWN BA-BY
"""
PLACES = """
Flat 3 3A 12 12A 12-14 2/1 High St Street Rd Road Rose Cottage Church Ln Victoria Court Ct The Avenue St
John's Dr C/O Unit B No Broadway , . 12th Saint House
"""

phrases = st.lists(st.sampled_from(WORDS.split()), max_size=4).map(" ".join) | st.text(max_size=12)
lines = st.lists(st.sampled_from(PLACES.split()), max_size=6).map(" ".join) | st.text(max_size=12)
postcodes = st.sampled_from(["M13 9WL", "m139wl", "ZZ99 3VZ", "BL1 1AA", "M13 OAB", ""]) | st.text(max_size=8)
names = st.builds(Name, phrases, phrases, phrases, use=st.sampled_from(NameUse))
addresses = st.builds(
    Address, st.lists(lines, max_size=3).map(tuple), lines, st.just(""), postcodes, st.sampled_from(AddressUse)
)
few_names = st.lists(names, max_size=3).map(tuple)
few_addresses = st.lists(addresses, max_size=3).map(tuple)
digits = st.text("+0123456789() x", max_size=16)
demographics = st.builds(
    Demographics,
    names=few_names,
    previous_names=few_names,
    birth_date=st.sampled_from(["1954-03-07", "1980-01-01", "1900-01-01", "1954-02", "1954", "1954-02-30", ""]),
    sex=st.sampled_from(Sex),
    addresses=few_addresses,
    previous_addresses=few_addresses,
    phones=st.lists(digits, max_size=3).map(tuple),
    emails=st.lists(
        st.sampled_from([" A@B.org", "a@b.org", "none@b.org", "x"]) | st.text(max_size=8), max_size=2
    ).map(tuple),
    nhs_number=st.sampled_from(["999 000 0018", "9990000019", "0000000000", ""]) | st.text(max_size=11),
    nhs_status=st.sampled_from(["", "01", "05", "NI"]),
    gp_practice=st.sampled_from(["p81001", "V81999", ""]) | st.text(max_size=6),
    mothers_maiden_name=phrases,
    multiple_birth=st.sampled_from([None, True, False]),
    birth_order=st.sampled_from([None, 0, 1, 2, 7, 8, 9]),
    identity_unknown=st.booleans(),
    reliability=st.frozensets(st.sampled_from(Reliability), max_size=2),
)

FLAGS = {
    Caution.DEFAULT_BIRTH_DATE: Reliability.DEFAULT_BIRTH_DATE,
    Caution.ESTIMATED_BIRTH_DATE: Reliability.ESTIMATED_BIRTH_DATE,
}
SEXES = {SexCode.MALE: Sex.MALE, SexCode.FEMALE: Sex.FEMALE, SexCode.NONE: Sex.UNKNOWN}


def restate(record: StandardRecord) -> Demographics:
    """The standardised values as a sender would give them."""
    born = record.birth_date
    parts = [f"{born.year:04}", f"{born.month:02}", f"{born.day:02}"][
        : (born.year > 0) + (born.month > 0) + (born.day > 0)
    ]
    current = Name("".join(record.surnames[:1]), "".join(record.forenames[:1]), " ".join(record.middle_names))
    others = [Name(family=name) for name in record.surnames[1:]] + [Name(given=name) for name in record.forenames[1:]]
    return Demographics(
        names=(current,),
        previous_names=tuple(others),
        birth_date="-".join(parts),
        sex=SEXES[record.sex],
        addresses=(Address((record.house, record.street), record.town, "", record.postcode),),
        previous_addresses=tuple(Address(postcode=code) for code in record.previous_postcodes),
        phones=record.phones,
        emails=record.emails,
        nhs_number=record.nhs_number,
        nhs_status=f"{record.nhs_status:02}",
        gp_practice=record.gp_practice,
        mothers_maiden_name=record.mothers_maiden_name,
        multiple_birth=True if Caution.MULTIPLE_BIRTH in record.cautions else None,
        birth_order=record.birth_order or None,
        identity_unknown=Caution.UNIDENTIFIED in record.cautions,
        reliability=frozenset(flag for caution, flag in FLAGS.items() if caution in record.cautions),
    )


@given(demographics)
def test_standardise_is_idempotent(raw: Demographics) -> None:
    """The words behind a placeholder or junk caution are gone the second time; every other fact stays."""
    once = standardise(raw)
    twice = standardise(restate(once))
    gone = Caution.PLACEHOLDER_NAME | Caution.JUNK_NAME
    for field in StandardRecord.__slots__:
        if field != "cautions":
            assert getattr(twice, field) == getattr(once, field), field
    assert twice.cautions == once.cautions & ~gone


@settings(deadline=None)  # the first keys load machine code
@given(demographics)
def test_the_promises_of_the_record_hold(raw: Demographics) -> None:
    record = standardise(raw)
    for group in (record.surnames, record.forenames):
        assert len(group) == len(set(group))
    for name in (*record.surnames, *record.forenames, *record.middle_names):
        assert re.fullmatch("[A-Z]+", name)
    for text in (record.house, record.street, record.town):
        assert re.fullmatch("[A-Z0-9]+( [A-Z0-9]+)*|", text)
    for code in (record.postcode, *record.previous_postcodes):
        assert re.fullmatch("[A-Z0-9]{5,7}|", code)
        assert not code.startswith("ZZ")
    assert all(phone.isdigit() for phone in record.phones)
    assert (record.nhs_status == 0) == (record.nhs_number == "")
    assert 0 <= record.birth_order <= 7
    assert len(block_keys(record)) <= MOST_KEYS


@given(
    st.sampled_from(["Smith", "O'Brien", "Smith-Jones", "Müller", "Patel", "Kaur"]),
    st.sampled_from(["Ann", "Jean-Paul", "Zoë"]),
)
def test_nhs_60_case_spacing_and_accents_are_not_evidence(family: str, given_name: str) -> None:
    plain = standardise(Demographics(names=(Name(family, given_name),)))
    for other in (str.upper, str.lower, lambda text: f"  {text}\t"):
        assert standardise(Demographics(names=(Name(other(family), other(given_name)),))) == plain

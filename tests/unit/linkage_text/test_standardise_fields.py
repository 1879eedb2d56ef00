import pytest

from linkage.nhs_number import check_digit, parse
from linkage.record import (
    Address,
    AddressUse,
    BirthDate,
    Caution,
    Demographics,
    Name,
    Reliability,
    Sex,
    SexCode,
    StandardRecord,
)
from linkage.standardise import standardise

ANN = (Name("Smith", "Ann"),)


def read(**fields: object) -> StandardRecord:
    return standardise(Demographics(**fields))  # type: ignore[arg-type]


def at(*lines: str, town: str = "", postcode: str = "") -> StandardRecord:
    return read(addresses=(Address(lines, town, "", postcode),))


@pytest.mark.parametrize("text", ["M13 9WL", "m139wl", " M13-9WL ", "M13  9WL", "M13 9WL."])
def test_nhs_50_postcodes_have_one_spelling(text: str) -> None:
    assert at(postcode=text).postcode == "M139WL"


@pytest.mark.parametrize("code", ["M11AE", "CR26XH", "DN551PT", "W1A1HQ", "EC1A1BB", "GIR0AA", "BF13AA"])
def test_nhs_50_every_form_of_postcode_is_known(code: str) -> None:
    assert at(postcode=code).postcode == code


@pytest.mark.parametrize(
    "text",
    [
        "ZZ99 3VZ",
        "ZZ99 3WZ",
        "ZZ993CZ",
        "ZZ99 1WZ",
        "ZZ99 2WZ",
        "zz99 3gz",
        "ZZ99 4AZ",
        "M13",
        "M13 9W",
        "QQ1 1AA",
        "12345",
    ],
)
def test_nhs_50_pseudo_and_malformed_postcodes_are_dropped(text: str) -> None:
    assert at("1 High St", postcode=text).postcode == ""


def test_a_letter_in_the_place_of_the_inward_digit_is_mended() -> None:
    assert at(postcode="M13 OAB").postcode == "M130AB"


@pytest.mark.parametrize(
    ("lines", "house", "street"),
    [
        (("12 High St",), "12", "HIGH STREET"),
        (("12, High St.",), "12", "HIGH STREET"),
        (("12 A St John's Rd",), "12A", "ST JOHNS ROAD"),
        (("12A Saint Johns Road",), "12A", "ST JOHNS ROAD"),
        (("FLAT 3, 12A HIGH ST",), "FLAT3 12A", "HIGH STREET"),
        (("Apt 3", "12a High Street"), "FLAT3 12A", "HIGH STREET"),
        (("Flat B", "Victoria Court", "12 Park Ave"), "FLATB 12", "PARK AVENUE"),
        (("Flat 7 Victoria Ct", "Park Ave"), "FLAT7 VICTORIA COURT", "PARK AVENUE"),
        (("Rose Cottage", "Church Ln", "Little Snoring"), "ROSE COTTAGE", "CHURCH LANE"),
        (("Rose Cottage", "Broadway"), "ROSE COTTAGE", "BROADWAY"),
        (("12-14 Kings Rd",), "12", "KINGS ROAD"),
        (("2/1", "45 Argyle Street"), "FLAT2 45", "ARGYLE STREET"),
        (("C/O Mrs Jones", "5 The Avenue"), "5", "THE AVENUE"),
        (("No 5 The Avenue",), "5", "THE AVENUE"),
        (("12th Avenue",), "", "12TH AVENUE"),
        (("Dove House",), "DOVE HOUSE", ""),
        (("10", "Dr Smith Way"), "10", "DR SMITH WAY"),
        (("", " , "), "", ""),
    ],
)
def test_address_lines(lines: tuple[str, ...], house: str, street: str) -> None:
    record = at(*lines)
    assert (record.house, record.street) == (house, street)


def test_the_current_home_and_the_postcodes_of_the_others() -> None:
    record = read(
        addresses=(
            Address(("Works",), postcode="M1 1AA", use=AddressUse.WORK),
            Address(("1 Ward St",), postcode="M2 2BB", use=AddressUse.TEMP),
            Address(("2 Home Rd",), "Bolton", "", "BL1 1AA"),
            Address(("3 Old Rd",), postcode="BL2 2AA", use=AddressUse.OLD),
        ),
        previous_addresses=(
            Address(("4 Older Rd",), postcode="BL3 3AA"),
            Address(postcode="ZZ99 3VZ"),
            Address(postcode="BL1 1AA"),
        ),
    )
    assert (record.house, record.street, record.town, record.postcode) == ("2", "HOME ROAD", "BOLTON", "BL11AA")
    assert record.previous_postcodes == ("M22BB", "BL22AA", "BL33AA")


def test_a_default_address_says_nothing() -> None:
    home = Address(("1 High St",), "Bolton", "", "BL1 1AA")
    record = read(addresses=(home,), reliability=frozenset({Reliability.DEFAULT_ADDRESS}))
    assert record.postcode == record.house == record.street == record.town == ""


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("07700 900123", "07700900123"),
        ("+44 7700 900123", "07700900123"),
        ("+44 (0)7700 900123", "07700900123"),
        ("0044 7700 900123", "07700900123"),
        ("447700900123", "07700900123"),
        ("7700900123", "07700900123"),
        ("(0161) 496-0123 ext 45", "01614960123"),
        ("+353 87 123 4567", "00353871234567"),
        ("00000000000", ""),
        ("07777777777", ""),
        ("01234567890", ""),
        ("12345678", ""),
        ("none", ""),
    ],
)
def test_phones(text: str, phone: str) -> None:
    assert read(phones=(text, text)).phones == ((phone,) if phone else ())


def test_emails() -> None:
    record = read(emails=(" Ann.Smith@Example.ORG ", "ann.smith@example.org", "none@nhs.example", "not an address"))
    assert record.emails == ("ann.smith@example.org",)


@pytest.mark.parametrize(("code", "kept"), [("p81001", "P81001"), ("V81997", ""), ("V81999", ""), ("", "")])
def test_default_practice_codes_say_nothing(code: str, kept: str) -> None:
    assert read(gp_practice=code).gp_practice == kept


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1954-03-07", BirthDate(1954, 3, 7)),
        ("1954-03-07T10:30", BirthDate(1954, 3, 7)),
        ("1954-03", BirthDate(1954, 3)),
        ("1954", BirthDate(1954)),
        ("2000-02-29", BirthDate(2000, 2, 29)),
        ("1900-02-29", BirthDate()),
        ("1954-13-01", BirthDate()),
        ("1954-00-00", BirthDate()),
        ("0001-01-01", BirthDate()),
        ("07/03/1954", BirthDate()),
        ("", BirthDate()),
        ("1990-01-01", BirthDate(1990, 1, 1)),
    ],
)
def test_nhs_52_birth_dates_keep_their_precision(text: str, date: BirthDate) -> None:
    record = read(birth_date=text)
    assert record.birth_date == date
    assert record.cautions is Caution.NONE


@pytest.mark.parametrize("text", ["1900-01-01", "1901-01-01", "1911-11-11"])
def test_nhs_52_default_dates_are_removed(text: str) -> None:
    record = read(birth_date=text)
    assert record.birth_date == BirthDate()
    assert record.cautions is Caution.DEFAULT_BIRTH_DATE


def test_nhs_52_flags_of_the_sender() -> None:
    default = read(birth_date="1954-03-07", reliability=frozenset({Reliability.DEFAULT_BIRTH_DATE}))
    assert (default.birth_date, default.cautions) == (BirthDate(), Caution.DEFAULT_BIRTH_DATE)
    estimated = read(birth_date="1954-03-07", reliability=frozenset({Reliability.ESTIMATED_BIRTH_DATE}))
    assert (estimated.birth_date, estimated.cautions) == (BirthDate(1954, 3, 7), Caution.ESTIMATED_BIRTH_DATE)


def test_nhs_52_and_53_new_year_of_an_unidentified_patient_is_an_estimate() -> None:
    both = Caution.UNIDENTIFIED | Caution.ESTIMATED_BIRTH_DATE
    assert read(names=(Name("Bravo", "Alpha"),), birth_date="1980-01-01").cautions is both
    assert read(birth_date="1980-01-01", identity_unknown=True).cautions is both
    assert read(birth_date="1980-01-02", identity_unknown=True).cautions is Caution.UNIDENTIFIED


@pytest.mark.parametrize(
    ("multiple", "order", "kept", "cautions"),
    [
        (None, None, 0, Caution.NONE),
        (True, None, 0, Caution.MULTIPLE_BIRTH),
        (None, 2, 2, Caution.MULTIPLE_BIRTH),
        (True, 1, 1, Caution.MULTIPLE_BIRTH),
        (None, 7, 7, Caution.MULTIPLE_BIRTH),
        (None, 8, 0, Caution.NONE),
        (None, 9, 0, Caution.NONE),
        (False, 1, 0, Caution.NONE),
        (False, None, 0, Caution.NONE),
    ],
)
def test_nhs_55_multiple_births(multiple: bool | None, order: int | None, kept: int, cautions: Caution) -> None:
    record = read(names=ANN, multiple_birth=multiple, birth_order=order)
    assert (record.birth_order, record.cautions) == (kept, cautions)


@pytest.mark.parametrize(
    ("sex", "code"),
    [(Sex.MALE, SexCode.MALE), (Sex.FEMALE, SexCode.FEMALE), (Sex.OTHER, SexCode.NONE), (Sex.UNKNOWN, SexCode.NONE)],
)
def test_nhs_51_other_and_unknown_are_no_evidence(sex: Sex, code: SexCode) -> None:
    assert read(sex=sex).sex is code


@pytest.mark.parametrize(("status", "kept"), [("01", 1), ("08", 8), ("", 2), ("NI", 2), ("09", 2), ("1", 1)])
def test_nhs_8_missing_status_is_untraced(status: str, kept: int) -> None:
    record = read(nhs_number="999 000 0018", nhs_status=status)
    assert (record.nhs_number, record.nhs_status) == ("9990000018", kept)


@pytest.mark.parametrize("nine", ["010101003", "320000001", "500000001", "800000001"])
def test_nhs_4_a_well_formed_number_of_another_authority_is_no_nhs_number(nine: str) -> None:
    number = nine + (check_digit(nine) or "")
    assert parse(number) == number
    record = read(nhs_number=number, nhs_status="01")
    assert (record.nhs_number, record.nhs_status) == ("", 0)


@pytest.mark.parametrize("number", ["", "9990000019", "0000000000", "9999999999"])
def test_nhs_2_no_number_no_status(number: str) -> None:
    record = read(nhs_number=number, nhs_status="01")
    assert (record.nhs_number, record.nhs_status) == ("", 0)


def test_nothing_in_nothing_out() -> None:
    assert read() == StandardRecord()

"""NHS-62: how people and times are written on pages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.record import Address, Name, Sex
from mpi.domain.identifiers import Identifier
from mpi.errors import Fault
from mpi.review import dates, words
from mpi.usecases.subscribers.deliveries import Condition
from tests.browser.served import named_network


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (Name("Okonkwo", "Adaeze", title="Mrs"), "OKONKWO, Adaeze (Mrs)"),
        (Name("O'Brien-Smith", "Siân", "Mary Ann"), "O'BRIEN-SMITH, Siân Mary Ann"),
        (Name("Okonkwo", "Adaeze", suffix="Jr", title="Dr"), "OKONKWO Jr, Adaeze (Dr)"),
        (Name("Sukarno"), "SUKARNO"),
        (Name("", "Adaeze"), "Adaeze"),
        (Name(title="Mr"), "Name not known (Mr)"),
        (Name(), "Name not known"),
        (None, "Name not known"),
    ],
)
def test_a_name_is_surname_in_capitals_given_and_title(name: Name | None, shown: str) -> None:
    assert words.full_name(name) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1954-03-07", "07-Mar-1954"),
        ("1954-03", "Mar-1954"),
        ("1954", "1954"),
        (date(2026, 12, 31), "31-Dec-2026"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "01-Jul-2026"),
        ("", "Not known"),
        (None, "Not known"),
        ("1954-13-07", "1954-13-07"),
        ("1954-02-30", "1954-02-30"),
        ("unknown", "unknown"),
        ("1900-01-01T00", "1900-01-01T00"),
        ("2024-03-01T14:30", "01-Mar-2024 14:30"),
        ("2024-07-01T23:30:05+00:00", "02-Jul-2024 00:30"),
        ("2024-07-01Tnoon at least", "2024-07-01Tnoon at least"),
    ],
)
def test_a_date_has_its_month_in_letters_and_only_the_precision_it_came_with(value: object, shown: str) -> None:
    assert dates.day(value) == shown  # type: ignore[arg-type]


def test_a_moment_is_londons() -> None:
    assert dates.moment(datetime(2026, 7, 1, 8, 5, tzinfo=UTC)) == "01-Jul-2026 09:05"
    assert dates.moment(datetime(2026, 1, 1, 8, 5, tzinfo=UTC)) == "01-Jan-2026 08:05"
    assert dates.moment(None) == "Not known"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("9990000018", "999 000 0018"),
        ("999 0000018", "999 000 0018"),
        ("0101019999", "010 101 9999"),
        ("12345", "12345"),
        ("", "Not known"),
    ],
)
def test_an_nhs_number_is_written_3_3_4(value: str, shown: str) -> None:
    """NHS-6."""
    assert words.nhs_number(value) == shown


@pytest.mark.parametrize("value", list(Sex))
def test_every_sex_has_words(value: Sex) -> None:
    assert words.sex(value)


def test_an_address_is_one_line() -> None:
    assert words.address(Address(("1 Test Street", ""), "Bolton", "", "bl1 1aa")) == "1 Test Street, Bolton, BL1 1AA"
    assert words.address(Address()) == words.address(None) == "Not known"


def test_trusts_and_issuers_have_their_names_and_unknown_ones_their_codes() -> None:
    network = named_network()
    assert words.trust("RBV", network) == "The Christie NHS Foundation Trust"
    assert words.trust("XYZ", network) == "XYZ"
    assert words.trust("", network) == "Not known"
    assert words.identifier(Identifier("CHR", "C99812"), network) == "Christie C99812"
    assert words.identifier(Identifier("NHS", "9990000018"), network) == "NHS number 999 000 0018"
    assert words.identifier(Identifier("OLD", "1"), network) == "OLD 1"


def test_counts_agree_with_their_noun() -> None:
    assert [words.count(n, "study", "studies") for n in (0, 1, 2500)] == ["0 studies", "1 study", "2,500 studies"]
    assert words.count(2, "trust") == "2 trusts"


@example("2200000000")  # more years than a date can have
@given(st.text())
def test_no_text_breaks_the_words(odd: str) -> None:
    for told in (
        words.full_name(Name(odd, odd, odd, odd, odd)),
        dates.day(odd),
        words.nhs_number(odd),
        words.address(Address((odd,), odd, odd, odd)),
    ):
        assert type(told) is str, "not marked as safe"


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("PID^1^3^2^4", "PID, field 3, repetition 2, component 4"),
        ("NK1^2^5", "NK1 number 2, field 5"),
        ("MSH", "MSH"),
        ("Patient.birthDate", "Patient.birthDate"),
        ("(0010,0020)", "(0010,0020)"),
        ("", ""),
    ],
)
def test_a_place_in_a_message_is_said_in_words(place: str, shown: str) -> None:
    assert words.location(place) == shown


def test_every_fault_has_words() -> None:
    assert set(words.FAULTS) == set(Fault)
    assert set(words.CONDITIONS) == set(Condition)


def test_a_day_is_londons_from_midnight_to_midnight() -> None:
    assert dates.whole_day("2026-07-01") == (
        datetime(2026, 6, 30, 23, tzinfo=UTC),
        datetime(2026, 7, 1, 23, tzinfo=UTC),
    )
    for nothing in ("", "x", "0001-01-01", "9999-12-31", "2026-02-30"):
        assert dates.whole_day(nothing) == (None, None)

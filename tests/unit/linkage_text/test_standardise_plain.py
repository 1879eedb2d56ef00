"""Plain names and addresses take a short way, which must end where the long one does (design 5: one truth)."""

from __future__ import annotations

import re
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkage.standardise import addresses, dates, name_parts, words
from linkage.standardise.addresses import read_lines
from linkage.standardise.dates import read_birth_date
from linkage.standardise.name_parts import read_family, read_given

BESIDE = "DO NOT USE PATIENT RECORD KNOWN GIVEN NAME NO SON DAUGHTER OF RIP TWIN TWINA TRIPLET2 TRIP QUADIV ZZ"
SETS = [held for name, held in vars(words).items() if name.isupper() and isinstance(held, frozenset)]
MEANT = sorted(frozenset(BESIDE.split()).union(*SETS))
USUAL = "Smith JONES o'brien Mary-Ann J Zoë Lizzy Maxx Twinkle Oz De Müller Rose Major Xx"
word = st.sampled_from(MEANT) | st.sampled_from(USUAL.split()) | st.text("ABNOTZX", max_size=4)
phrase = st.lists(word, max_size=4).map(" ".join) | st.text(max_size=8)
STREET = "12 12A 3 FLAT FLATA FLATS ROOM2 UNIT APT A B NO NUMBER High St Street RD Saint The Avenue c/o , . - Cottage"
line = st.lists(st.sampled_from(STREET.split()), max_size=6).map(" ".join)


@settings(max_examples=1500)
@given(phrase)
@example("MAJOR")
@example("zzsmith")
def test_a_plain_surname_reads_as_when_it_is_taken_apart(text: str) -> None:
    assert read_family.__wrapped__(text) == name_parts._take_apart_family(text)


@settings(max_examples=3000)
@given(phrase, phrase)
@example("Son", "of Ann")
@example("No", "Name")
@example("Ann", "Ann Rose ANN")
@example("Twin", "A")
@example("Ann", "RIP")
def test_plain_given_names_read_as_when_they_are_taken_apart(given: str, middle: str) -> None:
    assert read_given.__wrapped__(given, middle) == name_parts._take_apart_given(f"{given} {middle}")


@settings(max_examples=1500)
@given(line)
@example("12 UNIT A")
@example("12 ROOMS ROAD")
@example("12 NO A ST")
def test_a_plain_address_reads_as_when_it_is_taken_apart(text: str) -> None:
    with patch.object(addresses, "_PLAIN_LINE", re.compile("(?!)")):
        apart = read_lines((text,))
    assert read_lines((text,)) == apart


@settings(max_examples=1000)
@given(st.from_regex(r"[012][0-9]{3}-[01][0-9]-[0-3][0-9]", fullmatch=True))
@example("1850-01-01")
@example("2199-12-31")
@example("1900-02-29")
@example("2200-01-01")
@example("1954-00-00")
@example("1954-03-00")
def test_a_full_date_reads_as_when_it_is_taken_apart(text: str) -> None:
    with patch.object(dates, "_FULL", re.compile("(?!)")):
        apart = read_birth_date.__wrapped__(text)
    assert read_birth_date.__wrapped__(text) == apart


def test_most_names_and_addresses_are_plain() -> None:
    assert name_parts.plain_surname("Hargreaves") == "HARGREAVES"
    assert name_parts.plain_given("jane  Mary") == ("JANE", "MARY")
    assert addresses._PLAIN_LINE.fullmatch("12A HIGH STREET")

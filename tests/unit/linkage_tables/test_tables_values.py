"""Dates, codes and texts by distinct value (issue 3, item 2 and "Bad input")."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.tables.codes import read_sexes, read_truths
from linkage.tables.dates import Dates, compile_format, read_dates
from linkage.tables.errors import InputError
from linkage.tables.texts import clean, clean_ids, distinct


def dates(*values: str | None, form: str = "") -> Dates:
    return read_dates(values, [1] * len(values), form)


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("1954-03-07", "1954-03-07"),
        ("1954/3/7", "1954-03-07"),
        ("1954-03-07 00:00:00", "1954-03-07"),
        ("1954-03-07T10:11:12.5Z", "1954-03-07"),
        ("1954-03", "1954-03"),
        ("1954", "1954"),
        ("1954-00-00", "1954"),
        ("1954-03-00", "1954-03"),
        ("03/1954", "1954-03"),
        ("19540307", "1954-03-07"),
        ("19540307101112", "1954-03-07"),
        ("25/03/1954", "1954-03-25"),
        ("25.3.1954", "1954-03-25"),
        ("7 March 1954", "1954-03-07"),
        ("07-MAR-1954", "1954-03-07"),
        ("March 7th, 1954", "1954-03-07"),
        ("Sept 1954", "1954-09"),
    ],
)
def test_each_usual_format_is_read_alone(value: str, iso: str) -> None:
    assert dates(value).values == [iso]
    assert dates(value).unreadable == 0


@pytest.mark.parametrize(
    "value", ["7/3/54", "19790", "soon", "0999-01-01", "99999999", "2500", "1954-3/7", "7 Foo 1954", "٧/٣/١٩٥٤"]
)
def test_what_is_no_date_is_counted_not_guessed(value: str) -> None:
    assert dates(value).values == [None]
    assert dates(value).unreadable == 1


def test_the_column_decides_between_day_and_month_first() -> None:
    assert dates("03/04/1954", "25/12/1960").values == ["1954-04-03", "1960-12-25"]
    american = dates("03/04/1954", "12/25/1960")
    assert american.values == ["1954-03-04", "1960-12-25"]
    assert american.described == "MM/DD/YYYY (2 rows)"
    assert not american.note


def test_without_proof_the_day_comes_first_and_the_report_says_so() -> None:
    read = dates("03/04/1954", "05/06/1960")
    assert read.values == ["1954-04-03", "1960-06-05"]
    assert "no date proves" in read.note


def test_a_column_of_both_is_decided_by_the_majority_of_rows_and_reported() -> None:
    read = read_dates(["13/01/1950", "01/14/1950", "02/03/1950"], [2, 5, 1])
    assert read.values == ["1950", "1950-01-14", "1950-02-03"]
    assert "2 dates prove the day first and 5 the month" in read.note
    assert read.shortened == 2


def test_eight_digits_are_what_most_rows_are_dates_under() -> None:
    assert dates("19540307", "20010228").described == "YYYYMMDD (2 rows)"
    assert dates("25031954", "7032001").values == ["1954-03-25", "2001-03-07"]
    assert dates("03251954", "03072001").values == ["1954-03-25", "2001-03-07"]
    assert "no date proves" in dates("03071954").note


def test_an_impossible_day_or_month_leaves_what_is_possible() -> None:
    read = dates("1954-02-30", "1954-13-01", "19540332", "29/02/1955", "13/13/1955")
    assert read.values == ["1954-02", "1954", "1954-03", "1955-02", "1955"]
    assert (read.shortened, read.unreadable) == (5, 0)


@pytest.mark.parametrize(
    ("form", "value", "iso"),
    [
        ("DD/MM/YYYY", "03/04/1954", "1954-04-03"),
        ("mm/dd/yyyy", "3/4/1954", "1954-03-04"),
        ("%d.%m.%Y", "03.04.1954", "1954-04-03"),
        ("YYYYMMDD", "19540403", "1954-04-03"),
        ("DDMMYYYY", "3041954", "1954-04-03"),
        ("DD-MON-YYYY", "03-Apr-1954", "1954-04-03"),
        ("%d %B %Y", "3 april 1954", "1954-04-03"),
        ("YYYY", "1954", "1954"),
        ("MM/DD/YYYY", "03/04/1954 00:00", "1954-03-04"),
    ],
)
def test_a_given_format_is_obeyed(form: str, value: str, iso: str) -> None:
    assert dates(value, form=form).values == [iso]


def test_a_given_format_refuses_every_other() -> None:
    read = dates("1954-04-03", "03/04/1954", None, form="DD/MM/YYYY")
    assert read.values == [None, "1954-04-03", None]
    assert read.unreadable == 1


@pytest.mark.parametrize("form", ["DD/MM/YY", "%d/%m/%y", "DD/MM", "soon", "YYYY YYYY", "%H", ""])
def test_formats_that_are_none_are_refused(form: str) -> None:
    with pytest.raises(InputError):
        compile_format(form)


@given(
    st.lists(st.dates(dt.date(1850, 1, 1), dt.date(2199, 12, 31)), min_size=1),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]),
)
def test_no_day_is_ever_moved(days: list[dt.date], form: str) -> None:
    proof = dt.date(1955, 12, 25)  # one date that proves the order
    values = [day.strftime(form) for day in (*days, proof)]
    assert read_dates(values, [1] * len(values)).values == [day.isoformat() for day in (*days, proof)]


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"\d{1,4}[-/]?\d{0,2}[-/]?\d{0,4}", fullmatch=True))
    )
)
def test_any_text_gives_iso_dates_or_nothing(values: list[str | None]) -> None:
    read = dates(*values)
    assert len(read.values) == len(values)
    for value in filter(None, read.values):
        dt.date.fromisoformat(value + "-01" * (2 - value.count("-")))
    kept = sum(value is not None for value in read.values)
    assert kept + read.unreadable == sum(value is not None for value in values)


def test_sexes_in_words_and_codes() -> None:
    values = ["M", "female", " Male ", "1", "2", "0", "9", "X", "mann", "?!", None]
    read = read_sexes(values, [1] * len(values))
    assert read.meanings == [
        *("male", "female", "male", "male", "female", "unknown", "unknown", "other", "male", None, None),
    ]
    assert read.unreadable == 1


def test_zero_and_one_without_two_are_not_guessed() -> None:
    read = read_sexes(["0", "1"], [60, 40])
    assert read.meanings == [None, None]
    assert read.unreadable == 100
    assert "which of them is male" in read.note


def test_truths_but_not_counts_of_births() -> None:
    assert read_truths(["Y", "no", "1", "0", "TRUE"], [1] * 5).meanings == ["true", "false", "true", "false", "true"]
    assert read_truths(["1", "2", "yes"], [9, 1, 1]).meanings == [None, None, "true"]


def cleaned(*values: str | None, is_name: bool = False) -> list[str | None]:
    return list(clean(pa.array(values, pa.string()), is_name=is_name).to_pylist())


def test_blanks_and_words_for_nothing_are_not_said() -> None:
    assert cleaned("", "  ", "N/A", "null", "-", "Unknown", None, "\u00a0", "\x00") == [None] * 9


def test_names_that_look_like_nothing_are_names() -> None:
    assert cleaned("Null", "Na", "Nan", "NULL", "NaN", "n/a", "", is_name=True) == ["Null", "Na", "Nan", *[None] * 4]


def test_controls_go_and_breaks_become_spaces() -> None:
    assert cleaned("a\x00b\x07c", "\ufeffd\u200be", "1 High St\r\nTown", "\tf\n") == [
        "abc",
        "de",
        "1 High St Town",
        "f",
    ]


def test_floats_read_as_the_numbers_they_were() -> None:
    assert cleaned("12345.0", "12345.00", "-3.0", "1.5", "1.0.0") == ["12345", "12345", "-3", "1.5", "1.0.0"]
    assert cleaned("5.0", is_name=True) == ["5.0"]


def test_ids_lose_their_point_together_or_not_at_all() -> None:
    assert clean_ids(pa.array(["1.0", "2.0", None, ""])).to_pylist() == ["1", "2", None, None]
    assert clean_ids(pa.array(["1.0", "1"])).to_pylist() == ["1.0", "1"]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([1, None, 3]), ["1", None, "3"]),
        (pa.array([4505556667.0, 1.5, None, float("nan"), float("inf")]), ["4505556667", "1.5", None, None, None]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([dt.date(1954, 3, 7)]), ["1954-03-07"]),
        (pa.array([dt.datetime(1954, 3, 7, 23, 59, tzinfo=dt.UTC)], pa.timestamp("us")), ["1954-03-07"]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.chunked_array([["a"], ["b", None]]), ["a", "b", None]),
        (pa.array(["a"], pa.large_string()), ["a"]),
        (pa.array(["a"], pa.string_view()), ["a"]),
        (pa.array([None, None]), [None, None]),
        (pa.array(["x", "y", "z"]).slice(1), ["y", "z"]),
        (pa.array([b"ok", b"Jos\xe9", "José".encode(), b"J\x81o"]), ["ok", "José", "José", "Jo"]),
    ],
)
@pytest.mark.parametrize("coded", [True, False])
def test_every_simple_type_is_text(column: pa.Array, texts: list[str | None], coded: bool) -> None:
    found = distinct(column, "c", coded=coded)
    assert found.spread(found.values).to_pylist() == texts
    assert int(found.counts.sum()) >= sum(text is not None for text in texts)


def test_a_time_zone_does_not_move_a_birthday() -> None:
    midnight = pa.array(
        [dt.datetime(1954, 7, 7, tzinfo=dt.UTC) - dt.timedelta(hours=1)], pa.timestamp("us", "Europe/London")
    )
    found = distinct(midnight, "c")
    assert found.spread(found.values).to_pylist() == ["1954-07-07"]


def test_undecodable_bytes_are_counted() -> None:
    found = distinct(pa.array([b"J\x81\x8d", b"Jos\xe9", b"Jos\xe9", "Zoë".encode()]), "c")
    assert (found.recoded, found.lost) == (3, 2)


@pytest.mark.parametrize("column", [pa.array([[1]]), pa.array([{"a": 1}])])
def test_nested_columns_are_refused_by_name(column: pa.Array) -> None:
    with pytest.raises(InputError, match="'shape' is of type"):
        distinct(column, "shape")


@given(st.lists(st.one_of(st.none(), st.binary(max_size=8))), st.booleans())
def test_any_bytes_become_text_of_the_same_rows(values: list[bytes | None], coded: bool) -> None:
    found = distinct(pa.array(values, pa.binary()), "c", coded=coded)
    texts = found.spread(clean(found.values, is_name=True))
    assert len(texts) == len(values)
    for value, text in zip(values, texts.to_pylist(), strict=True):
        assert text is None or (value is not None and text == text.strip() and "\x00" not in text)
    assert np.all(found.counts > 0)

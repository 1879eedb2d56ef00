"""Extra columns of a file: read by their kind, counted where they cannot be, and never compared twice."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.record import Kind
from linkage.standardise.further import read_further
from linkage.tables.errors import InputError
from linkage.tables.frames import from_arrow
from linkage.tables.mapping import Extra, Mapping, mapping_of
from linkage.tables.reading import Reading
from linkage.tables.texts import clean

COLUMNS = {"id": ("id",), "surname": ("surname",)}


def reading(values: list[str | None], kind: Kind, **beside: list[str | None]) -> Reading:
    ids = [str(row) for row in range(len(values))]
    columns = {"id": ids, "surname": ["Ash"] * len(ids), "Extra": values, **beside}
    table = pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
    extras = [Extra("extra", "Extra", kind.value), *(Extra(name.lower(), name, kind.value) for name in beside)]
    return from_arrow(table, Mapping(COLUMNS, extras=tuple(extras)))


def test_texts_in_a_column_of_numbers_are_counted_and_count_as_not_said() -> None:
    found = reading(["12", "1,234.5", "tall", "tall", "inf", None], Kind.NUMBER)
    assert found.report.unreadable == {"extra": 3}
    assert "extra: 3 values could not be read and count as not said" in str(found.report)
    assert found.table.columns["extra"].to_pylist() == ["12", "1,234.5", None, None, None, None]
    one = reading(["12", "tall"], Kind.NUMBER)
    assert "extra: 1 value could not be read and counts as not said" in str(one.report)


def test_a_column_without_any_number_is_said_not_to_be_compared() -> None:
    found = reading(["tall", "short"], Kind.NUMBER)
    assert (found.report.unreadable, found.report.all_null) == ({"extra": 2}, ("extra",))
    assert "extra column extra: not compared, because no row holds a number" in str(found.report)
    assert not found.table.extras


@given(st.lists(st.text(max_size=4), min_size=1, max_size=8), st.sampled_from(Kind))
def test_what_counts_as_said_is_what_standardising_keeps(values: list[str], kind: Kind) -> None:
    """But a placeholder for a code, such as 0000, which says nothing and is no fault of the file."""
    found = reading([*values, "ab12", "3"], kind)
    read = Kind.TEXT if kind is Kind.CODE else kind
    told = [text for text in clean(pa.array(values), is_name=False).to_pylist() if text is not None]
    lost = sum(not read_further(read, text) for text in [*told, "ab12", "3"])
    assert found.report.unreadable.get("extra", 0) == lost
    assert found.table.columns["extra"].null_count == len(values) - len(told) + lost


@pytest.mark.parametrize("kind", [Kind.NAME, Kind.TEXT, Kind.CATEGORY, Kind.CODE])
def test_values_of_another_script_are_counted(kind: Kind) -> None:
    found = reading(["Иванов", "Smith", "Łódź", None], kind)
    assert found.report.unreadable == {"extra": 1}


def test_names_of_another_script_are_counted() -> None:
    table = pa.table(
        {"id": ["1", "2", "3"], "surname": ["Иванов", "王", "Ash"], "address": ["§§", "1 High St", None]}
    )
    report = from_arrow(table).report
    assert report.unreadable == {"surname": 2, "address": 1}


def test_one_column_has_one_meaning() -> None:
    for extras in ((Extra("a", "x", "text"), Extra("b", "x", "code")), (Extra("a", "surname", "text"),)):
        with pytest.raises(InputError, match=r"the column '(x|surname)' is mapped twice"):
            Mapping(COLUMNS, extras=extras)


def test_an_id_may_be_the_number_that_is_compared_and_nothing_else() -> None:
    for field in ("nhs_number", "national_id"):
        Mapping({"id": ("id",), field: ("id",)})
    Mapping(COLUMNS, extras=(Extra("number", "id", "code"),))
    for field in ("surname", "phone", "dob"):
        with pytest.raises(InputError, match="the column 'id' is mapped twice"):
            Mapping({"id": ("id",), field: ("id",)})


@pytest.mark.parametrize("name", ["phone_2", "limits", "household", "id"])
def test_an_extra_has_a_name_of_its_own(name: str) -> None:
    said = {"columns": {"id": "id"}, "extra": [{"name": name, "column": "x", "kind": "text"}]}
    with pytest.raises(InputError, match=f"the name '{name}' is taken"):
        mapping_of(said)


def test_a_copy_of_a_column_is_refused_and_a_constant_is_not() -> None:
    with pytest.raises(InputError, match="'extra' and 'copy' say the same in every row, which would count twice"):
        reading(["a", "b", None], Kind.TEXT, Copy=["a", "b", None])
    days = ["1954-03-07", "1960-12-25"]
    table = pa.table({"id": ["1", "2"], "dob": days, "Born": days, "sex": ["F", "M"], "Gender": ["F", "M"]})
    usual = {"id": ("id",), "dob": ("dob",), "sex": ("sex",)}
    for column, field in (("Born", "dob"), ("Gender", "sex")):
        with pytest.raises(InputError, match=f"'extra' and '{field}' say the same"):
            from_arrow(table, Mapping(usual, extras=(Extra("extra", column, "text"),)))
    assert set(reading(["GB", "GB"], Kind.TEXT, Copy=["GB", "GB"]).table.extras) == {"extra", "copy"}


def test_an_id_and_extras_alone_will_do() -> None:
    table = pa.table({"id": ["1", "2"], "badge": ["A1", "B2"]})
    found = from_arrow(table, Mapping({"id": ("id",)}, extras=(Extra("badge", "badge", "code"),)))
    assert list(found.table.columns) == ["badge"]
    with pytest.raises(InputError, match="no column but the id was recognised"):
        from_arrow(table.drop_columns(["badge"]).append_column("other", pa.array(["x", "y"])))


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\u202eb", "a\u2028b"])
def test_the_name_of_an_extra_can_be_shown(name: str) -> None:
    said = {"columns": {"id": "id"}, "extra": [{"name": name, "column": "x", "kind": "text"}]}
    with pytest.raises(
        InputError, match=re.escape("in [[extra]] 1 'name' must be text that can be shown on one line")
    ):
        mapping_of(said)

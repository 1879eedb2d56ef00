"""Two files as one: what they can be compared by, and what is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from linkage.record import Kind
from linkage.tables.errors import InputError
from linkage.tables.table import Table
from linkage.tables.together import facts, tell_alone, together


def table(*fields: str, side: str = "a", extras: dict[str, Kind] | None = None) -> Table:
    return Table(pa.array([f"{side}1"]), {name: pa.array(["x"]) for name in (*fields, *(extras or {}))}, extras or {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("forename", "surname"), ("dob", "postcode")),
        (("forename",), ("surname",)),
        (("surname", "title"), ("dob", "title")),  # nobody is linked by a title
        (("nhs_number", "nhs_status"), ("dob", "nhs_status")),
    ],
)
def test_files_that_cannot_be_compared_are_refused_with_what_they_have(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    with pytest.raises(InputError, match="no field in common") as raised:
        together(table(*one), table(*other, side="b"))
    assert f"one has {', '.join(one)}, the other {', '.join(other)}" in str(raised.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [("dob", "dob"), ("full_name", "surname"), ("previous_surname", "surname"), ("phone", "phone_2")],
)
def test_what_is_compared_as_one_thing_is_in_common(one: str, other: str) -> None:
    both = together(table(one), table(other, side="b"))
    assert (len(both), both.first) == (2, 1)
    assert facts(both) == facts(table(one)) | facts(table(other))


def test_what_only_one_file_says_is_told() -> None:
    one, other = table("full_name", "title", "dob"), table("surname", "title", "phone", "sex", side="b")
    assert list(tell_alone(one, other, ("a.csv", "b.csv"))) == [
        "only in a.csv, so not compared: dob",
        "only in b.csv, so not compared: phone, sex",
    ]
    assert not list(tell_alone(one, one, ("a.csv", "b.csv")))


def test_an_extra_is_of_one_kind() -> None:
    with pytest.raises(InputError, match="'badge' is a code in one file and a text in the other"):
        together(table(extras={"badge": Kind.CODE}), table(side="b", extras={"badge": Kind.TEXT}))

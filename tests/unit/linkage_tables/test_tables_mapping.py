"""The mapping file and the recognition of usual column names (issue 3, item 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.errors import LinkageError
from linkage.tables.errors import InputError
from linkage.tables.mapping import Extra, Mapping, load_mapping, mapping_of
from linkage.tables.recognise import describe, recognise
from linkage.tables.table import FIELDS

WHOLE = """
[columns]
id = "Key"
national_id = "NI"
nhs_number = "N"
nhs_status = "S"
title = "T"
forename = "Given"
middle_names = "Others"
surname = "Family"
previous_surname = "Born"
full_name = "Whole"
dob = ["Y", "M", "D"]
sex = "Sex"
postcode = "PC"
address = ["L1", "L2"]
town = "Town"
region = "County"
phone = ["P1", "P2", "P3"]
email = "Mail"
birth_place = "Where"
gp_practice = "GP"
mothers_maiden_name = "MMN"
birth_order = "Order"
multiple_birth = "Twin"

[[extra]]
name = "occupation"
column = "Job"
kind = "category"

[[extra]]
name = "height"
column = "Cm"
kind = "number"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_of_the_issue_is_read(tmp_path: Path) -> None:
    mapping = load_mapping(written(tmp_path, WHOLE))
    assert set(mapping.columns) == {"id", *FIELDS} - {"phone_2", "phone_3", "email_2"}
    assert mapping.columns["dob"] == ("Y", "M", "D")
    assert mapping.columns["phone"] == ("P1", "P2", "P3")
    assert mapping.columns["surname"] == ("Family",)
    assert mapping.extras == (Extra("occupation", "Job", "category"), Extra("height", "Cm", "number"))
    assert mapping.used()[-2:] == ("Job", "Cm")


def test_a_date_format_is_taken(tmp_path: Path) -> None:
    text = '[columns]\nid = "a"\ndob = "b"\ndob_format = "MM/DD/YYYY"\n'
    assert load_mapping(written(tmp_path, text)).dob_format == "MM/DD/YYYY"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[columns]\nid = "a"\nsurnam = "b"', "'surnam' (did you mean 'surname'?)"),
        ('[colums]\nid = "a"', "'colums' (did you mean 'columns'?)"),
        ('[columns]\nid = "a"\nid = "b"', "line 3"),
        ("[columns]\nid = ", "line 2"),
        ("", "no table [columns]"),
        ("columns = 3", "no table [columns]"),
        ('[columns]\nsurname = "b"', "must name the column of 'id'"),
        ('[columns]\nid = ["a", "b"]', "'id' takes the name of one column"),
        ('[columns]\nid = "a"\nsurname = 4', "'surname' in [columns] takes the name of one column"),
        ('[columns]\nid = "a"\nsurname = " "', "'surname' in [columns]"),
        ('[columns]\nid = "a"\nphone = ["a1", "b", "c", "d"]', "up to 3"),
        ('[columns]\nid = "a"\nemail = ["a1", "b", "c"]', "up to 2"),
        ('[columns]\nid = "a"\ndob = []', "year, month and day"),
        ('[columns]\nid = "a"\nforename = "b"\nsurname = "b"', "column 'b' is mapped twice"),
        ('[columns]\nid = "a"\ndob = "b"\ndob_format = "DD/MM/YY"', "four digits"),
        ('[columns]\nid = "a"\ndob = "b"\ndob_format = "DD/QQ/YYYY"', "'dob_format'"),
        ('[columns]\nid = "a"\ndob = "b"\ndob_format = "DD/YYYY"', "a day without a month"),
        ('[columns]\nid = "a"\ndob_format = 3', "'dob_format'"),
        ('extra = 3\n[columns]\nid = "a"', "[[extra]]"),
        ('extra = [3]\n[columns]\nid = "a"', "[[extra]]"),
        ('[columns]\nid = "a"\n[[extra]]\nname = "x"\ncolumn = "y"', "'kind' must be given"),
        ('[columns]\nid = "a"\n[[extra]]\nname = "x"\ncolumn = "y"\nkind = "numbr"', "did you mean 'number'?"),
        ('[columns]\nid = "a"\n[[extra]]\nname = "x"\ncolum = "y"\nkind = "text"', "did you mean 'column'?"),
        ('[columns]\nid = "a"\n[[extra]]\nname = "town"\ncolumn = "y"\nkind = "text"', "'town' is taken"),
    ],
)
def test_errors_name_the_line_or_the_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        load_mapping(written(tmp_path, text))
    assert says in str(raised.value)
    assert isinstance(raised.value, LinkageError)


def test_a_mapping_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[columns]\nid = "\xe9"')
    with pytest.raises(InputError, match="not UTF-8"):
        load_mapping(tmp_path / "latin.toml")


def test_febrl_names_are_recognised() -> None:
    names = (
        "rec_id given_name surname street_number address_1 address_2 suburb postcode state date_of_birth soc_sec_id"
    )
    mapping = recognise(names.split())
    assert mapping.left == ()
    assert mapping.columns["address"] == ("street_number", "address_1", "address_2")
    assert mapping.columns["national_id"] == ("soc_sec_id",)
    assert mapping.columns["town"] == ("suburb",)


def test_splink_demonstration_names_are_recognised() -> None:
    names = "unique_id cluster full_name first_name surname dob birth_place postcode_fake gender occupation"
    mapping = recognise(names.split())
    assert mapping.left == ("cluster",)
    assert mapping.columns["postcode"] == ("postcode_fake",)
    assert mapping.extras == (Extra("occupation", "occupation", "category"),)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("fname", "forename"),
        ("First Name", "forename"),
        ("GIVEN-NAME", "forename"),
        ("PatientForename", "forename"),
        ("person_surname", "surname"),
        ("NHSNumber", "nhs_number"),
        ("nhs_no", "nhs_number"),
        ("birth_date", "dob"),
        ("DateOfBirth", "dob"),
        ("ssn", "national_id"),
        ("post_code", "postcode"),
        ("Zip", "postcode"),
        ("Tel No.", "phone"),
        ("E-mail", "email"),
        ("mother's maiden name", "mothers_maiden_name"),
    ],
)
def test_case_and_separators_do_not_matter(name: str, field: str) -> None:
    assert recognise(["id", name]).columns == {"id": ("id",), field: (name,)}


@pytest.mark.parametrize("field", FIELDS)
def test_the_librarys_own_names_are_recognised(field: str) -> None:
    names = [
        "id",
        *([field[:-2]] if field[-1] == "2" else [field[:-2], field[:-1] + "2"] if field[-1] == "3" else []),
        field,
    ]
    assert recognise(names).left == ()


def test_year_month_and_day_columns_make_a_date_unless_there_is_a_whole_one() -> None:
    assert recognise(["id", "birth_year", "birth_month", "birth_day"]).columns["dob"] == (
        "birth_year",
        "birth_month",
        "birth_day",
    )
    assert recognise(["id", "yob"]).columns["dob"] == ("yob",)
    assert recognise(["id", "birthday"]).columns["dob"] == ("birthday",)
    assert recognise(["id", "dob", "yob"]).columns["dob"] == ("dob",)


def test_name_is_the_forename_beside_a_surname_and_the_whole_name_alone() -> None:
    assert recognise(["id", "name", "surname"]).columns["forename"] == ("name",)
    assert recognise(["id", "name"]).columns["full_name"] == ("name",)


def test_what_is_not_recognised_is_said() -> None:
    mapping = recognise(["id", "surname", "SURNAME", "shoe size"])
    assert mapping.left == ("SURNAME", "shoe size")
    assert list(describe(mapping)) == ["id: from id", "surname: from surname", "not recognised: SURNAME, shoe size"]


def test_a_persons_number_is_no_record_id() -> None:
    assert "id" not in recognise(["person_id", "cluster", "surname"]).columns


def test_a_mapping_must_fit_the_columns() -> None:
    mapping = Mapping({"id": ("id",), "surname": ("Sirname",)}, extras=(Extra("job", "Job", "text"),))
    mapping.check(["id", "Sirname", "Job"])
    with pytest.raises(InputError, match=r"no column 'Sirname'.*did you mean 'surname'\?"):
        mapping.check(["id", "surname", "Job"])
    with pytest.raises(InputError, match="no column 'Job'"):
        mapping.check(["id", "Sirname"])
    with pytest.raises(InputError, match="2 columns are called 'Sirname'"):
        mapping.check(["id", "Sirname", "Sirname", "Job"])
    with pytest.raises(InputError, match="no column holds the id"):
        recognise(["surname"]).check(["surname"])
    with pytest.raises(InputError, match="no column but the id"):
        recognise(["id"]).check(["id"])
    with pytest.raises(InputError, match=r"no field 'phone_2'.*did you mean 'phone'"):
        Mapping({"id": ("id",), "phone_2": ("b",)})


@pytest.mark.parametrize("name", ["household", "location", "birth_date", "surname"])
def test_an_extra_cannot_take_the_name_of_a_comparison(name: str) -> None:
    said = {"columns": {"id": "id"}, "extra": [{"name": name, "column": "job", "kind": "category"}]}
    with pytest.raises(InputError, match=f"the name '{name}' is taken"):
        mapping_of(said)

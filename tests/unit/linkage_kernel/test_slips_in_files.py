"""Slips that files are forgiven and the index is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from linkage.comparison import FORENAME, HOUSEHOLD, SURNAME, Forename, Household, Surname
from linkage.encode import encode
from linkage.kernel import score
from linkage.model import Model
from linkage.record import BirthDate, SexCode, StandardRecord
from tests.unit.linkage_kernel.file_models import file_model

KINDS = ("wrong", "more", "less", "turned")
PERSON = StandardRecord(
    surnames=("HART",), forenames=("JOHN",), birth_date=BirthDate(1954, 3, 17), sex=SexCode.MALE, postcode="M144PX"
)


def levels(model: Model, other: StandardRecord) -> tuple[int, int]:
    pattern = score(encode(PERSON, model), [encode(other, model)], model).pattern[0]
    back = score(encode(other, model), [encode(PERSON, model)], model).pattern[0]
    assert pattern.tobytes() == back.tobytes()
    return int(pattern[FORENAME]), int(pattern[SURNAME])


@pytest.mark.parametrize(
    ("forename", "surname", "expected"),
    [
        ("MOHN", "HART", (Forename.SIMILAR, Surname.EXACT)),  # another first letter
        ("OJHN", "HART", (Forename.SIMILAR, Surname.EXACT)),  # the first two swapped
        ("JOHN", "BART", (Forename.EXACT, Surname.SIMILAR)),
        ("MOHM", "HART", (Forename.DISAGREE, Surname.EXACT)),  # two slips
        ("JOHN", "BARK", (Forename.EXACT, Surname.DISAGREE)),
        ("JOHN", "ART", (Forename.EXACT, Surname.SIMILAR)),  # alike enough as it is
    ],
)
def test_one_slip_anywhere_leaves_a_name_similar_in_files(
    forename: str, surname: str, expected: tuple[int, int]
) -> None:
    assert levels(file_model(), replace(PERSON, forenames=(forename,), surnames=(surname,))) == expected


@given(
    st.text("ABCDEFGH", min_size=4, max_size=20), st.integers(0, 20), st.sampled_from("ABCQ"), st.sampled_from(KINDS)
)
def test_no_slip_is_overlooked(name: str, place: int, letter: str, kind: str) -> None:
    """Against rapidfuzz: what the letters rule out beforehand is never one edit away."""
    head, rest = name[: place % len(name)], name[place % len(name) :]
    slips = {"wrong": letter + rest[1:], "more": letter + rest, "less": rest[1:], "turned": rest[1::-1] + rest[2:]}
    other = head + slips[kind]
    assume(4 <= len(other) <= 20)
    assume(OSA.distance(name, other) == 1)
    model = file_model()
    rows = [encode(replace(PERSON, forenames=(text,), surnames=()), model) for text in (name, other)]
    assert score(rows[0], rows[1:], model).pattern[0, FORENAME] != Forename.DISAGREE


def test_of_three_letters_one_is_too_many() -> None:
    """LEO and TEO are two names, LEON and TEON may be one."""
    for one, other, level in (("LEO", "TEO", Forename.DISAGREE), ("LEON", "TEON", Forename.SIMILAR)):
        rows = [encode(replace(PERSON, forenames=(name,)), file_model()) for name in (one, other)]
        assert score(rows[0], rows[1:], file_model()).pattern[0, FORENAME] == level


def test_the_index_forgives_no_other_first_letter() -> None:
    other = replace(PERSON, forenames=("MOHN",), surnames=("BART",))
    assert levels(Model.default(), other) == (Forename.DISAGREE, Surname.DISAGREE)


def test_rhyming_twins_are_cut_like_twins() -> None:
    """What a family shares and the birth date count up to the odds against twins, however alike their forenames."""
    model = file_model(rules={**Model.default().document["rules"], "household_twins": 15.0})
    home = {"house": "12", "street": "MOSS LANE", "town": "MANCHESTER"}
    john = replace(PERSON, **home)
    found = score(encode(john, model), [encode(replace(john, forenames=("MOHN",)), model)], model)
    assert found.pattern[0, FORENAME] == Forename.SIMILAR
    assert found.pattern[0, HOUSEHOLD] == Household.LIMITED

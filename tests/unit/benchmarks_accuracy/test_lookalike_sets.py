"""Made sets of the shape of public ones: their columns, sizes and errors, the same for the same seed."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.peers.lookalikes import errors
from benchmarks.peers.lookalikes.population import Registry
from benchmarks.peers.lookalikes.rows import Fault, american, european, spoil, to_iso
from benchmarks.peers.sets import LOOKALIKES, SETS, load, made, pseudopeople

SMALL = ("contacts", "german-small", "national-number", "roll", "us-census", "clinic")


def nowhere() -> Path:
    raise AssertionError("a made set needs no file")


@pytest.mark.parametrize("name", SMALL)
def test_a_set_is_the_same_for_the_same_seed_only(name: str) -> None:
    one, again, other = (load(name, 0, seed, nowhere) for seed in (7, 7, 8))
    assert all(one.table.columns[field].equals(again.table.columns[field]) for field in one.table.columns)
    assert np.array_equal(one.truth.person, again.truth.person)
    assert not any(one.table.columns[field].equals(other.table.columns[field]) for field in ("dob",))


@pytest.mark.parametrize("name", SMALL)
def test_a_set_has_pairs_to_find_and_the_file_as_it_was_given(name: str) -> None:
    found = load(name, 0, 7, nowhere)
    assert found.truth.pairs >= 100
    assert found.given is not None
    assert len(found.given) == len(found.table) == len(found.truth.person)
    assert found.two_files == (name == "roll")
    assert "national_id" in found.table.columns or name not in ("national-number", "us-census", "clinic")


def test_every_set_has_a_name_of_its_own() -> None:
    assert len(set(SETS)) == len(SETS)
    assert set(LOOKALIKES) <= set(SETS)


def test_some_records_of_a_person_differ_and_some_agree() -> None:
    found = load("german-small", 0, 7, nowhere)
    by_person = defaultdict(list)
    for person, name in zip(found.truth.person.tolist(), found.table.columns["surname"].to_pylist(), strict=True):
        by_person[person].append(name)
    twice = [told for told in by_person.values() if len(told) == 2]
    assert len(twice) == 100
    assert 10 < sum(one != other for one, other in twice) < 80


@pytest.mark.parametrize("day", ["1954-03-07", "1999-12-31", "2004-02-29"])
def test_dates_come_back_from_the_form_in_which_they_are_written(day: str) -> None:
    assert to_iso(american(day), "american") == day
    assert to_iso(european(day), "european") == day
    assert to_iso(day.replace("-", ""), "compact") == day
    assert to_iso(" ".join(str(int(part)) for part in day.split("-")), "parts") == day
    assert to_iso("", "american") == ""


@pytest.mark.parametrize("error", [errors.keyed, errors.mangled, errors.misread, errors.misheard])
def test_an_error_of_writing_changes_a_name_a_little(error: errors.Error) -> None:
    rng = random.Random(3)
    wrong = [error(rng, "Margaret") for _ in range(200)]
    assert sum(text != "Margaret" for text in wrong) > 150
    assert all(3 <= len(text) <= 12 for text in wrong)


def test_a_wrong_date_is_a_date_that_is_not_far() -> None:
    rng = random.Random(3)
    wrong = [errors.wrong_date(rng, "1954-03-07") for _ in range(300)]
    assert len(set(wrong)) > 50
    assert all(pd.Period(day) for day in wrong)
    assert "1954-07-03" in wrong
    assert "1954-01-01" in wrong


def test_a_familiar_form_and_back() -> None:
    rng = random.Random(3)
    assert errors.familiar(rng, "Robert") in ("Rob", "Bob", "Bobby", "Robbie")
    assert errors.familiar(rng, "Bob") == "Robert"
    assert errors.familiar(rng, "Zebedee") == "Zebedee"


def test_what_is_missing_stays_missing() -> None:
    always = {"a": Fault(0.0, 1.0, errors.keyed), "b": Fault(missing=1.0)}
    assert spoil(random.Random(3), {"a": "", "b": "x", "c": "y"}, always) == {"a": "", "b": "", "c": "y"}


def test_households_share_an_address_and_twins_a_birthday() -> None:
    homes = defaultdict(list)
    for person in Registry("english", random.Random(3)).people(4000):
        homes[person.household].append(person)
    assert all(len({person.home for person in members}) == 1 for members in homes.values())
    twins = [
        (one, other)
        for members in homes.values()
        for one, other in pairwise(members)
        if one.born == other.born and one.surname == other.surname
    ]
    assert len(twins) >= 10
    assert all(one.forename != other.forename for one, other in twins)


def test_a_set_of_pseudopeople_under_our_names(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "first_name": ["Diana", None],
            "last_name": ["Kofron", "Kofron"],
            "date_of_birth": ["05/06/1994", "05/06/1994"],
            "street_number": ["5112", None],
            "street_name": ["145th st", "145th st"],
            "unit_number": [None, None],
            "person": [4, 4],
            "file": [0, 1],
        }
    )
    frame.to_parquet(tmp_path / "pseudopeople-two.parquet")
    found = made("pseudopeople-two", pseudopeople(tmp_path / "pseudopeople-two.parquet"))
    assert found.table.columns["dob"].to_pylist() == ["1994-05-06", "1994-05-06"]
    assert found.table.columns["address"].to_pylist() == ["5112 145th st", "145th st"]
    assert found.two_files
    assert found.truth.pairs == 1

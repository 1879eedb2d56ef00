"""Encoded rows: fixed size, tied to their model, nothing lost that fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.comparison import (
    FORENAME,
    LOCATION,
    MIDDLE_NAMES,
    SURNAME,
    Forename,
    Location,
    MiddleNames,
    Surname,
)
from linkage.encode import ENCODED_SIZE, ENCODING_VERSION, encode
from linkage.errors import ModelError
from linkage.kernel import score, score_pair, warm
from linkage.model import Model
from linkage.record import Caution, StandardRecord

Build = Callable[..., StandardRecord]


def test_every_record_has_one_size_and_says_its_version(model: Model, person: Build) -> None:
    crowded = person(
        surnames=tuple("ABCDEFGHIJKLMNOP"),
        forenames=tuple("ABCDEFGHIJKLMNOP"),
        middle_names=tuple("ABCDEFGHIJ"),
        previous_postcodes=("M139WL",) * 9,
        phones=("07700900123",) * 9,
        emails=("a@example.org",) * 9,
        cautions=Caution(63),
    )
    rows = [encode(record, model) for record in (StandardRecord(), person(), crowded)]
    assert ENCODED_SIZE % 8 == 0
    assert {len(row) for row in rows} == {ENCODED_SIZE}
    assert {row[0] for row in rows} == {ENCODING_VERSION}


def test_encoding_is_deterministic(model: Model, person: Build) -> None:
    assert encode(person(), model) == encode(person(), model)


def test_the_eighth_surname_still_matches_and_the_ninth_is_dropped(model: Model, person: Build) -> None:
    names = tuple(f"{letter}{letter}QXZ" for letter in "ABCDEFGHI")
    one = encode(person(surnames=names), model)
    found = [
        int(score_pair(one, encode(person(surnames=(name,)), model), model).pattern[0, SURNAME]) for name in names
    ]
    assert found[:8] == [Surname.EXACT] + [Surname.PREVIOUS] * 7
    assert found[8] == Surname.DISAGREE_FEMALE


def test_names_longer_than_the_row_keeps_are_still_told_apart(model: Model, person: Build) -> None:
    stem = "ABCDEFGHIJKLMNOPQRSTUVWX"
    one, same, other = (encode(person(forenames=(stem + end,)), model) for end in ("A", "A", "B"))
    assert score_pair(one, same, model).pattern[0, FORENAME] == Forename.EXACT
    assert score_pair(one, other, model).pattern[0, FORENAME] == Forename.NEAR


def test_previous_postcodes_match_both_ways(model: Model, person: Build) -> None:
    moved = person(postcode="M139WL", previous_postcodes=("BL11AA", "BL22BB", "BL36RT"))
    scores = score_pair(encode(person(), model), encode(moved, model), model)
    assert scores.pattern[0, LOCATION] == Location.PREVIOUS


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("DAVID", "DAVUD", Forename.NEAR),  # struck beside
        ("OLIVIA", "OLVIA", Forename.NEAR),  # left out
        ("HELEN", "HEELEN", Forename.NEAR),  # doubled
        ("PETER", "PTEER", Forename.NEAR),  # swapped
        ("JADE", "JANE", Forename.SIMILAR),  # two names
        ("LEO", "LWO", Forename.SIMILAR),  # one of three letters
        ("JAYDEN", "KAYDEN", Forename.SIMILAR),  # the first letter
        ("DAVID", "DUVUD", Forename.DISAGREE),  # two letters
    ],
)
def test_a_slip_of_one_letter_is_near_unless_it_makes_a_name(
    model: Model, person: Build, one: str, other: str, level: Forename
) -> None:
    a, b = (encode(person(forenames=(name,)), model) for name in (one, other))
    assert score_pair(a, b, model).pattern[0, FORENAME] == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("A", "ANNE", MiddleNames.INITIAL),
        ("A", "A", MiddleNames.AGREE),
        ("ANNE", "ALICE", MiddleNames.DISAGREE),
        ("A", "BETH", MiddleNames.DISAGREE),
    ],
)
def test_an_initial_stands_for_a_name_but_a_name_for_no_other(
    model: Model, person: Build, one: str, other: str, level: MiddleNames
) -> None:
    a, b = (encode(person(middle_names=(name,)), model) for name in (one, other))
    assert score_pair(a, b, model).pattern[0, MIDDLE_NAMES] == level


def test_empty_many(model: Model, person: Build) -> None:
    scores = score(encode(person(), model), [], model)
    assert (len(scores.weight), len(scores.guards), scores.pattern.shape[0]) == (0, 0, 0)
    kinds = [array.dtype for array in (scores.weight, scores.guards, scores.pattern)]
    assert kinds == [np.dtype(np.float32), np.dtype(np.uint32), np.dtype(np.uint8)]


def test_rows_of_another_model_are_refused(model: Model, person: Build) -> None:
    """Frequencies are frozen inside the row (design section 4); weights and thresholds are not."""
    terms = {**model.document["term_frequency"]["surname"], "least": -1.0}
    other = Model.from_document(
        {**model.document, "term_frequency": {**model.document["term_frequency"], "surname": terms}}
    )
    heavier = Model.from_document({**model.document, "prior": model.prior + 1.0})
    row = encode(person(), model)
    assert score_pair(row, row, heavier).weight[0] == score_pair(row, row, model).weight[0] + 1.0
    with pytest.raises(ModelError, match="encoded for another model"):
        score_pair(encode(person(), model), encode(person(), other), model)
    with pytest.raises(ModelError, match="bytes"):
        score(encode(person(), model), [b"short"], model)


def test_warm_compiles_for_any_model(model: Model) -> None:
    warm(model)
    assert score_pair(*(encode(StandardRecord(), model),) * 2, model).weight[0] == np.float32(model.prior)


def test_the_forename_carries_its_frequency(model: Model, person: Build) -> None:
    """A common name agreed on is worth less than a rare one."""
    weights = []
    for name in ("DAVID", "ZEBEDIAH"):
        row = encode(replace(person(), forenames=(name,)), model)
        weights.append(score_pair(row, row, model).weight[0])
    assert weights[0] < weights[1] - 2

"""Explanations: the kernel's own numbers, in words, and silent about people unless asked to speak."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.comparison import FORENAME, SURNAME
from linkage.encode import encode
from linkage.explain import GUARD_WORDS, explain
from linkage.guard import Guard
from linkage.kernel import score_pair
from linkage.model import Model
from linkage.record import BirthDate, Caution, SexCode, StandardRecord
from tests.unit.linkage_kernel.file_models import file_model

Build = Callable[..., StandardRecord]


@pytest.fixture
def pair(person: Build) -> tuple[StandardRecord, StandardRecord]:
    other = person(
        forenames=("PEGGY",), surnames=("SMITH",), postcode="M139WL", nhs_number="", nhs_status=0, phones=()
    )
    return person(), other


def test_lines_add_up_to_the_kernels_weight(model: Model, pair: tuple[StandardRecord, StandardRecord]) -> None:
    """Promise 3: one kernel; the explanation is the sum the kernel made."""
    told = explain(*pair, model)
    weighed = score_pair(encode(pair[0], model), encode(pair[1], model), model)
    total = told.prior
    for line in told.lines:
        total += line.weight + line.adjustment
    assert np.float32(total) == weighed.weight[0] == np.float32(told.total)
    assert int(told.guards) == weighed.guards[0]
    assert told.probability == model.probability(told.total)
    assert told.fingerprint == model.fingerprint


def test_rows_and_records_explain_alike_but_only_records_name_values(
    model: Model, pair: tuple[StandardRecord, StandardRecord]
) -> None:
    """Promise 8: no demographics reach a log."""
    spoken = explain(*pair, model)
    silent = explain(encode(pair[0], model), encode(pair[1], model), model)
    assert spoken.total == silent.total
    assert "MARGARET and PEGGY" in spoken.lines[1].sentence
    assert [line.loggable for line in spoken.lines] == [line.sentence for line in silent.lines]
    told = " ".join(line.loggable for line in spoken.lines) + spoken.summary
    for value in ("MARGARET", "PEGGY", "SMITH", "BL36RT", "1954", "9990000018", "BOLTON", "LARCH"):
        assert value not in told


def test_common_and_rare_names_are_said_to_be(model: Model, person: Build) -> None:
    common, rare = person(surnames=("SMITH",)), person(surnames=("FEATHERSTONEHAUGH",))
    assert "common name, so worth less" in explain(common, common, model).lines[2].sentence
    assert "rare name, so worth more" in explain(rare, rare, model).lines[2].sentence


def test_the_household_cut_is_told(model: Model, person: Build) -> None:
    son = person(birth_date=BirthDate(1985, 11, 2), sex=SexCode.FEMALE, nhs_number="")
    line = explain(person(nhs_number=""), son, model).lines[-1]
    assert (line.comparison, line.level) == ("household", "limited")
    assert line.adjustment < 0
    assert "do not tell one person from two members of one household" in line.sentence


def test_names_crosswise_in_a_file_are_told_once(person: Build) -> None:
    model, one = file_model(), person()
    other = person(surnames=one.forenames, forenames=one.surnames)
    forename, surname = explain(one, other, model).lines[FORENAME : SURNAME + 1]
    assert "changed places" in forename.sentence
    assert (surname.words, surname.weight) == ("counted with the forename", 0.0)
    nameless = person(surnames=())
    assert explain(one, nameless, model).lines[SURNAME].words == "missing"


def test_estimated_dates_count_for_less(model: Model, person: Build) -> None:
    """NHS-52: an ED flag reduces the date's weight."""
    line = explain(person(), person(cautions=Caution.ESTIMATED_BIRTH_DATE), model).lines[4]
    assert line.weight > 0 > line.adjustment
    assert "estimated" in line.sentence


def test_1_january_counts_for_less(model: Model, person: Build) -> None:
    """NHS-52: many people whose birth date is not known are registered on 1 January."""
    one = person(birth_date=BirthDate(1954, 1, 1))
    line = explain(one, one, model).lines[4]
    assert (line.level, line.adjustment) == ("exact", -model.document["rules"]["new_year"])
    assert "1 January" in line.sentence
    other = explain(one, person(birth_date=BirthDate(1954, 6, 1)), model).lines[4]
    assert (other.level, other.adjustment) == ("partial_year", line.adjustment)


def test_guards_are_told_and_keep_from_certain(model: Model, person: Build) -> None:
    """NHS-11: two verified numbers are a question for a person."""
    told = explain(person(), person(nhs_number="9990000026"), model)
    assert told.guards == Guard.NHS_NUMBER_CONFLICT
    assert told.guard_words == (GUARD_WORDS[Guard.NHS_NUMBER_CONFLICT],)
    assert told.outcome == "possible"
    assert told.guard_words[0] in told.summary


def test_every_guard_has_words() -> None:
    assert set(GUARD_WORDS) == set(Guard)

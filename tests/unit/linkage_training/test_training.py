"""Training on records: near the truth without labels, the same for any workers, honest when it cannot be done."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from linkage.comparison import (
    BIRTH_DATE,
    CONTACT,
    FORENAME,
    LOCATION,
    MIDDLE_NAMES,
    NHS_NUMBER,
    SEX,
    SURNAME,
    Surname,
)
from linkage.encode import ENCODED_SIZE
from linkage.engines import local
from linkage.errors import LinkageError, ModelError
from linkage.model import Model, Numbers
from linkage.record import BirthDate, SexCode, StandardRecord
from linkage.training import Kind, Training, train, train_from_labels
from linkage.training.chance import Chance
from linkage.training.outcome import Matches, finish
from linkage.training.prior import estimate_prior
from linkage.training.tally import EXISTS, FOLLOWS, Tally, empty
from tests.unit.linkage_training.training_material import Material, known_rates, material_of, region

BASE = Model.default()
NAMES = (
    "ARDLEY",
    "BRECKWITH",
    "COSTAIN",
    "DRUMMAR",
    "ELLINGHAM",
    "FARRIMOND",
    "GOSLING",
    "HATHERLEY",
    "INSKIP",
    "JOPLING",
)
FORENAMES = ("MARGARET", "DENNIS", "ROWENA", "STUART", "PATRICIA", "LEONARD", "BERYL", "CLIFFORD", "UNA", "GILBERT")


def invented(n: int) -> StandardRecord:
    """A person of their own: names, date and postcode all follow from the number."""
    dice = np.random.default_rng(n)
    return StandardRecord(
        surnames=(f"{dice.choice(NAMES)}{chr(65 + int(dice.integers(26)))}",),
        forenames=(str(dice.choice(FORENAMES)),),
        birth_date=BirthDate(int(dice.integers(1930, 2010)), int(dice.integers(1, 13)), int(dice.integers(2, 29))),
        sex=SexCode(int(dice.integers(1, 3))),
        postcode=f"ZZ{dice.integers(1, 99)}{dice.integers(1, 9)}{chr(65 + int(dice.integers(26)))}A",
    )


def run(material: Material, **options: Any) -> Training:
    return train(*material.entries, BASE, **{"random_pairs": 200_000, "most_pairs": 400_000, **options})


def kinds(training: Training) -> set[Kind]:
    return {finding.kind for finding in training.diagnosis}


@pytest.mark.parametrize("without_nhs", [False, True])
def test_training_without_labels_comes_near_training_from_labels(without_nhs: bool) -> None:
    """The levels that decide most pairs, within a bit of what the truth gives."""
    material = region(without_nhs=without_nhs)
    found = run(material).model
    labels = np.ones(len(material.a), np.bool_)
    truth = train_from_labels(material.encoded, material.a, material.b, labels, BASE, random_pairs=200_000).model
    for column, level in (
        *((FORENAME, level) for level in (1, 2, 4)),
        *((SURNAME, level) for level in (1, 3, 4)),
        *((MIDDLE_NAMES, level) for level in (1,)),
        *((BIRTH_DATE, level) for level in (1, 5)),
        *((SEX, level) for level in (1,)),
        *((LOCATION, level) for level in (1, 3, 8)),
        *((CONTACT, level) for level in (3, 4)),
    ):
        assert found.weights[column, level] == pytest.approx(truth.weights[column, level], abs=1.0), (column, level)
    for column, level in ((FORENAME, 9), (SURNAME, 6)):
        assert found.weights[column, level] == pytest.approx(truth.weights[column, level], abs=2.0), (column, level)
    assert found.weights[SEX, 2] == pytest.approx(truth.weights[SEX, 2], abs=3.0)  # few, and twins are near
    if not without_nhs:
        assert found.m[NHS_NUMBER, 1] > 0.95


def test_the_prior_comes_near_the_truth() -> None:
    for without_nhs, within in ((False, 0.3), (True, 0.6)):
        material = region(without_nhs=without_nhs)
        n = len(material.encoded)
        found = estimate_prior(material.encoded.view(np.int64).reshape(n, -1))
        assert found.bits == pytest.approx(np.log2(len(material.a) / (n * (n - 1) / 2)), abs=within)
        assert found.measured is not without_nhs


def test_any_number_of_workers_gives_one_model() -> None:
    """Promise 2: the result depends on data and seed alone, to the last bit."""
    material = region()
    one, four = run(material, workers=1), run(material, workers=4)
    other = run(material, seed=1, random_pairs=1_000_000)
    assert one.model.fingerprint == four.model.fingerprint
    assert one.diagnosis == four.diagnosis
    assert other.model.fingerprint != one.model.fingerprint
    told = [FORENAME, SURNAME, LOCATION, SEX]
    assert np.abs(other.model.weights[told, 1] - one.model.weights[told, 1]).max() < 0.3


def test_the_order_of_the_entries_does_not_matter() -> None:
    material = region()
    turn = np.random.default_rng(1).permutation(len(material.keys))
    turned = replace(material, keys=material.keys[turn], rows=material.rows[turn], rules=material.rules[turn])
    assert run(turned).model.fingerprint == run(material).model.fingerprint


def test_the_model_weighs_rows_of_its_base_and_holds_no_record() -> None:
    """Rows need no new encoding; the provenance has counts, date and code, and no value of any record (SEC)."""
    material = region()
    found = run(material, name="region", date="2026-01-31").model
    assert found.tag == BASE.tag
    pairs = local.link(material.encoded, material.keys, material.rows, found)
    assert len(pairs.a) > 0.8 * len(material.a)
    document = dict(found.document)
    assert Model.from_document(json.loads(json.dumps(document))).fingerprint == found.fingerprint
    assert document["provenance"]["date"] == "2026-01-31"
    assert document["provenance"]["base"]["fingerprint"] == BASE.fingerprint
    said = json.dumps(document["provenance"])
    assert not any(name in said for name in ("SMITH", "JONES", "99900"))


def test_reviewed_pairs_move_the_model() -> None:
    """Semi-supervised: pairs of another surname confirmed as one person make another surname less telling."""
    records = [invented(n // 2) for n in range(4_000)]
    changed = [replace(r, surnames=("QUIGGLEBY",)) if n % 20 == 1 else r for n, r in enumerate(records)]
    material = material_of(changed, [n // 2 for n in range(4_000)], BASE)
    pairs = [(n - 1, n) for n in range(1, 4_000, 20)]
    plain = run(material)
    same = run(material, reviewed=[(a, b, True) for a, b in pairs])
    other = run(material, reviewed=[(b, a, False) for a, b in pairs])
    assert same.model.m[SURNAME, 6] > other.model.m[SURNAME, 6]
    assert plain.model.m[SURNAME, 6] > other.model.m[SURNAME, 6]
    assert same.model.document["provenance"]["reviewed"] == 200


def test_no_matches_at_all_keeps_the_base_and_says_so() -> None:
    material = material_of([invented(n) for n in range(3_000)], list(range(3_000)), BASE)
    found = run(material)
    assert Kind.NO_MATCHES in kinds(found)
    assert np.array_equal(found.model.m, BASE.m, equal_nan=True)
    assert found.model.prior < -15


def test_nothing_but_matches_ends_in_a_usable_model() -> None:
    """All records of one person: no stranger to learn chance from, so chance stays the base's."""
    material = material_of([invented(7)] * 200, [0] * 200, BASE)
    found = run(material)
    assert {Kind.JOINT} < kinds(found)
    assert np.isfinite(found.model.weights).all()
    assert (found.model.weights[[FORENAME, SURNAME, BIRTH_DATE], 1] > 3).all()
    assert found.model.u[BIRTH_DATE, 1] < 0.01


def test_a_column_that_is_always_missing_keeps_the_bases_values() -> None:
    people = [n // 2 for n in range(4_000)]
    records = [replace(invented(n), sex=SexCode.NONE) for n in people]
    found = run(material_of(records, people, BASE))
    assert {f.column for f in found.diagnosis if f.kind is Kind.UNIDENTIFIABLE} >= {"sex", "nhs_number", "contact"}
    assert np.array_equal(found.model.m[SEX], BASE.m[SEX], equal_nan=True)
    assert found.model.m[BIRTH_DATE, 1] > 0.97


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_records(n: int) -> None:
    found = run(material_of([invented(k) for k in range(n)], list(range(n)), BASE))
    assert Kind.NO_MATCHES in kinds(found)
    assert found.model.tag == BASE.tag


def test_levels_never_seen_and_passes_are_told() -> None:
    found = run(region())
    assert any(f.kind is Kind.NEVER_SEEN and f.column for f in found.diagnosis)
    used = [done for done in found.passes if done.used]
    assert {"nhs", "name-dob", "names-year", "birth-postcode"} <= {done.rule for done in used}
    for done in used:
        assert len(done.fit.path) >= 2
        assert "nhs_number" in done.columns or done.rule == "nhs"


def test_passes_that_disagree_are_told() -> None:
    """A practice changes with the home: under a rule that fixes the postcode it hardly ever does."""
    told = [f for f in run(region()).diagnosis if f.kind is Kind.PASSES_DISAGREE]
    assert ("gp_practice", "disagree") in {(f.column, f.level) for f in told}


def test_what_does_not_fit_is_refused() -> None:
    material = material_of([invented(n) for n in range(10)], list(range(10)), BASE)
    encoded, keys, rows, rules = material.entries
    with pytest.raises(LinkageError, match="one row and one rule"):
        train(encoded, keys[1:], rows, rules, BASE)
    with pytest.raises(LinkageError, match="does not exist"):
        train(encoded, keys, rows + 10, rules, BASE)
    with pytest.raises(LinkageError, match="two different rows"):
        train(encoded, keys, rows, rules, BASE, reviewed=[(3, 3, True)])
    for n in (9, 11):
        with pytest.raises(LinkageError, match=f"an order of {n} rows is none of the 10 encoded records"):
            train(encoded, keys, rows, rules, BASE, order=np.arange(n))
    with pytest.raises(ModelError):
        train(np.zeros((2, ENCODED_SIZE), np.uint8), keys[:0], rows[:0], rules[:0], BASE)
    with pytest.raises(LinkageError, match="one label"):
        train_from_labels(encoded, rows[:2], rows[:2], np.ones(3, np.bool_), BASE)


def test_no_labelled_match_is_said() -> None:
    material = material_of([invented(n) for n in range(50)], list(range(50)), BASE)
    a, b = np.array([0, 1], np.int32), np.array([2, 3], np.int32)
    found = train_from_labels(material.encoded, a, b, np.zeros(2, np.bool_), BASE)
    assert Kind.NO_MATCHES in kinds(found)
    assert np.array_equal(found.model.m, BASE.m, equal_nan=True)


def model_of(m: Numbers, u: Numbers) -> Model:
    """What is made of a thousand pairs of either kind."""
    matches, strangers = (Tally(1000.0 * np.where(EXISTS, r, 0.0), np.where(EXISTS, 1000.0, 0.0)) for r in (m, u))
    chance = Chance(u, {}, {c: u[c] for c in FOLLOWS}, strangers, 0.0)
    return finish(BASE, chance, Matches(matches, dict.fromkeys(FOLLOWS, empty())), -12.0, {}, "", "")[0]


def test_an_agreement_that_no_match_showed_weighs_no_less_than_disagreement() -> None:
    """Strangers share a part of their names (LADY A, LADY B) and one person never does: u grows, and only a bound
    from above is known of m. What was met is believed."""
    m, u = known_rates(BASE)
    m[SURNAME, Surname.PREVIOUS], u[SURNAME, Surname.PREVIOUS] = 0.0, 0.9
    weight = model_of(m, u).weights[SURNAME]
    assert weight[Surname.PREVIOUS] == pytest.approx(weight[Surname.DISAGREE], abs=0.001)
    m[SURNAME, Surname.PREVIOUS] = 0.002
    weight = model_of(m, u).weights[SURNAME]
    assert weight[Surname.PREVIOUS] < weight[Surname.DISAGREE] - 1.0

"""EM over all pairs of a file: the shares of the classes and m as they were made, its bounds and its doubts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linkage.comparison import (
    BIRTH_DATE,
    COLUMNS,
    FORENAME,
    FURTHER,
    LOCATION,
    MIDDLE_NAMES,
    SEX,
    SURNAME,
    BirthDate,
)
from linkage.encode import encode
from linkage.engines.local import Pairs
from linkage.layout import Levels
from linkage.model import Model, Numbers
from linkage.record import Kind as FieldKind
from linkage.record import SexCode, StandardRecord
from linkage.training import em, train
from linkage.training.candidates import Sample, Settled, sample_pairs
from linkage.training.chance import Chance
from linkage.training.diagnosis import Kind
from linkage.training.joint import (
    CLASSES,
    HOUSEHOLDS,
    MATCHES,
    MOST_TWINS,
    NAMESAKES,
    TWINS,
    Joint,
    refine,
)
from linkage.training.patterns import count_levels
from linkage.training.sampling import draw_rows, shuffle
from linkage.training.tally import EXISTS, empty
from tests.unit.linkage_kernel.file_models import file_model
from tests.unit.linkage_training.test_training import invented
from tests.unit.linkage_training.training_material import DRAWN, Material, known_rates, material_of, region

ROWS = 1_000
EVERY = ROWS * (ROWS - 1) / 2.0
MODEL = file_model()
FAMILY = set(np.flatnonzero(em.FAMILY).tolist())
SHARED_BY = {
    "strangers": set(),
    "matches": set(DRAWN),
    "households": FAMILY,
    "twins": FAMILY | {BIRTH_DATE},
    "namesakes": FAMILY | {FORENAME, SEX},
}


def made(m: Numbers, u: Numbers, seed: int, missing: float = 0.05, **counts: int) -> Sample:
    """All pairs of ROWS rows, so many of each class and the rest strangers.

    Every column is drawn by itself: at m where the class shares it, else at u. Namesakes are a generation apart.
    """
    dice = np.random.default_rng(seed)
    parts = []
    for kind, number in {"strangers": int(EVERY) - sum(counts.values()), **counts}.items():
        levels = np.zeros((number, COLUMNS), np.uint8)
        for column in DRAWN:
            p = np.where(EXISTS[column], (m if column in SHARED_BY[kind] else u)[column], 0.0)
            levels[:, column] = dice.choice(len(p), number, p=p / p.sum())
        if kind == "namesakes":
            levels[:, BIRTH_DATE] = int(BirthDate.GENERATION)
        levels[dice.random(levels.shape) < missing] = 0
        parts.append(levels)
    return sample_of(np.concatenate(parts))


def sample_of(levels: Levels, rows: int = ROWS) -> Sample:
    n = len(levels)
    nobody = np.zeros(n, np.int32)
    pairs = Pairs(nobody, nobody + np.int32(1), np.full(n, -1.0, np.float32), np.zeros(n, np.uint32), levels)
    return Sample(pairs, np.zeros(n, np.bool_), rows, rows * (rows - 1) / 2.0, distinct=False)


def chance_of(u: Numbers) -> Chance:
    return Chance(u, {}, {}, empty(), 0.0)


def refined(sample: Sample, m: Numbers, u: Numbers, start: Model = MODEL) -> Joint:
    return refine(sample, start, MODEL, chance_of(u))


def off(m: Numbers, u: Numbers) -> Model:
    """A model that is a good deal off, to start from: a quarter of every rate of m is the strangers'."""
    wrong, right = np.clip(0.75 * m + 0.25 * u, 1e-9, 1.0), np.clip(u, 1e-9, 1.0)
    comparisons = {
        name: {level.name.lower(): {"m": wrong[c, level], "u": right[c, level]} for level in levels}
        for c, (name, levels) in enumerate(MODEL.comparisons.items())
        if c in DRAWN
    }
    document = MODEL.document
    return Model.from_document({**document, "comparisons": {**document["comparisons"], **comparisons}})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("counts", [(300, 200, 8, 9), (100, 600, 4, 0), (600, 0, 0, 0), (60, 20, 1, 5)])
def test_shares_and_m_are_found_again(counts: tuple[int, ...], seed: int) -> None:
    """Matches, households, twins and namesakes among half a million pairs."""
    m, u = known_rates(MODEL)
    numbers = dict(zip(CLASSES[1:], counts, strict=True))
    found = refined(made(m, u, seed, **numbers), m, u, off(m, u))
    told = dict(zip(CLASSES, found.shares * EVERY, strict=True))
    for name, number in numbers.items():
        assert told[name] == pytest.approx(number, abs=0.05 * number + 2 * np.sqrt(number) + 4), name
    assert found.prior == pytest.approx(np.log2(counts[0] / EVERY), abs=0.15)
    assert found.believable
    assert found.steady
    marked = EXISTS & np.isin(np.arange(COLUMNS), DRAWN)[:, None]
    learned = found.matches.found.seen / np.maximum(found.matches.found.possible, 1.0)
    noise = 4 * np.sqrt(m * (1 - m) / (0.95 * counts[0])) + 0.02
    noise[SURNAME, 7] = 1.0  # two women never differ here
    assert (np.abs(learned - m)[marked] <= noise[marked]).all()


def test_what_households_and_twins_share_counts_up_to_the_odds_against_meeting_them() -> None:
    m, u = known_rates(MODEL)
    found = refined(made(m, u, 1, matches=300, households=200, twins=8), m, u)
    assert found.limits["household_other_forename"] == pytest.approx(-np.log2(200 / EVERY), abs=0.25)
    assert found.limits["household_twins"] == pytest.approx(-np.log2(8 / EVERY), abs=0.8)
    assert found.limits["household_twins"] > found.limits["household_other_forename"] + 3.0
    assert found.limits["household_namesakes"] > found.limits["household_other_generation"]
    fewer = refined(made(m, u, 1, matches=300, households=50, twins=8), m, u)
    assert fewer.limits["household_no_forename"] > found.limits["household_no_forename"] + 1.5


@pytest.mark.parametrize("of", [TWINS, NAMESAKES])
def test_twins_and_namesakes_are_no_more_than_a_fiftieth_of_the_people(of: int) -> None:
    """Spoilt forenames look like twins, wrong dates like fathers: of 200 such pairs as many count as there can be."""
    m, u = known_rates(MODEL)
    found = refined(made(m, u, 2, matches=300, households=100, **{CLASSES[of]: 200}), m, u)
    told = found.shares * EVERY
    most = MOST_TWINS * (ROWS / 2.0 + told[MATCHES])
    assert told[of] == pytest.approx(most, rel=0.01)
    assert most < 20


@pytest.mark.parametrize(("often", "shared"), [(0.95, True), (0.5, False), (0.0, False)])
def test_middle_names_are_a_familys_where_households_share_them(often: float, shared: bool) -> None:
    """Second surnames stand among the middle names of Spanish files: then two brothers agree on them."""
    m, u = known_rates(MODEL)
    sample = made(m, u, 7, missing=0.0, matches=300, households=300)
    dice = np.random.default_rng(7)
    households = np.arange(len(sample.pairs.pattern)) >= int(EVERY) - 300
    sample.pairs.pattern[households & (dice.random(len(households)) < often), MIDDLE_NAMES] = 1
    found = refined(sample, m, u)
    assert found.limits["household_middle_names"] == float(shared)
    assert found.shares[HOUSEHOLDS] * EVERY == pytest.approx(300, abs=40)


def test_what_agrees_on_neither_forename_nor_birth_date_is_not_believed() -> None:
    """Two codes that whole wards share: EM calls their patients one person, and that is no linkage."""
    model = file_model({"ward": FieldKind.CODE, "clinic": FieldKind.CODE})
    m, u = known_rates(model)
    sample = made(m, u, 3, matches=0)
    crowd = sample.pairs.pattern[-3_000:]
    crowd[:, [FURTHER, FURTHER + 1]], crowd[:, FORENAME], crowd[:, BIRTH_DATE] = 1, 9, 12
    found = refine(sample, model, model, chance_of(u))
    assert found.shares[MATCHES] * EVERY > 2_000
    assert not found.believable
    assert "left out" in found.finding.text


@pytest.mark.parametrize(("agreeing", "believed"), [(0.1, False), (0.3, True)])
@pytest.mark.parametrize("column", [FORENAME, BIRTH_DATE])
def test_a_fifth_must_agree_on_what_tells_people_apart(column: int, agreeing: float, believed: bool) -> None:
    m, u = known_rates(MODEL)
    joint = refined(made(m, u, 4, matches=500), m, u)
    seen, possible = joint.matches.found.seen.copy(), joint.matches.found.possible
    seen[column] = 0.0
    seen[column, 1], seen[column, 9] = agreeing * possible[column].max(), (1 - agreeing) * possible[column].max()
    spoilt = replace(joint, matches=replace(joint.matches, found=replace(joint.matches.found, seen=seen)))
    assert joint.believable
    assert spoilt.believable is believed


def test_a_handful_of_matches_proves_nothing_against_them() -> None:
    m, u = known_rates(MODEL)
    joint = refined(made(m, u, 4, matches=12), m, u)
    assert joint.matches.found.possible[FORENAME].max() < 20
    found = replace(joint.matches.found, seen=np.zeros_like(joint.matches.found.seen))
    assert replace(joint, matches=replace(joint.matches, found=found)).believable


def test_reviewed_pairs_count_as_what_people_said() -> None:
    m, u = known_rates(MODEL)
    sample = made(m, u, 6, matches=500)
    levels = np.zeros((300, COLUMNS), np.uint8)
    levels[:, [FORENAME, BIRTH_DATE, LOCATION]] = 1
    levels[:, SURNAME] = 6
    known = count_levels(levels, np.zeros(300, np.bool_))
    plain = refined(sample, m, u).matches.found
    same = refine(sample, MODEL, MODEL, chance_of(u), (known, np.ones(len(known.count), np.bool_))).matches.found
    other = refine(sample, MODEL, MODEL, chance_of(u), (known, np.zeros(len(known.count), np.bool_))).matches.found
    assert same.seen[SURNAME, 6] > plain.seen[SURNAME, 6] + 290
    assert other.seen[SURNAME, 6] == pytest.approx(plain.seen[SURNAME, 6], abs=1.0)


def likely(a: list[int], b: list[int], weight: float = 9.0) -> Sample:
    n = len(a)
    ends, bits = (np.array(rows, np.int32) for rows in (a, b)), np.zeros(n, np.uint32)
    pairs = Pairs(*ends, np.full(n, weight, np.float32), bits, np.ones((n, COLUMNS), np.uint8))
    return Sample(pairs, np.zeros(n, np.bool_), ROWS, EVERY, distinct=False)


def test_pairs_of_one_person_count_as_what_its_records_can_tell() -> None:
    """By hand: of the 10 pairs of 5 records 4 tell something, and a pair by itself does."""
    five = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    a, b = map(list, zip(*five, strict=True))
    assert likely(a, b).independent == pytest.approx(4 / 10)
    assert likely([*a, 7, 9], [*b, 8, 10]).independent == pytest.approx(6 / 12)
    assert likely([7, 9], [8, 10]).independent == 1.0
    assert likely(a, b, weight=-0.1).independent == 1.0
    assert likely([], []).independent == 1.0


def test_what_many_pairs_of_few_people_showed_weighs_as_few() -> None:
    """Half a million pairs under five matches each: what EM counts is cut to the share that tells something."""
    m, u = known_rates(MODEL)
    sample = made(m, u, 6, matches=500)
    heavy = replace(sample.pairs, weight=np.zeros(len(sample.pairs.a), np.float32))  # all are of two rows
    many, few = refined(sample, m, u).matches.found, refined(replace(sample, pairs=heavy), m, u).matches.found
    assert few.possible[FORENAME].max() < 0.01 * many.possible[FORENAME].max()


def person(n: int, **changes: object) -> StandardRecord:
    return replace(invented(n), **changes)


def two_files(people: int, doubled: int) -> tuple[Material, int]:
    """People in both of two files; `doubled` of them stand twice in the first."""
    first = [person(n) for n in range(people)] + [person(n) for n in range(doubled)]
    second = [person(n) for n in range(people)]
    numbers = [*range(people), *range(doubled), *range(people)]
    return material_of(first + second, numbers, Model.default()), len(first)


@pytest.mark.parametrize(("doubled", "distinct"), [(0, True), (40, False)])
def test_of_two_files_only_pairs_across_count(doubled: int, distinct: bool) -> None:
    material, first = two_files(400, doubled)
    n = len(material.encoded)
    sample = sample_pairs(material.encoded, material.keys, material.rows, Model.default(), np.arange(n), 1, first)
    assert ((sample.pairs.a < first) != (sample.pairs.b < first)).all()
    assert sample.every == first * (n - first)
    assert sample.distinct is distinct
    whole = sample_pairs(material.encoded, material.keys, material.rows, Model.default(), np.arange(n), 1)
    assert (whole.every, whole.distinct) == (n * (n - 1) / 2, False)
    assert len(whole.pairs.a) > len(sample.pairs.a) or not doubled


def test_the_prior_of_two_files_is_the_share_of_pairs_across() -> None:
    material, first = two_files(400, 0)
    n = len(material.encoded)
    found = train(*material.entries, Model.default(), random_pairs=100_000, first=first)
    assert found.distinct
    assert found.model.prior == pytest.approx(np.log2(400 / (first * (n - first))), abs=0.3)
    alone = train(*material.entries, Model.default(), random_pairs=100_000)
    assert not alone.distinct
    assert alone.model.prior == pytest.approx(np.log2(400 / (n * (n - 1) / 2)), abs=0.3)


def test_of_a_large_file_a_sample_of_the_rows_is_looked_at() -> None:
    material = region()
    half, words = len(material.encoded) // 2, material.encoded.view(np.int64)
    entries = material.encoded, material.keys, material.rows, Model.default()
    sample = sample_pairs(*entries, draw_rows(shuffle(words, 3), half), 1)
    assert (sample.rows, sample.every) == (half, half * (half - 1) / 2)
    assert int(sample.pairs.b.max()) < half
    again = sample_pairs(*entries, draw_rows(shuffle(words, 3), half), 2)
    assert np.array_equal(sample.pairs.a, again.pairs.a)
    other = sample_pairs(*entries, draw_rows(shuffle(words, 4), half), 1)
    assert not np.array_equal(sample.pairs.a, other.pairs.a)
    full = sample_pairs(*entries, draw_rows(shuffle(words, 3), 10**6), 1)
    # Half of the rows have a quarter of the pairs.
    assert len(sample.pairs.a) == pytest.approx(len(full.pairs.a) / 4, rel=0.15)


def test_a_fit_that_is_not_believed_leaves_prior_and_limits_to_the_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    material, base = region(without_nhs=True), Model.default()
    believed = train(*material.entries, base, random_pairs=100_000)
    assert believed.model.document["rules"] != base.document["rules"]
    monkeypatch.setattr(Joint, "believable", property(lambda _: False))
    found = train(*material.entries, base, random_pairs=100_000)
    assert found.model.document["rules"] == base.document["rules"]
    assert found.model.prior == pytest.approx(found.prior.bits, abs=1e-4)
    assert [one.kind for one in found.diagnosis][:2] == [Kind.JOINT, Kind.PRIOR]
    assert "left out" in found.diagnosis[0].text


def test_training_leaves_the_thresholds_of_the_index() -> None:
    material, base = region(without_nhs=True), Model.default()
    found = train(*material.entries, base, random_pairs=100_000).model
    assert (found.certain, found.possible) == (base.certain, base.possible)


def test_members_of_a_household_are_looked_at_however_little_else_they_share() -> None:
    """By weight only those would be met whose forenames or dates agree, and they would be learned as matches."""
    model, homes = Model.default(), 50
    people = [person(n, sex=SexCode(1 + n % 2)) for n in range(2 * homes)]
    people[1::2] = [
        replace(other, surnames=one.surnames, postcode=one.postcode)
        for one, other in zip(people[::2], people[1::2], strict=True)
    ]
    encoded = np.frombuffer(b"".join(encode(record, model) for record in people), np.uint8)
    encoded, rows = encoded.reshape(len(people), -1), np.arange(len(people), dtype=np.int32)
    keys = np.concatenate((rows // 2, np.full(len(people), homes))).astype(np.int64)  # of the home, and of all
    entries = encoded, keys, np.concatenate((rows, rows)), model
    sample = sample_pairs(*entries, rows.astype(np.int64), 1)
    home = (sample.pairs.a // 2 == sample.pairs.b // 2) & (sample.pairs.a % 2 == 0)
    assert home.sum() == homes
    assert np.isneginf(sample.pairs.weight[home]).sum() > homes / 2  # beyond doubt no match, and here all the same
    assert len(home) < 2 * homes  # strangers are not
    by_row = sample.pairs.a.astype(np.int64) * len(people) + sample.pairs.b
    assert (np.diff(by_row) > 0).all()


def test_settled_pairs_are_left_to_what_people_said() -> None:
    """Neither is a pair that was settled looked at again, nor is one between rows that are not drawn counted."""
    material, _ = two_files(400, 0)
    n = len(material.encoded)
    a, b = np.arange(0, 40), np.arange(400, 440)
    settled = Settled(a * n + b, np.arange(40) < 30)
    entries = material.encoded, material.keys, material.rows, Model.default()
    plain, looked = sample_pairs(*entries, np.arange(n), 1), sample_pairs(*entries, np.arange(n), 1, settled=settled)
    assert (plain.same, looked.same) == (0, 30)
    codes = set((looked.pairs.a.astype(np.int64) * n + looked.pairs.b).tolist())
    assert not codes & set(settled.pairs.tolist())
    assert len(codes) == len(plain.pairs.a) - 40
    half = np.concatenate((np.arange(10), np.arange(400, 410)))
    assert sample_pairs(*entries, half, 1, settled=settled).same == 10

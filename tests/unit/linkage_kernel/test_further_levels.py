"""Further fields of a model: which level each kind ends in, what agreement on a common value takes, and the laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.comparison import BIRTH_DATE, FURTHER, HOUSEHOLD, LOCATION, SURNAME, Further
from linkage.encode import encode
from linkage.engines.local import link
from linkage.errors import ModelError
from linkage.explain import explain
from linkage.further import LEAST, MOST
from linkage.kernel import Scores, score, score_adjusted
from linkage.layout import SCALE
from linkage.model import Model
from linkage.record import BirthDate, Kind, SexCode, StandardRecord
from linkage.standardise.further import read_further
from tests.unit.linkage_kernel.file_models import file_model

EXACT, NEAR, SIMILAR, DISAGREE = Further
MISSING = 0
SHARES = {"colour": {"RED": 0.2, "BLUE": 0.01, "MAUVE": 0.0002}}
EVERY = {kind.value: kind for kind in Kind}


@pytest.fixture(scope="module")
def model() -> Model:
    """One field of each kind, named after it, and a category whose values differ in frequency."""
    return file_model(EVERY | {"colour": Kind.CATEGORY}, family=("name",), shares=SHARES)


def record(**said: str) -> StandardRecord:
    """A record that says nothing but these further fields, as a file has them."""
    kinds = EVERY | {"colour": Kind.CATEGORY}
    return StandardRecord(further=tuple((name, read_further(kinds[name], text)) for name, text in said.items()))


def weighed(one: StandardRecord, other: StandardRecord, model: Model) -> Scores:
    return score(encode(one, model), [encode(other, model)], model)


def level(model: Model, name: str, one: str, other: str) -> int:
    column = list(model.comparisons).index(name)
    pair = record(**{name: one}), record(**{name: other})
    forth, back = weighed(*pair, model), weighed(*pair[::-1], model)
    assert forth.pattern[0, column] == back.pattern[0, column]
    assert np.count_nonzero(forth.pattern) == (forth.pattern[0, column] > 0)
    return int(forth.pattern[0, column])


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"),
    [
        (Kind.CODE, "698-8048", "6988048", EXACT),
        (Kind.CODE, "ab12", "AB 12", EXACT),
        (Kind.CODE, "6988048", "6988043", NEAR),
        (Kind.CODE, "6988048", "698848", NEAR),
        (Kind.CODE, "6988048", "6980848", NEAR),
        (Kind.CODE, "6988048", "6988123", DISAGREE),
        (Kind.CODE, "6988048", "6988034", SIMILAR),
        (Kind.CODE, "6988048", "698804811", SIMILAR),
        (Kind.CODE, "6988048", "7364009", DISAGREE),
        (Kind.CODE, "A123456789012345678901", "A123456789012345678902", NEAR),
        (Kind.CODE, "0000000", "6988048", MISSING),
        (Kind.CODE, "0000000", "0000000", MISSING),
        (Kind.NAME, "St. John's", "STJOHNS", EXACT),
        (Kind.NAME, "Newcastle", "Newcaslte", NEAR),
        (Kind.NAME, "Middlesbrough", "Middleton", SIMILAR),
        (Kind.NAME, "Newcastle", "Brighton", DISAGREE),
        (Kind.NAME, "Newcastle", "", MISSING),
        (Kind.TEXT, "primary school teacher", "Primary-School Teacher", EXACT),
        (Kind.TEXT, "primary school teacher", "teacher, primary school", NEAR),
        (Kind.TEXT, "primary school teacher", "primary school techer", NEAR),
        (Kind.TEXT, "primary school teacher", "school teacher", NEAR),
        (Kind.TEXT, "school master", "school teacher", SIMILAR),
        (Kind.TEXT, "primary school teacher", "coal miner", DISAGREE),
        (Kind.CATEGORY, "widowed", "Widowed", EXACT),
        (Kind.CATEGORY, "widowed", "widower", DISAGREE),
        (Kind.CATEGORY, "widowed", " - ", MISSING),
        (Kind.NUMBER, "180", "180.0", EXACT),
        (Kind.NUMBER, "1,800", "1800", EXACT),
        (Kind.NUMBER, "180", "181.8", NEAR),
        (Kind.NUMBER, "180", "182", SIMILAR),
        (Kind.NUMBER, "180", "200", SIMILAR),
        (Kind.NUMBER, "180", "201", DISAGREE),
        (Kind.NUMBER, "0", "0.0", EXACT),
        (Kind.NUMBER, "0", "1", DISAGREE),
        (Kind.NUMBER, "-5", "5", DISAGREE),
        (Kind.NUMBER, "1e30", "1.5e30", NEAR),
        (Kind.NUMBER, "1.7e308", "-1.7e308", DISAGREE),
        (Kind.NUMBER, "tall", "180", MISSING),
    ],
)
def test_each_kind_has_its_own_likeness(model: Model, kind: Kind, one: str, other: str, expected: int) -> None:
    assert level(model, kind.value, one, other) == expected


def test_two_values_of_one_beginning_are_not_the_same(model: Model) -> None:
    """Twenty characters stand in the row; the rest counts through a hash."""
    long = "a street of many shops"
    assert level(model, "category", long + " north", long + " south") == DISAGREE
    assert level(model, "text", long + " north", long + " south") in (NEAR, SIMILAR)


@pytest.mark.parametrize(("value", "bits"), [("red", -4.32), ("blue", 0.0), ("mauve", MOST), ("never met", MOST)])
def test_agreement_on_a_common_value_is_worth_less(model: Model, value: str, bits: float) -> None:
    """log2 of the average share, 1 in 100, over the value's own, kept between two bounds."""
    column = list(model.comparisons).index("colour")
    row = encode(record(colour=value), model)
    scores, adjust = score_adjusted(row, (row,), model)
    assert scores.pattern[0, column] == EXACT
    assert adjust[column] == pytest.approx(bits, abs=0.01)
    assert scores.weight[0] == pytest.approx(model.prior + model.weights[column, EXACT] + adjust[column], abs=1e-4)
    assert adjust[column] == pytest.approx(model.further[-1].adjustment(value.upper()), abs=1 / SCALE)
    assert LEAST <= adjust[column] <= MOST


def test_frequency_counts_only_where_values_agree(model: Model) -> None:
    column = list(model.comparisons).index("colour")
    one, other = (encode(record(colour=value), model) for value in ("red", "mauve"))
    scores, adjust = score_adjusted(one, (other,), model)
    assert (scores.pattern[0, column], adjust[column]) == (DISAGREE, 0.0)


PERSON = StandardRecord(
    surnames=("HARGREAVES",), forenames=("JANE",), birth_date=BirthDate(1954, 3, 17), sex=SexCode.FEMALE
)


def test_what_a_family_shares_is_cut_and_what_it_does_not_is_not() -> None:
    """Another forename: a shared place of birth follows from the family, a shared code does not."""
    fields = {"birthplace": Kind.NAME, "code": Kind.CODE}
    sister = replace(PERSON, forenames=("MARGARET",))
    uk = Model.default()
    surname = float(uk.weights[SURNAME, 1]) + uk.surname_adjustment("HARGREAVES")
    rules = {**uk.document["rules"], "household_other_forename": surname + 2.0}
    model = file_model(fields, family=("birthplace",), rules=rules)
    bare = weighed(PERSON, sister, model)
    assert bare.pattern[0, HOUSEHOLD] == 0

    def gain(**said: str) -> tuple[float, int]:
        told = tuple(said.items())
        found = weighed(replace(PERSON, further=told), replace(sister, further=told), model)
        return float(found.weight[0] - bare.weight[0]), int(found.pattern[0, HOUSEHOLD])

    names = list(model.comparisons)
    assert model.weights[names.index("birthplace"), EXACT] > 3.0
    assert gain(birthplace="WHITBY") == (pytest.approx(2.0, abs=1e-3), 1)
    assert gain(code="6988048") == (pytest.approx(model.weights[names.index("code"), EXACT], abs=1e-3), 0)


def several(values: tuple[str, ...], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def further_of(**values: tuple[str, ...]) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    told = st.fixed_dictionaries({}, optional={name: st.sampled_from(told) for name, told in values.items()})
    return told.map(lambda said: tuple(said.items()))


# Few values on purpose: pairs must agree often, in every combination.
RECORDS = st.builds(
    StandardRecord,
    surnames=several(("SMITH", "SMYTH", "JOHN", "OKAFOR", "ALEXANDER"), 3),
    forenames=several(("JOHN", "JON", "SMITH", "SMIHT", "ALEX", "ALEXANDRE"), 2),
    birth_date=st.sampled_from((BirthDate(), BirthDate(1954, 3, 7), BirthDate(1954, 7, 3), BirthDate(1983))),
    sex=st.sampled_from(SexCode),
    postcode=st.sampled_from(("", "M139WL", "M139WP", "M319WL", "4011", "4010")),
    previous_postcodes=several(("M139WL", "4011"), 1),
    house=st.sampled_from(("", "12", "14")),
    street=st.sampled_from(("", "OXFORD ROAD", "OXFORD RAOD", "HIGH STREET")),
    town=st.sampled_from(("", "MANCHESTER", "MANCHSTER", "LEEDS")),
    phones=several(("07700900123", "07700900124"), 2),
    further=further_of(
        code=("6988048", "6988043", "6980848", "69", "736400912345678901234567"),
        name=("NEWCASTLE", "NEWCASLTE", "NEWPORT", "LEEDS"),
        text=("SCHOOL TEACHER", "TEACHER SCHOOL", "SCHOOL", "COAL MINER"),
        category=("A", "B"),
        number=("180.0", "181.0", "195.0", "-5.0", "0.0"),
        colour=("RED", "BLUE", "MAUVE"),
    ),
)


@given(RECORDS, RECORDS)
@settings(max_examples=1500, deadline=None)
def test_the_kernel_is_symmetric_to_the_bit_for_rows_with_further_fields(
    model: Model, one: StandardRecord, other: StandardRecord
) -> None:
    forth, back = weighed(one, other, model), weighed(other, one, model)
    assert forth.weight.tobytes() == back.weight.tobytes()
    assert forth.guards.tobytes() == back.guards.tobytes()
    assert forth.pattern.tobytes() == back.pattern.tobytes()


@given(RECORDS, RECORDS)
@settings(max_examples=400, deadline=None)
def test_the_explanation_adds_up_and_missing_adds_nothing(
    model: Model, one: StandardRecord, other: StandardRecord
) -> None:
    told = explain(one, other, model)
    assert len(told.lines) == FURTHER + len(EVERY) + 1
    total = told.prior + sum(line.weight + line.adjustment for line in told.lines)
    assert told.total == pytest.approx(total, abs=1e-3)
    said = [dict(record.further) for record in (one, other)]
    for line in told.lines[FURTHER:]:
        missing = not all(line.comparison in fields for fields in said)
        assert (line.level == "missing") == missing
        assert not missing or (line.weight, line.adjustment) == (0.0, 0.0)


@given(RECORDS)
@settings(max_examples=200, deadline=None)
def test_against_nobody_a_row_with_further_fields_weighs_the_prior(model: Model, one: StandardRecord) -> None:
    scores = weighed(one, StandardRecord(), model)
    assert not scores.pattern.any()
    assert scores.weight[0] == np.float32(model.prior)


@given(RECORDS, RECORDS, st.sampled_from((-40.0, -10.0, 0.0, 10.0)))
@settings(max_examples=600, deadline=None)
def test_a_floor_drops_no_pair_that_reaches_it(
    model: Model, one: StandardRecord, other: StandardRecord, floor: float
) -> None:
    """What the texts can add at most counts the place and the further fields in."""
    rows = np.frombuffer(encode(one, model) + encode(other, model), np.uint8).reshape(2, model.size)
    found = link(rows, np.zeros(2, np.int64), np.arange(2, dtype=np.int32), model, floor, workers=1)
    weight = weighed(one, other, model).weight[0]
    assert found.weight.tolist() == ([weight] if weight >= np.float32(floor) else [])


def test_the_levels_of_dates_and_places_are_those_without_further_fields() -> None:
    """What a model has besides changes nothing in the columns it shares with the index, but for the place."""
    other = replace(PERSON, birth_date=BirthDate(1954, 3, 18), house="12", postcode="M139WL")
    with_fields = weighed(PERSON, other, file_model(EVERY)).pattern[0]
    plain = weighed(PERSON, other, Model.default()).pattern[0]
    columns = [c for c in range(FURTHER) if c != LOCATION]
    assert with_fields[columns].tolist() == plain[columns].tolist()
    assert with_fields[BIRTH_DATE] > 0


@pytest.mark.parametrize(
    ("further", "said"),
    [
        ([{"name": "a", "kind": "colour"}], "a kind out of"),
        ([{"name": 1, "kind": "code"}], "needs a name"),
        ([{"name": "a", "kind": "code"}] * 2, "one name"),
        ([{"name": f"f{n}", "kind": "code"} for n in range(11)], "at most 10"),
        ({}, "must be a list"),
        ([{"name": "a", "kind": "name", "frequencies": {"a": {}}, "average": 0.0}], "average share"),
    ],
)
def test_a_list_of_further_fields_that_is_none_is_refused(further: object, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Model.from_document({**Model.default().document, "balance": None, "further": further})

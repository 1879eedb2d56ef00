"""A model cut to a table: its fields, the frequencies of its names but of nobody's own, what is usual in Britain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import log2

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage import tailor as tailoring
from linkage.comparison import FORENAME, MOST_FURTHER, SURNAME, Further
from linkage.costs import LEAST_COST, MOST_COST
from linkage.errors import LinkageError
from linkage.guard import Guard
from linkage.model import GUARDS, Model
from linkage.record import Kind
from linkage.tables.table import Table
from linkage.tailor import LEAST_SEEN, further_kinds, is_foreign, is_usual, tailor

UK = Model.default()
USUAL = {"surname": "Smith", "forename": "Ann", "dob": "1954-03-17", "postcode": "M13 9WL"}


def table_of(columns: Mapping[str, list[str | None]], extras: Mapping[str, Kind] | None = None) -> Table:
    n = len(next(iter(columns.values())))
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return Table(pa.array([str(row) for row in range(n)]), arrays, extras or {})


def one_row(*names: str, extras: Mapping[str, Kind] | None = None) -> Table:
    return table_of({name: ["x"] for name in (*names, *(extras or {}))}, extras)


def listed(model: Model, field: str) -> dict[str, float]:
    """The values of a further field that stand in the model's document, with their shares."""
    told = next(part for part in model.document["further"] if part["name"] == field)
    return dict(told["frequencies"][field])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(["Leeds", "leeds", "York", "Hull", "Ripon", "Whitby", None]), min_size=1, max_size=40)
)
def test_no_value_seen_fewer_than_five_times_stands_in_the_model(places: list[str | None]) -> None:
    table = table_of({"birth_place": places, "surname": ["Smith"] * len(places)})
    model = tailor(table, UK)
    seen = Counter(place.upper() for place in places if place)
    common = {place for place, times in seen.items() if times >= LEAST_SEEN}
    told = next(part for part in model.document["further"] if part["name"] == "birth_place")
    if not seen:
        assert "frequencies" not in told
        return
    shares = listed(model, "birth_place")
    assert shares.keys() == common
    assert all(shares[place] == pytest.approx(seen[place] / seen.total(), rel=1e-6) for place in common)
    assert not any(place in str(model.document["further"]) for place in seen.keys() - common)


def names_table(n: int) -> Table:
    """One in four is called Ann Smith, one in ten Bo Hartley, the others have names of their own."""
    surnames: list[str | None] = []
    forenames: list[str | None] = []
    for row in range(n):
        common = ("Smith", "Ann") if row % 4 == 0 else ("Hartley", "Bo") if row % 10 == 1 else None
        letters = "".join(chr(97 + int(digit)) for digit in str(row))
        surnames.append(common[0] if common else f"Quo{letters}son")
        forenames.append(common[1] if common else f"Ily{letters}")
    return table_of({"surname": surnames, "forename": forenames})


def test_the_names_of_a_table_have_their_own_frequencies() -> None:
    table = names_table(1_000)
    model = tailor(table, UK)
    shares = model.document["frequencies"]
    assert shares["surname"] == {"SMITH": 0.25, "HARTLEY": pytest.approx(0.1)}
    assert set(shares["forename"]) == {"ANN", "BO"}
    expected = 0.25**2 + 0.1**2
    assert model.u[SURNAME, 1] == pytest.approx(expected, rel=0.01)
    assert model.u[FORENAME, 1] == pytest.approx(expected, rel=0.01)
    assert model.surname_adjustment("SMITH") == pytest.approx(log2(expected / 0.25), abs=0.02)
    assert (
        model.surname_adjustment("SMITH") < model.surname_adjustment("HARTLEY") < model.surname_adjustment("QUOXSON")
    )
    assert model.surname_adjustment("QUOXSON") == 4.0  # the most that rarity adds


def test_a_table_of_few_names_keeps_those_of_the_base() -> None:
    table = names_table(499)
    assert tailor(table, UK).document["frequencies"] == UK.document["frequencies"]
    blank = replace(names_table(1_000), columns={"surname": pa.array([None] * 1_000, pa.string())})
    assert tailor(blank, UK).document["frequencies"] == UK.document["frequencies"]


def test_names_that_are_all_different_are_rare_and_no_name_is_told() -> None:
    distinct: list[str | None] = ["Quo" + "".join(chr(97 + int(digit)) for digit in f"{n:04}") for n in range(600)]
    model = tailor(table_of({"surname": distinct}), UK)
    assert model.document["frequencies"]["surname"] == {}
    assert model.u[SURNAME, 1] == pytest.approx(0.25 / 600, rel=0.05)
    assert abs(model.surname_adjustment("QUOAAAA")) < 0.1


def test_a_common_value_counts_for_less_than_a_rare_one() -> None:
    jobs: list[str | None] = ["miner"] * 60 + ["maid"] * 20 + [f"trade {n}" for n in range(20)]
    model = tailor(table_of({"job": jobs}, {"job": Kind.CATEGORY}), UK)
    field = (model.further or ())[0]
    average = 0.6**2 + 0.2**2
    assert field.adjustment("MINER") == pytest.approx(log2(average / 0.6), abs=0.05)
    assert field.adjustment("MINER") < 0.0 < field.adjustment("MAID") < field.adjustment("TRADE 3")


@pytest.mark.parametrize(("kind", "counted"), [(kind, kind not in (Kind.CODE, Kind.NUMBER)) for kind in Kind])
def test_codes_and_numbers_are_each_ones_own_and_never_listed(kind: Kind, counted: bool) -> None:
    model = tailor(table_of({"what": ["11"] * 60}, {"what": kind}), UK)
    assert ("frequencies" in model.document["further"][0]) is counted
    assert ("11" in str(model.document["further"])) is (counted and kind is not Kind.NAME)  # a name has letters


@pytest.mark.parametrize(
    ("codes", "foreign"),
    [
        (["M13 9WL", "BL3 6RT"], False),
        (["M13 9WL", "4011"], False),
        (["M13 9WL", "4011", "4012"], True),
        (["4011"] * 1, True),
        (["M13 9WL"] + ["4011"] * 50, False),  # by distinct values
        (["75001", "M139WL", None, None, None], False),
        ([None, None], False),
        ([], False),
        (["ZZ99 3VZ", "ZZ99 3WZ", "M13 9WL"], True),  # pseudo postcodes are none
    ],
)
def test_postcodes_are_foreign_when_fewer_than_half_are_british(codes: list[str | None], foreign: bool) -> None:
    assert is_foreign(pa.array(codes, pa.string())) is foreign


def test_only_some_postcodes_are_looked_at_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of 102 in their order, the first and the last."""
    monkeypatch.setattr(tailoring, "JUDGED", 2)
    codes = ["M13 9WL", "AL3 6RT", *[f"B{n}" for n in range(1000, 1100)]]
    assert not is_foreign(pa.array(codes))
    assert not is_foreign(pa.array(codes[::-1]))


def test_the_model_says_how_its_postcodes_are_read() -> None:
    assert tailor(table_of({"postcode": ["4011", "4012"]}), UK).foreign
    assert not tailor(table_of({"postcode": ["M13 9WL", "BL3 6RT"]}), UK).foreign
    assert not tailor(table_of({"surname": ["Smith"]}), UK).foreign


def usual_table(rows: int, **others: str) -> Table:
    return table_of({name: [value] * rows for name, value in (USUAL | others).items()})


@pytest.mark.parametrize(
    ("rows", "others", "missing", "usual"),
    [
        (101, {}, (), True),
        (100, {}, (), False),
        (101, {"email": "a@b.org", "phone": "07700900123", "town": "Leeds", "region": "Yorkshire"}, (), True),
        (101, {"national_id": "6988048"}, (), False),
        (101, {"birth_place": "Leeds"}, (), False),
        (101, {"postcode": "4011"}, (), False),
        *((101, {}, (name,), False) for name in USUAL),
    ],
)
def test_a_large_british_table_with_all_that_the_index_compares_is_usual(
    monkeypatch: pytest.MonkeyPatch, rows: int, others: dict[str, str], missing: tuple[str, ...], usual: bool
) -> None:
    monkeypatch.setattr(tailoring, "LARGE", 100)
    table = usual_table(rows, **others)
    table = replace(table, columns={name: column for name, column in table.columns.items() if name not in missing})
    assert is_usual(table) is usual
    model = tailor(table, UK)
    assert (model.further is None) is usual
    assert model.size == UK.size or not usual


def test_an_extra_column_makes_a_large_table_unusual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailoring, "LARGE", 100)
    columns = {name: [value] * 101 for name, value in {**USUAL, "job": "miner"}.items()}
    assert not is_usual(table_of(columns, {"job": Kind.TEXT}))


def test_extra_columns_come_last_and_never_more_than_there_is_room_for() -> None:
    extras = {f"extra {n:02}": list(Kind)[n % 5] for n in range(MOST_FURTHER - 2)}
    table = one_row("national_id", "birth_place", "surname", extras=extras)
    kinds = further_kinds(table)
    assert list(kinds) == ["national_id", "birth_place", *extras]
    assert kinds["extra 03"] is extras["extra 03"]
    model = tailor(table, UK)
    assert [field.name for field in model.further or ()] == list(kinds)
    with pytest.raises(LinkageError, match=r"11 further fields are more than the 10 .* leave 1 of them out.*height"):
        tailor(one_row("national_id", "birth_place", extras={**extras, "height": Kind.NUMBER}), UK)
    assert list(model.comparisons)[-MOST_FURTHER:] == list(kinds)


@pytest.mark.parametrize(
    ("beside", "there"), [((), True), (("town",), False), (("postcode",), False), (("address",), True)]
)
def test_a_region_counts_where_neither_postcode_nor_town_tells_it(beside: tuple[str, ...], there: bool) -> None:
    assert ("region" in further_kinds(one_row("region", "surname", *beside))) is there


def test_of_fields_that_a_family_shares_the_model_says_so() -> None:
    table = one_row("national_id", "birth_place", "email", "region", extras={"job": Kind.TEXT})
    told = {field.name: (field.kind, field.family) for field in tailor(table, UK).further or ()}
    assert told == {
        "national_id": (Kind.CODE, False),
        "birth_place": (Kind.NAME, True),
        "email": (Kind.TEXT, True),
        "region": (Kind.CATEGORY, True),
        "job": (Kind.TEXT, False),
    }


def test_guards_and_thresholds_of_files() -> None:
    """The weight says what is weak or may be twins; two verified numbers, and nobody's records, still never join."""
    model = tailor(one_row("surname"), UK)
    off = Guard.MULTIPLE_BIRTH | Guard.WEAK_IDENTITY | Guard.STOPPED
    in_force = Guard(int(model.rules[GUARDS]))
    assert in_force == ~off & Guard(int(UK.rules[GUARDS]))
    assert (model.certain, model.possible, model.balance) == (1.0, -6.0, -1.0)
    assert UK.balance is None


@given(st.floats(LEAST_COST, MOST_COST))
def test_a_pair_joins_from_the_odds_that_a_false_merge_costs_in_missed_links(cost: float) -> None:
    certain = tailor(one_row("surname"), UK, cost).certain
    assert 2.0**certain == pytest.approx(cost)
    assert UK.probability(certain) == pytest.approx(cost / (cost + 1.0))  # where both mistakes are as dear


@pytest.mark.parametrize("cost", [0.0, 0.99, -3.0, float("nan"), float("inf"), 1e10])
def test_a_cost_that_no_threshold_answers_to_is_refused(cost: float) -> None:
    with pytest.raises(LinkageError, match="a false merge costs 1 to 1e"):
        tailor(one_row("surname"), UK, cost)


def test_a_model_already_tailored_can_be_tailored_again() -> None:
    """As `people` does with a base that was trained on another file."""
    first = tailor(one_row("national_id", extras={"job": Kind.TEXT}), UK)
    said = zip(("exact", "near", "similar", "disagree"), (0.6, 0.2, 0.1, 0.1), strict=True)
    rates = {name: {"m": m, "u": 0.5} for name, m in said}
    trained = {**first.document, "comparisons": {**first.document["comparisons"], "job": rates}, "foreign": True}
    base = Model.from_document(trained)
    other = tailor(one_row("surname", extras={"height": Kind.NUMBER}), base)
    assert ([field.name for field in other.further or ()], other.foreign) == (["height"], False)
    again = tailor(one_row("surname", extras={"job": Kind.TEXT, "height": Kind.NUMBER}), base)
    assert again.document["comparisons"]["job"] == rates  # what the base learned of a field of that name and kind
    unlike = tailor(one_row("surname", extras={"job": Kind.CATEGORY}), base)
    assert unlike.document["comparisons"]["job"] != rates


def test_a_large_british_table_gets_a_model_without_a_place_whatever_the_base(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = tailor(one_row("national_id"), UK)
    monkeypatch.setattr(tailoring, "LARGE", 100)
    model = tailor(usual_table(101), base)
    assert (model.further, model.size) == (None, UK.size)


def test_the_rates_that_anchor_further_fields_tell_the_same_from_the_different() -> None:
    table = one_row(extras={kind.value: kind for kind in Kind})
    model = tailor(table, UK)
    for column in range(len(UK.comparisons), len(model.comparisons)):
        assert model.weights[column, Further.EXACT] > 2.0
        assert model.weights[column, Further.DISAGREE] < -2.0
        assert np.nansum(model.m[column]) == pytest.approx(1.0, abs=0.06)


def homes_table(n: int, copies: int = 1) -> Table:
    """One in ten lives in a care home, two in each of the other homes; every person has so many records."""
    told: list[tuple[str, str, str]] = []
    for person in range(n):
        letters = "".join(chr(97 + int(digit)) for digit in f"{person:04}")
        at = person // 2
        postcode = "M1 1AA" if person % 10 == 0 else f"M{at % 30 + 2} {at // 30 % 9 + 1}{chr(65 + at // 270 % 8)}B"
        told += [(f"Quo{letters}son", f"19{person % 90 + 10}-01-02", postcode)] * copies
    surnames, days, codes = map(list, zip(*told, strict=True))
    return table_of({"surname": surnames, "dob": days, "postcode": codes})


def test_a_common_postcode_counts_for_less() -> None:
    """A tenth of the people in one home. Others are rare, which adds nothing: who shares a rare one shares a home."""
    model = tailor(homes_table(1_000), UK)
    assert listed_postcodes(model) == {"M11AA": pytest.approx(0.1)}
    assert model.postcode_adjustment("M11AA") == pytest.approx(log2(0.1**2 / 0.1), abs=0.2)
    assert model.postcode_adjustment("M52AB") == 0.0
    assert model.postcode_adjustment("") == 0.0
    assert UK.postcode_adjustment("M11AA") == 0.0  # the index has no frequencies of postcodes


def listed_postcodes(model: Model) -> Mapping[str, float]:
    shares: Mapping[str, float] = model.document["frequencies"]["postcode"]
    return shares


def test_many_records_of_one_person_make_no_postcode_common() -> None:
    once, often = (tailor(homes_table(1_000, copies), UK) for copies in (1, 8))
    assert listed_postcodes(often) == listed_postcodes(once)
    assert often.postcode_adjustment("M11AA") == once.postcode_adjustment("M11AA")


def test_a_table_of_few_postcodes_says_nothing_of_them() -> None:
    assert tailor(homes_table(499), UK).postcodes is None

"""The columnar road equals the scalar one for models of files too: places as text, further fields, foreign codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.columns import encode_table, encoding
from linkage.columns.gather import ALL
from linkage.encode import encode
from linkage.layout import ENCODED_SIZE, FURTHER_SLOTS, NAME_SIZE, SLOT, STREET_SLOT, TOWN_SLOT
from linkage.loose_blocking import FIRST_LOOSE
from linkage.model import Model
from linkage.record import Kind
from linkage.standardise import standardise
from linkage.tables.table import FIELDS, Table
from linkage.tailor import tailor
from tests.unit.linkage_columns.test_columns_agree import ONE_ROW, places
from tests.unit.linkage_kernel.file_models import file_model

EXTRAS = {"job": Kind.TEXT, "colour": Kind.CATEGORY, "height": Kind.NUMBER, "tribe": Kind.NAME, "badge": Kind.CODE}
USUAL = {"national_id": Kind.CODE, "birth_place": Kind.NAME, "email": Kind.TEXT, "region": Kind.CATEGORY}
SHARES = {"colour": {"RED": 0.3, "BLUE": 0.1}, "birth_place": {"LEEDS": 0.05}, "job": {"COAL MINER": 0.02}}
BASE = Model.default().document
POSTCODES = {
    "term_frequency": {**BASE["term_frequency"], "postcode": {"least": -6.0, "most": 4.0, "average": 0.001}},
    "frequencies": {**BASE["frequencies"], "postcode": {"M13 9WL": 0.05, "4011": 0.02, "M139WL": 0.05}},
}
MODELS = [
    file_model(**POSTCODES),
    file_model(foreign=True, **POSTCODES),
    file_model(EXTRAS, shares=SHARES),
    file_model({**USUAL, **EXTRAS}, shares=SHARES, foreign=True),
]

codes = st.sampled_from(["698-8048", "6988048", "ab 12", "0000", "000-000", "A" * 25]) | st.text(max_size=8)
texts = st.sampled_from(["coal miner", "Coal-Miner", "Kohlearbeiter/Bergmann", "Łódź", "a b c d e f g", " - "])
numbers = st.sampled_from(["180", "1,800", "-0.5", "1e300", "nan", "inf", "tall", "180cm", " 7 ", "٣"])
FURTHER_ROW: dict[str, st.SearchStrategy[str]] = {
    "national_id": codes,
    "birth_place": places | st.sampled_from(["Leeds", "leeds ", "Newcastle-upon-Tyne"]),
    "region": st.sampled_from(["QLD", "qld", "New South Wales", ""]),
    "job": texts | st.text(max_size=8),
    "colour": st.sampled_from(["red", "RED", "Blue", "mauve", "grün", "é", "-"]),
    "height": numbers | st.sampled_from(["1e306", "-1.7e308"]) | st.floats().map(repr) | st.text(max_size=4),
    "tribe": texts | st.text(max_size=30),
    "badge": codes,
}
foreign = st.sampled_from(
    ["4011", "94110-1234", "941101234", "00000", "K1A 0B1", "75001", "M13 9WL", "99999", "1234 AB"]
)
FILE_ROW = {**ONE_ROW, "postcode": ONE_ROW["postcode"] | foreign, **FURTHER_ROW}
rows_said = st.lists(st.fixed_dictionaries({}, optional=FILE_ROW), min_size=1, max_size=8)


def table_of(rows: Sequence[Mapping[str, str | None]], extras: Mapping[str, Kind] = EXTRAS) -> Table:
    names = [name for name in (*FIELDS, *extras) if any(name in row for row in rows)]
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    ids = pa.array([str(place) for place in range(len(rows))], pa.string())
    return Table(ids, columns, {name: kind for name, kind in extras.items() if name in columns})


def scalar(table: Table, row: int, model: Model) -> bytes:
    """The definition: one record at a time."""
    further = {field.name: field.kind for field in model.further or ()}
    return encode(standardise(table.demographics(row, further, foreign=model.foreign)), model)


def assert_agree(table: Table, model: Model, workers: int = 1) -> None:
    encoded = encode_table(table, model, workers)
    assert encoded.matrix.shape == (len(table), model.size)
    for row in range(len(table)):
        expected = scalar(table, row, model)
        found = encoded.matrix[row].tobytes()
        assert found == expected, (words_apart(found, expected), row)


def words_apart(one: bytes, other: bytes) -> list[int]:
    """The places of the words in which two rows differ, to say what went wrong."""
    return np.flatnonzero(np.frombuffer(one, np.int64) != np.frombuffer(other, np.int64)).tolist()


@settings(max_examples=600, deadline=None)  # the first example compiles
@given(rows_said, st.sampled_from(range(len(MODELS))))
def test_both_roads_agree_on_odd_strings_under_a_model_of_files(rows: list[dict[str, str]], which: int) -> None:
    assert_agree(table_of(rows), MODELS[which])


@settings(max_examples=60, deadline=None)
@given(rows_said)
def test_both_roads_agree_under_a_model_tailored_to_the_table(rows: list[dict[str, str]]) -> None:
    """Every value often enough to have a frequency."""
    table = table_of([row for row in rows for _ in range(5)])
    model = tailor(table, Model.default())
    assert_agree(table, model)
    assert_agree(table, Model.from_document({**model.document, "foreign": not model.foreign}))


def test_what_a_model_compares_as_a_further_field_stands_there_and_nowhere_else() -> None:
    """An e-mail that is compared as text is no contact; a region no part of the address."""
    row = {"surname": "Smith", "email": "a@b.org", "email_2": "c@d.org", "region": "QLD", "national_id": "6988048"}
    table = table_of([row])
    plain, fuller = (encode_table(table, model, 1).matrix[0] for model in (MODELS[0], MODELS[3]))
    assert fuller[:ENCODED_SIZE].tobytes() != plain[:ENCODED_SIZE].tobytes()
    without = encode_table(table_of([{key: row[key] for key in ("surname", "email_2")}]), MODELS[3], 1).matrix[0]
    told = [8, *range(16, ENCODED_SIZE)]  # but for the tag
    assert fuller[told].tobytes() == without[told].tobytes()
    lengths = [int(fuller[8 * (FURTHER_SLOTS + SLOT * k) + NAME_SIZE]) for k in range(4)]
    assert lengths == [7, 0, 5, 3]
    assert fuller[8 * STREET_SLOT + NAME_SIZE] == fuller[8 * TOWN_SLOT + NAME_SIZE] == 0


@pytest.mark.parametrize(
    ("said", "british", "other"),
    [
        ("M13 9WL", "M139WL", "M139WL"),
        ("4011", "", "4011"),
        ("94110-1234", "", "94110"),
        ("K1A 0B1", "", "K1A0B1"),
        ("99999", "", ""),
        ("12345678", "", "1234567"),
    ],
)
def test_postcodes_of_other_countries_are_read_when_the_model_says_so(said: str, british: str, other: str) -> None:
    table = table_of([{"surname": "Smith", "postcode": said}])
    for model, expected in ((MODELS[0], british), (MODELS[1], other)):
        assert standardise(table.demographics(0, {}, foreign=model.foreign)).postcode == expected
        assert encode_table(table, model, 1).matrix[0, 32:40].tobytes().rstrip(b"\0").decode() == expected
        assert_agree(table, model)


def test_rows_that_take_the_scalar_road_keep_their_places_and_further_fields() -> None:
    """A patient nobody knows and a twin with a number are read whole; what a file says besides stays with them."""
    told = {"address": "12 High St", "town": "Leeds", "job": "coal miner", "postcode": "4011", "colour": "red"}
    odd = [{"surname": "Unknown", "forename": "Male"}, {"forename": "Twin 2", "surname": "Smith"}]
    table = table_of([{**told, **row, "dob": "1980-01-01"} for row in odd])
    for model in MODELS:
        assert encode_table(table, model, 1).apart == 2
        assert_agree(table, model)


@pytest.mark.parametrize("model", MODELS)
def test_processes_and_shares_do_not_matter(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(3)
    said = {
        "surname": ["Smith", "Müller", "", "van der Berg"],
        "forename": ["Ann", "J.", "Twin 1", ""],
        "address": ["12 High St", "Flat 3, 7 Rose Ln", ""],
        "town": ["Leeds", "St Ives", ""],
        "postcode": ["4011", "M13 9WL", ""],
        "job": ["coal miner", "maid", ""],
        "height": ["180", "181.5", "x"],
        "national_id": ["6988048", "0000", ""],
    }
    rows = [{name: str(dice.choice(values)) for name, values in said.items()} for _ in range(300)]
    table = table_of(rows)
    alone = encode_table(table, model, 1)
    monkeypatch.setattr(encoding, "_ROWS_FOR_PROCESSES", 1)
    monkeypatch.setattr(encoding, "_SHARE", 50)
    many = encode_table(table, model, 2)
    assert many.matrix.tobytes() == alone.matrix.tobytes()
    assert np.array_equal(many.keys, alone.keys)


def test_loose_keys_come_beside_the_precise_ones_and_change_no_row() -> None:
    rows = [{"surname": "Smith", "forename": "Ann", "dob": "1980-03-04", "job": "coal miner"}] * 3
    table = table_of(rows)
    bare = encode_table(table, MODELS[2], 1)
    loose = encode_table(table, MODELS[2], 1, lambda words: np.full(len(words), ALL, np.uint8))
    assert loose.matrix.tobytes() == bare.matrix.tobytes()
    precise = loose.rules < FIRST_LOOSE
    assert np.array_equal(loose.keys[precise], bare.keys)
    assert np.array_equal(loose.rules[precise], bare.rules)
    assert len(set(loose.keys[~precise].tolist())) == (~precise).sum() / 3 > 5


def test_a_table_without_the_columns_of_its_model_is_encoded_as_saying_nothing() -> None:
    bare = replace(table_of([{"surname": "Smith"}]), extras={})
    for model in MODELS:
        assert_agree(bare, model)

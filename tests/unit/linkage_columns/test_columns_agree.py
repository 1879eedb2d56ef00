"""The columnar road equals the scalar one, byte for byte and key for key (design section 5: one truth everywhere)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.blocking import RULES, block_keys, describe
from linkage.columns import Encoded, encode_table, encoding
from linkage.encode import ENCODED_SIZE, encode
from linkage.engines import local
from linkage.model import Model
from linkage.standardise import standardise
from linkage.tables.table import FIELDS, Table
from mpi.networks import load_network
from mpi.simulate import snapshot

Said = Mapping[str, str | None]

MODEL = Model.default()
WORDS = """
Smith Jones O'Brien Kaur Singh Begum Gill van der Berg De la Cruz Mc Donald St John Müller Łukasz Al-Sayed née
Baby Boy Twin 1 2 B of Male Unknown Female Trauma Major Incident Alpha Bravo X-Ray Victor Mr Mrs Dr (deceased)
ZZZTEST TEST Mohammed Abdul Rahman Ali Jean-Paul J. Mary-Ann (Bob) "Bob" - ' . , y e II Jnr FNU UN KNOWN Chris
"""
PLACES = "Flat 3 3A 12 12-14 2/1 High St Street Rd Road Rose Cottage Ln Victoria Court The Avenue C/O No , . House"

phrases = st.just("") | st.lists(st.sampled_from(WORDS.split()), max_size=4).map(" ".join) | st.text(max_size=6)
places = st.lists(st.sampled_from(PLACES.split()), max_size=6).map(" ".join) | st.text(max_size=6)
phones = st.sampled_from(["", "07700 900123", "+447700900123", "01614960123", "0000000000"]) | st.text("+0123 x")
emails = st.sampled_from(["", "A@B.org", "a@b.org ", "none@b.org", "c@d.org"]) | st.text(max_size=5)
dates = ["1954-03-07", "1980-01-01", "1900-01-01", "1954-02", "1954", "1954-02-30", "", "x"]
ONE_ROW: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(FIELDS, phrases),
    "nhs_number": st.sampled_from(["999 000 0018", "9990000026", "9990000019", ""]) | st.text(max_size=11),
    "nhs_status": st.sampled_from(["", "01", "1", "05", "NI", "9"]),
    "dob": st.sampled_from(dates),
    "sex": st.sampled_from(["", "male", "female", "other", "unknown"]),
    "postcode": st.sampled_from(["M13 9WL", "m139wl", "ZZ99 3VZ", "M13 OAB", ""]) | st.text(max_size=8),
    **dict.fromkeys(("address", "town"), places),
    **dict.fromkeys(("phone", "phone_2", "phone_3"), phones),
    **dict.fromkeys(("email", "email_2"), emails),
    "gp_practice": st.sampled_from(["p81001", "V81999", ""]) | st.text(max_size=6),
    "birth_order": st.sampled_from(["", "0", "1", "2", "7", "8", "II", "٣"]),
    "multiple_birth": st.sampled_from(["", "true", "false", "yes"]),
}
rows_said = st.lists(st.fixed_dictionaries({}, optional=ONE_ROW | {"region": places}), min_size=1, max_size=8)


def table_of(rows: Sequence[Said]) -> Table:
    names = [name for name in FIELDS if any(name in row for row in rows)]
    ids = pa.array([str(place) for place in range(len(rows))], pa.string())
    return Table(ids, {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})


def entries_of(encoded: Encoded, row: int) -> dict[int, str]:
    """The keys of a row and the rule of each."""
    mine = encoded.rows == row
    rules = tuple(RULES)
    found = zip(encoded.keys[mine].tolist(), encoded.rules[mine].tolist(), strict=True)
    return {key: rules[rule] for key, rule in found}


def assert_agree(table: Table, encoded: Encoded) -> None:
    assert encoded.matrix.shape == (len(table), ENCODED_SIZE)
    kinds = [array.dtype for array in (encoded.matrix, encoded.keys, encoded.rows, encoded.rules)]
    assert kinds == [np.uint8, np.int64, np.int32, np.uint8]
    ends = np.searchsorted(encoded.rows, np.arange(len(table) + 1))
    for row in range(len(table)):
        record = standardise(table.demographics(row))
        assert encoded.matrix[row].tobytes() == encode(record, MODEL), record
        assert tuple(sorted(encoded.keys[ends[row] : ends[row + 1]].tolist())) == block_keys(record), record


def assert_equal(one: Encoded, other: Encoded) -> None:
    for name in ("matrix", "keys", "rows", "rules"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.fixture(scope="module")
def region() -> Table:
    frame = snapshot(load_network("surrey-sussex"), 1500, 11)
    same = (
        "nhs_number",
        "nhs_status",
        "title",
        "forename",
        "middle_names",
        "surname",
        "previous_surname",
        "postcode",
    )
    columns = {name: frame[name].tolist() for name in (*same, "town", "email", "mothers_maiden_name")}
    other = {
        "dob": "birth_date",
        "address": "line",
        "phone": "home_phone",
        "phone_2": "mobile",
        "gp_practice": "practice",
    }
    columns |= {name: frame[source].tolist() for name, source in other.items()}
    columns["sex"] = frame.sex.map({"M": "male", "F": "female", "U": "unknown"}).tolist()
    columns["birth_order"] = [str(order or "") for order in frame.birth_order.tolist()]
    columns["multiple_birth"] = ["true" if twin else "" for twin in frame.multiple_birth.tolist()]
    ids = [str(place) for place in range(len(frame))]
    return Table(pa.array(ids), {name: pa.array(column, pa.string()) for name, column in columns.items()})


@settings(max_examples=400, deadline=None)  # the first example compiles
@given(rows_said)
def test_issue_3_both_roads_agree_on_odd_strings(rows: list[dict[str, str]]) -> None:
    table = table_of(rows)
    encoded = encode_table(table, MODEL, 1)
    assert_agree(table, encoded)
    for row in range(len(rows)):
        told = [rule for rule, _ in describe(standardise(table.demographics(row)))]
        assert sorted(entries_of(encoded, row).values()) == sorted(told)


def test_issue_3_both_roads_agree_on_a_simulated_region(region: Table) -> None:
    encoded = encode_table(region, MODEL, 2)
    assert_agree(region, encoded)
    assert encoded.apart < len(region) // 100


@pytest.mark.parametrize(
    "row",
    [
        {"surname": "Unknown", "forename": "Male", "dob": "1980-01-01", "nhs_number": "9990000018"},
        {"surname": "Male", "forename": "Unknown", "dob": "1980-01-01"},
        {"surname": "Alpha", "forename": "Bravo", "dob": "1980-01-01", "postcode": "M13 9WL"},
        {"surname": "Major", "forename": "Incident", "dob": "1980-03-01"},
        {"surname": "Incident", "forename": "Major"},
        {"surname": "Kaur Gill", "forename": "Harpreet", "middle_names": "Jas"},
        {"surname": "Smith", "forename": "Twin 2", "birth_order": "1", "multiple_birth": "false"},
        {"surname": "Smith", "forename": "Twin", "dob": "2020-02-03"},
        {"surname": "Smith", "previous_surname": "Smith-Jones", "forename": "Abdul", "middle_names": "Rahman"},
        {"surname": "Smith", "previous_surname": "Trauma", "forename": "Ann"},
        {"surname": "Mr", "previous_surname": "Victor Jones", "forename": "Ann"},
        {"surname": "Victor", "previous_surname": "Jones", "forename": "Lima"},
        {"previous_surname": "Jones", "middle_names": "Rose"},
        {"full_name": "Mr Ali van der Berg", "previous_surname": "Jones"},
        {"forename": "Ann", "full_name": "Rose Jones"},
        {"middle_names": "Rose", "full_name": "Ann Jones"},
        {"surname": " ", "full_name": "Ann Jones", "previous_surname": "Gill"},
        {"nhs_number": "9990000018", "nhs_status": ""},
        {"nhs_number": "9990000019", "nhs_status": "01"},
        {"nhs_number": "4012304560", "nhs_status": ""},
        {"forename": "Chris", "phone": "0000000000", "phone_2": "07700 900123", "phone_3": "+447700900123"},
        {"forename": "Chris", "email": "none@b.org", "email_2": "a@b.org"},
        {"region": "Surrey", "town": "", "postcode": ""},
        {"region": "Surrey", "town": "Leeds"},
    ],
)
def test_issue_3_fields_that_interact_agree(row: dict[str, str]) -> None:
    plain = {"surname": "Hartley", "forename": "Ann", "dob": "1954-03-07", "phone": "01614960123"}
    table = table_of([plain, row, plain, row | {"dob": "1980-01-01"}])
    assert_agree(table, encode_table(table, MODEL, 1))


def test_nhs_53_rows_that_cannot_be_read_by_field_are_counted() -> None:
    table = table_of([{"surname": "Smith"}, {"surname": "Unknown", "forename": "Male"}, {"forename": "Twin 2"}])
    assert encode_table(table, MODEL, 1).apart == 2


def test_null_and_nothing_and_an_absent_column_say_the_same() -> None:
    rows: list[Said] = [{"surname": "Smith", "dob": text} for text in ("", None)]
    encoded = encode_table(table_of(rows), MODEL, 1)
    assert_equal(encode_table(table_of(rows[:1]), MODEL, 1), encode_table(table_of([{"surname": "Smith"}]), MODEL, 1))
    assert encoded.matrix[0].tobytes() == encoded.matrix[1].tobytes()


def test_nhs_8_a_number_without_a_column_of_statuses_is_untraced() -> None:
    table = table_of([{"nhs_number": "9990000018"}, {"nhs_number": "x"}])
    assert_agree(table, encode_table(table, MODEL, 1))


def test_an_empty_table_and_one_without_columns() -> None:
    empty = encode_table(table_of([]), MODEL)
    assert (empty.matrix.shape, len(empty.keys)) == ((0, ENCODED_SIZE), 0)
    bare = Table(pa.array(["a", "b"]), {})
    assert_agree(bare, encode_table(bare, MODEL))


@pytest.mark.parametrize("cuts", [(1,), (7, 8, 900), (1000, 2000)])
def test_issue_3_any_split_of_a_table_gives_the_same(region: Table, cuts: tuple[int, ...]) -> None:
    whole = encode_table(region, MODEL, 1)
    bounds = [0, *cuts, len(region)]
    parts = []
    for first, last in pairwise(bounds):
        columns = {name: column.slice(first, last - first) for name, column in region.columns.items()}
        parts.append(encode_table(Table(region.ids.slice(first, last - first), columns), MODEL, 1))
    assert np.array_equal(np.concatenate([part.matrix for part in parts]), whole.matrix)
    assert np.array_equal(np.concatenate([part.keys for part in parts]), whole.keys)
    assert np.array_equal(np.concatenate([part.rules for part in parts]), whole.rules)
    shifted = [part.rows + first for part, first in zip(parts, bounds[:-1], strict=True)]
    assert np.array_equal(np.concatenate(shifted), whole.rows)


def test_issue_3_workers_do_not_matter_even_beside_compiled_threads(
    region: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = encode_table(region, MODEL, 1)
    monkeypatch.setattr(encoding, "_ROWS_FOR_PROCESSES", 1)
    monkeypatch.setattr(encoding, "_SHARE", 100)
    with ThreadPoolExecutor(2) as threads:
        pairs = [threads.submit(local.link, alone.matrix, alone.keys, alone.rows, MODEL, workers=2) for _ in range(4)]
        many = [encode_table(region, MODEL, workers) for workers in (2, 3)]
        assert len({len(pair.result().a) for pair in pairs}) == 1
    for encoded in many:
        assert_equal(encoded, alone)


def test_a_sex_that_is_none_is_refused_by_both_roads(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of([{"sex": "male"}, {"sex": "M"}])
    with pytest.raises(ValueError, match="not a valid Sex"):
        table.demographics(1)
    monkeypatch.setattr(encoding, "_ROWS_FOR_PROCESSES", 1)
    with pytest.raises(ValueError, match="not a valid Sex"):
        encode_table(table, MODEL, 2)

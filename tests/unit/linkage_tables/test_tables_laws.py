"""Laws of reading: nothing but a reading or an `InputError`, and a table survives its files (issue 3)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.tables.errors import InputError
from linkage.tables.frames import from_arrow, from_frame, to_arrow
from linkage.tables.reading import Reading, read
from linkage.tables.table import FIELDS, Table

HEADERS = st.sampled_from(
    [b"id,surname,dob,sex\n", b"id;forename;surname\r\n", b"rec_id,given_name\n", b"\xef\xbb\xbfid,dob\n"]
)
PIECES = st.sampled_from(
    [
        b",",
        b'"',
        b"\n",
        b"\r\n",
        b"\r",
        b"1",
        b"2",
        b"Ash",
        b"\xe9",
        b"\xc3\xa9",
        b"\x00",
        b"1954-03-07",
        b"3/4/1954",
        b";",
        b" ",
        b"\x81",
    ]
)
MESSES = st.lists(PIECES, max_size=60).map(b"".join)


def read_bytes(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        reading: Reading | None
        said = ""
        try:
            reading = read(path)
        except InputError as error:
            said = str(error)
            reading = None
        if reading is None:
            assert said.startswith(str(path))
            return
        report = reading.report
        assert len(reading.table) > 0
        assert report.rows_read == len(reading.table) + sum(report.left_out.values())
        assert len(set(reading.table.ids.to_pylist())) == len(reading.table)
        for row in range(len(reading.table)):
            reading.table.demographics(row)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300), st.sampled_from(["p.csv", "p.tsv", "p.csv.gz", "p.parquet"]))
def test_any_bytes_are_a_reading_or_an_input_error(content: bytes, name: str) -> None:
    read_bytes(content, name)


@settings(deadline=None, max_examples=400)
@given(HEADERS, MESSES | st.binary(max_size=100))
def test_any_mess_under_a_header_is_a_reading_or_an_input_error(header: bytes, mess: bytes) -> None:
    read_bytes(header + mess, "p.csv")


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60), st.sampled_from(["utf-16", "utf-16-le", "utf-32", "cp1252"]))
def test_any_text_in_any_encoding_is_a_reading_or_an_input_error(text: str, encoding: str) -> None:
    read_bytes(f"id,surname\n1,{text}".encode(encoding, errors="ignore"), "p.csv")


WORDS = (
    st.from_regex(r"[A-Z][a-zé'\", -]{0,8}[a-y]", fullmatch=True).map(str.strip).filter(lambda word: len(word) > 4)
)
DATES = st.dates().map(str).filter(lambda day: "1000" <= day[:4] <= "2199")
VALUES = {
    "dob": st.one_of(DATES, DATES.map(lambda day: day[:7]), DATES.map(lambda day: day[:4])),
    "sex": st.sampled_from(["male", "female", "other", "unknown"]),
    "multiple_birth": st.sampled_from(["true", "false"]),
    "birth_order": st.sampled_from("1234"),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables as reading makes them: no blanks, no column that no row says, a first phone before a second."""
    rows = draw(st.integers(1, 6))
    fields = {*draw(st.sets(st.sampled_from(FIELDS), min_size=1, max_size=8)), "surname"}
    fields |= {"phone"} & {name[:5] for name in fields} | {"email"} & {name[:5] for name in fields}
    fields |= {"phone_2"} if "phone_3" in fields else set()
    columns = {}
    for name in sorted(fields, key=FIELDS.index):
        values = draw(st.lists(st.none() | VALUES.get(name, WORDS), min_size=rows, max_size=rows))
        values[draw(st.integers(0, rows - 1))] = draw(VALUES.get(name, WORDS))
        columns[name] = pa.array(values, pa.string())
    return Table(pa.array([f"r{row}" for row in range(rows)]), columns)


def same(table: Table, other: Table) -> bool:
    one, two = (x.select(sorted(x.column_names)) for x in map(to_arrow, (table, other)))
    return bool(one.equals(two))


@settings(deadline=None, max_examples=200)
@given(tables())
def test_a_table_survives_csv_parquet_arrow_and_pandas(table: Table) -> None:
    with tempfile.TemporaryDirectory() as folder:
        arrow_csv.write_csv(to_arrow(table), Path(folder) / "people.csv")
        pq.write_table(to_arrow(table), Path(folder) / "people.parquet")
        assert same(read(Path(folder) / "people.csv").table, table)
        assert same(read(Path(folder) / "people.parquet").table, table)
    assert same(from_arrow(to_arrow(table)).table, table)
    assert same(from_frame(to_arrow(table).to_pandas()).table, table)


@settings(deadline=None, max_examples=50)
@given(tables())
def test_reading_twice_changes_nothing(table: Table) -> None:
    once = from_arrow(to_arrow(table)).table
    assert same(from_arrow(to_arrow(once)).table, once)

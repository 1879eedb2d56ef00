"""Files for spreadsheets hold no formula, whatever people are called."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.review.csv_lines import csv_lines

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def read(*rows: list[str]) -> list[list[str]]:
    return list(csv.reader(StringIO(b"".join(csv_lines(rows)).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("O'Hara, Aoife", "O'Hara, Aoife"),
        ("=1+1", "'=1+1"),
        (" @SUM(1)", "' @SUM(1)"),
        ('say "no", twice', 'say "no", twice'),
        ("two\nlines", "two lines"),
        ("a\x00b\u202ec", "a\u2400b[U+202E]c"),
    ],
)
def test_a_cell_is_a_text(said: str, written: str) -> None:
    assert read([said, "x"]) == [[written, "x"]]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=4), max_size=5))
def test_no_cell_is_computed_and_none_is_lost(rows: list[list[str]]) -> None:
    found = read(*rows)
    assert [len(row) for row in found] == [len(row) for row in rows]
    assert not [cell for row in found for cell in row if cell.lstrip().startswith(FORMULA)]

"""Tables as CSV for spreadsheets, which take some texts for formulas and some numbers for other numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from mpi.domain.reading import seen

_FORMULA = tuple("=+-@\t\r\n＝＋－＠|%")
_MARK = "\ufeff"  # without it a spreadsheet takes UTF-8 for something else


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The lines one by one, in UTF-8. A cell that a spreadsheet would compute begins with an apostrophe."""
    yield _MARK.encode()
    for row in rows:
        line = StringIO()
        csv.writer(line).writerow([_cell(text) for text in row])
        yield line.getvalue().encode()


def _cell(text: str) -> str:
    plain = seen(text).replace("\n", " ")
    return f"'{plain}" if plain.lstrip().startswith(_FORMULA) else plain

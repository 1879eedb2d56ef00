"""Delimited text files as Arrow columns of bytes: whatever the encoding, the separator and the damage."""

from __future__ import annotations

import codecs
import csv
import gzip
import itertools
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from linkage.plurals import counted
from linkage.room import UNBOUNDED, Room
from linkage.tables.errors import InputError
from linkage.tables.texts import DROPPED

_SEPARATORS = ",;\t|"
_BLOCK = 1 << 22
_LARGEST_BLOCK = (1 << 31) - 1
_HEADER_LIMIT = 1 << 20
_WHOLE = 0.9  # of the separators expected: some of the lines that were swallowed may be ragged
_RAGGED = "another number of columns than the header"
_SWALLOWED = "a quotation mark that was never closed"
# The longer marks first: that of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED = re.compile("[\udc80-\udcff]")  # how Python keeps the bytes 80 to FF that are not UTF-8
_LOST = "\udc80"
_WINDOWS = [bytes([byte]).decode("cp1252", errors="ignore") or _LOST for byte in range(0x80, 0x100)]
_OTHERS = {b"PK\x03\x04": "a spreadsheet or zip archive", b"PAR1": "Parquet", b"%PDF": "a PDF document"}


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file up to its header: `data` is its content, `start` where the rows begin, `names` the columns in order.

    encoding: the one it came in; `data` is UTF-8. notes: sentences on what could not be decoded.
    """

    path: Path
    data: Any
    start: int
    names: tuple[str, ...]
    separator: str
    encoding: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Columns by name, binary[N], of the rows that could be told apart; the number of the others by reason."""

    columns: dict[str, Any]
    rows: int
    left_out: dict[str, int]
    notes: tuple[str, ...]


def open_text(path: Path) -> TextFile:
    """A delimited file's header; `InputError` for what is empty, damaged or no text, `OSError` as by `open`."""
    data, encoding, notes = _text_of(_open(path), path)
    names, separator, start = _find_header(data[:_HEADER_LIMIT].to_pybytes(), path)
    return TextFile(path, data, start, names, separator, encoding, notes)


def read_columns(file: TextFile, wanted: tuple[str, ...], room: Room = UNBOUNDED) -> Lines:
    """The rows under the header, some columns of them; raises `InputError` when they are no rows at all."""
    table, left_out = _parse(file, [str(file.names.index(name)) for name in wanted], room)
    notes = [] if file.separator in ",\t" else [f"columns are separated by '{file.separator}'"]
    if left_out:
        notes.append("row numbers count only the rows whose columns could be told apart")
    columns = {name: table.column(str(file.names.index(name))) for name in wanted}
    return Lines(columns, table.num_rows, left_out, (*file.notes, *notes))


def _open(path: Path) -> Any:
    """The file's content as an Arrow buffer: mapped, or unpacked when it is gzip, whatever its name."""
    if not path.stat().st_size:
        raise InputError(f"{path} is empty")
    with path.open("rb") as file:
        magic = file.read(4)
    if not magic.startswith(b"\x1f\x8b"):
        return pa.memory_map(str(path)).read_buffer()
    try:
        with gzip.open(path) as file:
            return pa.py_buffer(file.read())
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file") from error


def _text_of(data: Any, path: Path) -> tuple[Any, str, tuple[str, ...]]:
    """The content as UTF-8, the encoding that it came in, and what had to be done to it."""
    head = data[:4096].to_pybytes()
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise InputError(f"{path} is {what} and no text: save it as CSV, or give it its right name")
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    if not encoding and (zeros := head.count(0)) * 3 > len(head):
        # Latin text in UTF-16 has a zero in every other byte.
        encoding = "utf-16-le" if head[1::2].count(0) * 2 > zeros else "utf-16-be"
    if encoding:
        text = data.to_pybytes().decode(encoding, errors="replace")
        lost = text.count("\ufffd")
        notes = (f"{counted(lost, 'character')} could not be decoded",) if lost else ()
        return pa.py_buffer(text.encode("utf-8", errors="replace")), encoding.upper(), notes
    marked = head.startswith(codecs.BOM_UTF8)
    name = "UTF-8 with a byte order mark" if marked else "UTF-8"
    mended, recoded, lost = _mend(data[3:] if marked else data)
    if not recoded + lost:
        return mended, name, ()
    told = counted(recoded, "character is not UTF-8 and was", "characters are not UTF-8 and were")
    said = [f"{told} read as windows-1252"]
    if lost:
        said.append(f"{counted(lost, *DROPPED)} dropped")
    return mended, f"{name}, windows-1252 where it is not", tuple(said)


def _mend(data: Any) -> tuple[Any, int, int]:
    """The content with what is not UTF-8 read as windows-1252, the characters so read and the bytes that are neither.

    One file may hold both, as exports of several systems do that somebody put one after the other.
    """
    pieces = range(0, data.size, _BLOCK)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in pieces:
            decoder.decode(data[at : at + _BLOCK].to_pybytes(), final=at == pieces[-1])
        return data, 0, 0
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    mended, recoded, lost = [], 0, 0
    for at in pieces:
        text = decoder.decode(data[at : at + _BLOCK].to_pybytes(), final=at == pieces[-1])
        text, escaped = _ESCAPED.subn(lambda found: _WINDOWS[ord(found[0]) - 0xDC80], text)
        dropped = text.count(_LOST)
        recoded, lost = recoded + escaped - dropped, lost + dropped
        mended.append(text.replace(_LOST, "").encode())
    return pa.py_buffer(b"".join(mended)), recoded, lost


def _find_header(head: bytes, path: Path) -> tuple[tuple[str, ...], str, int]:
    """Column names, separator, and where the rows begin: the first line that says anything, all of it if quoted."""
    lines = head.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise InputError(f"{path} is empty")
    separator = ""
    if lines[first].lower().startswith(b"sep=") and len(lines[first].strip()) <= 5:  # Excel's own first line
        separator, first = chr(lines[first].rstrip(b"\r\n")[-1]), first + 1
    if separator not in _SEPARATORS or not separator:
        separator = _separator(lines[first] if first < len(lines) else b"", path)
    taken = first

    def feed() -> Iterator[str]:
        nonlocal taken
        for line in lines[first:]:
            taken += 1
            yield line.decode("latin-1")

    try:
        names = next(csv.reader(feed(), delimiter=separator), [])
    except csv.Error as error:
        raise InputError(f"the first line of {path} is no header of a table") from error
    if not any(name.strip() for name in names):
        raise InputError(f"{path} has no header: its first line must name the columns")
    start = sum(map(len, lines[:taken]))
    return tuple(map(_decode_name, names)), separator, start


def _separator(line: bytes, path: Path) -> str:
    if path.name.lower().removesuffix(".gz").endswith(".tsv"):
        return "\t"
    counts = {separator: line.count(separator.encode()) for separator in _SEPARATORS}
    return max(counts, key=lambda separator: counts[separator])


def _decode_name(name: str) -> str:
    raw = name.encode("latin-1")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="ignore")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _parse(file: TextFile, include: list[str], room: Room) -> tuple[Any, dict[str, int]]:
    """The rows under the header: with quotation marks as such, or as plain characters where that saves more rows."""
    rest = file.data[file.start :]
    try:
        table, left_out = _parse_quoted(file, rest, include, room)
        if _SWALLOWED not in left_out:
            return table, left_out
    except pa.ArrowInvalid:
        table, left_out = None, {}
    try:
        plain, ragged = _read(file, rest, include, room, quoted=False)
    except pa.ArrowInvalid as error:
        if table is not None:
            return table, left_out
        raise InputError(
            f"{file.path} cannot be taken apart into rows and columns: is it a table of text?"
        ) from error
    if table is not None and table.num_rows >= plain.num_rows:
        return table, left_out
    return _strip_quotes(plain), {_RAGGED: ragged} if ragged else {}


def _parse_quoted(file: TextFile, rest: Any, include: list[str], room: Room) -> tuple[Any, dict[str, int]]:
    """Rows read with quotes. The lines that a stray mark swallowed are left out, with the row that swallowed them."""
    table, ragged = _read(file, rest, include, room, quoted=True)
    left_out = {_RAGGED: ragged} if ragged else {}
    missing = _count_lines(rest) - table.num_rows - ragged
    if missing <= 0:
        return table, left_out
    every = [str(at) for at in range(len(file.names))]
    whole, _ = _read(file, rest, every, room, quoted=True)
    damaged, breaks = np.zeros(table.num_rows, bool), np.zeros(table.num_rows, np.int64)
    for column in whole.columns:
        inside = pc.count_substring(column, "\n").to_numpy()
        separators = pc.count_substring(column, file.separator).to_numpy()
        # A value that holds all the separators of the lines it spans is those lines, not a name or an address.
        damaged |= (inside > 0) & (separators >= _WHOLE * inside * (len(every) - 1))
        breaks += inside
    # The lines that are neither rows nor parts of sound values nor blank went into rows that are no rows.
    swallowed = int(damaged.sum()) + missing - int(breaks[~damaged].sum()) - _count_blank(rest)
    if swallowed > 0:
        left_out[_SWALLOWED] = swallowed
        table = table.filter(pa.array(~damaged))
    return table, left_out


def _count_blank(rest: Any) -> int:
    """The empty lines, the last one without its end not among them."""
    content = np.frombuffer(rest, np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    lengths = np.diff(ends, prepend=-1)
    returns = content[ends - 1] == ord("\r")
    return int(np.count_nonzero((lengths == 1) | ((lengths == 2) & returns)))


def _count_lines(rest: Any) -> int:
    content = np.frombuffer(rest, np.uint8)
    return _count(content, "\n") + int(len(content) > 0 and content[-1] != ord("\n"))


def _count(content: npt.NDArray[np.uint8], character: str) -> int:
    """How often a character occurs, in pieces, because the comparison takes a byte for each."""
    pieces = (content[at : at + _BLOCK] for at in range(0, len(content), _BLOCK))
    return sum(int(np.count_nonzero(piece == ord(character))) for piece in pieces)


def _read(file: TextFile, rest: Any, include: list[str], room: Room, *, quoted: bool) -> tuple[Any, int]:
    """The columns of the well-formed rows as bytes, and how many rows are not; longer rows need longer blocks."""
    names = [str(at) for at in range(len(file.names))]
    if not rest.size:
        return pa.table({name: pa.array([], pa.binary()) for name in include}), 0
    has_quotes = quoted and _count(np.frombuffer(rest, np.uint8), '"') > 0
    for block in (_BLOCK, min(max(rest.size + 1, _BLOCK), _LARGEST_BLOCK)):
        ragged = itertools.count()  # several threads count at once, and next() is one step
        try:
            reader = arrow_csv.open_csv(
                pa.BufferReader(rest),
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=block),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=file.separator,
                    quote_char='"' if quoted else False,
                    newlines_in_values=has_quotes,
                    invalid_row_handler=lambda _row, ragged=ragged: "skip" if next(ragged) >= 0 else "error",
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.binary()), include_columns=include, strings_can_be_null=False
                ),
            )
            table = room.collected(reader, reader.schema)
        except pa.ArrowInvalid:
            if block >= rest.size:
                raise
            continue
        return table, next(ragged)
    raise pa.ArrowInvalid("a row is longer than any block")


def _strip_quotes(table: Any) -> Any:
    """Values without the quotation marks around them."""
    columns = [pc.ascii_trim(column.cast(pa.string()), '"') for column in table.columns]
    return pa.table(columns, table.column_names)

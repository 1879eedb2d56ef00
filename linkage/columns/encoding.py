"""A table of people as encoded rows and blocking entries."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.blocking import FORENAME_SOUNDS, SURNAME_SOUNDS
from linkage.columns.distinct import distinct, of_rows
from linkage.columns.file_readings import further_reading
from linkage.columns.gather import add_words, append_word, count_keys, write_keys
from linkage.columns.readers import Readers, readers
from linkage.columns.readings import (
    DEPENDS,
    FAMILY_WORDS,
    GIVEN_WORDS,
    HAS_PREVIOUS,
    NAME_FIELDS,
    READINGS,
    UNSAID,
    VARIES,
)
from linkage.further import KIND_CODES
from linkage.layout import (
    CAUTIONS,
    EMAILS,
    ENCODING_VERSION,
    HEAD,
    MOST_EMAILS,
    MOST_PHONES,
    NUMBER,
    ORDER,
    PHONES,
    TAG,
    WORDS,
    Rows,
)
from linkage.model import Model
from linkage.progress import SILENT, Progress, stepping
from linkage.record import Caution
from linkage.room import UNBOUNDED, Room, give_back
from linkage.tables.table import FIELDS, Table

Codes = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Loose = Callable[[Longs], Bytes]
Answers = tuple[Codes, Longs]
"""The code of each row, and the answers by code."""

# The longest to read first. A status must follow its number, and a second phone the first.
_FIELDS = (
    *("address", "phone", "number", "status", "email", "phone_2", "phone_3", "email_2"),
    *("postcode", "birth", "maiden", "town", "practice", "person"),
)
_LISTS = {
    **dict.fromkeys(("phone", "phone_2", "phone_3"), (PHONES, MOST_PHONES)),
    **dict.fromkeys(("email", "email_2"), (EMAILS, MOST_EMAILS)),
}
_TEXTS = {"address": "address_text", "town": "town_text", "postcode": "postcode_text"}
_ROWS_FOR_PROCESSES = 20_000
_BYTES_PER_ROW = 640  # of what a row takes while its piece is encoded: codes, distinct values and their answers
_LEAST_ROWS, _MOST_ROWS = 50_000, 1_000_000
"""Of a piece. Larger ones would read fewer values twice, and take more than all that comes after them."""
_SHARE = 1 << 16


@dataclass(frozen=True, slots=True)
class Encoded:
    """N records ready to link.

    matrix: uint8[N, model.size], their encoded rows. keys: int64[M], rows: int32[M] and rules: uint8[M] are the
    entries of the blocking index by row; a rule is its place in `loose_blocking.ALL_RULES`. apart: how many rows went
    the scalar road, because their fields could not be read one by one. crowded and taken_apart: by rule,
    keys that too many records share, which do not serve, and which gave way to runs (`crowds`). order: int64[N], the
    rows as `training.sampling.shuffle` puts them; None where that was not asked, or is no longer wanted.
    """

    matrix: Rows
    keys: Longs
    rows: Codes
    rules: Bytes
    apart: int = 0
    crowded: Mapping[str, int] = field(default_factory=dict)
    taken_apart: Mapping[str, int] = field(default_factory=dict)
    order: Longs | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The names of N rows: codes int32[N] into tables of answers, flags first and sounds last."""

    family: Codes
    given: Codes
    families: Longs
    givens: Longs


def encode_table(
    table: Table,
    model: Model,
    workers: int | None = None,
    loose: Loose | None = None,
    room: Room = UNBOUNDED,
    progress: Progress = SILENT,
) -> Encoded:
    """Encode every record of a table: bit for bit what `encode`, `standardise` and `block_keys` make of each.

    loose: says of the encoded rows, int64[N, words], which loose keys each gets besides: uint8[N] of `gather.NONE`,
    `DOUBLE` and `ALL`; None for none. `workers`: processes and threads, None for all processors this process may use.
    A long table is done in pieces, each of which reads its distinct values anew; smaller ones where `room` is tight.
    Raises `ValueError` for a sex that is none of `Sex`.
    """
    workers, n = workers or len(os.sched_getaffinity(0)), len(table)
    words = room.empty((n, model.size // 8), np.int64)
    size = max(_LEAST_ROWS, room.at_once(_BYTES_PER_ROW, min(n, _MOST_ROWS)))
    works: list[_Encoding] = []
    with ThreadPoolExecutor(workers) as threads:
        with (
            readers(model, workers if n >= _ROWS_FOR_PROCESSES else 1) as read,
            ThreadPoolExecutor(workers) as waiting,
        ):
            for first in stepping(range(0, n, size), "encoding records", -(-n // size), progress):
                piece = table.slice(first, size), model, words[first : first + size]
                works.append(_Encoding(*piece, read, waiting, threads))
                works[-1].fill()
                give_back()
        # The readers' processes are gone before the keys come.
        wanted = np.zeros(n, np.uint8) if loose is None else loose(words)
        pieces = (work.index(place * size, wanted, room) for place, work in enumerate(works))
        keys, rows, rules = room.gathered(pieces, (np.empty(0, np.int64), np.empty(0, np.int32), wanted[:0]))
    apart = sum(work.apart for work in works)
    return Encoded(words.view(np.uint8).reshape(n, model.size), keys, rows, rules, apart)


class _Encoding:
    """The work on a piece of a table. Fields are read in many processes at once, and gathered one after another."""

    def __init__(
        self,
        table: Table,
        model: Model,
        words: Longs,
        read: Readers,
        waiting: ThreadPoolExecutor,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._table, self._read, self._waiting, self._threads = table, read, waiting, threads
        self._model, self._words, self.apart = model, words, 0
        self._sounds: tuple[Codes | Longs, ...] = ()
        self._further = () if model.further is None else tuple(field.name for field in model.further)
        self._usual = {name: column for name, column in table.columns.items() if name not in self._further}

    def fill(self) -> None:
        """Write the words of all rows."""
        family, given = self._start("family"), self._start("given")
        fields = self._start_fields()
        self._share(_write_blank, self._blank())
        named = self._gather_names(family, given)
        del family, given
        apart = self._find_apart()
        self._gather_fields(fields)
        if len(apart):
            name = "foreign_row" if self._model.foreign else "row"
            self._words[apart, :WORDS] = self._read.read(name, of_rows(self._usual, FIELDS, apart))
        self.apart = len(apart)
        # All that the keys need of the names, which are much more.
        surnames = np.ascontiguousarray(named.families[:, -SURNAME_SOUNDS:])
        forenames = np.ascontiguousarray(named.givens[:, -FORENAME_SOUNDS:])
        self._sounds = named.family, surnames, named.given, forenames

    def index(self, first: int, loose: Bytes, room: Room) -> tuple[Longs, Codes, Bytes]:
        """The keys of all rows, which `fill` has filled, with the row and the rule of each.

        first: the place in the table of the first row; loose: as `encode_table` has them, of the whole table.
        """
        kinds = np.array([KIND_CODES[field.kind] for field in self._model.further or ()], np.int64)
        told = (*self._sounds, kinds, loose[first : first + len(self._table)])
        ends = np.empty(len(self._table), np.int64)
        self._share(count_keys, *told, ends)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(ends)))
        size = int(starts[-1])
        keys, rows, rules = room.empty(size, np.int64), room.empty(size, np.int32), room.empty(size, np.uint8)
        self._share(write_keys, *told, starts, keys, rows, rules)
        rows += np.int32(first)
        return keys, rows, rules

    def _blank(self) -> Longs:
        """The words of a row of which nothing is said."""
        blank = np.zeros(self._words.shape[1], np.int64)
        blank[HEAD], blank[TAG] = ENCODING_VERSION, np.uint64(self._model.tag).view(np.int64)
        return blank

    def _gather_names(self, one: Future[Answers], other: Future[Answers]) -> Names:
        """Gather the names; one whose fields depend on one another is read now, and stands last in both tables."""
        (family, families), (given, givens) = one.result(), other.result()
        together = np.flatnonzero(_depend(families[family, 0], givens[given, 0]))
        if len(together):
            columns, rows = self._table.columns, pa.array(together)
            taken = {name: columns[name].take(rows) for name in NAME_FIELDS if name in columns}
            found = distinct(taken, NAME_FIELDS, len(together))
            answers, cut = self._read.read("names", found), families.shape[1]
            family[together], given[together] = found.codes + len(families), found.codes + len(givens)
            families, givens = np.vstack((families, answers[:, :cut])), np.vstack((givens, answers[:, cut:]))
        names = Names(family, given, families, givens)
        self._add(family, families, FAMILY_WORDS, skip=1)
        self._add(given, givens, GIVEN_WORDS, skip=1)
        return names

    def _start_fields(self) -> dict[str, Future[Answers]]:
        variants = dict(_TEXTS) if self._model.further is not None else {}
        if self._model.foreign:
            variants["postcode"] = "foreign_postcode"
        started = {}
        for name in _FIELDS:
            # A status that is not said counts too, beside a number.
            if name == "status" or not self._usual.keys().isdisjoint(READINGS[name].fields):
                started[variants.get(name, name)] = self._start(variants.get(name, name))
        for place, name in enumerate(self._further):
            if name in self._table.columns:
                started[further_reading(place)] = self._start(further_reading(place), (name,))
        return started

    def _gather_fields(self, started: dict[str, Future[Answers]]) -> None:
        """Gather every field but the names, in the order of `_FIELDS`."""
        for name in list(started):
            codes, table = started.pop(name).result()
            if name in _LISTS:
                self._share(append_word, codes, table, *_LISTS[name])
            else:
                self._add(codes, table, READINGS[name].words, needs=NUMBER if name == "status" else -1)

    def _start(self, name: str, fields: tuple[str, ...] = ()) -> Future[Answers]:
        """The codes of rows and the answers to the distinct values of one reading, to come."""

        def work() -> Answers:
            reading, columns = READINGS[name], self._table.columns
            wanted = fields or reading.fields
            if reading.caseless:
                columns = {field: pc.ascii_upper(columns[field]) for field in wanted if field in columns}
            found = distinct(columns, wanted, len(self._table))
            return found.codes, self._read.read(name, found)

        return self._waiting.submit(work)

    def _find_apart(self) -> Longs:
        """The rows whose other fields depend on their names (gathered by now): the birth date of an unidentified
        patient, and the birth order that a newborn's placeholder gives."""
        head = self._words[:, HEAD]
        unidentified = head & (int(Caution.UNIDENTIFIED) << (8 * CAUTIONS))
        return np.flatnonzero(unidentified | (head & (0xFF << (8 * ORDER))))

    def _add(self, codes: Codes, table: Longs, targets: tuple[int, ...], skip: int = 0, needs: int = -1) -> None:
        self._share(add_words, codes, table, skip, np.array(targets), needs)

    def _share(self, work: Callable[..., None], *arguments: object) -> None:
        """Run compiled `work` over shares of the rows, in threads."""
        shares = [(first, min(first + _SHARE, len(self._table))) for first in range(0, len(self._table), _SHARE)]
        for future in [self._threads.submit(work, self._words, *share, *arguments) for share in shares]:
            future.result()


def _write_blank(words: Longs, first: int, last: int, blank: Longs) -> None:
    words[first:last] = blank


def _depend(family: Longs, given: Longs) -> npt.NDArray[np.bool_]:
    """Which rows' name fields must be read together, from the flags of both."""
    told = (family | given) & DEPENDS > 0
    unsaid = family & given & UNSAID > 0
    return told | unsaid | ((family & HAS_PREVIOUS > 0) & (given & VARIES > 0))

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
from linkage.record import Caution
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
_SHARE = 1 << 16


@dataclass(frozen=True, slots=True)
class Encoded:
    """N records ready to link.

    matrix: uint8[N, model.size], their encoded rows. keys: int64[M], rows: int32[M] and rules: uint8[M] are the
    entries of the blocking index by row; a rule is its place in `loose_blocking.ALL_RULES`. apart: how many rows went
    the scalar road, because their fields could not be read one by one. crowded: by rule, keys that do not serve,
    because too many records share them.
    """

    matrix: Rows
    keys: Longs
    rows: Codes
    rules: Bytes
    apart: int = 0
    crowded: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of N rows: codes int32[N] into tables of answers, flags first and sounds last."""

    family: Codes
    given: Codes
    families: Longs
    givens: Longs


def encode_table(table: Table, model: Model, workers: int | None = None, loose: Loose | None = None) -> Encoded:
    """Encode every record of a table: bit for bit what `encode`, `standardise` and `block_keys` make of each.

    loose: says of the encoded rows, int64[N, words], which loose keys each gets besides: uint8[N] of `gather.NONE`,
    `DOUBLE` and `ALL`; None for none.
    `workers`: processes and threads, None for all processors this process may use. Raises `ValueError` for a sex
    that is none of `Sex`.
    """
    workers = workers or len(os.sched_getaffinity(0))
    processes = workers if len(table) >= _ROWS_FOR_PROCESSES else 1
    with (
        readers(model, processes) as read,
        ThreadPoolExecutor(workers) as waiting,
        ThreadPoolExecutor(workers) as threads,
    ):
        return _Encoding(table, model, loose, read, waiting, threads).run()


class _Encoding:
    """The work on one table. Fields are read in many processes at once, and gathered one after another."""

    def __init__(
        self,
        table: Table,
        model: Model,
        loose: Loose | None,
        read: Readers,
        waiting: ThreadPoolExecutor,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._table, self._read, self._waiting, self._threads = table, read, waiting, threads
        self._model, self._loose = model, loose
        self._further = () if model.further is None else tuple(field.name for field in model.further)
        self._words = np.zeros((len(table), model.size // 8), np.int64)
        self._usual = {name: column for name, column in table.columns.items() if name not in self._further}
        self._words[:, HEAD] = ENCODING_VERSION
        self._words[:, TAG] = np.array([model.tag], np.uint64).view(np.int64)

    def run(self) -> Encoded:
        """All of it."""
        family, given = self._start("family"), self._start("given")
        fields = self._start_fields()
        named = self._gather_names(family, given)
        del family, given
        apart = self._find_apart()
        self._gather_fields(fields)
        if len(apart):
            rows = of_rows(self._usual, FIELDS, apart)
            name = "foreign_row" if self._model.foreign else "row"
            self._words[apart, :WORDS] = self._read.read(name, rows)
        keys, rows_of_keys, rules = self._index(named)
        matrix = self._words.view(np.uint8).reshape(len(self._table), self._model.size)
        return Encoded(matrix, keys, rows_of_keys, rules, len(apart))

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

    def _index(self, names: Names) -> tuple[Longs, Codes, Bytes]:
        """The keys of all rows, with the row and the rule of each."""
        surnames = np.ascontiguousarray(names.families[:, -SURNAME_SOUNDS:])
        forenames = np.ascontiguousarray(names.givens[:, -FORENAME_SOUNDS:])
        kinds = np.array([KIND_CODES[field.kind] for field in self._model.further or ()], np.int64)
        loose = self._loose(self._words) if self._loose else np.zeros(len(self._table), np.uint8)
        sounds = (names.family, surnames, names.given, forenames, kinds, loose)
        ends = np.empty(len(self._table), np.int64)
        self._share(count_keys, *sounds, ends)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(ends)))
        size = int(starts[-1])
        keys, rows, rules = np.empty(size, np.int64), np.empty(size, np.int32), np.empty(size, np.uint8)
        self._share(write_keys, *sounds, starts, keys, rows, rules)
        return keys, rows, rules

    def _share(self, work: Callable[..., None], *arguments: object) -> None:
        """Run compiled `work` over shares of the rows, in threads."""
        shares = [(first, min(first + _SHARE, len(self._table))) for first in range(0, len(self._table), _SHARE)]
        for future in [self._threads.submit(work, self._words, *share, *arguments) for share in shares]:
            future.result()


def _depend(family: Longs, given: Longs) -> npt.NDArray[np.bool_]:
    """Which rows' name fields must be read together, from the flags of both."""
    told = (family | given) & DEPENDS > 0
    unsaid = family & given & UNSAID > 0
    return told | unsaid | ((family & HAS_PREVIOUS > 0) & (given & VARIES > 0))

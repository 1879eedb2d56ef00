"""A table as it is linked: encoded rows, and the blocking entries that serve."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.columns import Encoded, encode_table
from linkage.columns.gather import ALL, DOUBLE, NONE, keep_entries
from linkage.crowds import find_crowds, take_apart
from linkage.kernel import rows_of
from linkage.layout import Words
from linkage.loose_blocking import ALL_RULES, FIRST_LOOSE, FIRST_SINGLE, within_budget
from linkage.model import Model
from linkage.progress import SILENT, Progress
from linkage.room import UNBOUNDED, Room, give_back
from linkage.tables.table import Table
from linkage.training.patterns import Longs
from linkage.training.sampling import draw_rows, shuffle

MOST_ROWS = 100_000
"""A file of so many records is small enough for every loose key; of a larger one, so many records show the rest."""


def index(
    table: Table,
    model: Model,
    workers: int | None = None,
    seed: int = 0,
    room: Room = UNBOUNDED,
    progress: Progress = SILENT,
) -> Encoded:
    """The encoded rows of a table with its precise blocking entries, and the loose ones within their budget.

    A small file gets all of them. In a larger one each record gets those of two facts if the model has further fields
    or a place; if not, its precise keys serve, and the loose ones of the rows that training draws are there to show
    it households (`served`).
    """

    order: Longs | None = None

    def loose(words: Words) -> npt.NDArray[np.uint8]:
        nonlocal order
        if len(words) <= MOST_ROWS:
            return np.full(len(words), ALL, np.uint8)
        order = shuffle(words, seed, table.first, workers)
        wanted = np.full(len(words), NONE if model.further is None else DOUBLE, np.uint8)
        wanted[draw_rows(order, MOST_ROWS)] = DOUBLE
        return wanted

    encoded = encode_table(table, model, workers, loose, room, progress)
    give_back()
    return _served(replace(encoded, order=order), model, workers)


def served(encoded: Encoded, model: Model) -> Encoded:
    """The entries to link by, without what is there for the training alone; `encoded` is used up."""
    encoded = replace(encoded, order=None)
    if model.further is not None or len(encoded.matrix) <= MOST_ROWS:
        return encoded
    return _only(encoded, encoded.rules < FIRST_LOOSE)


def _served(encoded: Encoded, model: Model, workers: int | None) -> Encoded:
    """With the loose keys that serve, and every crowd taken apart but those of a single fact.

    The crowds of single facts, such as a common surname, are taken apart already: by the rules of two facts.
    """
    blocks = within_budget(encoded.keys, encoded.rules)
    left = {rule: blocks.crowds[rule] for rule in list(ALL_RULES)[FIRST_SINGLE:] if blocks.crowds[rule]}
    large = find_crowds(encoded.keys, workers=workers)
    blocks.kept[large[encoded.rules[large] < FIRST_SINGLE]] = False
    crowd = np.flatnonzero(~blocks.kept & (encoded.rules < FIRST_SINGLE))
    keys, rows, rules = encoded.keys[crowd], encoded.rows[crowd], encoded.rules[crowd]
    served = replace(_only(encoded, blocks.kept), crowded=left)
    if not len(crowd):
        return served
    words = rows_of(encoded.matrix, model)[1]
    runs, origin = take_apart(keys, rows, words)
    added = np.argsort(rows[origin], kind="stable")
    origin = origin[added]
    place = np.searchsorted(served.rows, rows[origin], side="right")
    _, first = np.unique(keys, return_index=True)
    names = list(ALL_RULES)
    return replace(
        _with_more(served, place, runs[added], rows[origin], rules[origin]),
        taken_apart={names[rule]: int(count) for rule, count in enumerate(np.bincount(rules[first])) if count},
    )


def _with_more(encoded: Encoded, place: Longs, *columns: npt.NDArray[Any]) -> Encoded:
    """With more entries, given as their keys, rows and rules, each of which comes to stand before the one at `place`.

    Column by column, since sorting all entries anew would take as much again as they do.
    """
    fresh = place + np.arange(len(place))
    old = np.ones(len(encoded.keys) + len(fresh), np.bool_)
    old[fresh] = False

    def widen(column: npt.NDArray[Any], more: npt.NDArray[Any]) -> npt.NDArray[Any]:
        wide = np.empty(len(old), column.dtype)
        wide[old], wide[fresh] = column, more
        return wide

    with ThreadPoolExecutor(len(columns)) as threads:
        keys, rows, rules = threads.map(widen, (encoded.keys, encoded.rows, encoded.rules), columns)
    return replace(encoded, keys=keys, rows=rows, rules=rules)


def _only(encoded: Encoded, chosen: npt.NDArray[np.bool_]) -> Encoded:
    """Some of the entries, in the place of all of them: a copy would be a third of all memory."""
    count = keep_entries(encoded.keys, encoded.rows, encoded.rules, chosen)
    keys, rows, rules = encoded.keys[:count], encoded.rows[:count], encoded.rules[:count]
    return replace(encoded, keys=keys, rows=rows, rules=rules)

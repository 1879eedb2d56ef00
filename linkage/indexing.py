"""A table as it is linked: encoded rows, and the blocking entries that serve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linkage.columns import Encoded, encode_table
from linkage.columns.gather import ALL, DOUBLE, NONE, keep_entries
from linkage.layout import Words
from linkage.loose_blocking import FIRST_LOOSE, within_budget
from linkage.model import Model
from linkage.tables.table import Table
from linkage.training.sampling import draw_rows, shuffle

MOST_ROWS = 100_000
"""A file of so many records is small enough for every loose key; of a larger one, so many records show the rest."""


def index(table: Table, model: Model, workers: int | None = None, seed: int = 0) -> Encoded:
    """The encoded rows of a table with its precise blocking entries, and the loose ones within their budget.

    A small file gets all of them. In a larger one each record gets those of two facts if the model has further fields
    or a place; if not, its precise keys serve, and the loose ones of the rows that training draws are there to show
    it households (`served`).
    """
    return _served(encode_table(table, model, workers, lambda words: _loose(words, model, seed, table.first)))


def served(encoded: Encoded, model: Model) -> Encoded:
    """The entries to link by, without those that are there for the training alone; `encoded` is used up."""
    if model.further is not None or len(encoded.matrix) <= MOST_ROWS:
        return encoded
    return _only(encoded, encoded.rules < FIRST_LOOSE)


def _loose(words: Words, model: Model, seed: int, first: int | None) -> npt.NDArray[np.uint8]:
    n = len(words)
    if n <= MOST_ROWS:
        return np.full(n, ALL, np.uint8)
    loose = np.full(n, NONE if model.further is None else DOUBLE, np.uint8)
    loose[draw_rows(shuffle(words, seed, first), MOST_ROWS)] = DOUBLE
    return loose


def _served(encoded: Encoded) -> Encoded:
    blocks = within_budget(encoded.keys, encoded.rules)
    crowded = {rule: keys for rule, keys in blocks.crowds.items() if keys}
    return replace(_only(encoded, blocks.kept), crowded=crowded)


def _only(encoded: Encoded, chosen: npt.NDArray[np.bool_]) -> Encoded:
    """Some of the entries, in the place of all of them: a copy would be a third of all memory."""
    count = keep_entries(encoded.keys, encoded.rows, encoded.rules, chosen)
    keys, rows, rules = encoded.keys[:count], encoded.rows[:count], encoded.rules[:count]
    return replace(encoded, keys=keys, rows=rows, rules=rules)

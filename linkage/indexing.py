"""A table as it is linked: encoded rows, and the blocking entries that serve."""

from __future__ import annotations

from dataclasses import replace

from linkage.columns import Encoded, encode_table
from linkage.loose_blocking import within_budget
from linkage.model import Model
from linkage.tables.table import Table


def index(table: Table, model: Model, workers: int | None = None) -> Encoded:
    """The encoded rows of a table with its precise blocking entries, and the loose ones within their budget."""
    encoded = encode_table(table, model, workers)
    served = within_budget(encoded.keys, encoded.rules, len(table)).kept
    if served.all():
        return encoded
    return replace(encoded, keys=encoded.keys[served], rows=encoded.rows[served], rules=encoded.rules[served])

"""This library on a table of people, behind one function, in a process of its own like the peers.

    python -m benchmarks.peers.ours people.parquet FOLDER STYLE

Trained on the set itself without its labels, and nothing chosen for it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers.account import CLUSTERS, PAIRS, Account
from benchmarks.peers.judgement import Ints, Scored
from linkage.engines import local
from linkage.model import Model
from linkage.people import people
from linkage.record import Kind
from linkage.tables.table import FIELDS, Table

EXTRAS = {"occupation": Kind.CATEGORY, "art_number": Kind.CODE}
"""What is no field of the library's, as a person who reads the names of columns would have it compared."""
_FEW = 300  # records that compile what is compiled


@dataclass(frozen=True, slots=True)
class Answer:
    """`pairs`: those without a guard, from the possible weight up, by row. `cluster` int64[N]. `threshold`: the
    weight from which a pair links by itself."""

    pairs: Scored
    cluster: Ints
    threshold: float
    model: Model


def ours(table: Table, account: Account | None = None) -> Answer:
    """Link the records of one table to people: `linkage.people`, nothing chosen for the set."""
    account = account or Account()
    with account.phase("warm"):
        local.warm(Model.default())
        people(table.slice(0, _FEW))
    with account.phase("train"):
        linker = people(table)
    with account.phase("link"):
        found = linker.pairs
    with account.phase("cluster"):
        cluster = linker.clusters.label
    free = found.guards == 0
    a, b = found.a[free].astype(np.int64), found.b[free].astype(np.int64)
    scored = Scored(a, b, found.weight[free].astype(np.float64))
    return Answer(scored, cluster, linker.model.certain, linker.model)


def read_table(file: Path) -> Table:
    """The table that `LabelledSet.write` left, without parts of addresses; of two files the first comes first."""
    read = pq.read_table(file)
    columns = {name: read[name].combine_chunks() for name in read.column_names if name in FIELDS}
    extras = {name: kind for name, kind in EXTRAS.items() if name in read.column_names}
    columns |= {name: read[name].combine_chunks() for name in extras}
    source = read["file"].to_numpy()
    first = int((source == 0).sum()) if source.any() else None
    return Table(read["id"].combine_chunks(), columns, extras, first)


def main(file: Path, folder: Path) -> None:
    """Link a set and leave the answers in a folder."""
    account, table = Account(), None
    with account.phase("read"):
        table = read_table(file)
    answer = ours(table, account)
    with account.phase("write"):
        pairs = answer.pairs
        pq.write_table(pa.table({"a": pairs.a, "b": pairs.b, "weight": pairs.weight}), folder / PAIRS)
        rows = np.arange(len(table))
        pq.write_table(pa.table({"row": rows, "cluster": answer.cluster}), folder / CLUSTERS)
    model = answer.model
    account.write(
        folder,
        threshold=answer.threshold,
        packages=("numba", "numpy", "pyarrow"),
        model={"name": model.name, "version": model.version, "fingerprint": model.fingerprint},
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

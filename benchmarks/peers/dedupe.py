"""What `linkage dedupe` does with a file, phase by phase, in a process of its own like the peers.

    python -m benchmarks.peers.dedupe people.parquet FOLDER [MEMORY]

The same calls as the command's. Its own output goes to FOLDER/out, and the benchmark's answer files are made from
that once the clock has stopped. "warm" compiles on a few records, or loads what an earlier process compiled.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers.account import CLUSTERS, PAIRS, Account
from linkage import outputs
from linkage.engines import clusters, local
from linkage.model import Model
from linkage.people import Linker, people
from linkage.room import Room, read_memory, usual_memory
from linkage.tables.mapping import KEYS, Mapping
from linkage.tables.reading import read

_FEW = 300  # records that compile what is compiled
_LISTS = {"phone": ("phone", "phone_2")}


def mapping_of(file: Path) -> Mapping:
    """Every column that has a field's name; the parts of the address are for tools that want it so."""
    given = pq.read_schema(file).names if file.suffix == ".parquet" else file.open().readline().strip().split(",")
    there = [name.strip('"') for name in given]
    return Mapping({name: _LISTS.get(name, (name,)) for name in KEYS if name in there})


def main(file: Path, folder: Path, memory: str = "") -> None:
    """Link a file and leave the answers in a folder."""
    account, out, linker = Account(), folder / "out", None
    room = Room(read_memory(memory) if memory else usual_memory(), folder)
    with account.phase("read"):
        table = read(file, mapping_of(file), room).table
    with account.phase("warm"):
        local.warm(Model.default())
        clusters.warm(Model.default())
        linker = people(table.slice(0, _FEW))
        outputs.counts(linker)
    with account.phase("train"):
        linker = people(table, room=room).without_fields()
        del table
    with account.phase("link"):
        linker = linker.without_entries()
        found = linker.pairs
    with account.phase("cluster"):
        label = linker.clusters.label
    with account.phase("write"):
        outputs.write(linker, out, outputs.counts(linker))
    _answer(linker, folder)
    account.write(
        folder,
        threshold=linker.model.certain,
        packages=("numba", "numpy", "pyarrow"),
        links=len(found.a),
        clusters=len(np.unique(label)),
        filed_mb=round(room.filed / 2**20, 1),
        written_mb=round(sum(part.stat().st_size for part in out.iterdir()) / 2**20, 1),
    )


def _answer(linker: Linker, folder: Path) -> None:
    free = linker.pairs.guards == 0
    pairs = {"a": linker.pairs.a[free], "b": linker.pairs.b[free], "weight": linker.pairs.weight[free]}
    pq.write_table(pa.table(pairs), folder / PAIRS)
    label = linker.clusters.label
    pq.write_table(pa.table({"row": np.arange(len(label)), "cluster": label}), folder / CLUSTERS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])

"""A simulated region of a given number of records as one file, with the truth beside it, made once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import mpi.simulate
from benchmarks.peers import sets
from benchmarks.peers.judgement import Ints, Truth
from mpi.networks import load_network
from mpi.simulate import Region, simulate
from mpi.simulate.acts import Events
from mpi.simulate.sampling import NEVER
from mpi.simulate.snapshot import bulk_records, last_tellings

NETWORK = "greater-manchester"
PEOPLE_PER_RECORD = 0.46
"""A little more than a region has, so that there are people to leave out."""
_CHUNK = 200_000

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RegionFile:
    """`people`: what a tool may see, as Parquet or CSV. `truth`: person and judged by row, as Parquet."""

    people: Path
    truth: Path

    def read_truth(self) -> Truth:
        """Who every record is of; any pair of records is asked for."""
        told = pq.read_table(self.truth)
        person = told["person"].to_numpy()
        return Truth(person, np.arange(len(person)), told["judged"].to_numpy())


def region_file(records: int, seed: int, kind: str, cache: Path) -> RegionFile:
    """The file of exactly so many records under `cache`, written when it is not there. `kind`: "parquet" or "csv".

    The live local records of whole people, as `sets.region` has them, trust by trust; only the last person may lack
    some. The name holds a digest of the code that makes it.
    """
    stem = f"region-{records}-{seed}-{_digest()}"
    file = RegionFile(cache / f"{stem}.{kind}", cache / f"{stem}-truth.parquet")
    if not (file.people.exists() and file.truth.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        _write(file, records, seed)
    return file


def _digest() -> str:
    digest = blake2b(digest_size=4)
    for source in (*sorted(Path(mpi.simulate.__file__).parent.glob("*.py")), Path(sets.__file__), Path(__file__)):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _write(file: RegionFile, records: int, seed: int) -> None:
    made = simulate(load_network(NETWORK), people=int(records * PEOPLE_PER_RECORD) + 200, seed=seed)
    last = _chosen(made, records, seed)
    person = made.records.person[last.record]
    partial = file.people.with_name(f"{file.people.name}.part")
    _write_tables(_tables(made, last), partial, csv=file.people.suffix == ".csv")
    pq.write_table(pa.table({"person": person, "judged": last.person == person}), file.truth)
    partial.replace(file.people)


def _chosen(made: Region, records: int, seed: int) -> Events:
    """What was last told of so many live records of whole people, trust by trust."""
    last = last_tellings(made.records, made.events)
    linked = np.array([pas.speaks and pas.authority.linkage for pas in made.systems])
    last = last.take(linked[made.records.system[last.record]] & (made.records.merged_at[last.record] == NEVER))
    if len(last) < records:
        raise ValueError(f"the region has {len(last)} records only: raise PEOPLE_PER_RECORD")
    turn = np.random.default_rng(seed).permutation(len(made.people))[made.records.person[last.record]]
    chosen: Ints = np.sort(np.argsort(turn, kind="stable")[:records])
    last = last.take(chosen)
    return last.take(np.argsort(made.records.system[last.record], kind="stable"))


def _tables(made: Region, last: Events) -> Iterator[pa.Table]:
    """The records in pieces, with the number of the row as id."""
    for first in range(0, len(last), _CHUNK):
        piece = last.take(np.arange(first, min(first + _CHUNK, len(last))))
        # `bulk_records` gives records in the order of their rows, the pieces are in that order within a trust.
        order = np.argsort(np.argsort(piece.record))
        frame = bulk_records(made.reality, made.systems, made.records, piece).iloc[order]
        ids = pa.array(np.arange(first, first + len(frame))).cast(pa.string())
        columns = sets.arrays(sets.columns_of(frame) | sets.numbers_of(frame) | sets.parts_of(frame))
        yield pa.table({"id": ids, "file": pa.array(np.zeros(len(frame), np.int32)), **columns})


def _write_tables(tables: Iterator[pa.Table], file: Path, *, csv: bool) -> None:
    first = next(tables)
    make = pyarrow.csv.CSVWriter if csv else pq.ParquetWriter
    with make(str(file), first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)

"""What a linkage leaves on disk: links, clusters, the model and the report; all of it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.blocking_report import report_blocking
from linkage.engines.clusters import VETOED
from linkage.guard import Guard
from linkage.partition_report import report_partition
from linkage.people import Linker
from linkage.result import CLUSTERS, LINKS, MODEL, POSSIBLE, REPORT, VETO, Result, assemble
from linkage.room import give_back
from linkage.threads import one_ahead
from linkage.writing import new_directory

Chosen = npt.NDArray[np.bool_]

_PIECE = 1 << 19


def write(linker: Linker, out: Path, report: Mapping[str, Any], first: int | None = None) -> None:
    """Write links.parquet, possible.parquet, clusters.parquet (id, cluster), model.json and report.json into the new
    directory `out`.

    Both of the first are as `links` has them: the pairs that stand in one cluster, and those that might have. first:
    with two files, the records of the first; then only links across the files are written. A cluster is named after
    the first of its records. Nothing is left behind when writing fails. Raises `LinkageError` when `out` is
    there and not empty.
    """
    joined, wanted = _joined(linker), np.True_ if first is None else across(linker, first)
    tables = {
        LINKS: lambda: one_ahead(_link_tables(linker, joined & wanted)),
        POSSIBLE: lambda: one_ahead(_link_tables(linker, ~joined & wanted)),
        CLUSTERS: lambda: iter((clusters(linker),)),
    }
    give_back()
    with new_directory(out) as folder:
        with ThreadPoolExecutor(len(tables)) as pool:
            list(pool.map(lambda name: _write_tables(tables[name](), folder / name), tables))
        (folder / MODEL).write_text(json.dumps(linker.model.document, indent=1), encoding="utf-8")
        (folder / REPORT).write_text(json.dumps(report, indent=2), encoding="utf-8")


def _write_tables(tables: Iterator[pa.Table], file: Path) -> None:
    """Write at least one table as one file."""
    table = next(tables)
    # A dictionary of ids would be as long as the column.
    few = [name for name in ("pattern", "guards") if name in table.column_names]
    with pq.ParquetWriter(file, table.schema, use_dictionary=few) as writer:
        writer.write_table(table)
        for following in tables:
            writer.write_table(following)


def result_of(linker: Linker, first: int | None = None) -> Result:
    """What `write` writes and `load_result` reads, without any file: to be sampled and judged on the spot."""
    found = links(linker, None if first is None else across(linker, first))
    whole = blake2b(digest_size=8)
    for column in (linker.clusters.label, linker.pairs.a, linker.pairs.b, linker.pairs.weight):
        whole.update(np.ascontiguousarray(column).tobytes())
    return assemble(found, clusters(linker), linker.model, first, whole.hexdigest())


def across(linker: Linker, first: int) -> Chosen:
    """Which pairs join one of the `first` records with one of the others."""
    return np.asarray((linker.pairs.a < first) != (linker.pairs.b < first))


def counts(linker: Linker, first: int | None = None) -> dict[str, Any]:
    """What was found, in numbers: records, links and possible pairs as `write` writes them, clusters and those of
    more than one record, pairs kept apart.

    first: with two files, the records of the first; then only pairs across the files are counted.
    """
    joined = _joined(linker) if first is None else _joined(linker)[across(linker, first)]
    records = len(linker.table)
    sizes = np.bincount(linker.clusters.label)
    return {
        "model": linker.model.fingerprint,
        "records": records,
        "records_by_file": [records] if first is None else [first, records - first],
        "links": int(joined.sum()),
        "possible": int((~joined).sum()),
        "certain": linker.model.certain,
        "clusters": int((sizes > 0).sum()),
        "clusters_of_several": int((sizes > 1).sum()),
        "largest_cluster": int(sizes.max(initial=0)),
        "kept_apart": len(linker.clusters.vetoes),
        "partition": report_partition(linker, first),
        "blocking": report_blocking(linker),
        "findings": [finding.text for finding in linker.training.diagnosis],
    }


def _joined(linker: Linker) -> Chosen:
    """Which pairs stand in one cluster; a guard or a third record keeps others apart however heavy they are."""
    label = linker.clusters.label
    return np.asarray(label[linker.pairs.a] == label[linker.pairs.b])


def links(linker: Linker, chosen: Chosen | None = None) -> pa.Table:
    """The weighed pairs as a table, the heaviest first: id_a, id_b, weight, probability, pattern, joined, guards.

    joined: whether both stand in one cluster. guards: what keeps the pair from joining by itself, names of `Guard` in
    lower case with commas between, and `VETO`; "" for nothing.
    """
    return pa.concat_tables(_link_tables(linker, chosen))


def _link_tables(linker: Linker, chosen: Chosen | None) -> Iterator[pa.Table]:
    """The table of `links` in pieces, because it is several times as large as the pairs."""
    pairs = linker.pairs
    kept = np.flatnonzero(chosen) if chosen is not None else np.arange(len(pairs.a))
    order = kept[np.argsort(-pairs.weight[kept], kind="stable")]  # the engine gives them by row
    for at in range(0, max(1, len(order)), _PIECE):
        yield _link_table(linker, order[at : at + _PIECE])


def _link_table(linker: Linker, rows: npt.NDArray[np.int64]) -> pa.Table:
    pairs, label = linker.pairs, linker.clusters.label
    a, b, weight, pattern = pairs.a[rows], pairs.b[rows], pairs.weight[rows], pairs.pattern[rows]
    width = pattern.shape[1]
    return pa.table(
        {
            "id_a": linker.table.ids.take(pa.array(a)),
            "id_b": linker.table.ids.take(pa.array(b)),
            "weight": weight,
            "probability": linker.probability(weight),
            "pattern": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(width), len(rows), [None, pa.py_buffer(pattern)]
            ),
            "joined": label[a] == label[b],
            "guards": _guards(linker, rows),
        }
    )


def _guards(linker: Linker, order: npt.NDArray[np.int64]) -> pa.Array:
    """The guards of some pairs as text, each distinct set of them put into words once."""
    vetoed = linker.clusters.reason[order] == VETOED
    sets = pa.array(linker.pairs.guards[order].astype(np.int64) * 2 + vetoed).dictionary_encode()
    words = [",".join((*guard_names(one >> 1), *[VETO] * (one & 1))) for one in sets.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(sets.indices)


def guard_names(bits: int) -> tuple[str, ...]:
    """The guards in these bits, by their names in lower case."""
    return tuple(str(guard.name).lower() for guard in Guard(bits))


def clusters(linker: Linker) -> pa.Table:
    """Every record with the id of the first record of its cluster."""
    ids = linker.table.ids
    return pa.table({"id": ids, "cluster": ids.take(pa.array(linker.clusters.label))})

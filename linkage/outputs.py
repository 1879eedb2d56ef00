"""What a linkage leaves on disk: links, clusters, the model and the report; all of it, or nothing."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.errors import LinkageError
from linkage.people import Linker

Chosen = npt.NDArray[np.bool_]


def write(linker: Linker, out: Path, report: Mapping[str, Any], chosen: Chosen | None = None) -> None:
    """Write links.parquet (id_a, id_b, weight, probability, pattern), clusters.parquet (id, cluster), model.json and
    report.json into the new directory `out`.

    `chosen`: bool[n], which of the linker's pairs to write; default all. A cluster is named after the first of its
    records. Nothing is left behind when writing fails. Raises `LinkageError` when `out` is there and not empty.
    """
    with _whole(out) as folder:
        pq.write_table(links(linker, chosen), folder / "links.parquet")
        pq.write_table(clusters(linker), folder / "clusters.parquet")
        (folder / "model.json").write_text(json.dumps(linker.model.document, indent=1), encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")


def across(linker: Linker, first: int) -> Chosen:
    """Which pairs join one of the `first` records with one of the others."""
    return np.asarray((linker.pairs.a < first) != (linker.pairs.b < first))


def counts(linker: Linker, chosen: Chosen | None = None) -> dict[str, Any]:
    """What was found, in numbers: records, links, clusters and those of more than one record, pairs kept apart."""
    sizes = np.unique(linker.clusters.label, return_counts=True)[1]
    return {
        "model": linker.model.fingerprint,
        "records": len(linker.table),
        "links": len(linker.pairs.a) if chosen is None else int(chosen.sum()),
        "links_in_clusters": int(_joined(linker)[slice(None) if chosen is None else chosen].sum()),
        "certain": linker.model.certain,
        "clusters": len(sizes),
        "clusters_of_several": int((sizes > 1).sum()),
        "largest_cluster": int(sizes.max(initial=0)),
        "kept_apart": len(linker.clusters.vetoes),
        "findings": [finding.text for finding in linker.training.diagnosis],
    }


def _joined(linker: Linker) -> Chosen:
    """Which pairs stand in one cluster; a guard or a third record keeps others apart however heavy they are."""
    label = linker.clusters.label
    return np.asarray(label[linker.pairs.a] == label[linker.pairs.b])


def links(linker: Linker, chosen: Chosen | None = None) -> pa.Table:
    """The weighed pairs as a table, the heaviest first."""
    pairs = linker.pairs
    kept = np.flatnonzero(chosen) if chosen is not None else np.arange(len(pairs.a))
    order = kept[np.lexsort((pairs.b[kept], pairs.a[kept], -pairs.weight[kept]))]
    pattern = np.ascontiguousarray(pairs.pattern[order])
    width = pattern.shape[1]
    return pa.table(
        {
            "id_a": linker.table.ids.take(pa.array(pairs.a[order])),
            "id_b": linker.table.ids.take(pa.array(pairs.b[order])),
            "weight": pairs.weight[order],
            "probability": linker.probability(pairs.weight[order]),
            "pattern": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(width), len(order), [None, pa.py_buffer(pattern.tobytes())]
            ),
        }
    )


def clusters(linker: Linker) -> pa.Table:
    """Every record with the id of the first record of its cluster."""
    ids = linker.table.ids
    return pa.table({"id": ids, "cluster": ids.take(pa.array(linker.clusters.label))})


def check_free(out: Path) -> None:
    """Raises `LinkageError` when `out` is there and not empty: results are never written over."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LinkageError(f"{out} is there already and not empty; name a new directory")
    above = next(place for place in out.absolute().parents if place.exists())
    if not os.access(above, os.W_OK):
        raise LinkageError(f"{out} cannot be written: {above} takes no files")


def write_text(out: Path, content: str) -> None:
    """A new file, whole or not at all. Raises `LinkageError`."""
    if out.exists():
        raise LinkageError(f"{out} is there already; name a new file")
    partial = out.with_name(f".{out.name}.part")
    try:
        partial.write_text(content, encoding="utf-8")
        partial.replace(out)
    except OSError as error:
        raise LinkageError(f"{out} cannot be written: {error.strerror}") from None


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A directory beside `out` that takes its place when all is written."""
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise LinkageError(f"{out} cannot be written: {error.strerror}") from None
    try:
        yield folder
        folder.chmod(0o755)
        folder.replace(out)
    except OSError as error:
        raise LinkageError(f"{out} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)

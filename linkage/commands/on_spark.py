"""The commands `dedupe` and `link` with `--engine spark`: the same outputs, made by Spark on this machine."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pyarrow.parquet as pq

from linkage.commands.speaking import say
from linkage.plurals import counted
from linkage.result import CLUSTERS, LINKS, POSSIBLE, parts_of
from linkage.room import MIB, read_memory, usual_memory
from linkage.tables.mapping import load_mapping
from linkage.writing import new_directory


def linked_on_spark(
    files: list[Path],
    out: Path,
    mapping: Path | None,
    seed: int,
    workers: int | None,
    memory: str | None,
    false_merge: float,
) -> None:
    """Link one file or two by a Spark of so many threads; half of the memory is the Java machine's.

    Raises `LinkageError` where PySpark or Java is missing, and as reading and writing do.
    """
    from linkage.engines.spark.files import link_files  # noqa: PLC0415  pyspark is an extra
    from linkage.engines.spark.session import start  # noqa: PLC0415

    began, columns = time.perf_counter(), None if mapping is None else load_mapping(mapping)
    with new_directory(out) as folder:
        heap = (read_memory(memory) if memory else usual_memory()) // 2
        settings = {"spark.driver.memory": f"{max(MIB, heap) // MIB}m", "spark.local.dir": str(folder.parent)}
        session = start(f"local[{workers or '*'}]", settings)
        say("reading, training, weighing pairs and settling clusters ...", err=True)
        sources = [str(file.absolute()) for file in files]
        report = link_files(session, sources, str(folder), None, columns, seed, false_merge)
        for name in (LINKS, POSSIBLE, CLUSTERS):
            _join_parts(folder / name)
    say(
        f"{counted(report['records'], 'record')}, {counted(report['links'], 'link')},"
        f" {counted(report['clusters'], 'cluster')} in {time.perf_counter() - began:.1f} s: {out}"
    )
    not_joined = counted(report["possible"], "possible pair was", "possible pairs were")
    say(f"{not_joined} not joined: {out / POSSIBLE}")
    for line in report["cautions"]:
        say(f"caution: {line}")


def _join_parts(parts: Path) -> None:
    """Make one file of a directory of parts, batch by batch."""
    whole, files = parts.with_suffix(".part"), parts_of(parts)
    with pq.ParquetWriter(whole, pq.read_schema(files[0])) as writer:
        for file in files:
            with pq.ParquetFile(file) as part:
                for batch in part.iter_batches():
                    writer.write_batch(batch)
    shutil.rmtree(parts)
    whole.rename(parts)

"""What a linkage on a cluster leaves: the tables that `linkage.outputs` writes, as directories of parts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from linkage.engines.clusters import VETOED
from linkage.engines.spark.clustering import SparkClusters
from linkage.engines.spark.crowds import Serving
from linkage.engines.spark.session import cut
from linkage.engines.spark.training import Trained
from linkage.errors import LinkageError
from linkage.guard import Guard
from linkage.result import CLUSTERS, LINKS, MODEL, POSSIBLE, REPORT, VETO


@dataclass(frozen=True, slots=True)
class Found:
    """What linking came to. records: `people.ENCODED`; links: `linking.LINKS`; count: of records; first: with two
    files, the records of the first."""

    records: DataFrame
    links: DataFrame
    clusters: SparkClusters
    trained: Trained
    serving: Serving
    count: int
    first: int | None


def check_free(session: SparkSession, out: str) -> None:
    """Raise `LinkageError` when a result is there, before hours of work have found out."""
    for name in (LINKS, POSSIBLE, CLUSTERS, MODEL, REPORT):
        try:
            session.read.format("binaryFile").load(f"{out}/{name}")
        except AnalysisException:
            continue
        raise LinkageError(f"{out}/{name} is there already; name another directory")


def write(found: Found, out: str, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write links.parquet, possible.parquet, clusters.parquet, model.json and report.json under `out`: the report.

    The first three are directories, which Spark marks with _SUCCESS when they are whole, and have the columns that
    `linkage.outputs.write` gives them: links in no order, records by row, one part after another. The report is the
    last to be written. `linkage.result.load_result` reads all of it where it lies on a disk.
    """
    placed = found.clusters.reasons(found.links, found.trained.model)
    if found.first is not None:
        placed = placed.where((f.col("a") < found.first) != (f.col("b") < found.first))
    placed, label = cut(placed), cut(found.clusters.rows)
    joined = f.col("joined")
    _write(named_links(placed.where(joined), found), f"{out}/{LINKS}")
    _write(named_links(placed.where(~joined), found), f"{out}/{POSSIBLE}")
    _write(named_clusters(label, found.records), f"{out}/{CLUSTERS}")
    report = {"files": list(files), **_counts(found, placed, label)}
    session = found.records.sparkSession
    _write_text(session, f"{out}/{MODEL}", json.dumps(found.trained.model.document, indent=1))
    _write_text(session, f"{out}/{REPORT}", json.dumps(report, indent=2))
    return report


def named_links(links: DataFrame, found: Found) -> DataFrame:
    """Links by the ids of their records, with the probability that both are one person, and their guards in words."""
    one, other = (
        found.records.select(f.col("row").alias(end), f.col("id").alias(f"id_{end}")).hint("merge")
        for end in ("a", "b")
    )
    probability = 1.0 / (1.0 + f.pow(f.lit(2.0), -f.col("weight").cast("double")))
    placed = links.join(one, "a").join(other, "b")
    return placed.select(
        "id_a", "id_b", "weight", probability.alias("probability"), "pattern", "joined", _guards().alias("guards")
    )


def named_clusters(clusters: DataFrame, records: DataFrame) -> DataFrame:
    """Every record by its id, with the id of the first record of its cluster; in the order of their rows, which a
    reader has nothing else to tell two files by."""
    named = records.select("row", "id").hint("merge")
    first = records.select(f.col("row").alias("cluster"), f.col("id").alias("first")).hint("merge")
    placed = clusters.join(named, "row").join(first, "cluster")
    return placed.orderBy("row").select("id", f.col("first").alias("cluster"))


def _guards() -> Column:
    """The names of guards with commas between, as `linkage.outputs.links` has them."""
    bits = f.col("guards")
    words = [f.when(bits.bitwiseAND(int(guard)) != 0, str(guard.name).lower()) for guard in Guard]
    return f.concat_ws(",", *words, f.when(f.col("reason") == VETOED, VETO))


def _counts(found: Found, links: DataFrame, label: DataFrame) -> dict[str, Any]:
    """What was found, in numbers, named as `linkage.outputs.counts` names them."""
    told = links.agg(f.count_if("joined"), f.count("*")).first() or (0, 0)
    sizes = label.groupBy("cluster").count().agg(f.count("*"), f.count_if(f.col("count") > 1), f.max("count")).first()
    clusters, several, largest = sizes or (0, 0, 0)
    n, first, model = found.count, found.first, found.trained.model
    return {
        "engine": "spark",
        "model": model.fingerprint,
        "records": n,
        "records_by_file": [n] if first is None else [first, n - first],
        "links": told[0],
        "possible": told[1] - told[0],
        "certain": model.certain,
        "clusters": clusters,
        "clusters_of_several": several,
        "largest_cluster": largest,
        "kept_apart": found.clusters.vetoes.count(),
        "crowded_keys_taken_apart": dict(found.serving.taken_apart),
        "crowded_keys_left_out": dict(found.serving.crowded),
        "findings": list(found.trained.findings),
        "cautions": list(found.trained.cautions),
    }


def _write(frame: DataFrame, path: str) -> None:
    try:
        frame.write.parquet(path)
    except AnalysisException as error:
        raise LinkageError(f"{path} cannot be written") from error


def _write_text(session: SparkSession, path: str, text: str) -> None:
    """A file of its own at any path that Spark writes."""
    context: Any = session.sparkContext
    place = context._jvm.org.apache.hadoop.fs.Path(path)
    system = place.getFileSystem(context._jsc.hadoopConfiguration())
    system.setWriteChecksum(False)  # on a plain disk it would be a file of its own
    stream = system.create(place, False)
    stream.write(bytearray(text, "utf-8"))
    stream.close()

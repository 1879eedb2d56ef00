"""Files of people in, links and clusters out, all of it by the executors."""

from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import StringType, StructType

from linkage.engines.spark.clustering import cluster_records
from linkage.engines.spark.crowds import serve
from linkage.engines.spark.linking import link
from linkage.engines.spark.people import People, people
from linkage.engines.spark.session import cut, spoken
from linkage.errors import LinkageError
from linkage.model import Model
from linkage.tables.errors import InputError
from linkage.tables.mapping import Mapping

_TEXT = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")
_LINKS, _POSSIBLE, _CLUSTERS = "links.parquet", "possible.parquet", "clusters.parquet"
_RAGGED = "another number of columns than the header"
_DAMAGED = "_damaged"


def read(session: SparkSession, path: str, model: Model, mapping: Mapping | None = None) -> People:
    """The people in Parquet or CSV at any path that Spark reads, a directory too, encoded for a model.

    CSV (.csv, .tsv, also .gz) is UTF-8 with a header and no line breaks inside values; rows of another number of
    columns are left out and counted. For what is damaged otherwise there is `linkage.tables.reading`. Raises
    `InputError` when nothing is there, and as `people` does.
    """
    try:
        if path.lower().rstrip("/").endswith(_PARQUET):
            return people(session.read.parquet(path), model, mapping, path)
        if not path.lower().removesuffix(".gz").endswith(_TEXT):
            raise InputError(f"{path} is of no kind that can be read: {', '.join((*_TEXT, _PARQUET[0]))}")
        rows = _read_text(session, path)
    except AnalysisException as error:
        raise InputError(f"{path} cannot be read: it is missing, or not of its kind") from error
    # Spark will not count damaged rows unless some other column is wanted too.
    counted = rows.select(f.count(_DAMAGED).alias("damaged"), f.count(rows.columns[0])).first()
    damaged = int(counted.damaged) if counted else 0
    found = people(rows.where(f.col(_DAMAGED).isNull()).drop(_DAMAGED), model, mapping, path)
    left_out = {_RAGGED: damaged} if damaged else {}
    return People(found.records, found.rows_read + damaged, {**left_out, **found.left_out})


def dedupe(session: SparkSession, path: str, out: str, model: Model, mapping: Mapping | None = None) -> People:
    """Write links.parquet, possible.parquet (id_a, id_b, weight, probability, pattern) and clusters.parquet (id,
    cluster) under `out`: the pairs that stand in one cluster, those that might have, and who is one person.

    All are directories, which Spark marks with _SUCCESS when they are whole. A cluster is named by its first id.
    The model is trained beforehand, on a sample. Returns what was read. Raises `LinkageError` when results are there
    already, and as `read` does.
    """
    for result in (_LINKS, _POSSIBLE, _CLUSTERS):
        _check_free(session, f"{out}/{result}")
    found = read(session, path, model, mapping)
    with spoken():
        links = cut(link(serve(found.records, model).records, model))
        clusters = cluster_records(found.records, links, model).rows
        joined, apart = parted(links, clusters)
        _write(named_links(joined, found.records), f"{out}/{_LINKS}")
        _write(named_links(apart, found.records), f"{out}/{_POSSIBLE}")
        _write(named_clusters(clusters, found.records), f"{out}/{_CLUSTERS}")
    return found


def parted(links: DataFrame, clusters: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The links whose records stand in one cluster, and the others."""
    one, other = (clusters.select(f.col("row").alias(end), f.col("cluster").alias(f"in_{end}")) for end in ("a", "b"))
    placed = links.join(one.hint("merge"), "a").join(other.hint("merge"), "b")
    together = f.col("in_a") == f.col("in_b")
    return placed.where(together).drop("in_a", "in_b"), placed.where(~together).drop("in_a", "in_b")


def named_links(links: DataFrame, records: DataFrame) -> DataFrame:
    """Links by the ids of their records, with the probability that both are one person."""
    one, other = (
        records.select(f.col("row").alias(end), f.col("id").alias(f"id_{end}")).hint("merge") for end in ("a", "b")
    )
    probability = 1.0 / (1.0 + f.pow(f.lit(2.0), -f.col("weight").cast("double")))
    placed = links.join(one, "a").join(other, "b")
    return placed.select("id_a", "id_b", "weight", probability.alias("probability"), "pattern")


def named_clusters(clusters: DataFrame, records: DataFrame) -> DataFrame:
    """Every record by its id, with the id of the first record of its cluster."""
    named = records.select("row", "id").hint("merge")
    first = records.select(f.col("row").alias("cluster"), f.col("id").alias("first")).hint("merge")
    placed = clusters.join(named, "row").join(first, "cluster")
    return placed.select("id", f.col("first").alias("cluster"))


def _read_text(session: SparkSession, path: str) -> DataFrame:
    """The rows of delimited text, with what was no such row in the column `_DAMAGED`."""
    separator = "\t" if ".tsv" in path.lower() else ","
    reader = session.read.option("sep", separator).option("header", True).option("escape", '"')
    names = reader.csv(path).columns
    if not names:
        raise InputError(f"{path} is empty")
    schema = StructType()
    for name in (*names, _DAMAGED):
        schema.add(name, StringType())
    # Without its pruning Spark counts the columns of every row.
    whole = reader.option("columnNameOfCorruptRecord", _DAMAGED).option("columnPruning", False)
    return whole.schema(schema).csv(path)


def _check_free(session: SparkSession, path: str) -> None:
    """Raise `LinkageError` when something is there, before hours of work have found out."""
    try:
        session.read.format("binaryFile").load(path)
    except AnalysisException:
        return
    raise LinkageError(f"{path} is there already; name another directory")


def _write(frame: DataFrame, path: str) -> None:
    try:
        frame.write.parquet(path)
    except AnalysisException as error:
        raise LinkageError(f"{path} cannot be written") from error

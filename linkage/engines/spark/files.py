"""Files of people in, links and clusters out, all of it by the executors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.types import StringType, StructType

from linkage.costs import FALSE_MERGE
from linkage.engines.spark.clustering import cluster_records
from linkage.engines.spark.crowds import serve
from linkage.engines.spark.linking import link as link_records
from linkage.engines.spark.people import encode
from linkage.engines.spark.results import Found, check_free, write
from linkage.engines.spark.session import cut, spoken
from linkage.engines.spark.tables import Part, Tabled, number, tabulate
from linkage.engines.spark.training import Trained, defaults_of, train
from linkage.model import Model
from linkage.tables.errors import InputError
from linkage.tables.mapping import Mapping as Columns

_TEXT = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")
_RAGGED = "another number of columns than the header"
_DAMAGED = "_damaged"


@dataclass(frozen=True, slots=True)
class People:
    """Encoded records (`people.ENCODED`), held by the executors. rows_read = records + left_out, by reason."""

    records: DataFrame
    rows_read: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def read(
    session: SparkSession, path: str, model: Model, mapping: Columns | None = None, loose: int | None = None
) -> People:
    """The people in a file, encoded for a model; `loose` as `people.encode` has it. Raises as `read_part` and
    `number` do."""
    part = read_part(session, path, mapping)
    return People(encode(number(part), model, loose), part.rows_read, part.left_out)


def dedupe(
    session: SparkSession,
    path: str,
    out: str,
    model: Model | None = None,
    mapping: Columns | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Find the records of one file that are one person; without a model, one is trained on the file.

    Writes under `out` what `linkage.engines.spark.results.write` says, and returns the report. A cluster is named by
    its first id. Raises `LinkageError` when results are there already, and as `read_part` and `number` do.
    """
    return link_files(session, [path], out, model, mapping, seed)


def link(
    session: SparkSession,
    path: str,
    other: str,
    out: str,
    model: Model | None = None,
    mapping: Columns | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """The same of two files; each link and each possible pair is of a record of either.

    Records within a file are joined too where they are one person, unless training finds that each holds a person
    once; a model that is given says nothing of that.
    """
    return link_files(session, [path, other], out, model, mapping, seed)


def read_part(session: SparkSession, path: str, mapping: Columns | None = None) -> Part:
    """The people in Parquet or CSV at any path that Spark reads, a directory too.

    CSV (.csv, .tsv, also .gz) is UTF-8 with a header and no line breaks inside values; rows of another number of
    columns are left out and counted. For what is damaged otherwise there is `linkage.tables.reading`. Raises
    `InputError` when nothing is there, and as `tabulate` does.
    """
    try:
        if path.lower().rstrip("/").endswith(_PARQUET):
            return tabulate(session.read.parquet(path), mapping, path)
        if not path.lower().removesuffix(".gz").endswith(_TEXT):
            raise InputError(f"{path} is of no kind that can be read: {', '.join((*_TEXT, _PARQUET[0]))}")
        rows = _read_text(session, path)
    except AnalysisException as error:
        raise InputError(f"{path} cannot be read: it is missing, or not of its kind") from error
    # Spark will not count damaged rows unless some other column is wanted too.
    counted = rows.select(f.count(_DAMAGED).alias("damaged"), f.count(rows.columns[0])).first()
    damaged = int(counted.damaged) if counted else 0
    found = tabulate(rows.where(f.col(_DAMAGED).isNull()).drop(_DAMAGED), mapping, path)
    return found.without(damaged, _RAGGED) if damaged else found


def link_files(
    session: SparkSession,
    paths: Sequence[str],
    out: str,
    model: Model | None,
    mapping: Columns | None,
    seed: int,
    false_merge: float = FALSE_MERGE,
) -> dict[str, Any]:
    """`dedupe` of one path, `link` of two. false_merge: what joining two people costs, in links missed."""
    check_free(session, out)
    parts = [read_part(session, path, mapping) for path in paths]
    tabled = number(*parts)
    if model is None:
        trained = train(tabled, seed, false_merge=false_merge)
    else:
        trained = Trained(model, (), distinct=False, defaults=defaults_of(tabled, seed))
    with spoken():
        found = _found(tabled, trained)
        return write(found, out, [part.told() for part in parts])


def _found(tabled: Tabled, trained: Trained) -> Found:
    model, first = trained.model, tabled.first
    records = encode(tabled, model, defaults=trained.defaults)
    serving = serve(records, model)
    links = link_records(serving.records, model)
    apart = first if trained.distinct else None
    if apart is not None:
        links = links.where((f.col("a") < apart) != (f.col("b") < apart))
    links = cut(links)
    clusters = cluster_records(records, links, model, apart)
    return Found(records, links, clusters, trained, serving, tabled.records, first)


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

"""Files of people on Spark: what the local road makes of them, whatever the partitions; and parts of that road."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from benchmarks.peers.sets import region
from linkage.columns import encode_table
from linkage.engines import clusters, local
from linkage.engines.components import components
from linkage.engines.spark.blocks import LISTED, needed_blocks
from linkage.engines.spark.clustering import cluster_records
from linkage.engines.spark.components import components as spark_components
from linkage.engines.spark.files import People, dedupe, read
from linkage.engines.spark.linking import link
from linkage.engines.spark.tables import number, tabulate
from linkage.errors import LinkageError, ModelError
from linkage.indexing import index
from linkage.model import Model
from linkage.tables.errors import InputError
from linkage.tables.frames import to_arrow
from linkage.tables.reading import Reading
from linkage.tables.reading import read as read_locally
from tests.integration.spark_session import running

UK = Model.default()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with running(tmp_path_factory.mktemp("spark")) as started:
        # Files are cut every few kilobytes, so that no partition sees a whole column.
        started.conf.set("spark.sql.files.maxPartitionBytes", "20000")
        yield started


def british(dates: pa.Array) -> pa.Array:
    """7 March 1954 as 07/03/1954."""
    return pa.array([day and "/".join(reversed(day.split("-"))) for day in dates.to_pylist()], pa.string())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People as a hospital would export them, some without an id, in an order of no meaning."""
    table = to_arrow(region("region", people=150, seed=4, without_nhs=False).table)
    at = table.column_names.index("dob")
    table = table.set_column(at, "dob", british(table["dob"]))
    sexes = pa.array([{"male": "1", "female": "2"}.get(sex or "", "0") for sex in table["sex"].to_pylist()])
    table = table.set_column(table.column_names.index("sex"), "sex", sexes)
    ids = pa.array([None if row % 50 == 7 else f"{7919 * row % 10007}.0" for row in range(len(table))], pa.string())
    path = tmp_path_factory.mktemp("files") / "people.csv"
    pyarrow.csv.write_csv(table.set_column(0, "id", ids), path)
    return path


@pytest.fixture(scope="module")
def found(session: SparkSession, file: Path) -> People:
    return read(session, str(file), UK)


def rows_by_id(found: People, read: Reading) -> list[int]:
    """The local row of each Spark record, in the order of their numbers."""
    local_rows = {name: row for row, name in enumerate(read.table.ids.to_pylist())}
    records = found.records.orderBy("row").select("id", "row").toArrow()
    assert records["row"].to_pylist() == list(range(len(local_rows)))
    ids = records["id"].to_pylist()
    assert ids == sorted(local_rows)
    return [local_rows[name] for name in ids]


def test_a_file_in_partitions_is_encoded_as_the_whole_file_is(found: People, file: Path) -> None:
    """Dates with the day first, a code of sexes and ids with ".0" are told by the whole column alone."""
    expected = read_locally(file)
    encoded = index(expected.table, UK, workers=1)
    assert found.records.rdd.getNumPartitions() > 1
    assert (found.rows_read, found.left_out) == (expected.report.rows_read, expected.report.left_out)
    rows = rows_by_id(found, expected)
    told = found.records.orderBy("row").toArrow()
    assert told["encoded"].to_pylist() == [encoded.matrix[row].tobytes() for row in rows]
    keys = [sorted(encoded.keys[encoded.rows == row].tolist()) for row in rows]
    assert [sorted(of_row) for of_row in told["keys"].to_pylist()] == keys


def test_from_file_to_links_and_clusters(session: SparkSession, file: Path, tmp_path: Path) -> None:
    """Links and clusters by id, as the local engine makes them of the rows in the order of their ids."""
    read_whole = read_locally(file)
    ids = read_whole.table.ids
    rank = np.empty(len(ids), np.int64)
    rank[np.argsort(np.array(ids.to_pylist()))] = np.arange(len(ids))
    encoded = index(read_whole.table, UK, workers=1)
    pairs = local.link(encoded.matrix, encoded.keys, encoded.rows, UK)
    label = clusters.cluster(encoded.matrix, pairs, UK, rank=rank).label
    dedupe(session, str(file), str(tmp_path / "out"), UK)

    joined, apart = (pq.read_table(tmp_path / "out" / f"{name}.parquet") for name in ("links", "possible"))
    assert (
        joined.column_names
        == apart.column_names
        == [
            *("id_a", "id_b", "weight", "probability", "pattern", "joined", "guards"),
        ]
    )
    cluster = dict(zip(ids.to_pylist(), label.tolist(), strict=True))
    for table, together in ((joined, True), (apart, False)):
        ends = zip(table["id_a"].to_pylist(), table["id_b"].to_pylist(), strict=True)
        assert all((cluster[a] == cluster[b]) is together for a, b in ends)
    links = pa.concat_tables([joined, apart])
    told = {
        (frozenset(ends), weight, pattern)
        for *ends, weight, pattern in zip(
            *(links[n].to_pylist() for n in ("id_a", "id_b", "weight", "pattern")), strict=True
        )
    }
    names = np.array(ids.to_pylist(), object)
    columns = names[pairs.a], names[pairs.b], pairs.weight.tolist(), map(bytes, pairs.pattern)
    assert told == {(frozenset((a, b)), weight, pattern) for a, b, weight, pattern in zip(*columns, strict=True)}
    assert links.num_rows == len(pairs.a)
    assert np.allclose(links["probability"], [UK.probability(weight) for weight in links["weight"].to_pylist()])

    found = pq.read_table(tmp_path / "out" / "clusters.parquet")
    first = {row: min(names[label == row]) for row in set(label.tolist())}
    assert sorted(zip(found["id"].to_pylist(), found["cluster"].to_pylist(), strict=True)) == sorted(
        (name, first[row]) for name, row in zip(names, label.tolist(), strict=True)
    )
    with pytest.raises(LinkageError, match="there already"):
        dedupe(session, str(file), str(tmp_path / "out"), UK)


def test_links_say_what_stood_in_their_way(found: People) -> None:
    held = found.records.orderBy("row").toArrow()
    encoded = np.frombuffer(b"".join(held["encoded"].to_pylist()), np.uint8).reshape(held.num_rows, -1)
    links = link(found.records, UK).localCheckpoint()
    told = cluster_records(found.records, links, UK).reasons(links, UK).orderBy("a", "b").toArrow()
    sizes = held["keys"].combine_chunks().value_lengths()
    rows = np.repeat(np.arange(held.num_rows, dtype=np.int32), sizes)
    pairs = local.link(encoded, held["keys"].combine_chunks().flatten().to_numpy(), rows, UK)
    expected = clusters.cluster(encoded, pairs, UK).reason[np.lexsort((pairs.b, pairs.a))]
    assert told["reason"].to_pylist() == expected.tolist()


def test_typed_columns_of_parquet_say_the_same(session: SparkSession, file: Path, tmp_path: Path) -> None:
    table = read_locally(file).table
    dates = pa.array([day if day and len(day) == 10 else None for day in table.columns["dob"].to_pylist()])
    numbers = pa.array([int(name) for name in table.ids.to_pylist()])
    columns = {**{name: column for name, column in table.columns.items() if name != "dob"}, "id": numbers}
    pq.write_table(
        pa.table({**columns, "dob": dates.cast(pa.date32())}), tmp_path / "people.parquet", row_group_size=40
    )
    expected = read_locally(tmp_path / "people.parquet")
    encoded = encode_table(expected.table, UK, workers=1)
    found = read(session, str(tmp_path / "people.parquet"), UK)
    told = found.records.orderBy("row").toArrow()["encoded"].to_pylist()
    assert told == [encoded.matrix[row].tobytes() for row in rows_by_id(found, expected)]


def test_what_cannot_be_read_is_said_in_a_sentence(session: SparkSession, tmp_path: Path) -> None:
    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    rows = "17,JANE,HARGREAVES,1954-03-17\n"
    ragged = read(session, write("ragged.csv", f"id,forename,surname,dob\n{rows}18,JANE\n19,A,B,1960,X,Y\n"), UK)
    assert ragged.rows_read == 3
    assert ragged.left_out == {"another number of columns than the header": 2}
    assert ragged.records.count() == 1
    for path, said in (
        (str(tmp_path / "none.csv"), "cannot be read"),
        (str(tmp_path / "none.parquet"), "cannot be read"),
        (write("people.xls", "id"), "of no kind"),
        (write("empty.csv", ""), "empty"),
        (write("header.csv", "id,forename,surname,dob\n"), "no records"),
        (
            write("nobody.csv", "id,forename,surname,dob\n,JANE,HARGREAVES,1954-03-17\n"),
            "none of its 1 rows has an id",
        ),
        (write("other.csv", f"number,name\n{rows}"), "no column holds the id"),
        (write("twice.csv", f"id,forename,surname,dob\n{rows}{rows}"), "1 rows have an id that an earlier one has"),
    ):
        with pytest.raises(InputError, match=said):
            read(session, path, UK)


def test_an_error_on_an_executor_is_a_sentence_on_the_driver(session: SparkSession) -> None:
    zeros = session.createDataFrame(
        [(1, bytes(352), [7]), (2, bytes(352), [7])], "row long, encoded binary, keys array<long>"
    )
    links = session.createDataFrame([(1, 2, 40.0, 0)], "a long, b long, weight float, guards long")
    with pytest.raises(ModelError, match="another model"):
        cluster_records(zeros, links, UK)
    strangers = session.createDataFrame([(1, 3, 40.0, 0)], "a long, b long, weight float, guards long")
    with pytest.raises(LinkageError, match=r"^a pair must be of two different rows[a-z ]+$"):
        cluster_records(zeros, strangers, UK)


def test_repeated_ids_are_found_across_batches(session: SparkSession) -> None:
    rows = [(str(n % 120), "JANE", "HARGREAVES", "1954-03-17") for n in range(180)]
    frame = session.createDataFrame(rows, "id string, forename string, surname string, dob string")
    with pytest.raises(InputError, match="60 rows have an id"):
        number(tabulate(frame))


def test_blocks_inside_others_are_not_needed_and_no_pair_is_lost(session: SparkSession) -> None:
    """Rows with keys by chance, some the same for many rows; and one block of more rows than are listed."""
    dice = np.random.default_rng(8)
    crowd = [(row, [1]) for row in range(2, LISTED + 3)]
    rows = [(100 + row, dice.choice(12, 4).tolist() + ([20, 21, 22] if row % 3 else [30])) for row in range(30)]
    frame = session.createDataFrame([*crowd, *rows, (99, [77])], "row long, keys array<long>")
    members: dict[int, set[int]] = {}
    for row, keys in (*crowd, *rows):
        for key in keys:
            members.setdefault(key, set()).add(row)
    found = {
        row.row: [(block.key, block.pieces) for block in row.blocks] for row in needed_blocks(frame, 10).collect()
    }
    needed: dict[int, set[int]] = {}
    for row, blocks in found.items():
        assert blocks == sorted(blocks)
        for key, pieces in blocks:
            needed.setdefault(key, set()).add(row)
            assert pieces == -(-len(members[key]) // 10)
    assert all(needed[key] == members[key] for key in needed)
    assert {pair for block in needed.values() for pair in combinations(sorted(block), 2)} == {
        pair for block in members.values() for pair in combinations(sorted(block), 2)
    }
    assert {1, 20} <= needed.keys()
    assert not {21, 22, 77} & needed.keys()
    assert not any(one < other for one in needed.values() for other in needed.values() if len(other) <= LISTED)


def test_stars_find_the_components_that_union_find_finds(session: SparkSession) -> None:
    """Chains, in order and shuffled, a circle, a hub, a tree and single edges; edges told twice and to oneself."""
    dice = np.random.default_rng(5)
    chain = np.arange(100)
    shuffled = 100 + dice.permutation(150)
    edges = np.concatenate(
        (
            np.stack((chain[1:], chain[:-1]), axis=1),
            np.stack((shuffled[1:], shuffled[:-1]), axis=1),
            np.array([(250 + n, 250 + (n + 1) % 30) for n in range(30)]),
            np.array([(399, 300 + n) for n in range(60)]),
            np.array([(400 + n, 400 + (n - 1) // 2) for n in range(1, 63)]),
            np.array([(500, 501), (501, 500), (503, 502), (504, 504)]),
        )
    ).astype(np.int64)
    frame = session.createDataFrame(edges.tolist(), "a long, b long")
    found = {row.row: row.component for row in spark_components(frame).collect()}
    label = components(600, edges[:, 0].copy(), edges[:, 1].copy())
    joined = sorted({int(row) for row in edges[edges[:, 0] != edges[:, 1]].ravel()})
    assert found == {row: int(label[row]) for row in joined}


def test_a_checkpoint_directory_is_used_where_there_is_one(session: SparkSession, tmp_path: Path) -> None:
    session.sparkContext.setCheckpointDir(str(tmp_path))
    frame = session.createDataFrame([(1, 2), (2, 3)], "a long, b long")
    assert {row.component for row in spark_components(frame).collect()} == {1}
    assert any(tmp_path.rglob("part-*"))


def test_records_of_other_partitions_are_other_rows_of_the_same_result(session: SparkSession) -> None:
    """However the records lie, the links are the same."""
    table = region("region", people=60, seed=6, without_nhs=True).table
    encoded = encode_table(table, UK, workers=1)
    keys = [encoded.keys[encoded.rows == row].tolist() for row in range(len(table))]
    rows = [(row, encoded.matrix[row].tobytes(), keys[row]) for row in range(len(table))]
    frame = session.createDataFrame(rows, "row long, encoded binary, keys array<long>")
    one, other = (
        link(frame.repartition(parts), UK, piece=piece).orderBy("a", "b").collect()
        for parts, piece in ((1, 2048), (5, 3))
    )
    assert one == other
    assert len(one) > 20

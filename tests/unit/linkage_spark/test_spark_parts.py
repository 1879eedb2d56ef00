"""What of the Spark engine needs no Spark: batches, tasks, the evidence of columns, and what is missing."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage import loose_blocking
from linkage.encode import encode
from linkage.engines.spark import evidence
from linkage.engines.spark.batches import binary, lists, matrix_of, packed, unpacked, whole
from linkage.engines.spark.clustering import settle_components
from linkage.engines.spark.crowds import limits_of
from linkage.engines.spark.linking import blocks_of
from linkage.engines.spark.session import check_java
from linkage.engines.spark.tables import tally
from linkage.errors import LinkageError, ModelError
from linkage.loose_blocking import FIRST_LOOSE, FIRST_SINGLE, within_budget
from linkage.model import Model
from linkage.record import StandardRecord
from linkage.tables.fields import Source, read_field
from linkage.tables.texts import clean_ids
from tests.unit.linkage_cli.people_builders import rows, run, write

ROOT = Path(__file__).parents[3]
DATES = st.sampled_from(
    (
        "03/04/1954",
        "13/04/1954",
        "04/13/1954",
        "19540403",
        "04031954",
        "13041954",
        "04131954",
        "1954-04-03",
        "1954",
        "?",
    )
)
SEXES = st.sampled_from(("0", "1", "2", "9", "M", "female", "unknown", "", "1.0"))
BIRTHS = st.sampled_from(("0", "1", "2", "Y", "no", "twin", ""))
IDS = st.sampled_from(("17.0", "18.0", "19", "N/A", "", "A 7", " 20.0 "))


def cut(values: Sequence[object], places: Sequence[int]) -> list[list[object]]:
    """Values in batches that end at some places."""
    ends = sorted({min(place, len(values)) for place in places} | {len(values)})
    starts = [0, *ends[:-1]]
    return [list(values[start:end]) for start, end in zip(starts, ends, strict=True)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), max_size=12), st.lists(st.integers(0, 40), max_size=8))
def test_groups_come_whole_however_the_batches_are_cut(sizes: list[int], places: list[int]) -> None:
    rows = [(7 - group // 2, group) for group, size in enumerate(sizes) for _ in range(size)]
    batches = [
        pa.RecordBatch.from_pydict({"one": [row[0] for row in part], "two": [row[1] for row in part]}, pa.schema(
            [("one", pa.int64()), ("two", pa.int64())]
        ))
        for part in cut(rows, places)
    ]  # fmt: skip
    tables = list(whole(iter(batches), ("one", "two")))
    seen = [set(table["two"].to_pylist()) for table in tables]
    assert [row for table in tables for row in zip(*table.to_pydict().values(), strict=True)] == rows
    assert sum(map(len, seen)) == len(sizes), "a group came in two tables"


@settings(deadline=None)
@given(st.integers(0, 6), st.integers(1, 3))
def test_encoded_rows_pass_through_arrow(n: int, words: int) -> None:
    matrix = np.arange(8 * n * words, dtype=np.uint8).reshape(n, 8 * words)
    column = pa.concat_arrays([binary(matrix[:1]), binary(matrix)]).slice(len(matrix[:1]))
    if n:
        assert np.array_equal(matrix_of(column), matrix)
    else:
        with pytest.raises(ModelError):
            matrix_of(column)


def test_rows_of_two_widths_are_no_matrix() -> None:
    with pytest.raises(ModelError, match="not all of one model"):
        matrix_of(pa.array([b"12345678", b"1234567812345678"]))


def test_lists_hold_the_values_of_each_row() -> None:
    assert lists(np.array([5, 6, 7]), np.array([2, 0, 1])).to_pylist() == [[5, 6], [], [7]]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((0, FIRST_LOOSE, FIRST_SINGLE)), st.integers(0, 2)), max_size=60),
    st.integers(0, 12),
)
def test_counts_alone_say_which_keys_serve(entries: list[tuple[int, int]], most: int) -> None:
    """As `within_budget` says it of the entries, but for crowds of more than three."""
    rules = np.array([rule for rule, _ in entries], np.uint8)
    keys = np.array([100 * rule + key for rule, key in entries], np.int64)
    sizes = Counter(keys.tolist())
    told = Counter((key // 100, size) for key, size in sizes.items())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loose_blocking, "MOST_PAIRS", most)
        kept = within_budget(keys, rules).kept
        limits = limits_of([(rule, size, times) for (rule, size), times in told.items()], 3)
    crowd = [rule < FIRST_SINGLE and sizes[key] > 3 for rule, key in zip(rules.tolist(), keys.tolist(), strict=True)]
    serves = [sizes[key] <= limits[rule] for rule, key in zip(rules.tolist(), keys.tolist(), strict=True)]
    assert serves == (kept & ~np.array(crowd, np.bool_)).tolist()


@pytest.mark.parametrize(("apart", "expected"), [(None, {4: 4, 5: 4, 9: 4}), (9, {4: 4, 5: 5, 9: 4})])
def test_records_of_one_file_that_holds_a_person_once_stay_apart(apart: int | None, expected: dict[int, int]) -> None:
    """Two of the first file, rows below 9, are each certain of one of the second, the first the more so."""
    model = Model.default()
    row = encode(StandardRecord(surnames=("HARGREAVES",), forenames=("JANE",)), model)
    columns = {
        "component": pa.array([4] * 5),
        "row": pa.array([9, 4, 5, 4, 5]),
        "b": pa.array([-1, -1, -1, 9, 9]),
        "weight": pa.array([None, None, None, 40.0, 30.0], pa.float32()),
        "encoded": pa.array([row, row, row, None, None], pa.binary()),
    }
    batches = iter([pa.RecordBatch.from_pydict(columns)])
    told = pa.Table.from_batches(settle_components(batches, packed(model), apart)).to_pylist()
    assert {one["row"]: one["cluster"] for one in told if one["cluster"] is not None} == expected
    vetoes = [(one["row"], one["b"], {one["one"], one["other"]}) for one in told if one["cluster"] is None]
    assert vetoes == ([] if apart is None else [(5, 9, {4, 5})])


def test_a_model_is_the_same_on_an_executor() -> None:
    model = Model.default()
    there = unpacked(packed(model))
    assert there.fingerprint == model.fingerprint
    assert there is unpacked(packed(model))


def test_a_task_of_two_pieces_pairs_only_across_them() -> None:
    """Rows of one piece get a key in common before all others, and with it they have another first shared key."""
    table = pa.table(
        {
            "key": [30, 30, 30, 40, 40],
            "low": [0, 0, 0, 1, 1],
            "high": [1, 1, 1, 1, 1],
            "piece": [0, 1, 0, 1, 1],
            "keys": pa.array([[30, 40], [20, 30], [30], [10, 40], [40, 50]], pa.list_(pa.int64())),
        }
    ).combine_chunks()
    blocks = blocks_of(table)
    assert blocks.end.tolist() == [3, 3, 3, 5, 5]
    assert blocks.block.tolist() == [4, 4, 4, 5, 5]
    held = [blocks.keys[low:high].tolist() for low, high in zip(blocks.first[:-1], blocks.first[1:], strict=True)]
    assert held == [[0, 4, 5], [1, 3, 4], [0, 4], [2, 5], [5, 6]]


@pytest.mark.parametrize(
    ("field", "values"), [("dob", DATES), ("sex", SEXES), ("multiple_birth", BIRTHS)], ids=["dob", "sex", "births"]
)
@settings(deadline=None)
@given(st.data())
def test_a_coded_column_reads_the_same_in_any_partitions(
    field: str, values: st.SearchStrategy[str], data: st.DataObject
) -> None:
    column = data.draw(st.lists(values | st.none(), min_size=1, max_size=20))
    places = data.draw(st.lists(st.integers(0, 20), max_size=4))
    told = pa.array(column, pa.string()).value_counts()
    counted = pa.RecordBatch.from_arrays([told.field("values"), told.field("counts")], ["0", "count"])
    halves = [counted.slice(0, len(counted) // 2), counted.slice(len(counted) // 2)]
    found = [batch["value"].to_pylist() for batch in evidence.find_evidence(iter(halves), field)]
    read = [
        evidence.read_coded(pa.array(part, pa.string()), field, found[0]).to_pylist() for part in cut(column, places)
    ]
    whole_column = pa.array(column, pa.string())
    assert (
        list(chain.from_iterable(read)) == read_field(field, [Source("0", whole_column)]).columns[field].to_pylist()
    )


@settings(deadline=None)
@given(st.lists(IDS | st.none(), min_size=1, max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_ids_read_the_same_in_any_partitions(column: list[str | None], places: list[int]) -> None:
    parts = [pa.array(part, pa.string()) for part in cut(column, places)]
    batches = [pa.RecordBatch.from_arrays([part], ["0"]) for part in parts]
    kept = sum(batch["batches"][0].as_py() for batch in evidence.count_kept(iter(batches)))
    read = [evidence.read_ids(part, ("x",) if kept else ()).to_pylist() for part in parts]
    assert list(chain.from_iterable(read)) == clean_ids(pa.array(column, pa.string())).to_pylist()


def test_repeated_ids_are_counted_across_batches() -> None:
    parts = ((1, ["a", "b"]), (1, ["b", "b"]), (1, ["c"]), (2, ["c", "c"]))
    batches = [pa.RecordBatch.from_pydict({"side": [side] * len(ids), "id": ids}) for side, ids in parts]
    told = list(tally(iter(batches)))
    assert told[0].to_pydict() == {"part": [0], "rows": [7], "repeated": [3]}


def test_without_java_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LinkageError, match="openjdk-17-jre-headless"):
        check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(LinkageError, match="openjdk-17-jre-headless"):
        check_java()


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22"])
def test_an_old_java_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(LinkageError, match="newer Java"):
        check_java()


@pytest.mark.parametrize(
    ("stand_in", "said"),
    [
        ("None", "needs PySpark 4: pip install 'mpi"),
        ("SimpleNamespace(__version__='3.5.1')", "found 3.5.1: pip install"),
    ],
)
def test_without_pyspark_the_library_works_and_says_what_the_engine_needs(stand_in: str, said: str) -> None:
    program = (
        f"import sys; from types import SimpleNamespace; sys.modules['pyspark'] = {stand_in}\n"
        "import linkage.people\nfrom linkage.errors import LinkageError\n"
        "try:\n    import linkage.engines.spark.engine\nexcept LinkageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said in done.stdout, done.stderr


def test_the_command_says_in_a_sentence_what_spark_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And leaves nothing behind."""
    file = write(tmp_path / "people.csv", rows())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    no_java = run("dedupe", file, "--out", tmp_path / "out", "--engine", "spark")
    assert (no_java.exit_code, "Spark needs Java, and there is none: install" in no_java.output) == (2, True)
    for name in [name for name in sys.modules if name.startswith("linkage.engines.spark")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    no_spark = run("link", file, file, "--out", tmp_path / "out", "--engine", "spark")
    assert (no_spark.exit_code, "needs PySpark 4: pip install" in no_spark.output) == (2, True)
    assert sorted(tmp_path.iterdir()) == [file]

"""From files to results on Spark without a model: what the local engine makes of the same files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from linkage.engines.spark.files import dedupe
from linkage.engines.spark.tables import number, tabulate
from linkage.engines.spark.training import train
from linkage.model import Model
from linkage.people import people
from linkage.result import load_result
from linkage.tables.reading import read
from tests.integration.spark_session import running
from tests.unit.linkage_cli.people_builders import COLUMN_NAMES, rows, run, write


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with running(tmp_path_factory.mktemp("spark")) as started:
        yield started


def links_of(out: Path, name: str) -> list[tuple[Any, ...]]:
    table = pq.read_table(out / name)
    columns = ("id_a", "id_b", "weight", "pattern", "joined", "guards")
    assert sorted(table.column_names) == sorted((*columns, "probability"))
    weight = table["weight"].to_numpy().astype(np.float64)
    assert np.allclose(table["probability"].to_numpy(), 1.0 / (1.0 + np.exp2(-weight)))
    return sorted(zip(*(table[column].to_pylist() for column in columns), strict=True))


def assert_same(here: Path, there: Path) -> dict[str, Any]:
    """Two results are equal: links, possible pairs, clusters, model and what the reports have in common."""
    for name in ("links.parquet", "possible.parquet"):
        assert links_of(there, name) == links_of(here, name)
    assert len(links_of(here, "links.parquet")) > 100
    one, other = (pq.read_table(out / "clusters.parquet").to_pylist() for out in (here, there))
    assert sorted(map(tuple, map(dict.values, other))) == sorted(map(tuple, map(dict.values, one)))
    models = [json.loads((out / "model.json").read_text()) for out in (here, there)]
    assert models[0] == models[1]
    told: list[dict[str, Any]] = [json.loads((out / "report.json").read_text()) for out in (here, there)]
    shared = told[0].keys() & told[1].keys() - {"files"}
    assert {name: told[1][name] for name in shared} == {name: told[0][name] for name in shared}
    assert {"records", "records_by_file", "links", "clusters", "kept_apart", "findings", "cautions"} <= shared
    return told[1]


def test_two_files_that_share_ids_and_not_all_columns(
    session: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def start(master: str, _: object) -> SparkSession:
        started.append(master)
        return session

    monkeypatch.setattr("linkage.engines.spark.session.start", start)
    dated = (row if n % 3 else (*row[:3], "1900-01-01", *row[4:]) for n, row in enumerate(sorted(rows(seed=2))))
    people_twice = list(dated)  # a third of them with a default that is not to count
    sides = [[(row[0][:-1], *row[1:]) for row in people_twice if row[0][-1] == end] for end in "ab"]
    one = write(tmp_path / "one.csv", sides[0])
    two = write(tmp_path / "two.csv", [row[:-1] for row in sides[1]], COLUMN_NAMES[:-1])
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("link", one, two, "--out", here).exit_code == 0
    said = run("link", one, two, "--out", there, "--engine", "spark", "--workers", "2")
    assert said.exit_code == 0, said.output
    assert started == ["local[2]"]
    report = assert_same(here, there)
    assert sorted(path.name for path in there.iterdir()) == sorted(path.name for path in here.iterdir())
    assert load_result(there).first == load_result(here).first == 400
    assert {name[:2] for name in load_result(there).ids.to_pylist()[:400]} == {"1:"}
    assert f"{report['links']:,} links" in said.output
    assert [line.split(":")[0] for line in report["cautions"]] == ["dob"]
    assert f"caution: {report['cautions'][0]}" in said.output.replace("\n", " ")
    again = run("link", one, two, "--out", there, "--engine", "spark")
    assert (again.exit_code, "not empty" in again.output) == (2, True)
    assert all({a[:2], b[:2]} == {"1:", "2:"} for a, b, *_ in links_of(there, "links.parquet"))


def test_a_default_says_nothing_under_a_model_that_is_given_either(session: SparkSession, tmp_path: Path) -> None:
    """As on one machine, where the model starts from one that is given; and what Spark leaves can be read back."""
    people_twice, results = sorted(rows(seed=4)), []
    for name, day in (("said", "1971-05-09"), ("silent", "")):
        dated = (row if n % 3 else (*row[:3], day, *row[4:]) for n, row in enumerate(people_twice))
        file = write(tmp_path / f"{name}.csv", dated)
        report = dedupe(session, str(file), str(tmp_path / name), Model.default())
        results.append(load_result(tmp_path / name))
        assert (len(results[-1].ids), int(results[-1].joined.sum())) == (report["records"], report["links"])
    said, silent = results
    assert said.ids.equals(silent.ids)
    assert said.ids.to_pylist() == sorted(row[0] for row in people_twice), "by row"
    assert np.array_equal(said.label, silent.label)
    links = [sorted(zip(found.a, found.b, found.weight, strict=True)) for found in results]
    assert links[0] == links[1]
    assert len(links[0]) > 100


def test_training_looks_at_all_records_as_here_or_at_some_wherever_they_lie(
    session: SparkSession, tmp_path: Path
) -> None:
    """A file gives the model that it gives here, in whatever order."""
    file = write(tmp_path / "people.csv", rows(seed=3))
    whole = session.read.csv(str(file), header=True)
    one, other = (number(tabulate(frame)) for frame in (whole, whole.repartition(5)))
    assert train(other).model.document == people(read(file).table).model.document
    some = [train(part, most=500).model for part in (one, other)]
    assert some[0].document == some[1].document
    assert 400 < some[0].document["provenance"]["joint"]["rows"] < 600

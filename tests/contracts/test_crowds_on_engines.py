"""Crowds on Spark give way to the runs that they give way to on one machine, whatever the partitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from linkage import crowds, indexing, loose_blocking
from linkage.columns import Encoded, encode_table
from linkage.columns.gather import ALL
from linkage.engines import local
from linkage.engines.spark.batches import binary, lists
from linkage.engines.spark.crowds import Serving, serve
from linkage.engines.spark.linking import link
from linkage.layout import Words
from linkage.model import Model
from linkage.tables.table import Table
from tests.integration.spark_session import running

UK = Model.default()
LARGEST, MOST_PAIRS, CROWD = 12, 300, 60
"""So that sixty records are a crowd."""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with running(tmp_path_factory.mktemp("spark")) as started:
        yield started


def crowded() -> Table:
    """Sixty people each of a default date, of a hospital's postcode and of a number that somebody typed to get on,
    no two of whom say the same, with a second record of every third; and a few who are of no crowd."""
    said: dict[str, list[str]] = {name: [] for name in ("surname", "forename", "dob", "postcode", "address")}
    said["nhs_number"] = []
    names, surnames = ("Jane", "Peter", "Amelia", "Noah", "Isla"), ("Hargreaves", "Okafor", "Singh", "Kowalska")
    for n in range(4 * CROWD):
        person = {
            "surname": "Smith" if n < CROWD else surnames[n % 4] + ("" if n % 3 else "son"),
            "forename": "Ann" if CROWD <= n < 2 * CROWD else names[n % 5],
            "dob": "1900-03-07" if n < CROWD else f"{1930 + n % 70}-{1 + n % 11:02}-{2 + n % 26:02}",
            "postcode": "M13 9WL" if CROWD <= n < 2 * CROWD else f"SK{1 + n % 9} {n % 10}AB",
            "address": f"{n} Station Road",
            "nhs_number": "9990000018" if 2 * CROWD <= n < 3 * CROWD else "",
        }
        slips = [person, {**person, "address": f"{n} Stable Road"}] if n % 3 == 0 else [person]
        for slip in slips:
            for name, value in slip.items():
                said[name].append(value)
    return Table(pa.array([f"{n:04}" for n in range(len(said["dob"]))]), {x: pa.array(said[x]) for x in said})


def every_key(words: Words) -> npt.NDArray[np.uint8]:
    return np.full(len(words), ALL, np.uint8)


def frame_of(session: SparkSession, encoded: Encoded, number: npt.NDArray[np.int64]) -> Any:
    """The entries as they are encoded, under other row numbers."""
    order, sizes = np.argsort(encoded.rows, kind="stable"), np.bincount(encoded.rows, minlength=len(number))
    rules = lists(encoded.rules[order].astype(np.int8), sizes)
    columns = {"row": pa.array(number), "encoded": binary(encoded.matrix), "keys": lists(encoded.keys[order], sizes)}
    return session.createDataFrame(pa.table({**columns, "rules": rules}))


def meetings(keys: Iterable[int], rows: Iterable[int]) -> set[tuple[int, int]]:
    blocks: dict[int, set[int]] = {}
    for key, row in zip(keys, rows, strict=True):
        blocks.setdefault(key, set()).add(row)
    return {pair for block in blocks.values() for pair in combinations(sorted(block), 2)}


def entries_of(served: Serving) -> list[tuple[int, int]]:
    told = served.records.selectExpr("row", "explode(keys) key").toArrow()
    return list(zip(told["key"].to_pylist(), told["row"].to_pylist(), strict=True))


def test_crowds_give_way_to_the_same_runs_and_the_same_links(
    session: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it does not matter how the records are numbered, nor where they lie."""
    monkeypatch.setattr(indexing, "find_crowds", lambda keys, workers: crowds.find_crowds(keys, LARGEST, workers))
    monkeypatch.setattr(loose_blocking, "MOST_PAIRS", MOST_PAIRS)
    table = crowded()
    n = len(table)
    here, whole = indexing.index(table, UK, 1), encode_table(table, UK, 1, every_key)
    there = serve(frame_of(session, whole, np.arange(n)), UK, LARGEST)
    assert sorted(entries_of(there)) == sorted(zip(here.keys.tolist(), here.rows.tolist(), strict=True))
    assert (there.taken_apart, there.crowded) == (here.taken_apart, here.crowded)
    assert {"nhs", "name-dob", "forename-postcode", "surname-postcode"} <= there.taken_apart.keys()
    assert {"birth-date", "postcode"} <= there.crowded.keys()

    found = link(there.records, UK).select("a", "b", "weight").toArrow()
    expected = local.link(here.matrix, here.keys, here.rows, UK)
    links = list(zip(*(getattr(expected, name).tolist() for name in ("a", "b", "weight")), strict=True))
    assert sorted(zip(*(found[name].to_pylist() for name in ("a", "b", "weight")), strict=True)) == links
    assert len(links) > CROWD

    number = np.random.default_rng(4).permutation(n)
    turned = entries_of(serve(frame_of(session, whole, 7 * number).repartition(4), UK, LARGEST))
    back = {7 * place: row for row, place in enumerate(number.tolist())}
    assert meetings(*zip(*((key, back[row]) for key, row in turned), strict=True)) == meetings(
        here.keys.tolist(), here.rows.tolist()
    )


def test_records_without_crowds_keep_their_keys(session: SparkSession) -> None:
    table = crowded()
    whole = encode_table(table, UK, 1, every_key)
    served = serve(frame_of(session, whole, np.arange(len(table))), UK)
    assert sorted(entries_of(served)) == sorted(zip(whole.keys.tolist(), whole.rows.tolist(), strict=True))
    assert not served.taken_apart
    assert not served.crowded

"""The labelled sets and the verdict of the accuracy benchmark (issue 3, NHS-58)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks.accuracy import judge, judge_best, read_answers, verdict
from benchmarks.peers.account import CLUSTERS, PAIRS, Account, peak_mb
from benchmarks.peers.judgement import Scored
from benchmarks.peers.ours import ours, read_table
from benchmarks.peers.sets import LabelledSet, febrl, iso_date, region

FEBRL = pd.DataFrame(
    {
        "given_name": ["anna", "anna", None],
        "surname": ["painter", "paintr", "gale"],
        "street_number": ["8", "8", None],
        "address_1": ["stanley street", "stanley street", "kent place"],
        "address_2": ["miami", None, None],
        "suburb": ["winston hills", "winston hills", "byron"],
        "postcode": ["4223", "4223", "2000"],
        "state": ["nsw", "nsw", "vic"],
        "date_of_birth": ["19151111", "19151111", "1915"],
        "soc_sec_id": ["5304218", "5304218", "1804974"],
        "person": [7, 7, 9],
        "file": [0, 1, 0],
    }
)


@pytest.fixture(scope="module")
def small() -> LabelledSet:
    return region("region", 600, 3, without_nhs=False)


def test_febrl_columns_under_our_names(tmp_path: Path) -> None:
    FEBRL.to_parquet(tmp_path / "febrl4.parquet")
    given = febrl("febrl4", tmp_path / "febrl4.parquet")
    assert given.table.columns["address"].to_pylist() == [
        "8 stanley street, miami",
        "8 stanley street",
        "kent place",
    ]
    assert given.table.columns["dob"].to_pylist() == ["1915-11-11", "1915-11-11", "1915"]
    assert given.table.columns["national_id"][2].as_py() == "1804974"
    assert given.table.columns["forename"].null_count == 1
    assert given.truth.pairs == 1
    assert given.two_files


@pytest.mark.parametrize(("text", "iso"), [("19151111", "1915-11-11"), ("", ""), ("1915111a", "1915111a")])
def test_dates_of_febrl(text: str, iso: str) -> None:
    assert iso_date(text) == iso


def test_a_tool_sees_no_truth(small: LabelledSet, tmp_path: Path) -> None:
    """Neither the person nor the trust's own number is in the file; what is there comes back as it was."""
    small.write(tmp_path / "people.parquet")
    names = set(pq.read_schema(tmp_path / "people.parquet").names)
    assert names == {"id", "file", *small.table.columns, *small.parts}
    assert not names & {"person", "person_id", "value", "authority"}
    back = read_table(tmp_path / "people.parquet")
    assert back.ids.equals(small.table.ids)
    assert all(back.columns[name].equals(column) for name, column in small.table.columns.items())


def test_the_region_without_numbers_is_the_same_region(small: LabelledSet) -> None:
    other = region("region-without-nhs", 600, 3, without_nhs=True)
    assert set(small.table.columns) - set(other.table.columns) == {"nhs_number", "nhs_status"}
    assert np.array_equal(small.truth.person, other.truth.person)
    assert other.table.columns["surname"].equals(small.table.columns["surname"])


def test_ours_links_a_small_region(small: LabelledSet) -> None:
    """The road the benchmark takes is the service's: hardly a false link, most true ones found."""
    account = Account()
    answer = ours(small.table, account)
    told = judge(answer.pairs.from_weight(answer.threshold), answer.cluster, small)
    assert told["closed_pairs"]["precision"] >= 0.999
    assert told["closed_pairs"]["recall"] >= 0.97
    assert judge_best(answer.pairs, small.truth)["pairs"]["f1"] >= told["pairs"]["f1"]
    assert {"train", "link", "cluster"} <= set(account.seconds)


def test_a_record_that_a_tool_is_silent_about_stands_alone(tmp_path: Path) -> None:
    pd.DataFrame({"a": [0], "b": [2], "weight": [4.0]}).to_parquet(tmp_path / PAIRS)
    pd.DataFrame({"row": [0, 2], "cluster": [5, 5]}).to_parquet(tmp_path / CLUSTERS)
    scored, cluster = read_answers(tmp_path, 4)
    assert isinstance(scored, Scored)
    assert cluster[0] == cluster[2]
    assert len(set(cluster.tolist())) == 3


def row(default: float, pairs: float, closed: float) -> dict[str, Any]:
    return {
        "default": {"closed_pairs": {"f1": default}},
        "best": {"pairs": {"f1": pairs}, "closed_pairs": {"f1": closed}},
    }


def test_our_default_stands_against_the_best_of_the_peer() -> None:
    told = verdict({"ours": row(0.98, 1.0, 1.0), "splink": row(0.5, 0.96, 0.95), "ecm": {"failed": "too slow"}})
    assert told == {"splink": {"ours_f1": 0.98, "best_f1": 0.96, "ahead": True, "error_share": 0.5}}
    assert verdict({"ours": row(0.9, 0.9, 0.9), "splink": row(0.5, 0.9, 1.0)})["splink"]["ahead"] is False
    assert verdict({"ours": {"failed": "no"}, "splink": row(1.0, 1.0, 1.0)}) == {}


def test_an_account_has_phases_and_a_peak() -> None:
    account = Account()
    with account.phase("link"):
        grown = np.ones(4_000_000)
    assert account.seconds["link"] > 0.0
    assert peak_mb() > grown.nbytes / 2**20

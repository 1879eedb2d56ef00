"""The constrained partition beside connected components, in the report and the closing lines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from linkage.engines.clusters import Clusters, Vetoes
from linkage.engines.local import Pairs
from linkage.growing import Cause
from linkage.guard import Guard
from linkage.partition_report import CAUSE_WORDS, partition_lines, report_partition
from tests.unit.linkage_cli.people_builders import NUMBER_NAMES, PEOPLE, run, with_two_numbers, write


class Told:
    """As much of a linker as the report asks for: a chain with a vetoed link, one guarded pair.

    vetoed: the guards and the cause of each veto between the two clusters of several.
    """

    def __init__(self, *vetoed: tuple[Guard, Cause]) -> None:
        self.table = range(6)
        self.model = type("Certain", (), {"certain": 10.0})
        a, b = np.array([0, 1, 2, 3, 4], np.int32), np.array([1, 2, 3, 4, 5], np.int32)
        weight = np.array([20, 20, 12, 20, 20], np.float32)
        guards = np.array([0, 0, 0, 0, Guard.MULTIPLE_BIRTH | Guard.WEAK_IDENTITY], np.uint32)
        self.pairs = Pairs(a, b, weight, guards, np.zeros((5, 12), np.uint8))
        told = vetoed or ((Guard.NONE, Cause.FLOOR),)
        row, bits = np.ones(len(told), np.int64), np.full(len(told), 12, np.float32)
        stood = np.array([guard for guard, _ in told], np.uint32), np.array([cause for _, cause in told], np.uint8)
        vetoes = Vetoes(2 * row, 3 * row, bits, np.outer(row, [0, 4]), *stood)
        self.clusters = Clusters(np.array([0, 0, 0, 3, 3, 5]), np.zeros(5, np.uint8), vetoes)


def test_report_by_hand() -> None:
    assert report_partition(Told()) == {
        "constrained": {"clusters": 3, "clusters_of_several": 2, "largest": 3, "pairs_joined": 4},
        "connected_components": {"clusters": 2, "clusters_of_several": 1, "largest": 5, "pairs_joined": 10},
        "by_weight_alone": {"clusters": 1, "clusters_of_several": 1, "largest": 6, "pairs_joined": 15},
        "vetoes": 1,
        "vetoes_by_reason": {CAUSE_WORDS[Cause.FLOOR]: 1},
        "certain_pairs_stopped_by_a_guard": 1,
        "stopped_by_guard": {
            "they may be twins: one birth date and family, but forename or birth order differs": 1,
            "too little agrees to be sure": 1,
        },
    }


def test_each_cause_of_a_veto_is_told_apart() -> None:
    """A guard that speaks of a record's poverty vetoes nobody, so it is never the reason; two conflicts are both."""
    told = Told(
        (Guard.NONE, Cause.BALANCE),
        (Guard.NONE, Cause.ONE_FILE),
        (Guard.WEAK_IDENTITY, Cause.ONE_FILE),
        (Guard.WEAK_IDENTITY, Cause.FLOOR),
        (Guard.NHS_NUMBER_CONFLICT | Guard.MULTIPLE_BIRTH | Guard.WEAK_IDENTITY, Cause.FLOOR),
    )
    assert report_partition(told)["vetoes_by_reason"] == {
        CAUSE_WORDS[Cause.ONE_FILE]: 2,
        "two different verified NHS numbers": 1,
        "they may be twins: one birth date and family, but forename or birth order differs": 1,
        CAUSE_WORDS[Cause.FLOOR]: 1,
        CAUSE_WORDS[Cause.BALANCE]: 1,
    }
    assert set(CAUSE_WORDS) == set(Cause)


def test_lines_tell_what_there_is_to_tell() -> None:
    told = list(partition_lines(report_partition(Told())))
    assert told[0] == (
        "partition: 3 clusters, 4 pairs joined, the largest cluster has 3; plain connected components: 2, 10, 5"
    )
    assert told[1] == "1 join of clusters refused: two records weigh less than the veto floor 1"
    assert "twins" in told[2]
    quiet = report_partition(Told()) | {"vetoes": 0, "certain_pairs_stopped_by_a_guard": 0}
    assert len(list(partition_lines(quiet))) == 1


@pytest.fixture
def doubles(tmp_path: Path) -> Path:
    return write(tmp_path / "doubles.csv", with_two_numbers(), NUMBER_NAMES)


def test_dedupe_reports_and_says_it(doubles: Path, tmp_path: Path) -> None:
    result = run("dedupe", doubles, "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    told = report["partition"]
    assert told["constrained"]["clusters"] == report["clusters"]
    assert told["by_weight_alone"]["clusters"] <= told["connected_components"]["clusters"] <= report["clusters"]
    assert told["by_weight_alone"]["pairs_joined"] > told["constrained"]["pairs_joined"]
    assert told["stopped_by_guard"] == {"two different verified NHS numbers": 20}
    assert report["records_by_file"] == [2 * PEOPLE + 40]
    assert "\n".join(partition_lines(told)) in result.stdout

"""What the report says of blocking, held to a count of every pair."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from linkage import loose_blocking
from linkage.blocking_report import report_blocking, tell_blocking
from linkage.loose_blocking import ALL_RULES
from linkage.people import Linker, people
from linkage.tables.reading import read


@pytest.fixture(scope="module")
def linker(people_file: Path) -> Linker:
    return people(read(people_file).table.slice(0, 120))


@pytest.fixture(scope="module")
def people_file(tmp_path_factory: pytest.TempPathFactory, linked: Path) -> Path:
    return linked.parent / "people.csv"


def test_pairs_keys_and_links_of_every_rule_are_counted(linker: Linker) -> None:
    encoded, label = linker.encoded, linker.clusters.label
    report = report_blocking(linker)["rules"]
    joined = {
        (a, b) for a, b in zip(linker.pairs.a.tolist(), linker.pairs.b.tolist(), strict=True) if label[a] == label[b]
    }
    assert joined
    for place, rule in enumerate(ALL_RULES):
        blocks: dict[int, set[int]] = {}
        for key, row, of in zip(encoded.keys.tolist(), encoded.rows.tolist(), encoded.rules.tolist(), strict=True):
            if of == place:
                blocks.setdefault(key, set()).add(row)
        if not blocks:
            assert rule not in report
            continue
        pairs = {pair for block in blocks.values() for pair in combinations(sorted(block), 2)}
        assert report[rule]["keys"] == len(blocks)
        assert report[rule]["pairs"] == sum(len(b) * (len(b) - 1) // 2 for b in blocks.values())
        assert report[rule]["links"] == len(pairs & joined)


def test_without_the_blocking_entries_all_is_told_that_is_told_with_them(linker: Linker) -> None:
    lean = linker.without_entries()
    assert not len(lean.encoded.keys) + len(lean.encoded.rows) + len(lean.encoded.rules)
    assert len(linker.encoded.keys)
    assert lean.pairs is linker.pairs
    assert lean.clusters.label.tolist() == linker.clusters.label.tolist()
    assert report_blocking(lean) == report_blocking(linker)


def test_crowded_keys_are_counted_and_told(people_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose_blocking, "MOST_PAIRS", 3)
    report = report_blocking(people(read(people_file).table.slice(0, 120)))
    assert sum(rule["crowded_keys_left_out"] for rule in report["rules"].values()) > 0
    assert any("crowded keys" in line for line in tell_blocking(report))


def test_the_report_of_a_result_has_it(linked: Path) -> None:
    blocking = json.loads((linked / "report.json").read_text())["blocking"]
    assert blocking["rules"]["name-dob"]["links"] > 0
    assert blocking["missed"] is None or 0.0 <= blocking["missed"] < 0.5

"""The benchmark of bulk linkage: its file, its figures, and our tool's part of a small run (issue 3, measured)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from benchmarks import bulk
from benchmarks.peers.memory import PeakMemory, share_of
from benchmarks.peers.region_file import region_file


def test_a_region_file_has_exactly_the_records_asked_for_and_whole_people(tmp_path: Path) -> None:
    file = region_file(3000, 5, "parquet", tmp_path)
    people, truth = pq.read_table(file.people), file.read_truth()
    assert len(people) == len(truth.person) == 3000
    assert people["id"].to_pylist() == [str(row) for row in range(3000)]
    assert truth.judged.mean() > 0.99
    _, sizes = np.unique(truth.person, return_counts=True)
    assert 2.0 < sizes.mean() < 3.0
    written = file.people.stat().st_mtime_ns
    assert region_file(3000, 5, "parquet", tmp_path).people.stat().st_mtime_ns == written


def test_a_region_is_the_same_as_text(tmp_path: Path) -> None:
    parquet, text = (region_file(500, 5, kind, tmp_path) for kind in ("parquet", "csv"))
    one = pq.read_table(parquet.people)
    options = pyarrow.csv.ConvertOptions(column_types=one.schema, strings_can_be_null=True)
    assert pyarrow.csv.read_csv(text.people, convert_options=options).equals(one)


def test_the_summary_sets_the_tools_side_by_side_and_says_what_failed() -> None:
    rates = {"closed_pairs": {"f1": 0.9}, "clusters_of_people": {"f1": 0.8}}
    rows = {
        "ours": {"seconds": 2.0, "peak_mb": 100, **rates},
        "splink": {"seconds": 30.0, "peak_mb": 400, **rates},
    }
    told = bulk.summary(rows)
    assert told["ours_s"] == 2.0
    assert told["splink_mb"] == 400
    assert told["ours_f1"] == 0.9
    assert told["ours_clusters_f1"] == 0.8
    assert (told["times_as_fast"], told["share_of_memory"]) == (15.0, 0.25)
    assert bulk.summary({"ours": rows["ours"], "splink": {"failed": "why"}})["splink_failed"] == "why"


def test_a_small_run_of_our_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bulk.main(
        ["--records", "2000", "--tools", "ours", "--cache", str(tmp_path), "--out", str(tmp_path / "told.json")]
    )
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "told.json").read_text())
    assert told["ours_f1"] > 0.95
    assert told["ours_mb"] > 0
    assert 0 < told["tools"]["ours"]["peak_held_mb"] <= told["ours_mb"]
    assert set(told["tools"]["ours"]["seconds_by_phase"]) == {"read", "warm", "train", "link", "cluster", "write"}


def test_the_peak_of_memory_counts_what_is_started_inside_only() -> None:
    with PeakMemory() as peak:
        pass
    assert peak.mb == 0.0


def test_pages_of_a_file_are_not_held(tmp_path: Path) -> None:
    """A child that reads 64 MiB of a file through a map and fills 32 MiB of its own holds the latter only."""
    file = tmp_path / "pages"
    file.write_bytes(bytes(64 << 20))
    script = (
        "import mmap, sys; told = open(sys.argv[1]); pages = mmap.mmap(told.fileno(), 0, prot=mmap.PROT_READ);"
        " sum(pages[::4096]); own = bytearray(b'x') * (32 << 20); print('there', flush=True); sys.stdin.read()"
    )
    with Popen([sys.executable, "-c", script, str(file)], stdin=PIPE, stdout=PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "there\n"
        every, held = share_of(child.pid)
        child.communicate()
    assert every > 96.0
    assert 32.0 < held < 64.0

"""Results read back: what is there, and what is refused in a sentence."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from linkage.outputs import result_of
from linkage.people import people as linker_for
from linkage.result import load_result
from linkage.tables.errors import InputError
from linkage.tables.reading import read
from tests.unit.linkage_cli.people_builders import PEOPLE, rows, run, write
from tests.unit.linkage_cli.result_builders import result

TABLES = ("links.parquet", "possible.parquet", "clusters.parquet")


@pytest.fixture
def copy(linked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(linked, tmp_path / "copy"))


def test_a_result_is_what_its_files_say(linked: Path) -> None:
    found = load_result(linked)
    links, possible = (pq.read_table(linked / f"{name}.parquet") for name in ("links", "possible"))
    assert len(found.ids) == 2 * PEOPLE
    assert [found.ids[int(row)].as_py() for row in found.rows_of(["p7b", "p3a"])] == ["p7b", "p3a"]
    assert found.rows_of(["nobody"]).tolist() == [-1]
    assert (found.a < found.b).all()
    assert (found.joined == (found.label[found.a] == found.label[found.b])).all()
    assert found.weight.tolist() == links["weight"].to_pylist() + possible["weight"].to_pylist()
    assert found.joined.tolist() == [True] * len(links) + [False] * len(possible)
    assert len(possible) > 0
    assert found.first is None


def test_the_same_result_without_files(people: Path, linked: Path) -> None:
    stored, held = load_result(linked), result_of(linker_for(read(people).table))
    for name in ("label", "a", "b", "weight", "probability", "joined"):
        assert np.array_equal(getattr(stored, name), getattr(held, name))
    assert stored.ids.equals(held.ids)
    assert stored.guards.equals(held.guards)


def in_parts(table: Path) -> None:
    """Make a directory of a file, as Spark does: parts in the order of their names, and a mark that they are all."""
    rows = pq.read_table(table)
    table.unlink()
    table.mkdir()
    cuts = (0, len(rows) // 3, len(rows) // 2, len(rows))
    for number, (low, high) in reversed(list(enumerate(pairwise(cuts)))):
        pq.write_table(rows.slice(low, high - low), table / f"part-{number:05}-7d.snappy.parquet")
    (table / "_SUCCESS").touch()


def test_a_result_in_parts_says_what_it_says_in_whole_files(linked: Path, copy: Path) -> None:
    whole = load_result(linked)
    for name in TABLES:
        in_parts(copy / name)
    found = load_result(copy)
    for name in ("label", "a", "b", "weight", "probability", "joined"):
        assert np.array_equal(getattr(found, name), getattr(whole, name))
    assert found.ids.equals(whole.ids)
    assert found.guards.equals(whole.guards)
    assert load_result(copy).key == found.key


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("lost", ["_SUCCESS", "*.parquet"])
def test_parts_that_are_not_all_there_are_refused(copy: Path, name: str, lost: str) -> None:
    in_parts(copy / name)
    for file in (copy / name).glob(lost):
        file.unlink()
    with pytest.raises(InputError, match=f"{name} is not whole"):
        load_result(copy)


def test_two_files_are_told_apart(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", (row for row in rows() if row[0].endswith("a")))
    second = write(tmp_path / "b.csv", (row for row in rows() if row[0].endswith("b")))
    assert run("link", first, second, "--out", tmp_path / "out").exit_code == 0
    found = load_result(tmp_path / "out")
    assert found.first == PEOPLE
    assert ((found.a < PEOPLE) & (found.b >= PEOPLE)).all()


def test_the_key_tells_results_apart(linked: Path, copy: Path) -> None:
    assert load_result(linked).key == load_result(copy).key
    clusters = pq.read_table(copy / "clusters.parquet")
    pq.write_table(clusters.set_column(1, "cluster", clusters["id"]), copy / "clusters.parquet")
    assert load_result(linked).key != load_result(copy).key


def test_links_are_found_in_either_order() -> None:
    found = result([0, 0, 2, 2], [(2, 3, 20.0, ""), (0, 1, 15.0, "")])
    assert found.find(np.array([1, 3, 0]), np.array([0, 2, 2])).tolist() == [1, 0, -1]
    assert result([0, 1]).find(np.array([0]), np.array([1])).tolist() == [-1]


def test_a_veto_is_no_guard_of_the_pair() -> None:
    found = result([0, 0, 2], [(0, 1, 20.0, ""), (1, 2, 15.0, "veto"), (0, 2, 15.0, "multiple_birth,veto")])
    assert found.guarded.tolist() == [False, False, True]


@pytest.mark.parametrize(
    "name", ["links.parquet", "possible.parquet", "clusters.parquet", "model.json", "report.json"]
)
@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"[]"])
def test_what_is_no_result_is_a_sentence(copy: Path, name: str, content: bytes | None) -> None:
    (copy / name).unlink()
    if content is not None:
        (copy / name).write_bytes(content)
    said = run("evaluate", copy, "--truth", copy / "truth.csv")
    assert said.exit_code == 2, said.output
    assert said.output.startswith("linkage: ")
    assert name in said.output


def test_no_directory_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no directory"):
        load_result(tmp_path / "nowhere")


def test_files_of_two_results_do_not_fit_together(copy: Path) -> None:
    clusters = pq.read_table(copy / "clusters.parquet")
    pq.write_table(clusters.slice(10), copy / "clusters.parquet")
    with pytest.raises(InputError, match="does not fit together"):
        load_result(copy)
    (copy / "report.json").write_text(json.dumps({"records_by_file": [len(clusters) - 10]}))
    with pytest.raises(InputError, match="not there"):
        load_result(copy)


def test_links_of_an_earlier_version_are_refused(copy: Path) -> None:
    links = pq.read_table(copy / "links.parquet").drop_columns(["guards"])
    pq.write_table(links, copy / "links.parquet")
    with pytest.raises(InputError, match="no column 'guards'"):
        load_result(copy)

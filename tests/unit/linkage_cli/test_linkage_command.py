"""The `linkage` command from file to files: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from linkage import outputs
from linkage.comparison import COLUMNS
from linkage.evaluation import compare_clusterings
from linkage.model import Model
from tests.unit.linkage_cli.people_builders import NUMBER_NAMES, PEOPLE, rows, run, with_two_numbers, write


def test_dedupe_finds_who_is_one_person(linked: Path) -> None:
    found = pq.read_table(linked / "clusters.parquet").to_pydict()
    predicted = dict(zip(found["id"], found["cluster"], strict=True))
    quality = compare_clusterings(predicted, {name: name[:-1] for name in predicted})
    assert len(predicted) == 2 * PEOPLE
    assert quality.precision > 0.99
    assert quality.recall > 0.9


def test_links_have_weight_probability_and_pattern(linked: Path) -> None:
    links = pq.read_table(linked / "links.parquet")
    assert links.column_names == ["id_a", "id_b", "weight", "probability", "pattern", "joined", "guards"]
    weights = links["weight"].to_pylist()
    assert weights == sorted(weights, reverse=True)
    assert all(0 <= p <= 1 for p in links["probability"].to_pylist())
    assert links.schema.field("pattern").type.byte_width == COLUMNS


def test_links_join_and_possible_pairs_say_what_stopped_them(tmp_path: Path) -> None:
    file = write(tmp_path / "doubles.csv", with_two_numbers(), NUMBER_NAMES)
    said = run("dedupe", file, "--out", tmp_path / "out")
    assert said.exit_code == 0, said.output
    found = pq.read_table(tmp_path / "out" / "clusters.parquet").to_pydict()
    cluster = dict(zip(found["id"], found["cluster"], strict=True))
    links, possible = (
        pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pylist() for name in ("links", "possible")
    )
    assert all(pair["joined"] and cluster[pair["id_a"]] == cluster[pair["id_b"]] for pair in links)
    assert not any(pair["joined"] or cluster[pair["id_a"]] == cluster[pair["id_b"]] for pair in possible)
    stopped = [
        pair["guards"] for pair in possible if pair["id_a"][:-1] == pair["id_b"][:-1] and pair["id_a"][0] == "t"
    ]
    assert stopped == ["nhs_number_conflict"] * 20
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert all(pair["guards"] for pair in possible if pair["weight"] >= report["certain"])
    assert (report["links"], report["possible"]) == (len(links), len(possible))
    assert f"{len(links):,} links" in said.output
    assert f"{len(possible):,} possible pairs were not joined" in said.output


def test_the_report_counts_and_the_model_can_be_used_again(linked: Path) -> None:
    report = json.loads((linked / "report.json").read_text())
    assert report["records"] == 2 * PEOPLE
    assert report["clusters"] == len(set(pq.read_table(linked / "clusters.parquet")["cluster"].to_pylist()))
    assert Model.load(linked / "model.json").fingerprint == report["model"]
    assert "p1a" not in (linked / "model.json").read_text()


def test_the_same_file_gives_the_same_files(people: Path, linked: Path) -> None:
    again = people.parent / "again"
    assert run("dedupe", people, "--out", again, "--workers", 1).exit_code == 0
    for name in ("links.parquet", "possible.parquet", "clusters.parquet"):
        assert pq.read_table(again / name).equals(pq.read_table(linked / name))


def test_link_joins_a_record_of_each_file(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", (row for row in rows() if row[0].endswith("a")))
    second = write(tmp_path / "b.csv", (row for row in rows() if row[0].endswith("b")))
    assert run("link", first, second, "--out", tmp_path / "out").exit_code == 0
    links = pq.read_table(tmp_path / "out" / "links.parquet").to_pydict()
    assert all(
        one.endswith("a") and other.endswith("b") for one, other in zip(links["id_a"], links["id_b"], strict=True)
    )
    assert len(links["id_a"]) > 0.9 * PEOPLE


def test_link_of_files_that_share_their_ids(tmp_path: Path) -> None:
    content = [("1", *row[1:]) if row[0] == "p1a" else row for row in rows() if row[0].endswith("a")]
    first, second = write(tmp_path / "a.csv", iter(content)), write(tmp_path / "b.csv", iter(content))
    assert run("link", first, second, "--out", tmp_path / "out").exit_code == 0
    links = pq.read_table(tmp_path / "out" / "links.parquet").to_pydict()
    assert {one for one, other in zip(links["id_a"], links["id_b"], strict=True) if one == "1:1" and other == "2:1"}


@pytest.mark.parametrize("command", ["dedupe", "link"])
def test_help_names_every_file_that_is_written(linked: Path, command: str) -> None:
    told = run(command, "--help").output
    assert [file.name for file in linked.iterdir() if file.name not in told] == []


def test_train_and_show(people: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    assert run("train", people, "--out", model).exit_code == 0
    shown = run("show", model)
    assert "surname" in shown.output
    assert "bits" in shown.output
    again = run("train", people, "--out", model)
    assert (again.exit_code, "already" in again.output) == (2, True)


def test_explain_says_why(people: Path) -> None:
    said = run("explain", people, "p1a", "p1b")
    assert said.exit_code == 0
    assert "surname" in said.output
    told = [float(line.split()[0]) for line in said.stdout.splitlines() if line.lstrip()[:1] in ("+", "-")]
    assert sum(told[:-1]) == pytest.approx(told[-1], abs=0.01 * len(told))  # each is rounded
    dearer = run("explain", people, "p1a", "p1b", "--false-merge", "1000000")
    assert dearer.exit_code == 0
    assert dearer.stdout.splitlines()[-1] != said.stdout.splitlines()[-1]  # by another model
    alike = run("explain", people, "p1a", "p1a")
    assert (alike.exit_code, "two different records" in alike.output) == (2, True)
    unknown = run("explain", people, "p1a", "nobody")
    assert (unknown.exit_code, "nobody" in unknown.output) == (2, True)


@pytest.mark.parametrize("content", ["", "rec_id,surname\n", "a,b\n1,2\n"])
def test_what_cannot_be_linked_is_said_in_a_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "odd.csv"
    file.write_text(content)
    result = run("dedupe", file, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert "linkage: " in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_result_is_never_written_over(people: Path, linked: Path) -> None:
    result = run("dedupe", people, "--out", linked)
    assert (result.exit_code, "not empty" in result.output) == (2, True)


def test_a_run_that_breaks_leaves_nothing(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted runs leave no half-written output."""

    def full(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "clusters", full)
    result = run("dedupe", people, "--out", tmp_path / "out")
    assert (result.exit_code, "interrupted" in result.output) == (130, True)
    assert list(tmp_path.iterdir()) == []


def test_the_dearer_a_false_merge_the_fewer_pairs_join(people: Path, linked: Path, tmp_path: Path) -> None:
    said = run("dedupe", people, "--out", tmp_path / "out", "--false-merge", 2**20)
    assert said.exit_code == 0, said.output
    dear, usual = (json.loads((place / "report.json").read_text()) for place in (tmp_path / "out", linked))
    assert (dear["certain"], usual["certain"]) == (20.0, 1.0)
    assert 0 < dear["links"] < usual["links"]
    refused = run("dedupe", people, "--out", tmp_path / "no", "--false-merge", 0.5)
    assert refused.exit_code == 2
    assert not (tmp_path / "no").exists()

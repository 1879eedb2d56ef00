"""`linkage evaluate --sample`: from answers to estimates, what is counted and not used, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from linkage.clerical.drawing import draw_pairs
from linkage.clerical.sheet import read_sheet, sheet
from linkage.evaluation.clusterings import pairs_inside
from linkage.judging.sample import judge_by_sample
from linkage.judging.telling import NOT_SEEN, document, sample_lines
from linkage.judging.truth import judge_by_truth
from linkage.result import Result
from tests.unit.linkage_cli.people_builders import PEOPLE, precise_keys_alone, rows, run, write
from tests.unit.linkage_cli.result_builders import fill, result


def by_person(number: int, a: str, b: str) -> str:
    """The truth of the people that `rows` makes: their ids but for the last letter."""
    return "yes" if a[:-1] == b[:-1] else "no"


@pytest.fixture(scope="module")
def linked(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Linked so that pairs are left that were never compared."""
    out = tmp_path_factory.mktemp("precise") / "linked"
    with precise_keys_alone():
        assert run("dedupe", people, "--out", out).exit_code == 0
    return out


@pytest.fixture(scope="module")
def drawn(people: Path, linked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn") / "sample.csv"
    with precise_keys_alone():
        assert run("sample", linked, "--out", out, "--files", people, "--size", 150).exit_code == 0
    return out


@pytest.fixture(scope="module")
def filled(drawn: Path) -> Path:
    return fill(drawn.with_name("filled.csv"), drawn, by_person)


def small() -> tuple[Result, list[int]]:
    """Twelve records of four people: one person split by a guard, two people joined."""
    label = [0, 0, 0, 3, 3, 5, 6, 6, 6, 6, 10, 11]
    links = [
        (0, 1, 20.0, ""),
        (1, 2, 18.0, ""),
        (3, 4, 16.0, ""),
        (4, 5, 13.0, "multiple_birth"),
        (6, 7, 20.0, ""),
        (8, 9, 20.0, ""),
        (7, 8, 12.0, ""),
        (10, 11, 3.0, ""),
    ]
    return result(label, links), [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4]


def judged(answer: Callable[[int, str, str], str], path: Path, size: int = 1000):
    found, person = small()
    (path / "s.csv").write_text(sheet(draw_pairs(found, size), found))
    filled = fill(path / "f.csv", path / "s.csv", answer)
    return found, person, judge_by_sample(found, read_sheet(filled, found))


def told(person: list[int]) -> Callable[[int, str, str], str]:
    return lambda _, a, b: "yes" if person[int(a[1:])] == person[int(b[1:])] else "no"


def test_a_sample_of_everything_is_the_truth(tmp_path: Path) -> None:
    found, person, report = judged(told(small()[1]), tmp_path)
    truth = judge_by_truth(found, np.array(person))
    assert report.quality.precision.value == pytest.approx(truth.pairs.precision)
    # The sample was drawn without records: pairs of one person that are no links at all are not in it.
    found_pairs = truth.pairs.true_positive
    assert report.quality.recall.value == pytest.approx(found_pairs / (found_pairs + truth.lost.possible))
    assert report.quality.precision.score.low == report.quality.precision.score.high
    assert report.links.calibration is not None
    assert truth.links.calibration is not None
    assert report.links.calibration.scores.brier == pytest.approx(truth.links.calibration.scores.brier)
    assert pairs_inside(found.label) == sum(stratum.size for stratum in report.strata if stratum.joined)


def test_what_nobody_decided_is_counted_and_not_used(tmp_path: Path) -> None:
    person = small()[1]
    answers = {0: "unsure", 1: "", 2: "?"}
    _, _, report = judged(lambda n, a, b: answers.get(n, told(person)(n, a, b)), tmp_path)
    assert (report.unsure, report.blank, report.lost) == (2, 1, 0)
    assert report.yes + report.no == report.rows - 3 == report.quality.reviewed
    assert report.unsure_different[0] <= report.quality.precision.value <= 1.0
    assert report.unsure_different[0] <= report.unsure_same[0]
    lines = "\n".join(sample_lines(report))
    assert "2 unsure, 1 without an answer" in lines
    assert "were all unsure pairs one person" in lines
    assert NOT_SEEN in lines


def test_a_stratum_without_answers_borrows_and_widens_the_limits(tmp_path: Path) -> None:
    person = small()[1]
    whole = judged(told(person), tmp_path)[2]
    found = small()[0]

    def heavy_ones_only(number: int, a: str, b: str) -> str:
        link = found.find(*(np.array([int(one[1:])]) for one in (a, b)))[0]
        return "" if link >= 0 and found.weight[link] < 13.0 else told(person)(number, a, b)

    report = judged(heavy_ones_only, tmp_path)[2]
    assert report.borrowed == 2
    assert report.quality.precision.score.high - report.quality.precision.score.low > 0.0
    assert whole.borrowed == 0
    assert "strata have no answer" in "\n".join(sample_lines(report))


def test_the_command_judges_with_blocking_loss(linked: Path, filled: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("e.json", "e.html", "e.png")]
    options = zip(("--json", "--html", "--png"), files, strict=True)
    done = run("evaluate", linked, "--sample", filled, *[x for option in options for x in option])
    assert done.exit_code == 0, done.output
    said = json.loads(files[0].read_text())
    assert said["looked"] is True
    assert "recall includes blocking loss" in done.output
    assert "found by blocking" in done.output
    for name in ("precision", "recall", "f1", "pairs_completeness"):
        measure = said["quality"][name]
        assert 0.0 <= measure["score"]["low"] <= measure["value"] <= measure["score"]["high"] <= 1.0
    assert said["quality"]["precision"]["value"] > 0.95
    assert said["yes"] + said["no"] == 150
    html = files[1].read_text()
    assert "never compared" in html
    assert "p1a" not in html
    assert files[2].read_bytes().startswith(b"\x89PNG")


def test_the_limits_hold_the_truth(people: Path, linked: Path, tmp_path: Path, filled: Path) -> None:
    ids = [(f"p{n}{s}", str(n)) for n in range(PEOPLE) for s in "ab"]
    with (tmp_path / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "person"), *ids])
    for option, given in (("--truth", tmp_path / "truth.csv"), ("--sample", filled)):
        assert run("evaluate", linked, option, given, "--json", tmp_path / f"{option[2:]}.json").exit_code == 0
    truth, sample = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("truth", "sample"))
    for measure in ("precision", "recall"):
        limits = sample["quality"][measure]["score"]
        assert limits["low"] - 1e-9 <= truth["pairs"][measure] <= limits["high"] + 1e-9


def test_two_reviewers(linked: Path, drawn: Path, filled: Path) -> None:
    other = fill(drawn.with_name("other.csv"), drawn, lambda n, a, b: "no" if n < 20 else by_person(n, a, b))
    done = run("evaluate", linked, "--sample", filled, "--second", other)
    assert done.exit_code == 0, done.output
    assert "two reviewers" in done.output
    assert "kappa" in done.output
    silent = fill(drawn.with_name("silent.csv"), drawn, lambda *_: "")
    refused = run("evaluate", linked, "--sample", filled, "--second", silent)
    assert (refused.exit_code, "no pair that both" in refused.output) == (2, True)


def test_a_sheet_may_be_sorted_cut_in_columns_and_given_another_name(
    linked: Path, filled: Path, tmp_path: Path
) -> None:
    with filled.open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["id_b"])
    with (tmp_path / "back from Ann.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["SAME", "id_a", "id_b", "code"], delimiter=";")
        writer.writeheader()
        writer.writerows({name: row[name.lower()] for name in ("SAME", "id_a", "id_b", "code")} for row in rows)
    one = run("evaluate", linked, "--sample", tmp_path / "back from Ann.csv")
    other = run("evaluate", linked, "--sample", filled)
    assert one.exit_code == 0, one.output
    assert one.output == other.output


def test_groups_weigh_by_the_sample(linked: Path, filled: Path, tmp_path: Path) -> None:
    with (tmp_path / "g.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "sex"), *[(f"p{n}{s}", "mf"[n % 2]) for n in range(PEOPLE) for s in "ab"]])
    done = run("evaluate", linked, "--sample", filled, "--groups", tmp_path / "g.csv", "--by", "sex")
    assert (done.exit_code, "by sex" in done.output) == (0, True)


def edited(filled: Path, out: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Path:
    with filled.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    names = list(rows[0]) if rows else ["same", "id_a", "id_b", "code"]
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [], "holds no pairs"),
        (lambda rows: [{**row, "same": ""} for row in rows], "no pair of the sample is answered"),
        (
            lambda rows: [{**rows[0], "same": "perhaps not"}, *rows[1:]],
            "not yes, no, unsure or blank: 1 in all, the first in row 1",
        ),
        (lambda rows: [{**rows[0], "id_a": "nobody"}, *rows[1:]], "ids that are not in the result"),
        (
            lambda rows: [{**rows[0], "id_a": "p0a", "id_b": "p9b"}, *rows[1:]],
            "codes that are not those their pairs were given: 1",
        ),
        (lambda rows: [{**row, "code": ""} for row in rows], "codes that are not those their pairs were given: 150"),
        (
            lambda rows: [{**rows[0], "code": rows[0]["code"][:-1] + "?"}, *rows[1:]],
            "codes that are not those their pairs were given: 1",
        ),
        (lambda rows: [*rows, rows[0]], "pairs that stand in an earlier row too: 1 in all, the first in row 151"),
        (lambda rows: rows[:1], "lost all rows of some strata"),
        (lambda rows: [{k: v for k, v in row.items() if k != "code"} for row in rows], "no column 'code'"),
        (lambda rows: [{k: v for k, v in row.items() if k != "same"} for row in rows], "no column 'same'"),
    ],
)
def test_a_sheet_that_cannot_be_used_is_a_sentence(linked: Path, filled: Path, tmp_path: Path, change, said) -> None:
    done = run("evaluate", linked, "--sample", edited(filled, tmp_path / "s.csv", change))
    assert (done.exit_code, said in done.output, done.output.count("\n")) == (2, True, 1), done.output


def test_rows_that_went_missing_are_counted(linked: Path, filled: Path, tmp_path: Path) -> None:
    def all_but_one_that_can_be_spared(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [row for row in rows if row is not next(one for one in rows if one["same"] == "yes")]

    done = run("evaluate", linked, "--sample", edited(filled, tmp_path / "s.csv", all_but_one_that_can_be_spared))
    assert (done.exit_code, "1 no longer in the file" in done.output) == (0, True), done.output


def test_a_sample_of_another_result_is_refused(filled: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert run("dedupe", write(tmp_path / "people.csv", rows(seed=2)), "--out", other).exit_code == 0
    done = run("evaluate", other, "--sample", filled)
    assert (done.exit_code, "drawn from another result" in done.output) == (2, True)


def test_two_samples_in_one_sheet_are_refused(linked: Path, people: Path, filled: Path, tmp_path: Path) -> None:
    assert run("sample", linked, "--out", tmp_path / "more.csv", "--size", 30).exit_code == 0
    with (tmp_path / "more.csv").open(encoding="utf-8-sig", newline="") as file:
        more = [{**dict.fromkeys(row, ""), **row} for row in csv.DictReader(file)]
    with filled.open(newline="") as file:
        known = {(row["id_a"], row["id_b"]) for row in csv.DictReader(file)}
    fresh = [row for row in more if (row["id_a"], row["id_b"]) not in known]
    both = edited(filled, tmp_path / "both.csv", lambda rows: [*rows, *fresh])
    done = run("evaluate", linked, "--sample", both)
    assert (done.exit_code, "several samples" in done.output) == (2, True), done.output


def test_the_document_has_no_number_that_is_none(tmp_path: Path) -> None:
    report = judged(told(small()[1]), tmp_path)[2]
    assert json.loads(json.dumps(document(report), allow_nan=False))["strata"][0]["low"] is not None

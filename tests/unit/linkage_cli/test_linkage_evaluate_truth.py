"""`linkage evaluate --truth`: measures by hand, against brute force, and what is refused."""

from __future__ import annotations

import csv
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.charts.judgement_page import judgement_page
from linkage.charts.reliability_picture import reliability_picture
from linkage.errors import LinkageError
from linkage.evaluation import compare_clusterings
from linkage.judging.groups import NOT_SAID, Grouping, Groups, read_groups
from linkage.judging.telling import document, percent, truth_lines
from linkage.judging.truth import judge_by_truth, read_truth
from linkage.result import load_result
from linkage.tables.errors import InputError
from tests.unit.linkage_cli.people_builders import PEOPLE, run
from tests.unit.linkage_cli.result_builders import result


@pytest.fixture(scope="session")
def truth(people: Path) -> Path:
    return table(
        people.parent / "truth.csv", ("id", "person"), [(f"p{n}{s}", f"P{n}") for n in range(PEOPLE) for s in "ab"]
    )


def table(path: Path, names: tuple[str, ...], content: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *content])
    return path


def test_by_hand() -> None:
    """Rows 0 to 6 of people 0 0 0 1 1 2 3: 0 and 1 are found, 2 is stopped by a guard, 3 and 4 were never compared, 5
    and 6 are joined and should not be."""
    found = result([0, 0, 2, 3, 4, 5, 5], [(0, 1, 20.0, ""), (1, 2, 15.0, "multiple_birth"), (5, 6, 12.0, "")])
    report = judge_by_truth(found, np.array([0, 0, 0, 1, 1, 2, 3]))
    pairs = report.pairs
    assert (pairs.true_positive, pairs.false_positive, pairs.false_negative) == (1, 1, 3)
    assert (report.clusters.found, report.clusters.true, report.clusters.exact) == (5, 4, 0)
    assert (report.several.found, report.several.true, report.several.exact) == (2, 2, 0)
    assert report.b_cubed == pytest.approx(((5 + 1) / 7, (2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1 + 1) / 7))
    assert (report.neither, report.joined_anyway, report.lost.not_compared) == (2, 0, 2)
    assert (report.lost.possible, report.lost.stopped) == (1, {"multiple_birth": 1})
    assert report.links.calibration is not None
    assert report.links.calibration.scores.pairs == 3
    assert report.links.thresholds is not None
    best = report.links.thresholds.best_f1
    assert (best.threshold.value, best.precision.value, best.recall.value) == (20.0, 1.0, 0.25)


def test_a_pair_joined_through_a_third_record_is_found_without_being_a_link() -> None:
    report = judge_by_truth(result([0, 0, 0], [(0, 1, 20.0, ""), (1, 2, 20.0, "")]), np.zeros(3, np.int64))
    assert (report.pairs.recall, report.neither, report.joined_anyway) == (1.0, 1, 1)
    assert (report.lost.not_compared, report.lost.possible) == (0, 0)


def test_what_the_truth_is_silent_on_counts_nowhere() -> None:
    found = result([0, 0, 0, 3], [(0, 1, 20.0, ""), (1, 2, 20.0, ""), (2, 3, 2.0, "")])
    report = judge_by_truth(found, np.array([0, 0, -1, 1]))
    assert (report.records, report.silent, report.people) == (3, 1, 2)
    assert (report.pairs.true_positive, report.pairs.false_positive, report.pairs.false_negative) == (1, 0, 0)
    assert report.links.calibration is not None
    assert report.links.calibration.scores.pairs == 1


def test_with_two_files_only_pairs_across_them_count() -> None:
    found = result([0, 0, 0, 3], [(0, 2, 20.0, ""), (1, 2, 20.0, "")], first=2)
    report = judge_by_truth(found, np.array([0, 0, 0, 0]))
    assert (report.pairs.true_positive, report.pairs.false_negative) == (2, 2)


def test_a_result_without_links_can_be_judged() -> None:
    report = judge_by_truth(result([0, 1, 2]), np.array([0, 0, 1]))
    assert (report.pairs.precision, report.pairs.recall, report.neither) == (1.0, 0.0, 1)
    assert (report.links.calibration, report.links.thresholds) == (None, None)
    assert "no pair has a label" in "\n".join(truth_lines(report))
    assert "No pair has a label" in judgement_page(report, "none")
    with pytest.raises(LinkageError, match="no reliability curve"):
        reliability_picture(report.links)


@settings(max_examples=60)
@given(st.data())
def test_pairs_are_those_that_brute_force_counts(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 9))
    raw = data.draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n))
    label = [raw.index(one) for one in raw]
    person = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    picked = data.draw(st.sets(st.sampled_from(list(combinations(range(n), 2)))))
    links = [
        (a, b, data.draw(st.floats(-5, 30)), data.draw(st.sampled_from(["", "veto", "x,y"])))
        for a, b in sorted(picked)
    ]
    report = judge_by_truth(result(label, links), np.array(person))
    by_id = [{str(row): one for row, one in enumerate(side)} for side in (label, person)]
    assert report.pairs == compare_clusterings(*by_id)
    true = {(a, b) for a, b in combinations(range(n), 2) if person[a] == person[b]}
    assert report.neither == len(true - picked)
    assert report.joined_anyway == len({(a, b) for a, b in true - picked if label[a] == label[b]})
    assert report.lost.not_compared + report.lost.possible == report.pairs.false_negative
    blocks = [{frozenset(r for r in range(n) if side[r] == one) for one in side} for side in (label, person)]
    assert report.clusters.exact == len(blocks[0] & blocks[1])
    json.dumps(document(report), allow_nan=False)
    assert list(truth_lines(report))


def test_groups_by_hand() -> None:
    found = result([0, 0, 2, 3, 4, 4], [(0, 1, 20.0, ""), (4, 5, 20.0, "")])
    groups = Groups({"sex": Grouping(("f", "m"), np.array([0, 0, 1, 1, 0, 1]))}, 0, 0)
    report = judge_by_truth(found, np.array([0, 0, 1, 1, 2, 3]), groups)
    women, men = report.groups["sex"].groups
    assert (women.name, women.same, women.linked, women.recall.value) == ("f", 1.0, 1.5, 1.0)
    assert (men.name, men.same, men.linked, men.recall.value, men.precision.value) == ("m", 1.0, 0.5, 0.0, 0.0)


def test_the_command_says_and_writes_it(linked: Path, truth: Path, tmp_path: Path) -> None:
    groups = table(
        tmp_path / "groups.csv",
        ("rec_id", "sex", "age_band"),
        [(f"p{n}{s}", "mf"[n % 2], "" if n % 7 == 0 else "0-17") for n in range(PEOPLE) for s in "ab"],
    )
    files = [tmp_path / name for name in ("e.json", "e.html", "e.png")]
    options = zip(("--json", "--html", "--png"), files, strict=True)
    done = run(
        "evaluate",
        linked,
        "--truth",
        truth,
        "--groups",
        groups,
        "--by",
        "sex,age_band",
        *[x for o in options for x in o],
    )
    assert done.exit_code == 0, done.output
    said = json.loads(files[0].read_text())
    assert said["pairs"]["precision"] > 0.99
    assert said["pairs"]["true_positive"] + said["pairs"]["false_negative"] == PEOPLE
    assert said["clusters"]["f1"] > 0.9
    assert said["links"]["without_guards"]["scores"]["brier"] < 0.05
    assert {group["name"] for group in said["groups"]["age_band"]["groups"]} == {"0-17", NOT_SAID}
    assert f"recall {percent(said['pairs']['recall'])}" in done.output
    assert "blocking loss" in done.output
    assert "by sex" in done.output
    html = files[1].read_text()
    assert "<script" not in html
    assert "Reliability curve" in html
    assert "By age band" in html
    assert str(tmp_path) not in html
    assert files[2].read_bytes().startswith(b"\x89PNG")


def test_parquet_and_other_names_of_ids_will_do(linked: Path, truth: Path, tmp_path: Path) -> None:
    import pyarrow.csv as pa_csv  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(pa_csv.read_csv(truth).rename_columns(["rec_id", "Person"]), tmp_path / "truth.parquet")
    one = run("evaluate", linked, "--truth", tmp_path / "truth.parquet")
    other = run("evaluate", linked, "--truth", truth)
    assert one.exit_code == 0, one.output
    assert one.output == other.output


@pytest.mark.parametrize(
    ("names", "content", "said"),
    [
        (("id", "persn"), [("p1a", "1")], "no column 'person' (did you mean 'persn'?)"),
        (("key", "person"), [("p1a", "1")], "no column 'id'"),
        (("id", "person"), [], "names no person"),
        (("id", "person"), [("p1a", "")], "names no person"),
        (("id", "person"), [("p1a", "1"), ("p1a", "1")], "repeat an id"),
        (("id", "person"), [("p1a", "1"), ("zz", "1"), ("zy", "1")], "2 ids are not in the result"),
        (("id", "person"), [("p1a", "1")], "fewer than two records"),
        (("id", "person", "person"), [("p1a", "1", "1")], "2 columns 'person'"),
        (("id", "person"), [("p1a", "1", "x"), ("p1b", "1")], "another number of columns"),
    ],
)
def test_a_truth_that_cannot_be_used_is_a_sentence(linked: Path, tmp_path: Path, names, content, said: str) -> None:
    done = run("evaluate", linked, "--truth", table(tmp_path / "truth.csv", names, content))
    assert (done.exit_code, said in done.output, done.output.count("\n")) == (2, True, 1), done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "either --sample"),
        (("--truth", "TRUTH", "--sample", "TRUTH"), "one of them at a time"),
        (("--truth", "TRUTH", "--second", "TRUTH"), "--second goes with --sample"),
        (("--truth", "TRUTH", "--groups", "TRUTH"), "--groups and --by go together"),
        (("--truth", "TRUTH", "--by", "sex"), "--groups and --by go together"),
        (("--truth", "TRUTH", "--groups", "TRUTH", "--by", "sex"), "no column 'sex'"),
        (("--truth", "TRUTH", "--groups", "TRUTH", "--by", "person"), "400 values: too many"),
        (("--truth", "TRUTH", "--groups", "TRUTH", "--by", ","), "say with --by"),
        (("--truth", "TRUTH", "--precision", "1.5"), "precision wanted"),
        (("--truth", "TRUTH", "--json", "TRUTH"), "already"),
        (("--truth", "NOWHERE"), "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(linked: Path, truth: Path, tmp_path: Path, options, said: str) -> None:
    named = {"TRUTH": truth, "NOWHERE": tmp_path / "nowhere.csv"}
    done = run("evaluate", linked, *[named.get(option, option) for option in options])
    assert (done.exit_code, said in done.output, done.output.count("\n")) == (2, True, 1), done.output


def test_groups_that_do_not_fit_are_counted_or_refused(linked: Path, tmp_path: Path) -> None:
    found = load_result(linked)
    file = table(tmp_path / "g.csv", ("id", "band"), [("p1a", "10-19"), ("p1b", "2-9"), ("zz", "2-9"), ("", "x")])
    groups = read_groups(file, ("band",), found)
    assert groups.by["band"].names == ("2-9", "10-19", "x", NOT_SAID)
    assert (groups.strangers, groups.silent) == (1, 2 * PEOPLE - 2)
    with pytest.raises(InputError, match="names none"):
        read_groups(table(tmp_path / "h.csv", ("id", "band"), [("zz", "1")]), ("band",), found)
    with pytest.raises(InputError, match="repeat an id"):
        read_groups(table(tmp_path / "i.csv", ("id", "band"), [("p1a", "1"), ("p1a", "1")]), ("band",), found)


def test_the_person_of_every_record_is_read(linked: Path, truth: Path) -> None:
    found = load_result(linked)
    person = read_truth(truth, found)
    assert (person >= 0).all()
    a, b = found.rows_of(["p5a", "p5b"])
    assert person[a] == person[b]


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100.00 %"), (0.99999, "99.9990 %"), (0.0, "0.00 %"), (0.00001, "0.0010 %"), (1 - 1e-12, "100.00 %")],
)
def test_percent_never_hides_a_rest(share: float, said: str) -> None:
    assert percent(share) == said

